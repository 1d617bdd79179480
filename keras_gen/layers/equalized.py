import math

import keras
from keras import ops

from keras_gen.arguments import (
    argument_error,
    positive_integer,
    positive_integer_pair,
    positive_number,
)
from keras_gen.layers import _shapes

_HE_GAIN = math.sqrt(2)


class _Equalized(keras.layers.Layer):
    """Weights stored with one scale for all layers and rescaled each time they are used.

        w = kernel * lr_multiplier * gain / sqrt(fan_in)        kernel ~ N(0, (1 / lr_multiplier)^2)
        b = bias * lr_multiplier                                bias = 0

    A subclass adds the linear map.
    """

    def __init__(self, activation, use_bias, gain, lr_multiplier, **kwargs):
        super().__init__(**kwargs)
        self.activation = keras.activations.get(activation)
        self.use_bias = bool(use_bias)
        self.gain = positive_number("gain", gain)
        self.lr_multiplier = positive_number("lr_multiplier", lr_multiplier)
        self.bias = None

    def _add_weights(self, kernel_shape):
        self.kernel = self.add_weight(
            name="kernel",
            shape=kernel_shape,
            initializer=keras.initializers.RandomNormal(stddev=1 / self.lr_multiplier),
        )
        self.scale = self.gain * self.lr_multiplier / math.sqrt(math.prod(kernel_shape[:-1]))
        if self.use_bias:
            self.bias = self.add_weight(name="bias", shape=kernel_shape[-1:], initializer="zeros")

    def _add_bias_and_activate(self, outputs):
        if self.bias is not None:
            outputs = outputs + self.bias * self.lr_multiplier
        return self.activation(outputs)

    def get_config(self):
        return {
            **super().get_config(),
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "gain": self.gain,
            "lr_multiplier": self.lr_multiplier,
        }


@keras.saving.register_keras_serializable("keras_gen")
class EqualizedDense(_Equalized):
    """Dense layer with an equalized learning rate.

        y = activation(x @ (kernel * lr_multiplier * gain / sqrt(inputs)) + bias * lr_multiplier)

    The kernel is drawn from N(0, (1 / lr_multiplier)^2) and multiplied at run time, so that an
    optimizer with steps of fixed size (Adam) changes all layers at the same relative speed, times
    `lr_multiplier`. The bias starts at 0.

    Args:
        units: width of the output.
        activation: activation function, or its Keras name. Default: linear.
        use_bias: whether to add a bias.
        gain: sqrt(2), the default, is for a (leaky) rectifier that follows (He et al. 2015); use 1
            where none does.
        lr_multiplier: speed relative to other layers; StyleGAN's mapping network uses 0.01.

    Input shape:
        `(batch, ..., inputs)`.

    Output shape:
        `(batch, ..., units)`.

    Reference:
        Karras, Aila, Laine, Lehtinen (2018), Progressive Growing of GANs for Improved Quality,
        Stability, and Variation, arXiv:1710.10196, section 4.1. The multiplier: Karras, Laine,
        Aila (2019), A Style-Based Generator Architecture for GANs, arXiv:1812.04948, appendix C.
    """

    def __init__(
        self,
        units,
        activation=None,
        use_bias=True,
        gain=_HE_GAIN,
        lr_multiplier=1.0,
        **kwargs,
    ):
        super().__init__(activation, use_bias, gain, lr_multiplier, **kwargs)
        self.units = positive_integer("units", units)
        self.supports_masking = True

    def build(self, input_shape):
        self._add_weights((_shapes.known_channels(input_shape), self.units))

    def call(self, inputs):
        return self._add_bias_and_activate(ops.matmul(inputs, self.kernel * self.scale))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable("keras_gen")
class EqualizedConv2D(_Equalized):
    """2-D convolution with an equalized learning rate.

        y = activation(conv(x, kernel * lr_multiplier * gain / sqrt(fan_in)) + bias * lr_multiplier)
        fan_in = kernel height * kernel width * input channels

    The kernel is drawn from N(0, (1 / lr_multiplier)^2) and multiplied at run time; the bias
    starts at 0. See `EqualizedDense`.

    Args:
        filters: number of output channels.
        kernel_size: height and width of the kernel, one integer or two.
        strides: steps down and right, one integer or two.
        padding: `"same"` or `"valid"`, as in `keras.layers.Conv2D`.
        activation: activation function, or its Keras name. Default: linear.
        use_bias: whether to add a bias.
        gain: sqrt(2), the default, before a (leaky) rectifier; 1 where none follows, as in toRGB.
        lr_multiplier: speed relative to other layers.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        `(batch, new height, new width, filters)`.

    Reference:
        Karras, Aila, Laine, Lehtinen (2018), Progressive Growing of GANs for Improved Quality,
        Stability, and Variation, arXiv:1710.10196, section 4.1.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="same",
        activation=None,
        use_bias=True,
        gain=_HE_GAIN,
        lr_multiplier=1.0,
        **kwargs,
    ):
        super().__init__(activation, use_bias, gain, lr_multiplier, **kwargs)
        self.filters = positive_integer("filters", filters)
        self.kernel_size = positive_integer_pair("kernel_size", kernel_size)
        self.strides = positive_integer_pair("strides", strides)
        if padding not in ("same", "valid"):
            raise argument_error("padding", '"same" or "valid"', padding)
        self.padding = padding
        self.input_spec = keras.layers.InputSpec(ndim=4)

    def build(self, input_shape):
        self._add_weights(self._kernel_shape(input_shape))

    def call(self, inputs):
        return self._add_bias_and_activate(self._convolve(inputs, self.kernel * self.scale))

    def _kernel_shape(self, input_shape):
        return (*self.kernel_size, _shapes.known_channels(input_shape), self.filters)

    def _convolve(self, inputs, kernel):
        return ops.conv(inputs, kernel, self.strides, self.padding, data_format="channels_last")

    def compute_output_shape(self, input_shape):
        inputs = keras.KerasTensor(input_shape)
        return self._convolve(inputs, keras.KerasTensor(self._kernel_shape(input_shape))).shape

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
        }
