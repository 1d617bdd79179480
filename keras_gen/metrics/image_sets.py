"""What metrics of two sets of images share: both are read batch by batch, then compared."""

import keras
import numpy as np

from keras_gen.arguments import argument_error
from keras_gen.copies import SharingCopies
from keras_gen.images import check_range, check_values


class Batches:
    """What was read from the images of one kind: arrays `(batch, ...)`, one for each batch."""

    def __init__(self):
        self.count, self.arrays = 0, []

    @property
    def shape(self):
        """The shape of what is read from one image, or `None` if there is none yet."""
        return self.arrays[0].shape[1:] if self.arrays else None

    def append(self, array):
        self.arrays.append(array)
        self.count += len(array)


class ImageSets(SharingCopies, keras.metrics.Metric):
    """A metric that compares all real with all generated images; it keeps what it reads from them.

    A subclass implements `read(images)`, which turns a batch into an array `(batch, ...)`, and
    `result()`, which compares what was kept of both kinds: all of these arrays, or any other object
    with `append` and `shape` that the class attribute `kept` makes. The size of the batches does
    not matter. It lives on the host, not in a model.

    Args:
        value_range: pair, the range in which the images' values lie.
        name: the metric's name.
    """

    shared = ("extractor",)
    kept = Batches

    def __init__(self, value_range, name):
        super().__init__(name=name, dtype="float32")
        self.value_range = check_range(value_range)
        self.reset_state()

    def update_state(self, real=None, fake=None):
        """Adds images, `(batch, height, width, channels)`; either argument may be None."""
        # Both are read before either is kept, so that an error leaves the state as it was.
        batches = [None if images is None else self._checked(images) for images in (real, fake)]
        for kept, batch in zip((self._real, self._fake), batches, strict=True):
            if batch is not None:
                kept.append(batch)

    def _checked(self, images):
        batch = np.asarray(self.read(images))
        check_values(batch, "extractor")
        seen = [kept.shape for kept in (self._real, self._fake) if kept.shape is not None]
        if seen and batch.shape[1:] != seen[0]:
            raise argument_error(
                "images",
                f"as before, an array of shape {seen[0]} per image",
                received=f"shape {batch.shape[1:]}",
            )
        return batch

    def collected(self, least):
        """What was read from the real and from the generated images, two arrays `(n, ...)`.

        Raises:
            ValueError: if there are fewer than `least` images of a kind.
        """
        for kind, kept in (("real", self._real), ("fake", self._fake)):
            if kept.count < least:
                raise argument_error(
                    kind, f"at least {least} {kind} images before `result()`", received=kept.count
                )
        return np.concatenate(self._real.arrays), np.concatenate(self._fake.arrays)

    def reset_state(self):
        """Forgets all images."""
        self._real = self.kept()
        self.reset_fake()

    def reset_fake(self):
        """Forgets the generated images and keeps the real ones."""
        self._fake = self.kept()


class FeatureSets(ImageSets):
    """A metric that compares the features of real and of generated images.

    Args:
        extractor: a `FeatureExtractor`.
        value_range: pair, the range in which the images' values lie.
        name: the metric's name; it should name the extractor.
    """

    def __init__(self, extractor, value_range, name):
        super().__init__(value_range, name)
        self.extractor = extractor

    def read(self, images):
        """The images' features `(batch, d)`."""
        return self.extractor.features(images, self.value_range)
