"""The autoencoder whose decoder has no kernels of its own."""

import keras
from keras import layers

from keras_gen.arguments import argument_error
from keras_gen.layers import TiedDense
from keras_gen.models.autoencoders.autoencoder import Autoencoder
from keras_gen.networks import mlp_encoder


@keras.saving.register_keras_serializable("keras_gen")
class TiedAutoencoder(Autoencoder):
    """A dense autoencoder whose decoder uses the encoder's kernels, transposed, in reverse order.

        encoder:  h_0 = flat(x),     h_L = activation(h_{L-1} W_L + b_L),        L = 1 ... n
        decoder:  g_n = code = h_n,  g_{L-1} = activation(g_L transpose(W_L) + c_L),  L = n ... 1

    so of N = 2n layers W_{N-L+1} = transpose(W_L). The code has no activation, and the
    reconstruction g_0 has `output_activation`. Each kernel is one variable, used twice: it is
    trained, counted and saved once. Biases are not shared.

    Args:
        example_shape: shape of one example: `(width,)` or `(height, width, channels)`.
        units: widths of the encoder's layers; the last one is the length of the code.
        activation: a Keras activation of the hidden layers on both sides.
        output_activation: a Keras activation of the reconstruction, or `None`.
        value_range: closed interval of the data, or `None` for any finite values.
        undercomplete: whether to refuse a code that is not smaller than the example.
        seed: integer or `None`.

    Raises:
        ValueError: for no width, or one that is not positive, or if `undercomplete` is set and the
            code is not smaller.

    Example:
        autoencoder = TiedAutoencoder((28, 28, 1), [100, 30], value_range=(0, 1))
        autoencoder.compile("nadam", "mse")
        autoencoder.fit(images, epochs=10)

    Reference:
        Vincent, Larochelle, Bengio, Manzagol (2008), Extracting and Composing Robust Features with
        Denoising Autoencoders, ICML, section 2.2.
    """

    def __init__(
        self,
        example_shape,
        units,
        activation="relu",
        output_activation=None,
        value_range=None,
        undercomplete=False,
        seed=None,
        **kwargs,
    ):
        if len(units) == 0 or any(width < 1 for width in units):
            raise argument_error("units", "at least one positive integer", units)
        encoder = mlp_encoder(example_shape, units[:-1], units[-1], activation)
        decoder = _decoder(encoder, activation, output_activation)
        super().__init__(encoder, decoder, value_range, undercomplete, seed, **kwargs)
        self.example_shape = tuple(example_shape)
        self.units = tuple(units)
        self.activation = activation
        self.output_activation = output_activation

    def get_config(self):
        """The numbers that both halves follow from; saved apart, they would come back untied."""
        config = super().get_config()
        del config["encoder"], config["decoder"]
        return config


def _decoder(encoder, activation, output_activation):
    """From codes back through the dense layers of the encoder, the last one first."""
    shape = encoder.inputs[0].shape[1:]
    first, *others = (layer for layer in encoder.layers if isinstance(layer, layers.Dense))
    codes = x = keras.Input(encoder.outputs[0].shape[1:])
    for layer in reversed(others):
        x = TiedDense(layer, activation)(x)
    x = TiedDense(first, output_activation, dtype="float32")(x)
    if len(shape) > 1:
        x = layers.Reshape(shape, dtype="float32")(x)
    return keras.Model(codes, x, name="decoder")
