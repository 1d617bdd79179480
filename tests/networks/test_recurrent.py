import checks
import keras
import numpy as np
import pytest
from keras import layers
from scipy.special import expit

from keras_gen import data, models
from keras_gen.networks import (
    recurrent_decoder,
    recurrent_encoder,
    recurrent_reader,
    recurrent_tagger,
)

STEPS = (6, 3)


def values(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def lstm_widths(model):
    return [layer.units for layer in model.layers if isinstance(layer, layers.LSTM)]


def autoencoder():
    encoder = recurrent_encoder((8, 4), (5, 4), 3)
    decoder = recurrent_decoder(3, (5, 4), (8, 4), output_activation="sigmoid")
    model = models.Autoencoder(encoder, decoder, (0, 1), undercomplete=True, seed=5)
    model.compile(keras.optimizers.Nadam(1e-2), "mse")
    return model


@pytest.mark.parametrize("shape", [(8, 8), (28, 28), (50, 1), (1, 4)])
@pytest.mark.parametrize("units", [(4,), (5, 4)])
def test_sequences_become_codes_and_codes_sequences_of_the_same_shape(shape, units):
    encoder = recurrent_encoder(shape, units, 3)
    decoder = recurrent_decoder(3, units, shape)
    assert (encoder.name, decoder.name) == ("encoder", "decoder")
    codes = encoder(values(2, *shape))
    assert codes.shape == (2, 3)
    assert decoder(codes).shape == (2, *shape)


def test_the_decoder_goes_through_the_encoders_layers_backwards():
    assert lstm_widths(recurrent_encoder(STEPS, (7, 5, 4), 2)) == [7, 5, 4]
    assert lstm_widths(recurrent_decoder(2, (7, 5, 4), STEPS)) == [4, 5, 7]


def test_parameters_of_a_small_case_counted_by_hand():
    # Four gates, each with a matrix on the input and the state, and a bias.
    encoder = recurrent_encoder(STEPS, (4, 2), 5)
    first, second = 4 * 4 * (3 + 4 + 1), 4 * 2 * (4 + 2 + 1)
    assert encoder.count_params() == first + second + (2 * 5 + 5)
    decoder = recurrent_decoder(5, (4, 2), STEPS)
    first, second = 4 * 2 * (5 + 2 + 1), 4 * 4 * (2 + 4 + 1)
    assert decoder.count_params() == first + second + (4 * 3 + 3)


def test_the_code_is_an_affine_map_of_the_state_after_the_last_step():
    encoder = recurrent_encoder(STEPS, (4,), 2)
    kernel, recurrent, bias, weight, offset = encoder.get_weights()
    sequences = values(5, *STEPS)
    state = memory = np.zeros((5, 4))
    for step in range(6):
        gates = sequences[:, step] @ kernel + state @ recurrent + bias
        entry, forget, new, leave = np.split(gates, 4, axis=1)
        memory = expit(forget) * memory + expit(entry) * np.tanh(new)
        state = expit(leave) * np.tanh(memory)
    np.testing.assert_allclose(encoder(sequences), state @ weight + offset, atol=1e-5)


def test_the_code_depends_on_the_order_of_the_steps():
    encoder = recurrent_encoder(STEPS, (5, 4), 3)
    sequences = values(4, *STEPS)
    codes = encoder(sequences).numpy()
    for order in ([5, 4, 3, 2, 1, 0], [1, 0, 2, 3, 4, 5]):
        change = np.abs(encoder(sequences[:, order]).numpy() - codes).max(axis=1)
        assert change.min() > 1e-4


def test_every_decoded_step_depends_on_the_code_and_differs_from_the_others():
    decoder = recurrent_decoder(2, (5, 4), STEPS)
    first, second = decoder(np.float32([[1.0, -2.0], [1.0, 2.0]])).numpy()
    assert np.abs(first - second).max(axis=1).min() > 1e-4
    assert np.abs(np.diff(first, axis=0)).max(axis=1).min() > 1e-4


@pytest.mark.parametrize("shape", [(28,), (28, 28, 1), (0, 3), (5, -1), (None, 3), ()])
def test_a_shape_that_is_not_steps_and_features_is_named(shape):
    message = r"`sequence_shape`. Expected \(steps, features\), .* Received: sequence_shape=\("
    for build in (
        lambda: recurrent_encoder(shape, (4,), 2),
        lambda: recurrent_decoder(2, (4,), shape),
    ):
        with pytest.raises(ValueError, match=message):
            build()


@pytest.mark.parametrize(
    "units, message",
    [
        ((), r"at least one positive integer. Received: units=\(\)"),
        ((0,), "a positive integer. Received: units=0"),
        ((4, -1), "a positive integer. Received: units=-1"),
        ((4, 2.0), "a positive integer. Received: units=2.0"),
    ],
)
def test_widths_that_are_not_positive_are_named(units, message):
    message = f"`units`. Expected {message}"
    for build in (
        lambda: recurrent_encoder(STEPS, units, 2),
        lambda: recurrent_decoder(2, units, STEPS),
    ):
        with pytest.raises(ValueError, match=message):
            build()


@pytest.mark.parametrize("shape", [(9, 8), (9, 8, 4, 1), (9, 4, 8), (9, 7, 4)])
def test_fit_refuses_batches_that_are_not_of_these_sequences(shape):
    model = autoencoder()
    for bad in (np.zeros(shape, "float32"), checks.batched(np.zeros(shape, "float32"))):
        with pytest.raises(ValueError, match=r"argument `x`.*batches of shape.*Received"):
            model.fit(bad, verbose=0)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_codes_and_sequences_are_float32_in_mixed_precision(policy):
    keras.config.set_dtype_policy(policy)
    encoder, decoder = recurrent_encoder(STEPS, (4,), 2), recurrent_decoder(2, (4,), STEPS)
    assert encoder.layers[1].compute_dtype in policy and decoder.layers[-2].compute_dtype in policy
    codes = encoder(values(2, *STEPS))
    for output in (codes, decoder(codes)):
        assert keras.backend.standardize_dtype(output.dtype) == "float32"


def test_steps_written_out_give_what_the_loop_gives():
    sequences, codes = values(4, *STEPS), values(4, 2)
    for build, inputs in (
        (lambda unroll: recurrent_encoder(STEPS, (5, 4), 2, unroll=unroll), sequences),
        (lambda unroll: recurrent_decoder(2, (5, 4), STEPS, unroll=unroll), codes),
    ):
        loop, written_out = build(False), build(True)
        flags = [layer.unroll for layer in written_out.layers if isinstance(layer, layers.LSTM)]
        assert flags == [True, True]
        written_out.set_weights(loop.get_weights())
        np.testing.assert_allclose(written_out(inputs), loop(inputs), atol=1e-6)


def test_a_small_autoencoder_learns_more_than_the_mean_sequence():
    images = data.arrays(data.load("digits", "train[:512]", value_range=(0, 1)))
    sequences = images[..., 0]
    encoder = recurrent_encoder((8, 8), (32,), 16, unroll=True)
    decoder = recurrent_decoder(16, (32,), (8, 8), output_activation="sigmoid", unroll=True)
    model = models.Autoencoder(encoder, decoder, value_range=(0, 1), undercomplete=True)
    model.compile(keras.optimizers.Nadam(1e-2), "mse")
    losses = model.fit(sequences, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    assert model.evaluate(sequences, verbose=0) < 0.7 * sequences.var(axis=0).mean()


def test_a_tag_depends_on_its_step_and_those_before_it_only():
    tagger = recurrent_tagger(STEPS, (5, 4), 7, "softmax")
    sequences = values(2, *STEPS)
    tags = tagger(sequences).numpy()
    assert tags.shape == (2, 6, 7)
    np.testing.assert_allclose(tags.sum(axis=-1), 1, atol=1e-6)
    changed = sequences.copy()
    changed[:, 3] += 1
    difference = np.abs(tagger(changed).numpy() - tags).max(axis=(0, 2))
    assert difference[:3].max() == 0 and difference[3:].min() > 1e-5


def test_a_reader_is_an_affine_map_of_what_its_layer_returns():
    layer = layers.GRU(4)
    reader = recurrent_reader(STEPS, layer, 2)
    kernel, bias = reader.layers[-1].get_weights()
    sequences = values(3, *STEPS)
    np.testing.assert_allclose(reader(sequences), layer(sequences) @ kernel + bias, atol=1e-6)
    every = recurrent_reader(STEPS, layers.SimpleRNN(4, return_sequences=True), 2, "sigmoid")
    outputs = every(sequences).numpy()
    assert outputs.shape == (3, 6, 2) and 0 < outputs.min() and outputs.max() < 1
    for build in (lambda: recurrent_reader((3,), layer, 1), lambda: recurrent_tagger((3,), [1], 1)):
        with pytest.raises(ValueError, match="`sequence_shape`"):
            build()
