import numpy as np
import pytest
import tensorflow as tf

from keras_gen.layers import Blur2D

KERNEL = np.outer([1, 2, 1], [1, 2, 1]) / 16


def test_a_point_becomes_the_kernel():
    x = np.zeros((1, 5, 6, 2), "float32")
    x[0, 2, 3, 1] = 16
    y = np.array(Blur2D()(x))
    np.testing.assert_array_equal(y[0, 1:4, 2:5, 1], 16 * KERNEL)
    assert y.sum() == 16 and not y[..., 0].any()


def test_constants_stay_inside_and_fade_into_the_zeros_around_the_image():
    y = np.array(Blur2D()(np.full((2, 4, 5, 3), 8, "float32")))
    np.testing.assert_array_equal(y[:, 1:-1, 1:-1], np.full((2, 2, 3, 3), 8))
    np.testing.assert_array_equal(y[:, 0, 1:-1], np.full((2, 3, 3), 6))
    np.testing.assert_array_equal(y[:, -1, -1], np.full((2, 3), 4.5))


@pytest.mark.parametrize("size", [(1, 1), (1, 4), (2, 3)])
def test_small_images_are_blurred_as_if_zeros_surrounded_them(size):
    x = np.random.default_rng(0).normal(size=(2, *size, 1)).astype("float32")
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    height, width = size
    expected = sum(
        KERNEL[i, j] * padded[:, i : i + height, j : j + width] for i in range(3) for j in range(3)
    )
    np.testing.assert_allclose(Blur2D()(x), expected, rtol=1e-5, atol=1e-7)


def test_the_gradient_is_the_blurred_gradient():
    """The kernel is symmetric, so its transpose is itself."""
    x = tf.constant(np.random.default_rng(1).normal(size=(1, 5, 5, 2)), tf.float32)
    weights = np.random.default_rng(2).normal(size=x.shape).astype("float32")
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(Blur2D()(x) * weights)
    np.testing.assert_allclose(tape.gradient(y, x), Blur2D()(weights), rtol=1e-5, atol=1e-6)
