import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen.layers import MinibatchStdDev


def images(count, seed=0):
    generator = np.random.default_rng(seed)
    return (10 + generator.normal(size=(count, 2, 3, 5)) * 3).astype("float32")


def paper_statistic(group):
    return np.std(group, axis=0).mean()


def slides_statistic(group):
    return np.std(group, axis=(0, -1)).mean()


def appended(outputs):
    """The one value appended to each sample; fails if it varies over positions."""
    feature = np.array(outputs)[..., -1].reshape(len(outputs), -1)
    np.testing.assert_array_equal(feature, np.broadcast_to(feature[:, :1], feature.shape))
    return feature[:, 0]


def test_two_by_two_case_by_hand():
    outputs = MinibatchStdDev(group_size=2)(np.array([[1.0, 10.0], [3.0, 16.0]]))
    np.testing.assert_allclose(outputs, [[1, 10, 2], [3, 16, 2]], rtol=1e-6)


def test_inputs_pass_unchanged_and_one_feature_is_appended():
    x = images(8)
    outputs = MinibatchStdDev()(x)
    assert outputs.shape == (8, 2, 3, 6)
    np.testing.assert_array_equal(outputs[..., :-1], x)


def test_default_is_the_paper_over_groups_of_four():
    x = images(8)
    expected = np.repeat([paper_statistic(x[:4]), paper_statistic(x[4:])], 4)
    np.testing.assert_allclose(appended(MinibatchStdDev()(x)), expected, rtol=1e-5)
    assert expected[0] != pytest.approx(expected[4], rel=1e-3)


def test_slides_take_the_deviation_over_batch_and_channels_together():
    x = images(6) + 4 * np.arange(5, dtype="float32")
    layer = MinibatchStdDev(group_size=None, axis=(0, -1))
    expected = slides_statistic(x)
    np.testing.assert_allclose(appended(layer(x)), [expected] * 6, rtol=1e-5)
    assert expected > 1.5 * paper_statistic(x)


def test_axes_may_be_named_from_either_end_in_any_order():
    x = images(4)
    by_end = MinibatchStdDev(axis=(0, -1))(x)
    np.testing.assert_array_equal(MinibatchStdDev(axis=[3, 0])(x), by_end)


def test_incomplete_group_is_completed_from_the_start_of_the_batch():
    x = images(6)
    first, second = paper_statistic(x[:4]), paper_statistic(x[[4, 5, 0, 1]])
    expected = [first] * 4 + [second] * 2
    np.testing.assert_allclose(appended(MinibatchStdDev()(x)), expected, rtol=1e-5)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_batch_smaller_than_a_group_is_one_group(count):
    x = images(count)
    expected = [np.sqrt(x.var(axis=0) + 1e-8).mean()] * count
    np.testing.assert_allclose(appended(MinibatchStdDev()(x)), expected, rtol=1e-5)


@pytest.mark.parametrize("group_size", [1, 3, 4, None])
def test_unknown_batch_and_image_size_give_what_known_ones_give(group_size):
    layer = MinibatchStdDev(group_size)
    graph = tf.function(layer, input_signature=[tf.TensorSpec((None, None, None, 5))])
    for count in (1, 3, 4, 7, 8):
        np.testing.assert_allclose(graph(images(count)), layer(images(count)), rtol=1e-5)


def test_empty_batch_passes_through():
    graph = tf.function(MinibatchStdDev(), input_signature=[tf.TensorSpec((None, 2, 3, 5))])
    assert graph(images(0)).shape == (0, 2, 3, 6)


def test_static_batch_size_is_kept_in_a_graph():
    graph = tf.function(MinibatchStdDev(), input_signature=[tf.TensorSpec((6, 2, 3, 5))])
    assert graph.get_concrete_function().outputs[0].shape == (6, 2, 3, 6)


def test_compiled_by_xla_it_gives_the_same():
    layer = MinibatchStdDev()
    compiled = tf.function(layer, jit_compile=True)
    np.testing.assert_allclose(compiled(images(6)), layer(images(6)), rtol=1e-5)


def test_equal_samples_give_the_root_of_epsilon_and_a_finite_gradient():
    layer = MinibatchStdDev(epsilon=1e-6)
    x = tf.constant(np.repeat(images(1), 4, axis=0))
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = layer(x)
    np.testing.assert_allclose(appended(outputs), [1e-3] * 4, rtol=1e-3)
    assert np.all(np.isfinite(tape.gradient(outputs, x)))


def test_gradient_reaches_the_samples_that_complete_a_group():
    x = tf.constant(images(3))
    with tf.GradientTape() as tape:
        tape.watch(x)
        last = MinibatchStdDev(group_size=2)(x)[2, 0, 0, -1]
    gradient = np.abs(tape.gradient(last, x)).sum(axis=(1, 2, 3))
    assert gradient[0] > 0 and gradient[1] == 0 and gradient[2] > 0


def test_statistics_are_computed_in_float32_under_mixed_float16():
    x = np.array([[0.0, 0.0], [1000.0, 1000.0]], "float16")
    outputs = MinibatchStdDev(dtype="mixed_float16")(x)
    assert keras.backend.standardize_dtype(outputs.dtype) == "float16"
    np.testing.assert_array_equal(appended(outputs), [500, 500])


@pytest.mark.parametrize("axis", [-1, (1, 2), 4, (0, -5)])
def test_axis_without_the_batch_or_outside_the_input_is_refused(axis):
    with pytest.raises(ValueError, match=r"argument `axis`.*Received"):
        MinibatchStdDev(axis=axis)(images(4))
