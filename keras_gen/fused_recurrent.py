"""Keras's recurrent layers with the loops and gradients of `keras_gen.recurrence`."""

import keras
import tensorflow as tf
from keras import activations, layers

from keras_gen import recurrence


class _Fused:
    """A Keras recurrent layer that takes its sequences whole, where the result is the same.

    Keras's own loop runs with masks, with recurrent dropout in training, with activations other
    than Keras's defaults, for cells other than LSTM and GRU, and where a GPU has a kernel for it.
    """

    def inner_loop(self, sequences, initial_state, mask, training=False):
        stacked = isinstance(self.cell, layers.StackedRNNCells)
        cells = self.cell.cells if stacked else [self.cell]
        known = all(_is_known(cell, self.compute_dtype, training) for cell in cells)
        if mask is not None or _has_kernel(self) or not known:
            return super().inner_loop(sequences, initial_state, mask, training=training)
        x = tf.transpose(sequences, [1, 0, 2])
        x = tf.reverse(x, [0]) if self.go_backwards else x
        reached = []
        for cell, states in zip(cells, initial_state if stacked else [initial_state]):
            recur = _lstm if type(cell) is layers.LSTMCell else _gru
            x = _dropped(cell, x, training)
            x, last = recur(cell, x, tf.nest.flatten(states), bool(training), self.unroll)
            reached.append(tf.nest.pack_sequence_as(states, last))
        outputs = tf.transpose(x, [1, 0, 2]) if self.return_sequences else x[-1]
        return x[-1], outputs, reached if stacked else reached[0]


@keras.saving.register_keras_serializable("keras_gen")
class LSTM(_Fused, layers.LSTM):
    """Keras's LSTM; one product and a dozen small operations per step, and as many backward.

        i, f, g, o = sigma, sigma, tanh, sigma of x_t K + h_{t-1} R + b
        c_t = c_{t-1} f + g i,   h_t = o tanh(c_t)

    Weights, options and results are those of `keras.layers.LSTM`, and so is the name, because
    Keras's files name a layer's weights after its class: either layer reads what the other saved.

    Args:
        *args, **kwargs: those of `keras.layers.LSTM`, with its defaults.

    Reference:
        Hochreiter and Schmidhuber (1997), Long Short-Term Memory; Gers, Schmidhuber and Cummins
        (2000), Learning to Forget, whose forget gate this is.
    """


@keras.saving.register_keras_serializable("keras_gen")
class GRU(_Fused, layers.GRU):
    """Keras's GRU; one product and a dozen small operations per step, and as many backward.

        u, r = sigma of x_t K + b + h_{t-1} R + b',   g = tanh(x_t K + b + r (h_{t-1} R + b'))
        h_t = u h_{t-1} + (1 - u) g

    with the columns of K and R of each gate, and g = tanh(x_t K + b + (r h_{t-1}) R) for
    `reset_after=False`. Weights, options, results and the name are those of `keras.layers.GRU`.

    Args:
        *args, **kwargs: those of `keras.layers.GRU`, with its defaults.

    Reference:
        Cho et al. (2014), Learning Phrase Representations using RNN Encoder-Decoder,
        arXiv:1406.1078, equations 5 to 8.
    """


@keras.saving.register_keras_serializable("keras_gen")
class RNN(_Fused, layers.RNN):
    """Keras's RNN of cells, in which `LSTMCell`, `GRUCell` and stacks of them take all steps.

    Args:
        *args, **kwargs: those of `keras.layers.RNN`.
    """


def _has_kernel(layer):
    """Whether Keras may give this layer to a kernel of cuDNN, or has been told to."""
    wanted = getattr(layer, "use_cudnn", False)
    return wanted is True or bool(wanted and tf.config.list_logical_devices("GPU"))


def _is_known(cell, dtype, training):
    """Whether a cell is one whose equations `recurrence` has."""
    if type(cell) not in (layers.LSTMCell, layers.GRUCell) or cell.compute_dtype != dtype:
        return False
    dropped = training and (cell.recurrent_dropout or (cell.dropout and cell.implementation == 1))
    default = cell.activation is activations.tanh
    return default and cell.recurrent_activation is activations.sigmoid and not dropped


def _dropped(cell, x, training):
    """The inputs behind the cell's dropout, which is the same at every step."""
    return x * cell.get_dropout_mask(x[0]) if training and 0 < cell.dropout < 1 else x


def _lstm(cell, x, states, *how):
    kernel, recurrent_kernel, bias = _weights(cell)
    x = tf.tensordot(x, kernel, 1)
    x = x if bias is None else x + bias
    x, memory = recurrence.lstm(x, recurrent_kernel, *states, *how)
    return x, [x[-1], memory]


def _gru(cell, x, states, *how):
    kernel, recurrent_kernel, bias = _weights(cell)
    x = tf.tensordot(x, kernel, 1)
    if cell.reset_after:
        bias = tf.zeros([2, x.shape[-1]], x.dtype) if bias is None else bias
        x = recurrence.gru(x + bias[0], recurrent_kernel, bias[1], *states, *how)
    else:
        x = x if bias is None else x + bias
        x = recurrence.gru_reset_before(x, recurrent_kernel, *states, *how)
    return x, [x[-1]]


def _weights(cell):
    """Kernel, recurrent kernel, and bias or `None`, in the precision that the layer computes in."""
    weights = cell.kernel, cell.recurrent_kernel, cell.bias
    return [None if each is None else tf.convert_to_tensor(each) for each in weights]
