import warnings

import numpy as np
import pytest
import scipy.linalg
import tensorflow as tf

from keras_gen.metrics import FeatureExtractor, FrechetDistance, frechet_distance

RANGE = (-1.0, 1.0)


def random_covariance(seed, dim, rank=None):
    factor = np.random.default_rng(seed).normal(size=(dim, rank or 2 * dim))
    return factor @ factor.T / dim


@pytest.fixture
def pixels():
    """The four pixels of a 2x2 image as features."""

    def flatten(images):
        return tf.reshape(images, [-1, 4])

    return FeatureExtractor("pixels", flatten, flatten, (2, 2, 1), (-1, 1))


def images(count, seed, low=-1, high=1):
    return np.random.default_rng(seed).uniform(low, high, (count, 2, 2, 1)).astype("float32")


def moments(batch):
    features = batch.reshape(len(batch), -1).astype("float64")
    return features.mean(axis=0), np.cov(features, rowvar=False)


def test_distance_of_equal_distributions_is_zero():
    mean, cov = np.arange(8.0), random_covariance(0, 8)
    assert frechet_distance(mean, cov, mean, cov) < 1e-12


def test_distance_of_shifted_distributions_is_the_squared_shift():
    cov = random_covariance(0, 3)
    distance = frechet_distance([1, 2, 3], cov, [2, 0, 3], cov)
    np.testing.assert_allclose(distance, 5, rtol=1e-10)


def test_commuting_covariances_give_the_distance_of_standard_deviations():
    distance = frechet_distance([0, 0], np.diag([4.0, 9.0]), [0, 0], np.diag([1.0, 25.0]))
    np.testing.assert_allclose(distance, (2 - 1) ** 2 + (3 - 5) ** 2, rtol=1e-10)


def test_one_dimension_is_the_closed_form():
    np.testing.assert_allclose(frechet_distance([1], [[4]], [3], [[9]]), 4 + 1, rtol=1e-12)


@pytest.mark.parametrize("dim", [2, 10, 84])
def test_general_covariances_agree_with_scipy(dim):
    cov_1, cov_2 = random_covariance(1, dim), random_covariance(2, dim)
    root = scipy.linalg.sqrtm(cov_1 @ cov_2).real
    expected = np.trace(cov_1) + np.trace(cov_2) - 2 * np.trace(root)
    zero = np.zeros(dim)
    np.testing.assert_allclose(frechet_distance(zero, cov_1, zero, cov_2), expected, rtol=1e-6)


def test_distance_is_symmetric_in_its_arguments():
    one = np.zeros(20), random_covariance(1, 20)
    two = np.ones(20), random_covariance(2, 20, rank=7)
    np.testing.assert_allclose(
        frechet_distance(*one, *two), frechet_distance(*two, *one), rtol=1e-12
    )


def test_singular_covariances_keep_their_precision():
    # Orthogonal supports share nothing; equal supports are the same distribution.
    basis = np.linalg.qr(np.random.default_rng(0).normal(size=(200, 200)))[0]
    cov_1 = basis[:, :10] @ basis[:, :10].T
    cov_2 = basis[:, 10:30] @ basis[:, 10:30].T
    zero = np.zeros(200)
    np.testing.assert_allclose(frechet_distance(zero, cov_1, zero, cov_2), 30, atol=1e-6)
    np.testing.assert_allclose(frechet_distance(zero, cov_1, zero, 4 * cov_1), 10, atol=1e-6)
    np.testing.assert_allclose(frechet_distance(zero, cov_1, zero, 0 * cov_1), 10, atol=1e-6)


def test_nearly_singular_covariances_keep_their_precision():
    """Standard deviations from 1 to 1e-9: no factorization may lose the small ones."""
    basis = np.linalg.qr(np.random.default_rng(0).normal(size=(60, 60)))[0]
    one, two = np.logspace(0, -9, 60), np.logspace(-9, 0, 60)
    cov_1, cov_2 = ((basis * scale**2) @ basis.T for scale in (one, two))
    zero = np.zeros(60)
    expected = np.sum((one - two) ** 2)
    np.testing.assert_allclose(frechet_distance(zero, cov_1, zero, cov_2), expected, rtol=1e-6)
    near = frechet_distance(zero, cov_1, zero, 1.21 * cov_1)
    np.testing.assert_allclose(near, 0.01 * np.sum(one**2), rtol=1e-5)


@pytest.mark.parametrize("ranks", [(40, 120), (120, 40), (40, 40)])
def test_a_singular_covariance_beside_a_regular_one_agrees_with_the_roots_eigenvalues(ranks):
    """Fewer images than features on one side, as where a small test set is judged."""
    cov_1, cov_2 = (random_covariance(seed, 60, rank) for seed, rank in enumerate(ranks))
    eigenvalues = scipy.linalg.eigvals(cov_1 @ cov_2).real
    kept = np.sort(eigenvalues)[-min(*ranks, 60) :]
    expected = np.trace(cov_1) + np.trace(cov_2) - 2 * np.sqrt(kept).sum()
    zero = np.zeros(60)
    np.testing.assert_allclose(frechet_distance(zero, cov_1, zero, cov_2), expected, rtol=1e-6)


