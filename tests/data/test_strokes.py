import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage

from keras_gen import data

IMAGES = np.random.default_rng(2).uniform(-1, 1, size=(50, 9, 7, 2)).astype("float32")
SEED = (3, 4)


def test_strokes_move_towards_the_dilation_and_the_erosion_of_another_library():
    changed = data.strokes(0.8)(IMAGES, SEED).numpy()
    u = tf.random.stateless_uniform([len(IMAGES), 1, 1, 1], SEED, -0.8, 0.8).numpy()
    assert u.min() < -0.5 and u.max() > 0.5
    size = (1, 3, 3, 1)
    dilation = ndimage.grey_dilation(IMAGES, size, mode="nearest")
    erosion = ndimage.grey_erosion(IMAGES, size, mode="nearest")
    target = np.where(u >= 0, dilation, erosion)
    np.testing.assert_allclose(changed, (1 - abs(u)) * IMAGES + abs(u) * target, atol=1e-6)


def test_a_stroke_gets_bolder_by_at_most_the_change_on_either_side():
    line = np.full([200, 11, 11, 1], -1, "float32")
    line[:, :, 4:7] = 1
    width = (data.strokes(0.5)(line, SEED).numpy()[:, 5, :, 0] + 1).sum(axis=1) / 2
    assert 2 <= width.min() < 2.05 and 3.95 < width.max() <= 4


def test_equal_seeds_give_equal_images_and_no_change_none():
    np.testing.assert_array_equal(*(data.strokes()(IMAGES, SEED) for _ in range(2)))
    np.testing.assert_array_equal(data.strokes(0)(IMAGES, SEED), IMAGES)


@pytest.mark.parametrize("change", [-0.1, 1.1, float("nan")])
def test_bad_changes_are_refused(change):
    with pytest.raises(ValueError, match=f"`change`.*change={change}"):
        data.strokes(change)
