import keras
import numpy as np
from keras import ops

from keras_gen.arguments import argument_error
from keras_gen.layers import _shapes


@keras.saving.register_keras_serializable("keras_gen")
class MaskedDense(keras.layers.Layer):
    """Dense layer whose units see only some of the inputs: those of no higher degree.

        y = activation(x @ (W * mask) + b)
        mask[i, j] = 1 if input_degrees[i] <= output_degrees[j]        (< if strict)

    The degree of a pixel is its place in the order in which an autoregressive model reads pixels;
    that of a hidden unit is the place of the last pixel that it sees. With several orderings an
    input or an output has a degree in each of them, and a unit a bias for each; the kernel is the
    same. `call(inputs, ordering)` uses one.

    Args:
        input_degrees: integers, one per input, or a list of such lists, one per ordering.
        output_degrees: the same for the units.
        strict: whether units see inputs of lower degree only, as the outputs of a model must.
        activation: activation function, or its Keras name. Default: linear.
        use_bias: whether to add a bias.

    Input shape:
        `(batch, ..., inputs)`.

    Output shape:
        `(batch, ..., units)`.

    Raises:
        ValueError: if degrees are not integers, or differ in their number of orderings.

    Reference:
        Germain, Gregor, Murray, Larochelle (2015), MADE: Masked Autoencoder for Distribution
        Estimation, arXiv:1502.03509, equations 8 and 9; the bias is the conditioning of section
        4.2, for orderings that are known beforehand.
    """

    def __init__(
        self,
        input_degrees,
        output_degrees,
        strict=False,
        activation=None,
        use_bias=True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.input_degrees = _degrees("input_degrees", input_degrees)
        self.output_degrees = _degrees("output_degrees", output_degrees)
        orderings = [
            len(degrees)
            for degrees in (self.input_degrees, self.output_degrees)
            if isinstance(degrees[0], list)
        ]
        if len(set(orderings)) > 1:
            raise argument_error(
                "output_degrees",
                f"degrees for the {orderings[0]} orderings of `input_degrees`",
                received=f"output_degrees for {orderings[1]}",
            )
        self.orderings = max(orderings, default=1)
        self.units = np.shape(self.output_degrees)[-1]
        self.strict = bool(strict)
        self.activation = keras.activations.get(activation)
        self.use_bias = bool(use_bias)
        self.bias = None

    def build(self, input_shape):
        width = np.shape(self.input_degrees)[-1]
        if _shapes.known_channels(input_shape) != width:
            raise argument_error(
                "inputs",
                f"a last axis of size {width}, one for each of `input_degrees`",
                received=f"shape {tuple(input_shape)}",
            )
        self.kernel = self.add_weight(
            name="kernel", shape=(width, self.units), initializer="glorot_uniform"
        )
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(self.orderings, self.units), initializer="zeros"
            )

    def call(self, inputs, ordering=0):
        return self.apply(inputs, *self.parameters(ordering))

    def mask(self, ordering=0):
        """Booleans (inputs, units): which unit sees which input in the ordering of that number."""
        first, second = (
            _of_ordering(np.atleast_2d(degrees), ordering)
            for degrees in (self.input_degrees, self.output_degrees)
        )
        first = ops.expand_dims(first, 1)
        return first < second if self.strict else first <= second

    def parameters(self, ordering=0):
        """The masked kernel and the bias of an ordering, for `apply`."""
        kernel = self.kernel * ops.cast(self.mask(ordering), self.kernel.dtype)
        return kernel, None if self.bias is None else _of_ordering(self.bias, ordering)

    def apply(self, inputs, kernel, bias):
        """The layer with a kernel and a bias that `parameters` returned."""
        outputs = ops.matmul(inputs, ops.cast(kernel, inputs.dtype))
        if bias is not None:
            outputs = outputs + ops.cast(bias, outputs.dtype)
        return self.activation(outputs)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "input_degrees": self.input_degrees,
            "output_degrees": self.output_degrees,
            "strict": self.strict,
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
        }


def _of_ordering(rows, ordering):
    """The row of an ordering; a single row is that of all."""
    return ops.take(rows, ordering if rows.shape[0] > 1 else 0, axis=0)


def _degrees(name, degrees):
    """Degrees as a list of integers or of lists of them."""
    try:
        array = np.asarray(degrees)
    except ValueError:  # lists of different lengths
        array = np.empty(0)
    if array.dtype.kind not in "iu" or array.ndim not in (1, 2) or array.size == 0:
        raise argument_error(name, "a list of integers, or several of one length", degrees)
    return array.tolist()
