"""Recurrent encoders, decoders and taggers: sequences to vectors, back, and to sequences.

All topologies of recurrent networks are made of these parts:

    many to one                    recurrent_encoder
    many to many, step by step     recurrent_tagger
    one to many                    a network without recurrence, then recurrent_decoder
    many to many, all then all     recurrent_encoder, then recurrent_decoder
"""

import keras
from keras import layers

from keras_gen.arguments import positive_integer, positive_integers, shape_of
from keras_gen.fused_recurrent import LSTM


def recurrent_encoder(sequence_shape, units, latent_dim, unroll=False):
    """A sequence-to-vector network: what the last step remembers of all of them.

        h_1 ... h_T = LSTM(x_1 ... x_T), once per layer,  code = W h_T + b

    Args:
        sequence_shape: (steps, features).
        units: widths of the LSTM layers, beginning next to the sequence.
        latent_dim: length of the code.
        unroll: whether to write out the steps one by one instead of looping over them. A training
            step on short sequences then takes about half the time, and starting takes longer.

    Returns:
        A functional model from (batch, steps, features) to unbounded codes (batch, latent_dim).

    Raises:
        ValueError: for a shape that is not two positive integers, or widths that are not positive.
    """
    _check(sequence_shape, units)
    positive_integer("latent_dim", latent_dim)
    x = sequences = keras.Input(sequence_shape, name="sequences")
    for width in units[:-1]:
        x = LSTM(width, return_sequences=True, unroll=unroll)(x)
    x = LSTM(units[-1], unroll=unroll)(x)
    codes = layers.Dense(latent_dim, dtype="float32", name="codes")(x)
    return keras.Model(sequences, codes, name="encoder")


def recurrent_decoder(latent_dim, units, sequence_shape, output_activation=None, unroll=False):
    """A vector-to-sequence network: reads the code again at every step and writes that step.

        h_1 ... h_T = LSTM(code ... code), once per layer,  x_t = output_activation(W h_t + b)

    Args:
        latent_dim: length of the code.
        units: widths of the encoder's LSTM layers; the decoder goes through them backwards.
        sequence_shape: (steps, features).
        output_activation: a Keras activation, or `None` for unbounded values.
        unroll: as for `recurrent_encoder`.

    Returns:
        A functional model from codes (batch, latent_dim) to (batch, steps, features).

    Raises:
        ValueError: as `recurrent_encoder`.
    """
    _check(sequence_shape, units)
    positive_integer("latent_dim", latent_dim)
    steps, features = sequence_shape
    codes = keras.Input((latent_dim,), name="codes")
    x = layers.RepeatVector(steps)(codes)
    for width in reversed(units):
        x = LSTM(width, return_sequences=True, unroll=unroll)(x)
    dense = layers.Dense(features, activation=output_activation, dtype="float32", name="sequences")
    return keras.Model(codes, dense(x), name="decoder")


def recurrent_tagger(sequence_shape, units, outputs, output_activation=None, unroll=False):
    """A sequence-to-sequence network that answers at every step, from what it has read so far.

        h_1 ... h_T = LSTM(x_1 ... x_T), once per layer,  y_t = output_activation(W h_t + b)

    Args:
        sequence_shape: (steps, features).
        units: widths of the LSTM layers, beginning next to the sequence.
        outputs: numbers per step, such as the number of tags.
        output_activation: a Keras activation, or `None` for unbounded values.
        unroll: as for `recurrent_encoder`.

    Returns:
        A functional model from (batch, steps, features) to (batch, steps, outputs).

    Raises:
        ValueError: as `recurrent_encoder`.
    """
    _check(sequence_shape, units)
    positive_integer("outputs", outputs)
    x = sequences = keras.Input(sequence_shape, name="sequences")
    for width in units:
        x = LSTM(width, return_sequences=True, unroll=unroll)(x)
    dense = layers.Dense(outputs, activation=output_activation, dtype="float32", name="tags")
    return keras.Model(sequences, dense(x), name="tagger")


def recurrent_reader(sequence_shape, recurrent, outputs, output_activation=None):
    """One affine map of the state of any recurrent layer.

        y = output_activation(W h_T + b), or y_t = output_activation(W h_t + b) at every step

    Args:
        sequence_shape: (steps, features).
        recurrent: a Keras recurrent layer, such as `SimpleRNN(32)`, which returns its last state,
            or `SimpleRNN(32, return_sequences=True)`, which returns all of them.
        outputs: length of y.
        output_activation: a Keras activation, or `None` for unbounded values.

    Returns:
        A functional model from (batch, steps, features) to (batch, outputs), or to
        (batch, steps, outputs).

    Raises:
        ValueError: for a shape that is not two positive integers.
    """
    _check(sequence_shape, [positive_integer("outputs", outputs)])
    sequences = keras.Input(sequence_shape, name="sequences")
    dense = layers.Dense(outputs, activation=output_activation, dtype="float32", name="outputs")
    return keras.Model(sequences, dense(recurrent(sequences)), name="reader")


def _check(sequence_shape, units):
    shape_of("sequence_shape", sequence_shape, "(steps, features)")
    positive_integers("units", units, least=1)
