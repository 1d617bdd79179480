import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage

from keras_gen import data

# A blob that stays in the frame; the background is -1.
ROWS, COLUMNS = np.mgrid[:21, :15]
BLOB = np.exp(-((ROWS - 11) ** 2 + 2 * (COLUMNS - 6) ** 2) / 8)
IMAGES = np.repeat(2 * BLOB[None, :, :, None] - 1, 400, axis=0).astype("float32")
SEED = (3, 4)


def centres(images):
    mass = images[..., 0] + 1
    total = mass.sum(axis=(1, 2))
    return np.stack([(mass * axis).sum(axis=(1, 2)) / total for axis in (ROWS, COLUMNS)], axis=1)


def angles(images):
    """Orientation of the longer axis, in degrees from the vertical."""
    mass, centre = images[..., 0] + 1, centres(images)
    dy, dx = ROWS - centre[:, :1, None], COLUMNS - centre[:, 1:, None]
    xx, yy, xy = ((mass * p).sum(axis=(1, 2)) for p in (dx * dx, dy * dy, dx * dy))
    return np.degrees(0.5 * np.arctan2(2 * xy, yy - xx))


def test_without_any_range_nothing_changes():
    same = data.jitter(0, 0, 0)(IMAGES[:3], SEED)
    np.testing.assert_allclose(same, IMAGES[:3], atol=1e-6)


def test_shifts_are_uniform_in_both_directions_and_fill_with_the_background():
    moved = data.jitter(0, 0, 2, fill_value=-1)(IMAGES, SEED).numpy()
    offsets = centres(moved) - centres(IMAGES)
    assert np.abs(offsets).max() < 2.01
    np.testing.assert_allclose(offsets.mean(axis=0), 0, atol=0.25)
    np.testing.assert_allclose(offsets.std(axis=0), 4 / np.sqrt(12), rtol=0.1)
    assert abs(np.corrcoef(offsets.T)[0, 1]) < 0.2
    assert moved.min() >= -1


def test_rotations_are_about_the_centre():
    turned = data.jitter(20, 0, 0, fill_value=-1)(IMAGES, SEED).numpy()
    turns = angles(turned)
    assert 18 < np.abs(turns).max() < 20.5
    np.testing.assert_allclose(turns.std(), 40 / np.sqrt(12), rtol=0.1)
    middle = np.array([10, 7])
    distance = np.linalg.norm(centres(turned) - middle, axis=1)
    np.testing.assert_allclose(distance, np.sqrt(2), rtol=0.02)


def test_zoom_is_about_the_centre():
    zoomed = data.jitter(0, 0.2, 0, fill_value=-1)(IMAGES, SEED).numpy()
    factors = (centres(zoomed) - [10, 7])[:, 0]  # the blob is 1 below the centre
    assert factors.min() == pytest.approx(1 / 1.2, abs=0.02)
    assert factors.max() == pytest.approx(1 / 0.8, abs=0.02)


def test_a_shift_equals_that_of_another_library():
    image = np.random.default_rng(1).uniform(size=(1, 21, 15, 1)).astype("float32")
    moved = data.jitter(0, 0, 3)(image, SEED).numpy()[0, ..., 0]
    x, y = 3 * tf.random.stateless_uniform([4, 1], SEED, -1.0, 1.0).numpy()[2:, 0]
    expected = ndimage.shift(image[0, ..., 0], (-y, -x), order=1)
    np.testing.assert_allclose(moved[4:-4, 4:-4], expected[4:-4, 4:-4], atol=1e-4)


def test_equal_seeds_give_equal_images_and_each_image_its_own():
    jitter = data.jitter()
    first = jitter(IMAGES[:2], SEED).numpy()
    np.testing.assert_array_equal(first, jitter(IMAGES[:2], SEED))
    assert np.abs(first[0] - first[1]).max() > 0.01
    assert np.abs(first - jitter(IMAGES[:2], (3, 5))).max() > 0.01


@pytest.mark.parametrize("arguments", [{"rotation": -1}, {"zoom": 1.0}, {"shift": float("nan")}])
def test_bad_ranges_are_named(arguments):
    with pytest.raises(ValueError, match=f"argument `{next(iter(arguments))}`"):
        data.jitter(**arguments)