def test_moments_of_other_shapes_or_not_finite_are_refused():
    with pytest.raises(ValueError, match="`cov_1`"):
        frechet_distance([0, 0], np.eye(3), [0, 0], np.eye(2))
    with pytest.raises(ValueError, match="`mean_2`"):
        frechet_distance([0, 0], np.eye(2), [0, 0, 0], np.eye(3))
    with pytest.raises(ValueError, match="`cov_2`.*finite.*4 NaN"):
        frechet_distance([0, 0], np.eye(2), [0, 0], np.full((2, 2), np.nan))
    with pytest.raises(ValueError, match="`mean_1`.*finite.*1 NaN"):
        frechet_distance([0, np.inf], np.eye(2), [0, 0], np.eye(2))


def test_metric_uses_unbiased_covariances_of_different_counts(pixels):
    real, fake = images(50, 0), images(20, 1, -0.5, 0.9)
    metric = FrechetDistance(pixels, RANGE)
    metric.update_state(real, fake)
    expected = frechet_distance(*moments(real), *moments(fake))
    np.testing.assert_allclose(metric.result(), expected, rtol=1e-9)
    assert metric.name == "fid_pixels"


@pytest.mark.parametrize("batch", [1, 7, 64])
def test_metric_does_not_depend_on_the_batches(pixels, batch):
    # A large common value would cost the digits of sums of squares.
    real, fake = images(300, 0, 0.999, 1.0), images(200, 1, 0.998, 0.9985)
    whole, parts = FrechetDistance(pixels, RANGE), FrechetDistance(pixels, RANGE)
    whole.update_state(real, fake)
    for start in range(0, 300, batch):
        parts.update_state(real[start : start + batch])
        if start < 200:
            parts.update_state(fake=fake[start : min(start + batch, 200)])
    np.testing.assert_allclose(parts.result(), whole.result(), rtol=1e-9)
    expected = frechet_distance(*moments(real), *moments(fake))
    np.testing.assert_allclose(whole.result(), expected, rtol=1e-9)


def test_reset_fake_keeps_the_real_images(pixels):
    metric = FrechetDistance(pixels, RANGE)
    metric.update_state(images(50, 0), images(50, 1, -0.5, 0.5))
    metric.reset_fake()
    metric.update_state(None, images(50, 2))
    expected = frechet_distance(*moments(images(50, 0)), *moments(images(50, 2)))
    np.testing.assert_allclose(metric.result(), expected, rtol=1e-9)
    metric.reset_state()
    with pytest.raises(ValueError, match="2 real images"):
        metric.result()


def test_images_are_rescaled_to_the_extractors_range(pixels):
    metric = FrechetDistance(pixels, value_range=(0, 1))
    real, fake = images(50, 0), images(50, 1)
    metric.update_state((real + 1) / 2, (fake + 1) / 2)
    expected = frechet_distance(*moments(real), *moments(fake))
    np.testing.assert_allclose(metric.result(), expected, rtol=1e-4)


def test_saturated_images_have_a_finite_distance(pixels):
    metric = FrechetDistance(pixels, RANGE)
    metric.update_state(np.ones((8, 2, 2, 1), "float32"), -np.ones((8, 2, 2, 1), "float32"))
    np.testing.assert_allclose(metric.result(), 16, rtol=1e-12)


def test_one_image_is_refused_and_few_images_are_warned_of(pixels):
    metric = FrechetDistance(pixels, RANGE)
    metric.update_state(images(8, 0), images(1, 1))
    with pytest.raises(ValueError, match="2 fake images"):
        metric.result()
    metric.update_state(None, images(1, 2))
    with pytest.warns(UserWarning, match="2 fake images with 4 features is singular"):
        metric.result()
    metric.update_state(None, images(3, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        metric.result()


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros((4, 2, 2, 1), "uint8"),
        np.full((4, 2, 2, 1), 255.0, "float32"),
        np.full((4, 2, 2, 1), np.nan, "float32"),
        np.zeros((4, 2, 2), "float32"),
        np.zeros((4, 2, 2, 2), "float32"),
    ],
)
def test_bad_images_are_refused_and_change_nothing(pixels, bad):
    metric = FrechetDistance(pixels, RANGE)
    metric.update_state(images(8, 0), images(8, 1))
    before = metric.result()
    with pytest.raises(ValueError, match="`images`"):
        metric.update_state(images(8, 3), bad)
    assert metric.result() == before
