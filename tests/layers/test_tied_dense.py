import keras
import numpy as np
import pytest

from keras_gen.layers import TiedDense


def make_autoencoder(**arguments):
    encode = keras.layers.Dense(3, activation="tanh", name="encode")
    decode = TiedDense(encode, name="decode", **arguments)
    inputs = keras.Input((6,))
    return keras.Model(inputs, decode(encode(inputs)))


def tied_layers(model):
    return model.get_layer("encode"), model.get_layer("decode")


def expected_output(model, x):
    encode, decode = tied_layers(model)
    kernel = np.array(encode.kernel)
    hidden = np.tanh(x @ kernel + np.array(encode.bias))
    return hidden @ kernel.T + np.array(decode.bias)


def batch(seed=0):
    return np.random.default_rng(seed).normal(size=(8, 6)).astype("float32")


def test_output_is_product_with_the_transposed_kernel_plus_own_bias():
    model = make_autoencoder()
    encode, decode = tied_layers(model)
    encode.bias.assign([0.5, -0.5, 1.0])
    decode.bias.assign(np.arange(6))
    np.testing.assert_allclose(model(batch()), expected_output(model, batch()), rtol=1e-5)


def test_shared_kernel_is_counted_once_in_trainable_weights():
    model = make_autoencoder()
    assert [tuple(weight.shape) for weight in model.trainable_weights] == [(6, 3), (3,), (6,)]
    assert model.count_params() == 6 * 3 + 3 + 6
    assert len(make_autoencoder(use_bias=False).trainable_weights) == 2


def test_activation_and_bias_initializer_are_applied():
    model = make_autoencoder(activation="sigmoid", bias_initializer="ones")
    expected = 1 / (1 + np.exp(-expected_output(model, batch())))
    np.testing.assert_array_equal(tied_layers(model)[1].bias, np.ones(6))
    np.testing.assert_allclose(model(batch()), expected, rtol=1e-5)


@pytest.mark.parametrize("kind", ["functional", "sequential"])
def test_tied_kernel_stays_tied_after_reload_and_after_a_training_step(kind, tmp_path):
    model = make_autoencoder()
    if kind == "sequential":
        model = keras.Sequential([keras.Input((6,)), *tied_layers(model)])
    model.compile(keras.optimizers.Adam(0.1), "mse")
    model.fit(batch(), batch(), verbose=0)
    model.save(tmp_path / "tied.keras")

    reloaded = keras.saving.load_model(tmp_path / "tied.keras")
    np.testing.assert_array_equal(reloaded(batch()), model(batch()))
    assert len(reloaded.trainable_weights) == 3
    assert len(reloaded.optimizer.variables) == len(model.optimizer.variables)

    for each in (model, reloaded):
        each.fit(batch(1), batch(1), verbose=0)
    encode, decode = tied_layers(reloaded)
    assert decode.tied_to is encode
    np.testing.assert_allclose(reloaded(batch()), expected_output(reloaded, batch()), rtol=1e-4)
    np.testing.assert_allclose(reloaded(batch()), model(batch()), rtol=1e-6)


def test_gradient_of_the_kernel_is_the_sum_over_both_uses():
    model = make_autoencoder(use_bias=False)
    encode, _ = tied_layers(model)
    before, x = np.array(encode.kernel, "float64"), batch()
    model.compile(keras.optimizers.SGD(1.0), lambda target, output: keras.ops.sum(output, axis=-1))
    model.fit(x, x, batch_size=8, verbose=0)

    hidden = np.tanh(x @ before)
    through_decoder = np.ones((6, 8)) @ hidden
    through_encoder = x.T @ ((1 - hidden**2) * (np.ones((8, 6)) @ before))
    step = before - np.array(encode.kernel)
    np.testing.assert_allclose(step, (through_decoder + through_encoder) / 8, rtol=1e-4, atol=1e-6)


def test_layer_that_is_not_built_gives_a_clear_error():
    with pytest.raises(ValueError, match=r"argument `tied_to`.*built"):
        TiedDense(keras.layers.Dense(3))(np.zeros((2, 3)))


def test_input_of_another_width_gives_a_clear_error():
    encode = keras.layers.Dense(3)
    encode.build((None, 6))
    with pytest.raises(ValueError, match=r"argument `inputs`.*size 3.*Received"):
        TiedDense(encode)(np.zeros((2, 4)))
