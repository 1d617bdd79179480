import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen.layers import MinibatchDiscrimination


def vectors(count=6, features=4, seed=0):
    return np.random.default_rng(seed).normal(size=(count, features)).astype("float32")


def expected_features(x, kernel, kernels, kernel_dim):
    """The paper's formula, sample by sample and row by row."""
    rows = (x.astype("float64") @ kernel).reshape(len(x), kernels, kernel_dim)
    features = np.zeros((len(x), kernels))
    for i in range(len(x)):
        for b in range(kernels):
            for j in range(len(x)):
                features[i, b] += np.exp(-np.abs(rows[i, b] - rows[j, b]).sum())
    return features


def test_two_samples_by_hand():
    layer = MinibatchDiscrimination(1, 2, "ones")
    # Rows (1, 1) and (3, 3): |1 - 3| + |1 - 3| = 4.
    outputs = layer(np.array([[1.0], [3.0]]))
    close = 1 + np.exp(-4)
    np.testing.assert_allclose(outputs, [[1, close], [3, close]], rtol=1e-6)


def test_features_are_those_of_the_formula_after_the_inputs():
    layer, x = MinibatchDiscrimination(3, 2), vectors()
    outputs = np.array(layer(x))
    np.testing.assert_array_equal(outputs[:, :4], x)
    expected = expected_features(x, np.array(layer.kernel), 3, 2)
    np.testing.assert_allclose(outputs[:, 4:], expected, rtol=1e-5)
    assert np.ptp(expected, axis=0).min() > 0.01  # rows and samples could not be swapped unseen


def test_equal_samples_give_the_batch_size_and_distant_ones_give_one():
    layer = MinibatchDiscrimination(2, 3, "ones")
    equal, distant = np.ones([5, 4], "float32"), 100 * np.eye(5, 4, dtype="float32")
    np.testing.assert_allclose(np.array(layer(equal))[:, 4:], 5)
    np.testing.assert_allclose(np.array(layer(distant))[:3, 4:], 4)  # equal sums: equal rows
    distant = 100 * np.arange(5, dtype="float32")[:, None] * np.ones([1, 4], "float32")
    np.testing.assert_allclose(np.array(layer(distant))[:, 4:], 1)


def test_by_default_only_near_samples_count_at_the_beginning():
    x = vectors(count=64, features=128)
    features = np.array(MinibatchDiscrimination(5)(x))[:, 128:]
    assert 1 <= features.min() and features.max() < 2  # of 64, if all counted
    kernel = MinibatchDiscrimination(20)
    kernel.build((None, 128))
    assert np.std(kernel.kernel) == pytest.approx(1, rel=0.05)


def test_the_order_of_the_batch_does_not_matter():
    layer, x = MinibatchDiscrimination(3, 2), vectors()
    np.testing.assert_allclose(np.array(layer(x))[::-1], layer(x[::-1].copy()), rtol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_statistic_is_computed_in_float32(policy):
    """In bfloat16 the sum of 600 equal ones would stop at 256, and distances would be rounded."""
    layer = MinibatchDiscrimination(1, 1, "ones", dtype=policy)
    x = 1 + np.arange(600, dtype="float32")[:, None] / 128
    outputs = np.array(keras.ops.cast(layer(x), "float32"))
    in_half = np.array(keras.ops.cast(keras.ops.cast(x, layer.compute_dtype), "float32"))
    expected = expected_features(in_half, np.ones((1, 1)), 1, 1)
    np.testing.assert_allclose(outputs[:, 1:], expected, rtol=1e-2)


def test_gradient_of_equal_samples_is_finite_and_pushes_close_ones_apart():
    layer = MinibatchDiscrimination(1, 1, "ones")
    x = tf.Variable([[0.0], [0.5], [0.5]])
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(x)[:, 1:])
    # d/dx_0 of 2 * 2 exp(-|x_0 - .5|): closer is more.
    slope = 4 * np.exp(-0.5)
    np.testing.assert_allclose(tape.gradient(total, x), [[slope], [-slope / 2], [-slope / 2]], 1e-5)
