"""Grey images in the channels of one."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gen import data


def images(count):
    """Images of one pixel each: their own number."""
    return np.arange(count, dtype="float32").reshape(count, 1, 1, 1)


def test_every_image_comes_once_in_every_channel():
    stacks = data.stacked(images(100), seed=3)
    assert stacks.shape == (100, 1, 1, 3) and stacks.dtype == np.float32
    for channel in stacks[:, 0, 0].T:
        np.testing.assert_array_equal(np.sort(channel), np.arange(100))


def test_channels_are_independent():
    count = 3000
    first, second, third = data.stacked(images(count), seed=3)[:, 0, 0].T
    for a, b in [(first, second), (first, third), (second, third), (first, np.arange(count))]:
        assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(count)
        assert np.sum(a == b) < 10  # 1 is expected


def test_classes_in_channels_are_equally_likely_modes():
    labels = np.repeat(np.arange(10), 2600).reshape(-1, 1, 1, 1)
    modes = data.stacked(labels, seed=1)[:, 0, 0] @ [100, 10, 1]
    counts = np.bincount(modes, minlength=1000)
    assert counts.min() > 0
    assert 850 < np.sum((counts - 26) ** 2 / 26) < 1150  # chi squared of about 1,000 modes


def test_the_seed_decides():
    first = data.stacked(images(50), seed=1)
    np.testing.assert_array_equal(first, data.stacked(images(50), seed=1))
    assert np.any(first != data.stacked(images(50), seed=2))
    key = tf.constant([1, 0], tf.int64)
    np.testing.assert_array_equal(first, data.stacked(tf.constant(images(50)), key))


def test_batches_are_stacked_anew_in_every_epoch_and_alike_in_every_run():
    def epochs(count):
        batches = data.batches(images(20), 8, seed=5, augment=data.stacked)
        return [np.concatenate(list(batches.as_numpy_iterator())) for _ in range(count)]

    first, second = epochs(2)
    assert first.shape == (20, 1, 1, 3)
    assert {tuple(s) for s in first[:, 0, 0]} != {tuple(s) for s in second[:, 0, 0]}
    for channel in first[:, 0, 0].T:
        np.testing.assert_array_equal(np.sort(channel), np.arange(20))
    np.testing.assert_array_equal(first, epochs(1)[0])


def test_the_number_of_channels_is_free():
    assert data.stacked(np.zeros((4, 2, 3, 1)), seed=0, channels=2).shape == (4, 2, 3, 2)


@pytest.mark.parametrize("shape", [(5, 5, 1), (4, 5, 5, 3)])
def test_images_that_are_not_grey_are_refused(shape):
    with pytest.raises(ValueError, match="`images`.*grey.*Received: images.shape"):
        data.stacked(np.zeros(shape), seed=0)
