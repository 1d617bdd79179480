import numpy as np
import pytest
import scipy.ndimage
import scipy.stats

from keras_gen.metrics import SlicedWasserstein, sliced_wasserstein
from keras_gen.metrics.sliced_wasserstein import laplacian_pyramid, patch_descriptors

RANGE = (-1.0, 1.0)


def images(count, seed, shape=(28, 28, 1), blur=0.0):
    random = np.random.default_rng(seed).uniform(-1, 1, (count, *shape))
    return scipy.ndimage.gaussian_filter(random, (0, blur, blur, 0)).astype("float32")


def blurred(images):
    row = np.array([1, 4, 6, 4, 1]) / 16
    kernel = np.outer(row, row)[None, :, :, None]
    return scipy.ndimage.convolve(images, kernel, mode="mirror")


def enlarged(images):
    zeros = np.zeros_like(images)
    rows = np.stack([images, zeros], axis=2).reshape(len(images), -1, *images.shape[2:])
    columns = np.stack([rows, np.zeros_like(rows)], axis=3)
    return 4 * blurred(columns.reshape(*rows.shape[:2], -1, rows.shape[-1]))


def unit_vectors(count, dim):
    directions = np.random.default_rng(0).normal(size=(count, dim))
    return directions / np.linalg.norm(directions, axis=1, keepdims=True)


def test_distance_is_that_of_scipy_along_each_direction():
    random = np.random.default_rng(0)
    x, y = random.normal(size=(300, 6)), random.normal(0.3, 1.2, size=(300, 6))
    directions = unit_vectors(20, 6)
    expected = np.mean([scipy.stats.wasserstein_distance(x @ u, y @ u) for u in directions])
    np.testing.assert_allclose(sliced_wasserstein(x, y, directions), expected, rtol=1e-10)
    single = sliced_wasserstein(x.astype("float32"), y.astype("float32"), directions)
    np.testing.assert_allclose(single, expected, rtol=1e-5)


def test_shift_in_two_dimensions_is_two_over_pi():
    # Along a random direction in the plane, a shift of one is |cos t|, on average 2 / pi.
    angles = np.linspace(0, 2 * np.pi, 1000, endpoint=False)
    directions = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    x = np.random.default_rng(0).normal(size=(50, 2))
    distance = sliced_wasserstein(x, x + [1.0, 0.0], directions)
    np.testing.assert_allclose(distance, 2 / np.pi, rtol=1e-5)


@pytest.mark.parametrize(
    "side, levels", [(8, [8]), (16, [16]), (28, [28, 14]), (64, [64, 32, 16]), (30, [30, 15])]
)
def test_levels_are_halves_of_two_patches_or_more(side, levels):
    pyramid = laplacian_pyramid(images(2, 0, (side, side, 1)))
    assert [level.shape[1] for level in pyramid] == levels


@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 64, 3)])
def test_pyramid_agrees_with_scipy(shape):
    x = images(3, 0, shape).astype("float64")
    fine, coarse = laplacian_pyramid(x)
    expected = blurred(x)[:, ::2, ::2]
    np.testing.assert_allclose(coarse, expected, atol=1e-12)
    np.testing.assert_allclose(fine, x - enlarged(expected), atol=1e-12)


def test_constant_images_have_no_details():
    fine, coarse = laplacian_pyramid(np.full((1, 28, 28, 1), 0.3))
    np.testing.assert_allclose(fine, 0, atol=1e-15)
    np.testing.assert_allclose(coarse, 0.3, rtol=1e-14)


def test_descriptors_are_normalized_patches():
    x = images(5, 0, (12, 16, 3)) * np.array([1, 0.1, 0.5], "float32")
    random = np.random.default_rng(1)
    rows, columns = random.integers(6, size=(5, 4)), random.integers(10, size=(5, 4))
    patches = np.array(
        [
            x[i, rows[i, j] : rows[i, j] + 7, columns[i, j] : columns[i, j] + 7]
            for i in range(5)
            for j in range(4)
        ],
        "float64",
    )
    patches = (patches - patches.mean((0, 1, 2))) / patches.std((0, 1, 2))
    expected = patches.transpose(0, 3, 1, 2).reshape(20, -1)
    np.testing.assert_allclose(patch_descriptors(x, rows, columns), expected, atol=2e-6)


