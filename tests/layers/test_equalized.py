import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen.layers import EqualizedConv2D, EqualizedDense


def uniform(*shape):
    return np.random.default_rng(0).uniform(-1, 1, size=shape).astype("float32")


def test_dense_multiplies_the_kernel_by_the_gain_over_the_root_of_fan_in():
    layer = EqualizedDense(1)
    layer.build((None, 8))
    layer.kernel.assign(np.ones((8, 1)))
    np.testing.assert_allclose(layer(np.ones((1, 8))), [[8 * math.sqrt(2 / 8)]], rtol=1e-6)


def test_convolution_counts_the_kernel_area_in_fan_in():
    layer = EqualizedConv2D(1, (3, 2), padding="valid")
    layer.build((None, 3, 2, 4))
    layer.kernel.assign(np.ones((3, 2, 4, 1)))
    y = layer(np.ones((1, 3, 2, 4)))
    np.testing.assert_allclose(np.ravel(y), [24 * math.sqrt(2 / 24)], rtol=1e-6)


@pytest.mark.parametrize("lr_multiplier", [1.0, 0.01])
@pytest.mark.parametrize(
    "make, shape",
    [
        (lambda **kwargs: EqualizedDense(300, **kwargs), (None, 200)),
        (lambda **kwargs: EqualizedConv2D(64, 3, **kwargs), (None, 8, 8, 64)),
    ],
    ids=["dense", "conv"],
)
def test_kernel_starts_normal_with_deviation_one_over_the_multiplier(make, shape, lr_multiplier):
    keras.utils.set_random_seed(0)
    layer = make(lr_multiplier=lr_multiplier)
    layer.build(shape)
    kernel = np.array(layer.kernel).ravel() * lr_multiplier
    assert abs(kernel.mean()) < 0.02
    assert kernel.std() == pytest.approx(1, abs=0.02)
    assert np.mean(np.abs(kernel) > 2) == pytest.approx(0.0455, abs=0.005)
    np.testing.assert_array_equal(layer.bias, np.zeros(layer.bias.shape))


@pytest.mark.parametrize("lr_multiplier", [1.0, 0.01])
def test_variance_is_doubled_before_the_rectifier_whatever_the_multiplier(lr_multiplier):
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(400, 300))
    y = np.array(EqualizedDense(500, lr_multiplier=lr_multiplier)(x))
    assert y.var() == pytest.approx(2, rel=0.03)


def test_gain_replaces_the_root_of_two():
    layer = EqualizedDense(1, gain=1)
    layer.build((None, 4))
    layer.kernel.assign(np.ones((4, 1)))
    np.testing.assert_allclose(layer(np.ones((1, 4))), [[2.0]], rtol=1e-6)


def test_multiplier_scales_output_of_kernel_and_bias():
    layer = EqualizedDense(1, gain=1, lr_multiplier=0.1)
    layer.build((None, 4))
    layer.kernel.assign(np.full((4, 1), 10.0))
    layer.bias.assign([3.0])
    np.testing.assert_allclose(layer(np.ones((1, 4))), [[2.0 + 0.3]], rtol=1e-6)


def test_activation_follows_the_bias():
    layer = EqualizedDense(2, activation="relu")
    layer.build((None, 3))
    layer.bias.assign([-5.0, 5.0])
    np.testing.assert_allclose(layer(np.zeros((1, 3))), [[0, 5]], rtol=1e-6)


def test_gradient_of_the_kernel_carries_the_scale():
    layer = EqualizedDense(1)
    layer.build((None, 8))
    with tf.GradientTape() as tape:
        y = layer(np.ones((1, 8), "float32"))
    gradient = tape.gradient(y, layer.kernel.value)
    np.testing.assert_allclose(gradient, np.full((8, 1), 0.5), rtol=1e-6)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("strides", [1, (2, 3)])
def test_convolution_is_that_of_keras_with_the_scaled_kernel(padding, strides):
    x = uniform(2, 7, 8, 3)
    layer = EqualizedConv2D(4, (3, 2), strides, padding, activation="tanh")
    layer.build(x.shape)
    layer.bias.assign(uniform(4))
    reference = keras.layers.Conv2D(4, (3, 2), strides, padding, activation="tanh")
    reference.build(x.shape)
    reference.set_weights([np.array(layer.kernel) * math.sqrt(2 / 18), uniform(4)])
    np.testing.assert_allclose(layer(x), reference(x), rtol=1e-4, atol=1e-5)
    unknown = (None, None, 8, 3)
    assert layer.compute_output_shape(unknown) == reference.compute_output_shape(unknown)


def test_dense_accepts_inputs_of_any_rank():
    assert EqualizedDense(4)(uniform(2, 5, 6, 3)).shape == (2, 5, 6, 4)
