import keras
import numpy as np
from keras import ops

from keras_gen.arguments import argument_error, positive_integer, positive_integer_pair
from keras_gen.layers import _shapes


@keras.saving.register_keras_serializable("keras_gen")
class MaskedConv2D(keras.layers.Layer):
    """2-D convolution that sees no pixel that comes later, row by row from the top left.

        y[i, j] = activation(b + sum_{u, v} x[i + rate u, j + rate v] @ (W * mask)[u, v])
        mask[u, v] = 1 if u < 0, or u = 0 and v < 0, or u = v = 0 and includes_center

    with zeros around the image. Without the center it is the paper's mask A, for the layer next to
    the pixels; with the center it is mask B, for all others. The rows below the center would be
    masked altogether, so the kernel does not have them.

    `above` and `beside` are the two halves of the sum, for a caller that makes images pixel by
    pixel: the rows above are complete before a row begins, the pixels beside are not.

    Args:
        filters: number of output channels.
        kernel_size: odd height and width of the whole kernel, one integer or two.
        includes_center: whether a pixel sees itself.
        dilation_rate: distance between neighbouring taps, in pixels.
        activation: activation function, or its Keras name. Default: linear.
        use_bias: whether to add a bias.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        `(batch, height, width, filters)`.

    Reference:
        van den Oord, Kalchbrenner, Kavukcuoglu (2016), Pixel Recurrent Neural Networks,
        arXiv:1601.06759, section 3.4.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        includes_center=True,
        dilation_rate=1,
        activation=None,
        use_bias=True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = positive_integer("filters", filters)
        self.kernel_size = _odd_pair(kernel_size)
        self.includes_center = bool(includes_center)
        self.dilation_rate = positive_integer("dilation_rate", dilation_rate)
        self.activation = keras.activations.get(activation)
        self.use_bias = bool(use_bias)
        self.bias = None
        self.input_spec = keras.layers.InputSpec(ndim=4)
        height, width = self.kernel_size
        self.rows_above = self.dilation_rate * (height // 2)
        self.columns_beside = self.dilation_rate * (width // 2)

    def build(self, input_shape):
        height, width = self.kernel_size
        channels = _shapes.known_channels(input_shape)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(height // 2 + 1, width, channels, self.filters),
            initializer="glorot_uniform",
        )
        if self.use_bias:
            self.bias = self.add_weight(name="bias", shape=(self.filters,), initializer="zeros")

    def call(self, inputs):
        sides = (self.columns_beside, self.columns_beside)
        padded = ops.pad(inputs, [(0, 0), (self.rows_above, 0), sides, (0, 0)])
        return self.activated(self._convolved(padded, self.masked_kernel(), self.dilation_rate))

    def masked_kernel(self):
        """The kernel (kernel height // 2 + 1, kernel width, channels, filters), masked."""
        height, width = self.kernel_size
        mask = np.ones((height // 2 + 1, width, 1, 1))
        mask[-1, width // 2 + self.includes_center :] = 0
        return self.kernel * ops.convert_to_tensor(mask, self.kernel.dtype)

    def above(self, rows, kernel):
        """What the rows above add to a row's output, before the activation.

        Args:
            rows: (batch, rows_above, width, channels), the input's last rows above.
            kernel: what `masked_kernel()` returned.

        Returns:
            Tensor (batch, width, filters).
        """
        if self.rows_above == 0:
            return ops.zeros((*ops.shape(rows)[:1], rows.shape[2], self.filters), rows.dtype)
        sides = (self.columns_beside, self.columns_beside)
        padded = ops.pad(rows[:, :: self.dilation_rate], [(0, 0), (0, 0), sides, (0, 0)])
        return self._convolved(padded, kernel[:-1], (1, self.dilation_rate))[:, 0]

    def beside(self, columns, kernel):
        """What the pixels to the left and the pixel itself add, before the activation.

        Args:
            columns: (batch, columns_beside + 1, channels), up to the pixel itself.
            kernel: what `masked_kernel()` returned.

        Returns:
            Tensor (batch, filters).
        """
        taps = columns[:, :: self.dilation_rate]
        kernel = kernel[-1, : self.kernel_size[1] // 2 + 1]
        return ops.tensordot(taps, ops.cast(kernel, taps.dtype), axes=2)

    def activated(self, outputs):
        """Adds the bias and applies the activation."""
        if self.bias is not None:
            outputs = outputs + ops.cast(self.bias, outputs.dtype)
        return self.activation(outputs)

    def _convolved(self, inputs, kernel, dilation_rate):
        kernel = ops.cast(kernel, inputs.dtype)
        return ops.conv(
            inputs,
            kernel,
            padding="valid",
            data_format="channels_last",
            dilation_rate=dilation_rate,
        )

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.filters)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "includes_center": self.includes_center,
            "dilation_rate": self.dilation_rate,
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
        }


def _odd_pair(kernel_size):
    pair = positive_integer_pair("kernel_size", kernel_size)
    if any(side % 2 == 0 for side in pair):
        raise argument_error(
            "kernel_size", "an odd integer or two of them, so that there is a center", kernel_size
        )
    return pair
