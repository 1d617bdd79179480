import keras
import numpy as np
import tensorflow as tf

from keras_gen.layers import EqualizedDense, StyleModulation


def features():
    generator = np.random.default_rng(0)
    return (5 + generator.normal(size=(2, 6, 4, 3)) * np.array([1, 10, 0.1])).astype("float32")


def styles():
    return np.random.default_rng(1).normal(size=(2, 7)).astype("float32")


def normalize(x, epsilon=1e-5):
    mean, variance = x.mean(axis=(1, 2), keepdims=True), x.var(axis=(1, 2), keepdims=True)
    return (x - mean) / np.sqrt(variance + epsilon)


def test_zero_style_is_instance_normalization_scale_one_bias_zero():
    y = StyleModulation()([features(), np.zeros((2, 7))])
    np.testing.assert_allclose(y, normalize(features()), rtol=1e-3, atol=1e-4)
    reference = keras.layers.GroupNormalization(groups=-1, epsilon=1e-5)
    np.testing.assert_allclose(y, reference(features()), rtol=1e-3, atol=1e-4)


def test_style_sets_mean_and_deviation_of_every_feature_map():
    layer = StyleModulation()
    y = np.array(layer([features(), styles()]))
    change = styles() @ np.array(layer.affine.kernel) / np.sqrt(7)
    np.testing.assert_allclose(y.mean(axis=(1, 2)), change[:, 3:], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(y.std(axis=(1, 2)), np.abs(1 + change[:, :3]), rtol=2e-3)


def test_affine_map_is_equalized_with_gain_one_and_zero_bias():
    layer = StyleModulation()
    layer.build([(None, 4, 4, 3), (None, 7)])
    assert isinstance(layer.affine, EqualizedDense)
    assert layer.affine.gain == 1
    assert layer.affine.kernel.shape == (7, 6)
    np.testing.assert_array_equal(layer.affine.bias, np.zeros(6))


def test_epsilon_is_added_to_the_variance_inside_the_root():
    x = np.array([-1.0, 1.0]).reshape((1, 1, 2, 1))
    y = StyleModulation(epsilon=3)([x, np.zeros((1, 2))])
    np.testing.assert_allclose(np.ravel(y), [-0.5, 0.5], rtol=1e-6)


def test_constant_feature_map_has_a_finite_gradient():
    x = tf.ones((1, 3, 3, 2))
    layer = StyleModulation()
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer([x, tf.zeros((1, 2))])
    np.testing.assert_array_equal(y, np.zeros(y.shape))
    assert np.all(np.isfinite(tape.gradient(y, x)))


def test_large_mean_does_not_spoil_statistics_in_float16():
    x = (1000 + 2 * np.arange(16).reshape((1, 4, 4, 1))).astype("float16")
    y = StyleModulation(dtype="mixed_float16")([x, np.zeros((1, 2))])
    np.testing.assert_allclose(y, normalize(x.astype("float32")), atol=2e-3)
