"""What metrics of pairs share: each generated image is compared with the real one it belongs to."""

import keras
import numpy as np

from keras_gen.arguments import argument_error
from keras_gen.copies import SharingCopies
from keras_gen.images import check_images, check_range


class ImagePairs(SharingCopies, keras.metrics.Metric):
    """A metric that is the mean, over pairs, of what `measure(real, fake)` says of each.

    Sums are in float64, so the size of the batches does not matter. It lives on the host, not in a
    model.

    Args:
        value_range: pair, the range in which the images' values lie.
        name: the metric's name.
    """

    def __init__(self, value_range, name):
        super().__init__(name=name, dtype="float32")
        self.value_range = check_range(value_range)
        self.reset_state()

    def measure(self, real, fake):
        """Numbers `(batch,)` of pairs of float64 images `(batch, height, width, channels)`."""
        raise NotImplementedError

    def update_state(self, real, fake):
        """Adds pairs of images, both `(batch, height, width, channels)`, in the same order."""
        values = np.asarray(self.measure(*checked_pairs(real, fake, self.value_range)))
        self._total += values.sum(dtype="float64")
        self._count += len(values)

    def result(self):
        """The mean over all pairs, a float.

        Raises:
            ValueError: if there are none.
        """
        if self._count == 0:
            raise argument_error("real", "at least 1 pair of images before `result()`", 0)
        return float(self._total / self._count)

    def reset_state(self):
        """Forgets all pairs."""
        self._total, self._count = np.float64(0), 0


def checked_pairs(real, fake, value_range):
    """Two batches of images of one shape, float64, if their values lie in the range."""
    images = [
        check_images(batch, value_range, name) for batch, name in ((real, "real"), (fake, "fake"))
    ]
    if images[0].shape != images[1].shape:
        raise argument_error(
            "fake", f"the shape of `real`, {images[0].shape}", received=f"shape {images[1].shape}"
        )
    return [batch.astype("float64") for batch in images]
