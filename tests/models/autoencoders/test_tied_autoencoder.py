"""A decoder that goes back through the encoder's kernels, and stays tied to them.

That it keeps the contract of every model, resuming and exporting included, is in test_contract.py.
"""

import json

import checks
import keras
import numpy as np
import pytest
import small_models

from keras_gen import networks
from keras_gen.layers import TiedDense
from keras_gen.models import TiedAutoencoder

IMAGE = small_models.IMAGE


def make(units=(8, 3)):
    model = TiedAutoencoder(
        IMAGE, units, activation="elu", output_activation="tanh", value_range=(-1, 1), seed=5
    )
    model.compile(small_models.adam(), "mse", metrics=["mae"])
    return model


def dense_layers(model):
    return [layer for layer in model.encoder.layers if isinstance(layer, keras.layers.Dense)]


def tied_layers(model):
    return [layer for layer in model.decoder.layers if isinstance(layer, TiedDense)]


def elu(x):
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def expected_reconstruction(model, x):
    """The equations in NumPy, with kernels taken from the encoder alone."""
    (kernel_1, bias_1), (kernel_2, bias_2) = (
        (np.array(layer.kernel, "float64"), np.array(layer.bias)) for layer in dense_layers(model)
    )
    back_2, back_1 = (np.array(layer.bias) for layer in tied_layers(model))
    code = elu(x.reshape(len(x), -1) @ kernel_1 + bias_1) @ kernel_2 + bias_2
    return np.tanh(elu(code @ kernel_2.T + back_2) @ kernel_1.T + back_1).reshape(x.shape)


def assert_tied(model, x):
    for layer, back in zip(dense_layers(model), reversed(tied_layers(model)), strict=True):
        assert back.tied_to is layer
    np.testing.assert_allclose(model.reconstruct(x), expected_reconstruction(model, x), atol=1e-5)


def trained(epochs=2):
    model = make()
    model.fit(small_models.images(), epochs=epochs, verbose=0)
    return model


def test_the_decoder_is_the_encoder_transposed_and_stays_so_in_training():
    x = small_models.images(6)
    assert_tied(make(), x)
    before = make().get_weights()
    model = trained()
    assert all(np.abs(a - b).max() > 1e-4 for a, b in zip(before, model.get_weights()))
    assert_tied(model, x)


def test_only_hidden_layers_are_activated():
    model = TiedAutoencoder((4,), [3, 2], activation=keras.activations.relu)
    x = np.random.default_rng(0).normal(size=(50, 4)).astype("float32")
    hidden = [model.encoder.get_layer(index=2).output, model.decoder.layers[1].output]
    inner = keras.Model(model.encoder.input, hidden[0])(x), model.decoder.layers[1](model.encode(x))
    assert all(np.min(values) == 0 for values in inner)
    assert np.min(model.encode(x)) < 0 and np.min(model.reconstruct(x)) < 0


def test_kernels_are_counted_once():
    model = trained(epochs=1)
    kernels, biases = 64 * 8 + 8 * 3, (8 + 3) + (8 + 64)
    assert model.count_params() == kernels + biases
    shapes = sorted(tuple(variable.shape) for variable in model.trainable_variables)
    assert shapes == sorted([(64, 8), (8, 3), (8,), (3,), (8,), (64,)])
    slots = [tuple(v.shape) for v in model.optimizer.variables if tuple(v.shape) == (64, 8)]
    assert len(slots) == 2  # Adam's two moments
    untied = networks.mlp_encoder(IMAGE, [8], 3), networks.mlp_decoder(3, [8], IMAGE)
    assert sum(half.count_params() for half in untied) == 2 * kernels + biases


def test_vectors_need_no_reshaping_and_three_layers_go_back_in_reverse_order():
    model = TiedAutoencoder((7,), [5, 4, 2])
    assert [tuple(layer.kernel.shape) for layer in dense_layers(model)] == [(7, 5), (5, 4), (4, 2)]
    assert [layer.tied_to.units for layer in tied_layers(model)] == [2, 4, 5]
    assert model.reconstruct(np.zeros((3, 7), "float32")).shape == (3, 7)


def test_configuration_is_numbers_and_no_networks():
    config = make().get_config()
    assert not {"encoder", "decoder"} & set(config)
    assert len(json.dumps(config)) < 1000


def test_a_reloaded_model_trains_on_as_the_saved_one_and_stays_tied(tmp_path):
    model, x = trained(), small_models.images()
    model.save(tmp_path / "tied.keras")
    reloaded = keras.saving.load_model(tmp_path / "tied.keras")
    assert reloaded.count_params() == model.count_params()
    for each in (model, reloaded):
        each.fit(x, shuffle=False, verbose=0)
    checks.assert_same_state(checks.state(model), checks.state(reloaded))
    assert_tied(reloaded, x)


def test_weights_files_give_back_a_tied_model(tmp_path):
    model, x = trained(), small_models.images()
    model.save_weights(tmp_path / "tied.weights.h5")
    other = trained(epochs=1)
    other.load_weights(tmp_path / "tied.weights.h5")
    np.testing.assert_array_equal(other.reconstruct(x), model.reconstruct(x))
    other.fit(x, verbose=0)
    assert_tied(other, x)


@pytest.mark.parametrize(
    "copied",
    [keras.models.clone_model, lambda model: TiedAutoencoder.from_config(model.get_config())],
    ids=["clone_model", "from_config"],
)
def test_a_copy_is_tied_and_shares_nothing_with_the_original(copied):
    model, x = trained(), small_models.images()
    before = model.get_weights()
    copy = copied(model)
    copy.set_weights(before)
    np.testing.assert_array_equal(copy.reconstruct(x), model.reconstruct(x))
    copy.compile("sgd", "mse")
    copy.fit(x, verbose=0)
    assert_tied(copy, x)
    checks.assert_same_state(before, model.get_weights())


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_rounds_and_keeps_the_tie(policy):
    keras.config.set_dtype_policy(policy)
    model, x = trained(), small_models.images()
    outputs = model.encoder(x), model.decoder(model.encoder(x))
    assert {keras.backend.standardize_dtype(each.dtype) for each in outputs} == {"float32"}
    assert tied_layers(model)[0].compute_dtype == policy.removeprefix("mixed_")
    expected = expected_reconstruction(model, x)
    np.testing.assert_allclose(model.reconstruct(x), expected, atol=0.03)


@pytest.mark.parametrize("units", [[], [0], [4, -1]])
def test_widths_that_are_not_positive_are_named(units):
    with pytest.raises(ValueError, match=r"argument `units`.*positive integer.*Received: units="):
        TiedAutoencoder((4,), units)


def test_a_code_as_large_as_the_example_is_refused_if_it_is_to_be_undercomplete():
    with pytest.raises(ValueError, match=r"undercomplete=True"):
        TiedAutoencoder((2, 2, 1), [3, 4], undercomplete=True)
    assert TiedAutoencoder((2, 2, 1), [3, 4]).encoder.output_shape == (None, 4)
