"""Everything that Keras's own layer computes, the fused one computes as well."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen.networks import FusedBatchNormalization

RANDOM = np.random.default_rng(1)
IMAGES = RANDOM.normal(3, 2, (5, 3, 4, 2)).astype("float32")
POINTS = RANDOM.normal(3, 2, (5, 2)).astype("float32")
PULL = RANDOM.normal(size=IMAGES.shape).astype("float32")


def pair(x=IMAGES, **options):
    """Keras's layer and the fused one, with equal weights other than the initial ones."""
    made = [kind(**options) for kind in (keras.layers.BatchNormalization, FusedBatchNormalization)]
    for layer in made:
        layer.build(x.shape)
        layer.set_weights([np.linspace(0.5, 1.5, 2) + k for k in range(len(layer.weights))])
    return made


def fused_operations(layer, x, **options):
    graph = tf.function(lambda x: layer(x, **options)).get_concrete_function(x).graph
    return [op.type for op in graph.get_operations() if "FusedBatchNorm" in op.type]


@pytest.mark.parametrize("epsilon", [1e-3, 0.5])
def test_outputs_and_moving_statistics_are_those_of_keras(epsilon):
    keras_layer, fused = pair(momentum=0.7, epsilon=epsilon)
    assert fused_operations(fused, IMAGES, training=True)
    for _ in range(2):
        expected, received = (layer(IMAGES, training=True) for layer in (keras_layer, fused))
        np.testing.assert_allclose(received, expected, atol=1e-5)
    for expected, received in zip(keras_layer.get_weights(), fused.get_weights(), strict=True):
        np.testing.assert_allclose(received, expected, rtol=1e-5)
    np.testing.assert_allclose(fused(IMAGES), keras_layer(IMAGES), atol=1e-5)


def test_moving_variance_of_a_single_position_is_zero():
    """Where n - 1 = 0, the kernel divides by 1."""
    one = IMAGES[:1, :1, :1]
    keras_layer, fused = pair(one, momentum=0.0)
    for layer in (keras_layer, fused):
        layer(one, training=True)
        np.testing.assert_allclose(layer.moving_variance, 0, atol=1e-6)
        np.testing.assert_allclose(layer.moving_mean, one[0, 0, 0], rtol=1e-6)


def test_gradients_are_those_of_keras_and_so_are_the_gradients_of_gradients():
    """d/dw |dL/dx|^2, the form of a gradient penalty, L a weighted sum of squares."""
    received = []
    for layer in pair():
        x = tf.constant(IMAGES)
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                loss = tf.reduce_sum(PULL * layer(x, training=True) ** 2)
            slopes = inner.gradient(loss, [x, layer.gamma, layer.beta])
            penalty = tf.reduce_sum(slopes[0] ** 2)
        received.append([*slopes, *outer.gradient(penalty, [x, layer.gamma, layer.beta])])
    for expected, gradient in zip(*received, strict=True):
        scale = np.abs(expected).max()
        np.testing.assert_allclose(gradient / scale, expected / scale, atol=1e-4)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_statistics_are_float32_under_mixed_precision(policy):
    far = IMAGES * 1e-3 + 1  # in half precision, the variance of such values would be lost
    keras_layer, fused = pair(far, dtype=policy, momentum=0.0)
    expected, received = (layer(tf.constant(far), training=True) for layer in (keras_layer, fused))
    assert received.dtype == expected.dtype != tf.float32
    np.testing.assert_allclose(
        tf.cast(received, "float32"), tf.cast(expected, "float32"), atol=0.02, rtol=0.02
    )
    np.testing.assert_allclose(fused.moving_variance, keras_layer.moving_variance, rtol=1e-3)


@pytest.mark.parametrize(
    ("x", "options"),
    [
        (POINTS, {}),
        (IMAGES, {"axis": 1}),
        (IMAGES, {"scale": False}),
        (IMAGES, {"center": False}),
        (IMAGES, {"synchronized": True}),
    ],
    ids=lambda value: "x".join(value) if isinstance(value, dict) else f"rank {value.ndim}",
)
def test_what_the_kernel_cannot_do_is_left_to_keras(x, options):
    moved = np.moveaxis(x, -1, 1) if options.get("axis") == 1 else x
    keras_layer, fused = pair(moved, **options)
    assert not fused_operations(fused, moved, training=True)
    np.testing.assert_array_equal(fused(moved, training=True), keras_layer(moved, training=True))


def test_inference_and_frozen_layers_take_the_moving_statistics():
    keras_layer, fused = pair()
    keras_layer.trainable = fused.trainable = False
    np.testing.assert_array_equal(fused(IMAGES, training=True), keras_layer(IMAGES, training=True))
    assert not fused_operations(fused, IMAGES, training=True)


def test_mask_leaves_the_statistics_to_the_positions_that_count():
    mask = RANDOM.uniform(size=IMAGES.shape[:-1]) < 0.5
    keras_layer, fused = pair()
    expected, received = (layer(IMAGES, training=True, mask=mask) for layer in (keras_layer, fused))
    np.testing.assert_array_equal(received, expected)


def test_saved_model_has_the_layer_again(tmp_path):
    model = keras.Sequential([keras.Input((3, 4, 2)), FusedBatchNormalization(momentum=0.7)])
    model(IMAGES, training=True)
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    assert type(loaded.layers[0]) is FusedBatchNormalization
    assert loaded.layers[0].get_config() == model.layers[0].get_config()
    np.testing.assert_array_equal(loaded(IMAGES), model(IMAGES))
