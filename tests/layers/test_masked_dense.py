import numpy as np
import tensorflow as tf

from keras_gen import layers


def test_a_unit_sees_the_inputs_of_no_higher_degree():
    masked = layers.MaskedDense([2, 0, 1], [1, 0, 2, 1])
    expected = [[0, 0, 1, 0], [1, 1, 1, 1], [1, 0, 1, 1]]
    np.testing.assert_array_equal(masked.mask(), np.array(expected, bool))
    strict = layers.MaskedDense([2, 0, 1], [1, 0, 2, 1], strict=True)
    expected = [[0, 0, 0, 0], [1, 0, 1, 1], [0, 0, 1, 0]]
    np.testing.assert_array_equal(strict.mask(), np.array(expected, bool))


def test_output_is_that_of_the_masked_kernel_and_the_bias_of_the_ordering():
    masked = layers.MaskedDense([[0, 1], [1, 0]], [0, 1, 1], activation="relu")
    masked.build((None, 2))
    masked.bias.assign([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]])
    x = np.array([[1.0, 2.0], [-3.0, 0.5]], "float32")
    for ordering, hidden_from_first in enumerate([1, 0]):
        kernel = masked.kernel.numpy()
        kernel[hidden_from_first, 0] = 0
        expected = np.maximum(x @ kernel + masked.bias.numpy()[ordering], 0)
        np.testing.assert_allclose(masked(x, ordering=ordering), expected, rtol=1e-6)
        np.testing.assert_allclose(masked(x, ordering=tf.constant(ordering)), expected, rtol=1e-6)


def test_no_gradient_reaches_a_masked_weight():
    masked = layers.MaskedDense([0, 1, 2], [0, 1], strict=True)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(masked(tf.ones([1, 3])))
    gradient = tape.gradient(loss, masked.kernel)
    np.testing.assert_array_equal(gradient, [[0, 1], [0, 0], [0, 0]])
