"""How images look, whatever they show: how sharp and how colourful they are."""

import keras
import numpy as np

from keras_gen.arguments import argument_error
from keras_gen.copies import SharingCopies
from keras_gen.images import check_images, check_range, rescale


class _ImageMeans(SharingCopies, keras.metrics.Metric):
    """The means of a number over real and over generated images, in float64.

    Args:
        value_range: pair, the range in which the images' values lie.
        name: the metric's name.
    """

    def __init__(self, value_range, name):
        super().__init__(name=name, dtype="float32")
        self.value_range = check_range(value_range)
        self.reset_state()

    def measure(self, images):
        """Numbers `(batch,)` of float64 images `(batch, height, width, channels)`, 0 to 255."""
        raise NotImplementedError

    def update_state(self, real=None, fake=None):
        """Adds images, `(batch, height, width, channels)`; either argument may be None."""
        # Both are measured before either counts, so that an error leaves the state as it was.
        batches = {"real": real, "fake": fake}
        values = {
            kind: self.measure(rescale(checked, self.value_range, (0.0, 255.0)))
            for kind, images in batches.items()
            if images is not None
            for checked in [check_images(images, self.value_range, kind).astype("float64")]
        }
        for kind, numbers in values.items():
            self._totals[kind] += numbers.sum(dtype="float64")
            self._counts[kind] += len(numbers)

    def mean(self, kind):
        """The mean over the images of a kind, "real" or "fake", a float.

        Raises:
            ValueError: if there are none.
        """
        if self._counts[kind] == 0:
            raise argument_error(kind, f"at least 1 {kind} image before the result", 0)
        return float(self._totals[kind] / self._counts[kind])

    def reset_state(self):
        """Forgets all images."""
        self._totals = dict.fromkeys(("real", "fake"), np.float64(0))
        self._counts = dict.fromkeys(("real", "fake"), 0)


class Sharpness(_ImageMeans):
    """The energy of the gradients of generated images, as a share of that of real ones.

        E[e(fake)] / E[e(real)],   e = mean (x_{i+1,j} - x_{i,j})^2 + mean (x_{i,j+1} - x_{i,j})^2

    Below 1 images are blurred, above 1 they are noisy or too sharp. Real and generated images need
    not be paired.

    Args:
        value_range: pair, the range in which the images' values lie.
        name: the metric's name.
    """

    def __init__(self, value_range, name="sharpness"):
        super().__init__(value_range, name)

    def measure(self, images):
        if min(images.shape[1:3]) < 2:
            expected = "images of at least 2x2 pixels"
            raise argument_error("images", expected, received=f"images.shape={images.shape}")
        steps = (np.diff(images, axis=axis) for axis in (1, 2))
        return sum(np.mean(step**2, axis=(1, 2, 3)) for step in steps)

    def result(self):
        """The generated images' energy as a share of the real ones', a float."""
        return self.mean("fake") / self.mean("real")


class Colourfulness(_ImageMeans):
    """How colourful generated images are: 0 for grey ones, 15 slightly, 59 quite, 109 extremely.

        r = red - green,   y = (red + green) / 2 - blue,   of values from 0 to 255
        sqrt(var r + var y) + .3 sqrt(mean(r)^2 + mean(y)^2),   the mean over images

    Args:
        value_range: pair, the range in which the images' values lie.
        name: the metric's name.

    Reference:
        Hasler and Suesstrunk (2003), Measuring Colourfulness in Natural Images, section 7.
    """

    def __init__(self, value_range, name="colourfulness"):
        super().__init__(value_range, name)

    def measure(self, images):
        if images.shape[-1] != 3:
            expected = "images with 3 channels, red, green and blue"
            raise argument_error("images", expected, received=f"images.shape={images.shape}")
        red, green, blue = np.moveaxis(images, -1, 0)
        opponents = [red - green, (red + green) / 2 - blue]
        spread = sum(np.var(each, axis=(1, 2)) for each in opponents)
        offset = sum(np.mean(each, axis=(1, 2)) ** 2 for each in opponents)
        return np.sqrt(spread) + 0.3 * np.sqrt(offset)

    def result(self):
        """The mean over the generated images, a float; `mean("real")` is that of real ones."""
        return self.mean("fake")
