import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen.layers import GradientReversal

X = np.array([[1.0, -2.0, 1e-30], [-0.0, 3e38, 7.1]], "float32")


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0, 12.5])
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_forward_is_the_identity_bit_for_bit(weight, policy):
    layer = GradientReversal(weight, dtype=policy)
    x = tf.clip_by_value(tf.cast(X, layer.compute_dtype), -6e4, 6e4)
    assert layer(x).numpy().tobytes() == x.numpy().tobytes()


@pytest.mark.parametrize("weight", [0.0, 0.25, 2.0])
def test_gradient_is_the_upstream_one_times_minus_the_weight(weight):
    layer, x, upstream = GradientReversal(weight), tf.constant(X), tf.constant([[1.0, 2, 3]] * 2)
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(upstream * layer(x))
    np.testing.assert_allclose(tape.gradient(loss, x), -weight * upstream, rtol=1e-6)


def test_assigned_weight_acts_inside_a_compiled_function_and_is_saved(tmp_path):
    inputs = keras.Input((3,))
    model = keras.Model(inputs, GradientReversal(name="reversal")(inputs))

    @tf.function
    def slope(model, x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(model(x))
        return tape.gradient(y, x)

    np.testing.assert_array_equal(slope(model, tf.constant(X)), np.full((2, 3), -1))
    model.get_layer("reversal").weight.assign(0.5)
    np.testing.assert_array_equal(slope(model, tf.constant(X)), np.full((2, 3), -0.5))
    model.save(tmp_path / "reversal.keras")
    reloaded = keras.saving.load_model(tmp_path / "reversal.keras")
    np.testing.assert_array_equal(slope(reloaded, tf.constant(X)), np.full((2, 3), -0.5))


def test_weight_is_float32_and_does_not_train():
    layer = GradientReversal(0.5, dtype="mixed_bfloat16")
    assert layer.weight.dtype == "float32"
    assert layer.trainable_weights == [] and len(layer.non_trainable_weights) == 1
