"""The leaky ReLU whose gradient takes its output is Keras's, derivatives of any order included."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen import networks

X = np.array([[-3.0, -1e-3, 0.0, 1e-3, 2.0]], "float32")


@pytest.mark.parametrize("slope", [0.2, 0.3, 0.0, 1.0])
def test_values_and_gradients_are_those_of_keras(slope):
    weight = np.array([[1.0, -2.0, 3.0, 4.0, -5.0]], "float32")
    found = []
    for layer in (networks.FusedLeakyReLU(slope), keras.layers.LeakyReLU(slope)):
        x = tf.constant(X)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
            loss = tf.reduce_sum(weight * y)
        found.append((y.numpy(), tape.gradient(loss, x).numpy()))
    np.testing.assert_array_equal(found[0], found[1])


def test_the_gradient_of_a_squared_gradient_passes():
    # d/dk (d/dx leaky(k x))^2 = 2 slope(x) k slope(x), with slope .2 for x < 0 and 1 for x > 0
    for x, slope in ((-2.0, 0.2), (3.0, 1.0)):
        k, x = tf.Variable(1.5), tf.constant(x)
        layer = networks.FusedLeakyReLU(0.2)
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = layer(k * x)
            penalty = inner.gradient(y, x) ** 2
        assert float(outer.gradient(penalty, k)) == pytest.approx(2 * slope**2 * 1.5)


def test_saved_and_loaded_in_half_precision(tmp_path):
    model = keras.Sequential(
        [keras.Input((5,)), networks.FusedLeakyReLU(0.1, dtype="mixed_bfloat16")]
    )
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(loaded(X), model(X))
    assert isinstance(loaded.layers[0], keras.layers.LeakyReLU)
