"""The kernel distance between two sets of images (KID), in a feature space that is named."""

import numpy as np

from keras_gen.arguments import integer
from keras_gen.metrics.arguments import check_vectors
from keras_gen.metrics.image_sets import FeatureSets

_ROWS = 1024


def squared_mmd(x, y):
    """The squared maximum mean discrepancy of two samples, unbiased, with a cubic kernel.

        k(a, b) = (a^T b / d + 1)^3
        MMD^2 = mean_{i != j} k(x_i, x_j) + mean_{i != j} k(y_i, y_j) - 2 mean_{i, j} k(x_i, y_j)

    Unbiased: its mean over samples does not depend on their size, and is zero if both come from
    the same distribution, so single values may be negative. Computed in float64.

    Args:
        x: features `(m, d)`, two or more.
        y: features `(n, d)`, two or more.

    Returns:
        Float.

    Raises:
        ValueError: if there are too few features, their widths differ, or one is not finite.

    Reference:
        Binkowski et al. (2018), Demystifying MMD GANs, arXiv:1801.01401, section 4;
        Gretton et al. (2012), A Kernel Two-Sample Test, equation 3.
    """
    x, y = check_vectors(2, x=x, y=y)
    m, n = len(x), len(y)
    xx, yy, xy = _sums_of_others(x), _sums_of_others(y), _sums(x, y)
    return float(xx.sum() / (m * (m - 1)) + yy.sum() / (n * (n - 1)) - 2 * xy.sum() / (m * n))


def squared_mmd_error(x, y):
    """The standard error of `squared_mmd`, by leaving out one feature at a time.

        s^2 = (m - 1) / m sum_i (D_i - mean(D))^2 + the same over y,   D_i = MMD^2 without x_i

    Where both samples come from the same distribution it errs on the safe side: it is too large.

    Args:
        x: features `(m, d)`, three or more.
        y: features `(n, d)`, three or more.

    Returns:
        Float, zero or more.

    Reference:
        Efron and Stein (1981), The Jackknife Estimate of Variance, equation 1.2.
    """
    x, y = check_vectors(3, x=x, y=y)
    variances = (_jackknife(x, y), _jackknife(y, x))
    return float(np.sqrt(sum(variances)))


def _jackknife(x, y):
    """The variance of the squared discrepancy that is due to `x`."""
    m, n = len(x), len(y)
    xx, xy = _sums_of_others(x), _sums(x, y)
    within = (xx.sum() - 2 * xx) / ((m - 1) * (m - 2))
    between = (xy.sum() - xy) / ((m - 1) * n)
    return (m - 1) * np.var(within - 2 * between)


def _kernel(products, dim):
    base = products / dim + 1
    return base * base * base


def _sums(x, y):
    """`sum_j k(x_i, y_j)` for each i, in blocks of rows."""
    blocks = (x[start : start + _ROWS] for start in range(0, len(x), _ROWS))
    return np.concatenate([_kernel(block @ y.T, x.shape[1]).sum(axis=1) for block in blocks])


def _sums_of_others(x):
    """`sum_{j != i} k(x_i, x_j)` for each i."""
    return _sums(x, x) - _kernel(np.einsum("nd,nd->n", x, x), x.shape[1])


class KernelDistance(FeatureSets):
    """The kernel distance between the features of real and of generated images (KID).

        KID = MMD^2 of the features with the kernel k(a, b) = (a^T b / d + 1)^3

    Unlike the Frechet distance it is unbiased and assumes no normal distribution. By default all
    pairs of images are compared. With `subset_size`, the result is the mean over random subsets,
    as in the paper, which estimates the same number with more noise. Distances of different
    extractors are not comparable: the extractor's name is part of the metric's name.

    Args:
        extractor: a `FeatureExtractor`.
        value_range: pair, the range in which the images' values lie.
        subset_size: number of images of each kind in a subset, drawn without replacement; None
            for all images at once.
        subsets: number of subsets.
        seed: integer that fixes the subsets.
        name: defaults to `"kid_"` and the extractor's name.

    Reference:
        Binkowski et al. (2018), Demystifying MMD GANs, arXiv:1801.01401, section 4.
    """

    def __init__(self, extractor, value_range, subset_size=None, subsets=100, seed=0, name=None):
        if subset_size is not None:
            subset_size = integer("subset_size", subset_size, least=2)
        subsets = integer("subsets", subsets, least=2)
        super().__init__(extractor, value_range, name or f"kid_{extractor.name}")
        self.subset_size = subset_size
        self.subsets = subsets
        self.seed = seed

    def result(self):
        """The distance, a float in float64; about zero, or below, for equal distributions.

        Raises:
            ValueError: if there are fewer images of a kind than two, or than in a subset.
        """
        real, fake = self.collected(least=self.subset_size or 2)
        if self.subset_size is None:
            return squared_mmd(real, fake)
        return float(np.mean(self._of_subsets(real, fake)))

    def standard_error(self):
        """The standard error of `result()`: of the images, and of the choice of the subsets.

        Images that are drawn into several subsets add nothing new, so the deviation between subsets
        alone would be too small.

        Raises:
            ValueError: if there are fewer images of a kind than three, or than in a subset.
        """
        real, fake = self.collected(least=max(self.subset_size or 3, 3))
        variance = squared_mmd_error(real, fake) ** 2
        if self.subset_size is not None:
            variance += np.var(self._of_subsets(real, fake), ddof=1) / self.subsets
        return float(np.sqrt(variance))

    def _of_subsets(self, real, fake):
        random = np.random.default_rng(self.seed)

        def subset(features):
            return features[random.choice(len(features), self.subset_size, replace=False)]

        return [squared_mmd(subset(real), subset(fake)) for _ in range(self.subsets)]
