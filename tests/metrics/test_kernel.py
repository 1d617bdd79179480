import numpy as np
import pytest
import tensorflow as tf
from sklearn.metrics.pairwise import polynomial_kernel

from keras_gen.metrics import FeatureExtractor, KernelDistance, squared_mmd, squared_mmd_error

RANGE = (-1.0, 1.0)


@pytest.fixture
def pixels():
    def flatten(images):
        return tf.reshape(images, [-1, 4])

    return FeatureExtractor("pixels", flatten, flatten, (2, 2, 1), (-1, 1))


def images(count, seed, low=-1.0):
    random = np.random.default_rng(seed)
    return random.uniform(low, 1, (count, 2, 2, 1)).astype("float32")


def vectors(batch):
    return batch.reshape(len(batch), -1).astype("float64")


def samples(m=40, n=25, dim=6, shift=0.3):
    random = np.random.default_rng(0)
    return random.normal(size=(m, dim)), random.normal(shift, 1, size=(n, dim))


def reference(x, y):
    """The definition, with scikit-learn's kernel; its defaults are 1 / d and 1."""
    xx, yy, xy = (polynomial_kernel(*pair, degree=3) for pair in ((x, x), (y, y), (x, y)))
    others = [kernel[~np.eye(len(kernel), dtype=bool)].mean() for kernel in (xx, yy)]
    return sum(others) - 2 * xy.mean()


def test_discrepancy_is_the_definition():
    x, y = samples()
    np.testing.assert_allclose(squared_mmd(x, y), reference(x, y), rtol=1e-10)


def test_two_numbers_each_by_hand():
    # k(1, 2) = 27, k(0, 1) = 1, cross terms k(1, 0), k(1, 1), k(2, 0), k(2, 1) = 1, 8, 1, 27
    assert squared_mmd([[1.0], [2.0]], [[0.0], [1.0]]) == pytest.approx(27 + 1 - 2 * 37 / 4)


def test_blocks_change_nothing():
    x, y = samples(2500, 1100)
    np.testing.assert_allclose(squared_mmd(x, y), reference(x, y), rtol=1e-9)


def test_estimate_is_unbiased_for_equal_distributions():
    random = np.random.default_rng(1)
    values = [squared_mmd(*random.normal(size=(2, 10, 3))) for _ in range(2000)]
    # The estimate with the diagonal would have a mean of about 1.
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(2000)
    assert np.std(values) / np.sqrt(2000) < 0.05


def test_error_is_the_jackknife():
    x, y = samples(12, 9)
    variance = 0
    for mine, other in ((x, y), (y, x)):
        count = len(mine)
        without = [reference(np.delete(mine, i, axis=0), other) for i in range(count)]
        variance += (count - 1) * np.var(without)
    np.testing.assert_allclose(squared_mmd_error(x, y), np.sqrt(variance), rtol=1e-9)


def test_error_is_the_deviation_over_new_samples():
    random = np.random.default_rng(2)
    pairs = [(random.normal(size=(60, 2)), random.normal(1, 1, size=(60, 2))) for _ in range(300)]
    deviation = np.std([squared_mmd(*pair) for pair in pairs])
    error = np.mean([squared_mmd_error(*pair) for pair in pairs])
    assert 0.85 < error / deviation < 1.2


@pytest.mark.parametrize("batch", [1, 7, 50])
@pytest.mark.parametrize("subset_size", [None, 10])
def test_metric_does_not_depend_on_the_batches(pixels, batch, subset_size):
    real, fake = images(50, 0), images(30, 1, -0.5)
    whole, parts = (KernelDistance(pixels, RANGE, subset_size, subsets=5) for _ in range(2))
    whole.update_state(real, fake)
    for start in range(0, 50, batch):
        parts.update_state(real[start : start + batch])
        if start < 30:
            parts.update_state(fake=fake[start : min(start + batch, 30)])
    assert parts.result() == whole.result()
    assert parts.standard_error() == whole.standard_error()


