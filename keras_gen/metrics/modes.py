"""How many of the modes of the data a generator has found."""

import keras
import numpy as np

from keras_gen.arguments import (
    argument_error,
    integer,
    number_from_zero,
    positive_integer,
    positive_number,
)
from keras_gen.copies import SharingCopies
from keras_gen.distances import squared_distances
from keras_gen.images import check_images, check_range
from keras_gen.metrics.arguments import check_vectors


class _Modes(SharingCopies, keras.metrics.Metric):
    """Counts generated samples per mode; a subclass says which sample belongs to which mode."""

    least_share = 0.0

    shared = ("extractor",)

    def __init__(self, modes, name):
        super().__init__(name=name, dtype="float32")
        self.modes = modes
        self.reset_state()

    def update_state(self, real=None, fake=None):
        """Adds generated samples; real ones are ignored: their modes are known."""
        if fake is None:
            return
        modes, good = self.assigned(fake)
        self._counts = self._counts + np.bincount(modes, minlength=self.modes)
        self._good_counts = self._good_counts + np.bincount(modes[good], minlength=self.modes)

    def result(self):
        """The number of modes that enough good samples have found, at least one: an integer."""
        least = max(1, self.least_share * self._total())
        return int(np.sum(self._good_counts >= least))

    def divergence(self):
        """The divergence of the samples' modes from equally likely ones, in nats.

        KL(p || uniform) = log(modes) + sum_m p_m log p_m,   p_m = share of samples nearest m
        """
        shares = self._counts[self._counts > 0] / self._total()
        return float(np.log(self.modes) + shares @ np.log(shares))

    def good_share(self):
        """The share of the samples that are good, a float in [0, 1]."""
        return float(self._good_counts.sum() / self._total())

    def _total(self):
        if not self._counts.any():
            raise argument_error("fake", "at least one sample before `result()`", received="0")
        return self._counts.sum()

    def reset_state(self):
        """Forgets all samples."""
        self.reset_fake()

    def reset_fake(self):
        """Forgets the generated samples."""
        self._counts = np.zeros(self.modes, "int64")
        self._good_counts = np.zeros(self.modes, "int64")


class MixtureModes(_Modes):
    """The number of Gaussians of a known mixture that generated points have found.

    A point is good if it lies within some standard deviations of the nearest centre; a mode is
    found if it is the nearest one of at least one good point, or of a share of all points: where
    points lie everywhere, single ones lie near every centre by chance. More points find more
    modes: compare equal numbers only (2,500 points in PacGAN's tables). `good_share()` and
    `divergence()` say the rest; the divergence is of all points' nearest modes, PacGAN's other one
    (Jensen-Shannon) of good points only.

    Args:
        centres: `(modes, d)`, such as `data.toy.grid_centres()`.
        stddev: standard deviation of each Gaussian, per axis.
        deviations: number of standard deviations, a radius, within which a point is good.
        least_share: share of all points, in [0, 1), that a mode's good points must make up for it
            to be found.
        name: defaults to `"modes_of_"` and the number of centres, and `"_with_"` and the share.

    Example:
        modes = MixtureModes(toy.ring_centres(), stddev=0.02)
        modes.update_state(None, gan.generate(2_500))
        modes.result(), modes.good_share(), modes.divergence()

    Reference:
        Srivastava et al. (2017), VEEGAN, arXiv:1705.07761, section 4.1; Lin et al. (2018), PacGAN,
        arXiv:1712.04086, section 4.
    """

    def __init__(self, centres, stddev, deviations=3.0, least_share=0.0, name=None):
        (centres,) = check_vectors(1, centres=centres)
        least_share = number_from_zero("least_share", least_share, end=1)
        share = f"_with_{100 * least_share:g}%" if least_share else ""
        super().__init__(len(centres), name or f"modes_of_{len(centres)}{share}")
        self.centres = centres
        self.least_share = least_share
        self.stddev = positive_number("stddev", stddev)
        self.deviations = positive_number("deviations", deviations)

    def assigned(self, points):
        """The nearest mode of each point, `(n,)` integers, and whether it is good, `(n,)` bools."""
        points, centres = check_vectors(1, points=points, centres=self.centres)
        modes, good = [], []
        for squared in squared_distances(points, centres):
            modes.append(squared.argmin(axis=1))
            good.append(squared.min(axis=1) <= (self.deviations * self.stddev) ** 2)
        return np.concatenate(modes), np.concatenate(good)


class StackedModes(_Modes):
    """The number of combinations of classes in the channels of generated images.

        mode = 100 a + 10 b + c,   classes a, b, c of the three channels

    For stacked MNIST, where each channel is a digit: 1,000 modes. A mode is found if a classifier
    assigns at least one sample to it; published counts are of 26,000 samples. `divergence()` says
    how evenly.

    Args:
        extractor: a `FeatureExtractor` whose probabilities are those of one channel's classes.
        value_range: pair, the range in which the images' values lie.
        channels: number of channels.
        classes: number of classes.
        name: defaults to `"modes_of_1000_"` and the extractor's name.

    Reference:
        Metz et al. (2017), Unrolled Generative Adversarial Networks, arXiv:1611.02163, section
        3.3.1; Lin et al. (2018), PacGAN, arXiv:1712.04086, section 4.2.
    """

    def __init__(self, extractor, value_range, channels=3, classes=10, name=None):
        channels = positive_integer("channels", channels)
        classes = integer("classes", classes, least=2)
        modes = classes**channels
        super().__init__(modes, name or f"modes_of_{modes}_{extractor.name}")
        self.extractor = extractor
        self.channels = channels
        self.classes = classes
        self.value_range = check_range(value_range)

    def assigned(self, images):
        """The mode of each image, `(n,)` integers, and that it is good: `(n,)` times True."""
        images = check_images(images, self.value_range)
        if images.shape[-1] != self.channels:
            raise argument_error(
                "images", f"{self.channels} channels", received=f"images.shape={images.shape}"
            )
        modes = np.zeros(len(images), "int64")
        for channel in np.split(images, self.channels, axis=-1):
            probabilities = self.extractor.probabilities(channel, self.value_range)
            if probabilities.shape[1] != self.classes:
                raise argument_error(
                    "classes", f"{probabilities.shape[1]}, as the extractor has", self.classes
                )
            modes = self.classes * modes + probabilities.argmax(axis=1)
        return modes, np.ones(len(images), bool)