def test_metric_agrees_with_scipy_from_images_to_number():
    """Every patch of images of one patch's size: no choice is left but the directions."""
    x, y = images(60, 0, (7, 7, 1)), images(60, 1, (7, 7, 1), blur=0.5)
    metric = SlicedWasserstein(RANGE, patches=2, directions=40)
    metric.update_state(x, y)
    flat = [each.reshape(60, 49).astype("float64") for each in (x, y)]
    flat = [(each - each.mean()) / each.std() for each in flat]
    random = np.random.default_rng(0)
    for _ in range(4):
        random.integers(1, size=(60, 2))
    directions = random.standard_normal((40, 49))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    expected = np.mean(
        [scipy.stats.wasserstein_distance(flat[0] @ u, flat[1] @ u) for u in directions]
    )
    np.testing.assert_allclose(metric.result(), 1000 * expected, rtol=1e-5)


@pytest.mark.parametrize("batch", [1, 7])
def test_metric_does_not_depend_on_the_batches(batch):
    real, fake = images(20, 0), images(20, 1)
    whole, parts = (SlicedWasserstein(RANGE, patches=8, directions=16) for _ in range(2))
    whole.update_state(real, fake)
    for start in range(0, 20, batch):
        parts.update_state(real[start : start + batch])
        parts.update_state(None, fake[start : start + batch])
    assert parts.levels() == whole.levels()


def test_result_is_the_mean_of_the_named_levels():
    metric = SlicedWasserstein(RANGE, patches=8, directions=16)
    metric.update_state(images(20, 0), images(20, 1, blur=1))
    levels = metric.levels()
    assert list(levels) == ["swd_28", "swd_14", "swd_mean"] and metric.name == "swd_mean"
    assert metric.result() == levels["swd_mean"] == (levels["swd_28"] + levels["swd_14"]) / 2
    other = SlicedWasserstein(RANGE, patches=8, directions=16, seed=1)
    other.update_state(images(20, 0), images(20, 1, blur=1))
    assert other.result() != metric.result()


def test_distance_grows_at_the_scale_that_differs():
    real, alike = images(200, 0, blur=2), images(200, 1, blur=2)
    noisy = np.clip(alike + 0.1 * images(200, 2), -1, 1)
    metric = SlicedWasserstein(RANGE, patches=32, directions=64)
    metric.update_state(real, alike)
    floor = metric.levels()
    metric.reset_fake()
    metric.update_state(None, noisy)
    levels = metric.levels()
    assert levels["swd_28"] > 4 * floor["swd_28"] and levels["swd_28"] > 2 * levels["swd_14"]


def test_range_of_the_images_does_not_matter():
    real, fake = images(20, 0), images(20, 1, blur=1)
    one = SlicedWasserstein(RANGE, patches=8, directions=16)
    two = SlicedWasserstein((0, 1), patches=8, directions=16)
    one.update_state(real, fake)
    two.update_state((real + 1) / 2, (fake + 1) / 2)
    np.testing.assert_allclose(two.result(), one.result(), rtol=1e-4)


def test_constant_images_have_a_finite_distance():
    metric = SlicedWasserstein(RANGE, patches=8, directions=16)
    metric.update_state(images(20, 0), np.full((20, 28, 28, 1), 0.3, "float32"))
    levels = metric.levels()
    # Against zeros, the distance is the mean absolute value of what has unit deviation.
    assert 600 < levels["swd_28"] < 900
    metric.reset_state()
    metric.update_state(*np.full((2, 20, 28, 28, 1), 0.3, "float32"))
    assert metric.result() == 0


def test_bad_input_is_refused():
    metric = SlicedWasserstein(RANGE, patches=8, directions=16)
    with pytest.raises(ValueError, match="at least 1 real"):
        metric.result()
    with pytest.raises(ValueError, match="7 pixels"):
        metric.update_state(np.zeros((2, 6, 8, 1), "float32"))
    with pytest.raises(ValueError, match=r"declared range \[-1\.0, 1\.0\]"):
        metric.update_state(255 * images(2, 0))
    metric.update_state(images(4, 0), images(3, 1))
    with pytest.raises(ValueError, match="as many fake as real.*3 fake and 4 real"):
        metric.result()
    with pytest.raises(ValueError, match=r"shape \(28, 28, 1\)"):
        metric.update_state(None, images(3, 1, (28, 28, 3)))
    for argument in ("patches", "directions"):
        with pytest.raises(ValueError, match=f"`{argument}`"):
            SlicedWasserstein(RANGE, **{argument: 0})
    with pytest.raises(ValueError, match="`y`"):
        sliced_wasserstein(np.zeros((3, 2)), np.zeros((4, 2)), np.eye(2))
