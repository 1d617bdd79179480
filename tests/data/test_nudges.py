"""Shifted copies."""

import numpy as np
import pytest

from keras_gen import data


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
