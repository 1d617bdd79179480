import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_gen")
class Blur2D(keras.layers.Layer):
    """Blurs each feature map with the binomial kernel (1, 2, 1) x (1, 2, 1) / 16.

        y[i] = (x[i-1] + 2 x[i] + x[i+1]) / 4,   along the height and then along the width

    The kernel sums to one, so a constant map stays as it is but for the border: outside of the
    image there are zeros. It takes away the squares that enlarging by nearest neighbours leaves,
    and before a map is shrunken what would become aliasing.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        That of the input.

    Reference:
        Karras, Laine, Aila (2019), A Style-Based Generator Architecture for GANs,
        arXiv:1812.04948, section 2 and appendix C; Zhang (2019), Making Convolutional Networks
        Shift-Invariant Again, arXiv:1904.11486.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.input_spec = keras.layers.InputSpec(ndim=4)

    def build(self, input_shape):
        del input_shape  # no weights, nothing to check

    def call(self, inputs):
        line = ops.convert_to_tensor([0.25, 0.5, 0.25], inputs.dtype)
        kernel = ops.tile((line[:, None] * line)[..., None, None], (1, 1, inputs.shape[-1], 1))
        return ops.depthwise_conv(inputs, kernel, 1, "same", data_format="channels_last")

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)
