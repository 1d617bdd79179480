import numpy as np
import pytest
import tensorflow as tf

from keras_gen.layers import Sampling


def test_draws_have_the_given_mean_and_log_variance():
    mean = np.tile([0.0, 3.0, -2.0], (20000, 1))
    log_var = np.tile(np.log([1.0, 4.0, 0.25]), (20000, 1))
    z = np.array(Sampling(seed=0)([mean, log_var]))
    np.testing.assert_allclose(z.mean(axis=0), [0, 3, -2], atol=0.06)
    np.testing.assert_allclose(z.std(axis=0), [1, 2, 0.5], rtol=0.03)
    assert abs(np.corrcoef(z.T)[0, 1]) < 0.03


def test_deviation_is_the_root_of_the_exponential_of_log_var():
    zeros = np.zeros((4, 3), "float32")
    unit = np.array(Sampling(seed=5)([zeros, zeros]))
    scaled = np.array(Sampling(seed=5)([zeros + 1, zeros + 2 * np.log(3).astype("float32")]))
    np.testing.assert_allclose(scaled, 1 + 3 * unit, rtol=1e-5)


def test_gradient_flows_to_mean_and_log_var():
    mean, log_var = tf.fill((2, 3), 1.0), tf.fill((2, 3), 0.5)
    with tf.GradientTape() as tape:
        tape.watch([mean, log_var])
        z = Sampling()([mean, log_var])
    to_mean, to_log_var = tape.gradient(z, [mean, log_var])
    np.testing.assert_array_equal(to_mean, np.ones((2, 3)))
    np.testing.assert_allclose(to_log_var, (z - mean) / 2, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("training", [True, False])
def test_draws_differ_from_call_to_call_in_training_and_inference(training):
    layer, inputs = Sampling(), [np.zeros((2, 3)), np.zeros((2, 3))]
    first, second = (np.array(layer(inputs, training=training)) for _ in range(2))
    assert np.abs(first - second).min() > 0


def test_deviation_is_computed_in_float32_under_bfloat16():
    mean, log_var = np.zeros((1, 500)), np.full((1, 500), 1.0)
    half = np.array(Sampling(seed=1, dtype="mixed_bfloat16")([mean, log_var]), "float32")
    full = np.array(Sampling(seed=1)([mean, log_var]))
    np.testing.assert_allclose(half, full, rtol=2**-8)
