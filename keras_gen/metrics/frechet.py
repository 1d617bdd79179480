"""The Frechet distance between two sets of images, in a feature space that is named."""

import warnings

import numpy as np

from keras_gen.arguments import argument_error
from keras_gen.images import check_values
from keras_gen.metrics.image_sets import FeatureSets


def frechet_distance(mean_1, cov_1, mean_2, cov_2):
    """The squared Frechet (Wasserstein-2) distance between two normal distributions.

        d^2 = ||m_1 - m_2||^2 + tr(C_1) + tr(C_2) - 2 tr((C_1^(1/2) C_2 C_1^(1/2))^(1/2))

    The last trace is the sum of the singular values of `F_1^T F_2` for any factors `F F^T = C`:
    symmetric in the arguments, real, and without the matrix root, which loses half of the digits of
    small eigenvalues. The factors are Cholesky's; those of singular covariances come from
    eigenvalues. Computed in float64.

    Args:
        mean_1, mean_2: means `(d,)`.
        cov_1, cov_2: covariances `(d, d)`, symmetric and positive semi-definite.

    Returns:
        Float, zero or more.

    Raises:
        ValueError: if shapes disagree or a value is not finite.

    Reference:
        Dowson and Landau (1982), The Frechet Distance between Multivariate Normal Distributions;
        Heusel et al. (2017), GANs Trained by a Two Time-Scale Update Rule, arXiv:1706.08500,
        equation 6.
    """
    mean_1, cov_1 = _moments(1, mean_1, cov_1)
    mean_2, cov_2 = _moments(2, mean_2, cov_2)
    if mean_1.shape != mean_2.shape:
        raise argument_error(
            "mean_2",
            "the shape of `mean_1`",
            received=f"mean_1.shape={mean_1.shape}, mean_2.shape={mean_2.shape}",
        )
    overlap = np.linalg.svd(_factor(cov_1).T @ _factor(cov_2), compute_uv=False).sum()
    difference = mean_1 - mean_2
    distance = difference @ difference + np.trace(cov_1) + np.trace(cov_2) - 2 * overlap
    return float(max(distance, 0.0))


def _moments(index, mean, cov):
    mean, cov = np.asarray(mean, "float64"), np.asarray(cov, "float64")
    if mean.ndim != 1 or cov.shape != (mean.size, mean.size):
        raise argument_error(
            f"cov_{index}",
            "a mean (d,) and a covariance (d, d)",
            received=f"mean_{index}.shape={mean.shape}, cov_{index}.shape={cov.shape}",
        )
    check_values(mean, f"mean_{index}")
    check_values(cov, f"cov_{index}")
    return mean, cov


def _factor(cov):
    """`F` with `F F^T = cov`."""
    cov = (cov + cov.T) / 2
    rounding = len(cov) * np.finfo("float64").eps
    try:
        factor = np.linalg.cholesky(cov)
    except np.linalg.LinAlgError:
        return _spectral_factor(cov, rounding)
    # Pivots that are rounding errors would enter by their square roots.
    regular = (np.diag(factor) ** 2 > rounding * np.diag(cov).max(initial=0)).all()
    return factor if regular else _spectral_factor(cov, rounding)


def _spectral_factor(cov, rounding):
    """The factor by eigenvalues, without the directions whose variance is rounding error."""
    eigenvalues, vectors = np.linalg.eigh(cov)
    kept = eigenvalues > rounding * np.abs(eigenvalues).max(initial=0)
    return vectors[:, kept] * np.sqrt(eigenvalues[kept])


class Moments:
    """Streaming mean and covariance in float64, merged batch by batch.

    Reference:
        Chan, Golub and LeVeque (1983), Algorithms for Computing the Sample Variance, equation 2.1.
    """

    def __init__(self):
        self.count, self.mean, self.scatter = 0, 0.0, 0.0

    @property
    def shape(self):
        """The shape of one image's features, or `None` if there is none yet."""
        return self.mean.shape if self.count else None

    def append(self, features):
        """Adds the features `(batch, d)` of a batch."""
        features = np.asarray(features, "float64")
        if features.ndim != 2:
            raise argument_error(
                "extractor", "features (batch, d)", received=f"features of shape {features.shape}"
            )
        check_values(features, "extractor")
        added = len(features)
        if added == 0:
            return
        mean = features.mean(axis=0)
        centered = features - mean
        shift, count = mean - self.mean, self.count + added
        self.scatter = self.scatter + centered.T @ centered
        self.scatter += np.outer(shift, shift) * (self.count * added / count)
        self.mean = self.mean + shift * (added / count)
        self.count = count

    def covariance(self, kind):
        """The unbiased covariance, divisor `count - 1`."""
        if self.count < 2:
            raise argument_error(
                kind, f"at least 2 {kind} images before `result()`", received=self.count
            )
        if self.count <= len(self.mean):
            warnings.warn(
                f"The covariance of {self.count} {kind} images with {len(self.mean)} features is "
                "singular: the Frechet distance is biased upwards. Use more images.",
                stacklevel=4,
            )
        return self.scatter / (self.count - 1)

    def distance(self, fake):
        """The Frechet distance of these moments of real images to those of generated ones."""
        real_covariance, fake_covariance = self.covariance("real"), fake.covariance("fake")
        return frechet_distance(self.mean, real_covariance, fake.mean, fake_covariance)


class FrechetDistance(FeatureSets):
    """The Frechet distance between the features of real and of generated images (FID).

        d^2 = ||m_r - m_f||^2 + tr(C_r) + tr(C_f) - 2 tr((C_r^(1/2) C_f C_r^(1/2))^(1/2))

    Means and unbiased covariances (divisor N - 1) are accumulated in float64 over any number of
    batches of any size. Distances of different extractors, or of different numbers of images,
    are not comparable: the extractor's name is part of the metric's name. It lives on the host, not
    in a model.

    Args:
        extractor: a `FeatureExtractor`.
        value_range: pair, the range in which the images' values lie.
        name: defaults to `"fid_"` and the extractor's name.

    Example:
        fid = FrechetDistance(LeNetExtractor(classifier), gan.value_range)
        for real in dataset:
            fid.update_state(real, None)
        fid.update_state(None, gan.generate(10_000))
        fid.result()

    Reference:
        Heusel et al. (2017), GANs Trained by a Two Time-Scale Update Rule, arXiv:1706.08500,
        equation 6.
    """

    kept = Moments

    def __init__(self, extractor, value_range, name=None):
        super().__init__(extractor, value_range, name or f"fid_{extractor.name}")

    def result(self):
        """The distance, a float in float64.

        Raises:
            ValueError: if there are fewer than two images of a kind.
        """
        return self._real.distance(self._fake)
