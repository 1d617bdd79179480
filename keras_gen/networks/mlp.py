"""Multi-layer perceptrons: encoders, decoders and the two players of a dense GAN."""

import math

import keras
from keras import layers

from keras_gen.arguments import positive_integer, positive_integers, shape_of


def mlp(
    input_shape,
    units,
    output_shape,
    activation="relu",
    output_activation=None,
    activity_regularizer=None,
    name="mlp",
):
    """A multi-layer perceptron from one shape to another.

        h_0 = flat(x),  h_i = activation(W_i h_{i-1} + b_i),  y = output_activation(W h_n + b)

    Args:
        input_shape, output_shape: shapes of one example; integers mean vectors.
        units: widths of the hidden layers.
        activation: a Keras activation, or a class of layers such as `keras.layers.LeakyReLU`, made
            without arguments.
        output_activation: a Keras activation, or `None` for unbounded outputs.
        activity_regularizer: a Keras regularizer of the outputs, such as `keras.regularizers.L1` or
            `keras_gen.losses.KLSparsity`, or `None`.
        name: name of the model.

    Returns:
        A functional model from (batch, *input_shape) to (batch, *output_shape).

    Raises:
        ValueError: for a width that is not positive.
    """
    inputs, x = _hidden(input_shape, units, activation)
    output_shape = shape_of("output_shape", output_shape)
    x = layers.Dense(
        math.prod(output_shape),
        activation=output_activation,
        activity_regularizer=activity_regularizer,
        dtype="float32",
    )(x)
    if len(output_shape) > 1:
        x = layers.Reshape(output_shape, dtype="float32")(x)
    return keras.Model(inputs, x, name=name)


def mlp_encoder(
    input_shape,
    units,
    latent_dim,
    activation="relu",
    output_activation=None,
    activity_regularizer=None,
):
    """A dense encoder: examples to codes (batch, latent_dim), by default unbounded."""
    return mlp(
        input_shape,
        units,
        positive_integer("latent_dim", latent_dim),
        activation,
        output_activation,
        activity_regularizer,
        name="encoder",
    )


def mlp_decoder(latent_dim, units, output_shape, activation="relu", output_activation=None):
    """A dense decoder: codes (batch, latent_dim) to examples, by default as logits."""
    latent_dim = positive_integer("latent_dim", latent_dim)
    return mlp(latent_dim, units, output_shape, activation, output_activation, name="decoder")


def gaussian_encoder(input_shape, units, latent_dim, activation="relu"):
    """A dense recognition network: examples to `[mean, log_var]`, each (batch, latent_dim)."""
    inputs, x = _hidden(input_shape, units, activation)
    latent_dim = positive_integer("latent_dim", latent_dim)
    mean = layers.Dense(latent_dim, name="mean", dtype="float32")(x)
    log_var = layers.Dense(latent_dim, name="log_var", dtype="float32")(x)
    return keras.Model(inputs, [mean, log_var], name="encoder")


def _hidden(input_shape, units, activation):
    units = positive_integers("units", units)
    inputs = keras.Input(shape_of("input_shape", input_shape))
    x = layers.Flatten()(inputs) if len(inputs.shape) > 2 else inputs
    for width in units:
        x = layers.Dense(width)(x)
        x = activation()(x) if isinstance(activation, type) else layers.Activation(activation)(x)
    return inputs, x
