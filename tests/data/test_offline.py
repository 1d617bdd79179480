import numpy as np
import pytest

from keras_gen import data

DIGITS = np.zeros((3, 2, 2, 1), "float32")
DIGITS[1], DIGITS[2, 0, 1] = 1.0, 0.25
PHOTOGRAPH = np.arange(3 * 4 * 3, dtype="float32").reshape(1, 3, 4, 3) / 40


def patches(photograph, height, width):
    rows, columns = photograph.shape[0] - height + 1, photograph.shape[1] - width + 1
    return [photograph[i : i + height, j : j + width] for i in range(rows) for j in range(columns)]


def test_blend_is_the_absolute_difference_from_some_patch():
    for seed in range(5):
        blends = data.blended(DIGITS, PHOTOGRAPH, seed, value_range=(0, 1))
        assert blends.shape == (3, 2, 2, 3) and blends.dtype == "float32"
        for blend, digit in zip(blends, DIGITS):
            expected = [np.abs(patch - digit) for patch in patches(PHOTOGRAPH[0], 2, 2)]
            assert min(np.abs(blend - each).max() for each in expected) < 1e-6


def test_range_does_not_change_the_blend():
    expected = data.blended(DIGITS, PHOTOGRAPH, 1, value_range=(0, 1))
    blends = data.blended(2 * DIGITS - 1, 2 * PHOTOGRAPH - 1, 1)
    np.testing.assert_allclose((blends + 1) / 2, expected, atol=1e-6)
    assert blends.min() >= -1 and blends.max() <= 1


def test_every_patch_of_every_photograph_comes_and_equal_seeds_are_equal():
    photographs = np.concatenate([PHOTOGRAPH, 1 - PHOTOGRAPH])
    black = np.zeros((400, 2, 2, 1), "float32")
    blends = data.blended(black, photographs, 7, value_range=(0, 1))
    expected = {p.tobytes() for photograph in photographs for p in patches(photograph, 2, 2)}
    assert {blend.tobytes() for blend in blends} == expected
    np.testing.assert_array_equal(blends, data.blended(black, photographs, 7, (0, 1)))
    assert (blends != data.blended(black, photographs, 8, (0, 1))).any()


def test_sample_photographs_fill_the_range():
    photographs = data.sample_photographs()
    assert photographs.shape == (2, 427, 640, 3) and photographs.dtype == "float32"
    assert photographs.min() == -1 and photographs.max() == 1
    np.testing.assert_allclose(data.sample_photographs((0, 1)), (photographs + 1) / 2, atol=1e-6)


@pytest.mark.parametrize(
    "images, photographs, message",
    [
        (DIGITS[..., 0], PHOTOGRAPH, "`images`.*at least one image"),
        (DIGITS[:0], PHOTOGRAPH, "`images`.*at least one image"),
        (np.repeat(DIGITS, 2, -1), PHOTOGRAPH, "`images`.*1 or 3"),
        (DIGITS, PHOTOGRAPH[..., :1], "`photographs`.*2 or more, 3"),
        (DIGITS, PHOTOGRAPH[:, :1], "`photographs`.*2 or more, 3"),
        (DIGITS - 1, PHOTOGRAPH, "`images`.*declared range"),
        (DIGITS, 255 * PHOTOGRAPH, "`photographs`.*declared range"),
        (DIGITS, np.nan * PHOTOGRAPH, "`photographs`.*finite values"),
    ],
)
def test_what_cannot_be_blended_is_named(images, photographs, message):
    with pytest.raises(ValueError, match=f"argument {message}.*Received"):
        data.blended(images, photographs, 1, value_range=(0, 1))


def test_copies_are_moved_by_one_pixel_and_zeros_come_in():
    image = np.arange(1.0, 10.0).reshape(3, 3)
    still, up, down, left, right = data.nudged(image[None, ..., None])[..., 0]
    np.testing.assert_array_equal(still, image)
    np.testing.assert_array_equal(up, [[4, 5, 6], [7, 8, 9], [0, 0, 0]])
    np.testing.assert_array_equal(down, [[0, 0, 0], [1, 2, 3], [4, 5, 6]])
    np.testing.assert_array_equal(left, [[2, 3, 0], [5, 6, 0], [8, 9, 0]])
    np.testing.assert_array_equal(right, [[0, 1, 2], [0, 4, 5], [0, 7, 8]])


def test_labels_of_the_copies_are_tiled():
    images = np.random.default_rng(0).random((4, 5, 5, 2)).astype("float32")
    copies = data.nudged(images)
    assert copies.dtype == images.dtype
    for start in range(0, 20, 4):  # inner pixels of the copy are those of its image, moved
        assert np.all(np.isin(copies[start : start + 4, 1:4, 1:4], images))
    np.testing.assert_array_equal(copies[:4], images)


def test_single_images_are_refused():
    with pytest.raises(ValueError, match=r"`images`.*\(5, 5, 1\)"):
        data.nudged(np.zeros((5, 5, 1)))


def test_patches_are_squares_of_the_images_from_everywhere_in_them():
    numbers = np.arange(2 * 5 * 7, dtype="float32").reshape(2, 5, 7, 1)
    found = data.patches(numbers, 400, 3, seed=1)
    assert found.shape == (400, 3, 3, 1) and found.dtype == numbers.dtype
    corners = found[:, 0, 0, 0]
    np.testing.assert_array_equal(found[:, 2, 1, 0], corners + 2 * 7 + 1)
    possible = numbers[:, :3, :5]  # places of a patch's first pixel
    np.testing.assert_array_equal(np.unique(corners), np.unique(possible))
    np.testing.assert_array_equal(found, data.patches(numbers, 400, 3, seed=1))
    assert np.any(found != data.patches(numbers, 400, 3, seed=2))


@pytest.mark.parametrize(
    "images", [np.zeros((2, 5, 7)), np.zeros((0, 5, 7, 1)), np.zeros((1, 2, 7, 1))]
)
def test_patches_that_do_not_fit_are_refused(images):
    with pytest.raises(ValueError, match="argument `images`"):
        data.patches(images, 4, 3, seed=1)
