import numpy as np
import tensorflow as tf

from keras_gen.layers import AdaIN


def maps(seed, size, means, deviations):
    """Features (2, *size, 3) whose samples and channels all differ in mean and deviation."""
    noise = np.random.default_rng(seed).normal(size=(2, *size, 3))
    return (np.reshape(means, (2, 1, 1, 3)) + np.reshape(deviations, (2, 1, 1, 3)) * noise).astype(
        "float32"
    )


CONTENT = maps(0, (6, 4), [[5, -3, 0], [2, 2, 9]], [[1, 10, 0.1], [2, 3, 4]])
STYLE = maps(1, (3, 7), [[1, 2, 3], [-4, -5, -6]], [[0.5, 1, 2], [3, 4, 0.2]])


def test_output_has_the_mean_and_deviation_of_the_style_per_sample_and_channel():
    y = np.array(AdaIN()([CONTENT, STYLE]))
    np.testing.assert_allclose(y.mean(axis=(1, 2)), STYLE.mean(axis=(1, 2)), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(y.std(axis=(1, 2)), STYLE.std(axis=(1, 2)), rtol=2e-3)
    assert y.shape == CONTENT.shape


def test_pattern_is_that_of_the_content():
    y = np.array(AdaIN()([CONTENT, STYLE]))

    def pattern(x):
        return (x - x.mean(axis=(1, 2), keepdims=True)) / x.std(axis=(1, 2), keepdims=True)

    np.testing.assert_allclose(pattern(y), pattern(CONTENT), rtol=1e-3, atol=1e-3)


def test_other_samples_of_the_batch_do_not_matter():
    both, alone = AdaIN()([CONTENT, STYLE]), AdaIN()([CONTENT[1:], STYLE[1:]])
    np.testing.assert_allclose(both[1:], alone, rtol=1e-5)


def test_content_in_its_own_style_stays_as_it_is():
    np.testing.assert_allclose(AdaIN()([CONTENT, CONTENT]), CONTENT, rtol=1e-4, atol=1e-5)


def test_epsilon_is_added_to_both_variances_inside_the_roots():
    content, style = np.reshape([-1.0, 1.0], (1, 1, 2, 1)), np.reshape([7.0, 5.0], (1, 2, 1, 1))
    y = AdaIN(epsilon=3)([content, style])
    np.testing.assert_allclose(np.ravel(y), [5, 7], rtol=1e-6)  # sqrt(1 + 3) / sqrt(1 + 3) = 1
    y = AdaIN(epsilon=3)([content, np.full((1, 2, 1, 1), 6.0)])
    np.testing.assert_allclose(np.ravel(y), 6 + np.sqrt(3) / 2 * np.array([-1, 1]), rtol=1e-6)


def test_constant_maps_have_finite_gradients():
    content, style = tf.ones((1, 3, 3, 2)), tf.ones((1, 2, 2, 2))
    with tf.GradientTape() as tape:
        tape.watch([content, style])
        y = tf.reduce_sum(AdaIN()([content, style]) ** 2)
    assert all(np.all(np.isfinite(gradient)) for gradient in tape.gradient(y, [content, style]))


def test_large_mean_does_not_spoil_statistics_in_float16():
    # A mean of 1000.25, which float16 does not have: it would be 1000.
    content = 1000 + np.reshape([0, 0, 0, 1], (1, 2, 2, 1)).astype("float16")
    style = np.reshape([-1, 1], (1, 1, 2, 1)).astype("float16")
    y = AdaIN(dtype="mixed_float16")([content, style])
    assert y.dtype == "float16"
    np.testing.assert_allclose(np.ravel(y), np.array([-1, -1, -1, 3]) / np.sqrt(3), rtol=2e-3)
