"""The Inception Score of generated images, by a classifier that is named."""

import keras
import numpy as np

from keras_gen.arguments import argument_error, integer
from keras_gen.copies import SharingCopies
from keras_gen.images import check_range


def inception_score(probabilities, splits=1):
    """The exponential of the mean divergence of a sample's classes from all samples' classes.

        IS = exp(E_x[KL(p(y | x) || p(y))]),    p(y) = E_x[p(y | x)]

    Args:
        probabilities: `p(y | x)`, `(n, classes)`; each row sums to one.
        splits: number of consecutive parts whose scores are averaged. The score is biased by the
            number of samples in a part: compare equal numbers only.

    Returns:
        Float in [1, classes], computed in float64.

    Reference:
        Salimans et al. (2016), Improved Techniques for Training GANs, arXiv:1606.03498, section 4.
    """
    probabilities = _check_probabilities(probabilities)
    splits = integer("splits", splits, least=1, most=len(probabilities))
    parts = np.array_split(probabilities, splits)
    return float(np.mean([_score(len(part), part.sum(0), _negentropy(part)) for part in parts]))


def _check_probabilities(probabilities):
    probabilities = np.asarray(probabilities, "float64")
    if probabilities.ndim != 2:
        raise argument_error(
            "probabilities",
            "the shape (n, classes)",
            received=f"probabilities.shape={probabilities.shape}",
        )
    totals = probabilities.sum(axis=1, keepdims=True)
    if not ((probabilities >= 0).all() and (np.abs(totals - 1) < 1e-2).all()):
        raise argument_error(
            "probabilities",
            "rows of probabilities that sum to one (are they logits?)",
            received="rows that are negative, NaN, or sum to another number",
        )
    # Softmax in float32 or less sums to one only approximately.
    return probabilities / totals


def _negentropy(probabilities):
    """`sum p log p` over all samples and classes, where 0 log 0 = 0."""
    positive = probabilities[probabilities > 0]
    return positive @ np.log(positive)


def _score(count, class_sums, negentropy):
    marginal = class_sums / count
    return float(np.exp(negentropy / count - _negentropy(marginal)))


class InceptionScore(SharingCopies, keras.metrics.Metric):
    """The Inception Score of all images seen, streaming and exact.

        IS = exp(E_x[KL(p(y | x) || p(y))]) = exp(E_x[sum_y p log p] - sum_y p(y) log p(y))

    Only sums are kept, in float64, and no images. Scores of different extractors are not
    comparable: the extractor's name is part of the metric's name. It lives on the host, not in a
    model.

    Args:
        extractor: a `FeatureExtractor`, whose probabilities are used.
        value_range: pair, the range in which the images' values lie.
        name: defaults to `"inception_score_"` and the extractor's name.

    Reference:
        Salimans et al. (2016), Improved Techniques for Training GANs, arXiv:1606.03498, section 4.
    """

    shared = ("extractor",)

    def __init__(self, extractor, value_range, name=None):
        super().__init__(name=name or f"inception_score_{extractor.name}", dtype="float32")
        self.extractor = extractor
        self.value_range = check_range(value_range)
        self.reset_state()

    def update_state(self, images):
        """Adds images, `(batch, height, width, channels)`."""
        probabilities = self.extractor.probabilities(images, self.value_range)
        probabilities = _check_probabilities(probabilities)
        self._count += len(probabilities)
        self._class_sums = self._class_sums + probabilities.sum(axis=0)
        self._negentropy += _negentropy(probabilities)

    def result(self):
        """The score, a float in float64.

        Raises:
            ValueError: if no image was seen.
        """
        if self._count == 0:
            raise argument_error("images", "at least one image before `result()`", received="0")
        return _score(self._count, self._class_sums, self._negentropy)

    def reset_state(self):
        """Forgets all images."""
        self._count, self._class_sums, self._negentropy = 0, 0.0, 0.0
