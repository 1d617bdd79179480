import keras
from keras import ops

from keras_gen.arguments import positive_number


@keras.saving.register_keras_serializable("keras_gen")
class PixelNorm(keras.layers.Layer):
    """Scales every pixel's feature vector to unit root mean square.

        b = a / sqrt(mean(a ** 2, axis=-1) + epsilon)

    Zeros stay zeros, with a finite gradient. On a batch of latent vectors it puts each vector on
    the sphere of radius sqrt(features). The mean is computed in float32 under every dtype policy.

    Args:
        epsilon: added to the mean square inside the root.

    Input shape:
        `(batch, ..., features)`.

    Output shape:
        That of the input.

    Reference:
        Karras, Aila, Laine, Lehtinen (2018), Progressive Growing of GANs for Improved Quality,
        Stability, and Variation, arXiv:1710.10196, section 4.2.
    """

    def __init__(self, epsilon=1e-8, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = positive_number("epsilon", epsilon)

    def build(self, input_shape):
        del input_shape  # no weights, nothing to check

    def call(self, inputs):
        x = ops.cast(inputs, "float32")
        mean_square = ops.mean(ops.square(x), axis=-1, keepdims=True)
        return ops.cast(x * ops.rsqrt(mean_square + self.epsilon), inputs.dtype)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}
