import numpy as np
import tensorflow as tf

from keras_gen.layers import PixelNorm


def test_three_four_vector_by_hand():
    expected = np.array([3, 4]) / np.sqrt(12.5)
    np.testing.assert_allclose(PixelNorm()(np.array([[3.0, 4.0]])), [expected], rtol=1e-6)


def test_every_pixel_has_unit_mean_square_and_its_own_scale():
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 7)) * 5
    y = np.array(PixelNorm()(x))
    np.testing.assert_allclose(np.mean(y**2, axis=-1), np.ones((2, 3, 4)), rtol=1e-5)
    np.testing.assert_allclose(y, x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True)), rtol=1e-5)


def test_epsilon_is_added_to_the_mean_square_inside_the_root():
    y = PixelNorm(epsilon=0.75)(np.full((1, 4), 0.5))
    np.testing.assert_allclose(y, np.full((1, 4), 0.5), rtol=1e-6)


def test_zeros_stay_zeros_with_a_finite_gradient():
    x = tf.zeros((1, 2, 2, 3))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = PixelNorm()(x)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_allclose(tape.gradient(y, x), np.full(x.shape, 1e4), rtol=1e-4)


def test_squares_beyond_float16_do_not_overflow():
    x = np.full((1, 4), 1000, "float16")
    np.testing.assert_array_equal(PixelNorm(dtype="mixed_float16")(x), np.ones((1, 4)))