def test_metric_is_the_discrepancy_of_all_features(pixels):
    real, fake = images(50, 0), images(30, 1, -0.5)
    metric = KernelDistance(pixels, RANGE)
    metric.update_state(real, fake)
    assert metric.name == "kid_pixels"
    np.testing.assert_allclose(metric.result(), reference(vectors(real), vectors(fake)), rtol=1e-7)
    error = squared_mmd_error(vectors(real), vectors(fake))
    np.testing.assert_allclose(metric.standard_error(), error, rtol=1e-7)


def test_subsets_of_all_images_give_the_discrepancy_of_all(pixels):
    real, fake = images(20, 0), images(20, 1, -0.5)
    metric = KernelDistance(pixels, RANGE, subset_size=20, subsets=3)
    metric.update_state(real, fake)
    expected = reference(vectors(real), vectors(fake))
    np.testing.assert_allclose(metric.result(), expected, rtol=1e-7)


def test_subsets_scatter_around_the_discrepancy_of_all(pixels):
    real, fake = images(60, 0), images(60, 1, -0.5)
    metric = KernelDistance(pixels, RANGE, subset_size=10, subsets=400, seed=3)
    metric.update_state(real, fake)
    whole = reference(vectors(real), vectors(fake))
    of_images = squared_mmd_error(vectors(real), vectors(fake))
    of_subsets = np.sqrt(metric.standard_error() ** 2 - of_images**2)
    assert 0 < abs(metric.result() - whole) < 4 * of_subsets < of_images
    other = KernelDistance(pixels, RANGE, subset_size=10, subsets=400, seed=4)
    other.update_state(real, fake)
    assert other.result() != metric.result()


def test_reset_fake_keeps_the_real_images(pixels):
    metric = KernelDistance(pixels, RANGE)
    metric.update_state(images(20, 0), images(20, 1))
    metric.reset_fake()
    metric.update_state(None, images(20, 2))
    fresh = KernelDistance(pixels, RANGE)
    fresh.update_state(images(20, 0), images(20, 2))
    assert metric.result() == fresh.result()
    metric.reset_state()
    with pytest.raises(ValueError, match="2 real images"):
        metric.result()


def test_too_few_images_are_refused(pixels):
    metric = KernelDistance(pixels, RANGE, subset_size=10)
    metric.update_state(images(10, 0), images(9, 1))
    with pytest.raises(ValueError, match="at least 10 fake images.*Received: 9"):
        metric.result()
    metric = KernelDistance(pixels, RANGE)
    metric.update_state(images(10, 0), images(2, 1))
    metric.result()
    with pytest.raises(ValueError, match="at least 3 fake images"):
        metric.standard_error()


def test_bad_images_are_refused_and_change_nothing(pixels):
    metric = KernelDistance(pixels, RANGE)
    metric.update_state(images(8, 0), images(8, 1))
    before = metric.result()
    with pytest.raises(ValueError, match="`images`"):
        metric.update_state(images(8, 3), np.full((8, 2, 2, 1), 255.0, "float32"))
    assert metric.result() == before


def test_features_that_are_not_finite_are_refused():
    def broken(batch):
        return tf.reshape(batch, [-1, 4]) / 0.0

    metric = KernelDistance(FeatureExtractor("broken", broken, broken, (2, 2, 1), RANGE), RANGE)
    with pytest.raises(ValueError, match="`extractor`.*finite.*32 NaN or infinite"):
        metric.update_state(images(8, 0))


def test_bad_arguments_are_refused(pixels):
    for arguments in ({"subset_size": 1}, {"subset_size": 2.5}, {"subsets": 1}):
        with pytest.raises(ValueError, match=f"`{next(iter(arguments))}`"):
            KernelDistance(pixels, RANGE, **arguments)
    x, y = samples()
    with pytest.raises(ValueError, match="`y`.*width of `x`"):
        squared_mmd(x, y[:, :5])
    with pytest.raises(ValueError, match="`x`.*at least 2"):
        squared_mmd(x[:1], y)
    with pytest.raises(ValueError, match="`y`.*finite"):
        squared_mmd(x, np.full_like(y, np.nan))
