"""The recurrent cells as equations in NumPy, on the weights of Keras's layers.

A layer reads a sequence x_1 ... x_T and carries a state h_t from step to step. Vectors are
rows here, so U multiplies inputs and W states from the right; b is a bias, which textbooks often
leave out. `*` is element by element, sigma the logistic function.

Keras keeps the weights of all gates of a layer side by side, in the columns of one kernel:

    layer       blocks of columns, `units` wide     here
    SimpleRNN   h                                   h
    LSTM        i, f, c, o                          i, f, g, o
    GRU         z, r, h                             z (negated), r, c

Keras's GRU keeps the old state where its update gate is open, h_t = z' h_{t-1} + (1 - z') c_t. The
update gate here is z = 1 - z', and since 1 - sigma(a) = sigma(-a), its weights are Keras's with the
sign flipped.
"""

from typing import NamedTuple

import numpy as np

from keras_gen.arguments import argument_error


class Gate(NamedTuple):
    """The weights of one gate: a(x, h) = x U + b + h W + c.

    Attributes:
        U: for inputs, (features, units).
        W: for states, (units, units).
        b: bias added to the inputs' product, (units,).
        c: bias added to the states' product, (units,); zero except for the candidate of a GRU that
            resets after the product.
    """

    U: np.ndarray
    W: np.ndarray
    b: np.ndarray
    c: np.ndarray

    def __call__(self, x, h):
        return x @ self.U + self.b + h @ self.W + self.c


def simple_rnn_gates(layer):
    """The weights of a built `keras.layers.SimpleRNN` or `SimpleRNNCell` as {h: Gate}."""
    return _gates(layer, ["h"])


def lstm_gates(layer):
    """The weights of a built `keras.layers.LSTM` or `LSTMCell` as {i, f, g, o: Gate}."""
    return _gates(layer, ["i", "f", "g", "o"])


def gru_gates(layer):
    """The weights of a built `keras.layers.GRU` or `GRUCell` as {z, r, c: Gate}."""
    gates = _gates(layer, ["z", "r", "c"])
    return {**gates, "z": Gate(*(-weights for weights in gates["z"]))}


def simple_rnn(sequences, gates, activation=np.tanh):
    """The states of the simple recurrent cell.

        h_t = tanh(W h_{t-1} + U x_t + b),   h_0 = 0

    Args:
        sequences: array (batch, steps, features).
        gates: what `simple_rnn_gates` returns.
        activation: function in place of the tanh.

    Returns:
        Array (batch, steps, units) of h_1 ... h_T.
    """
    h, states = _zeros(sequences, gates["h"]), []
    for x in np.moveaxis(sequences, 1, 0):
        h = activation(gates["h"](x, h))
        states.append(h)
    return np.stack(states, axis=1)


def lstm(sequences, gates):
    """The states of the long short-term memory.

        i = sigma(W_i h_{t-1} + U_i x_t + b_i)      how much of the new memory is let in
        f = sigma(W_f h_{t-1} + U_f x_t + b_f)      how much of the old memory is kept
        o = sigma(W_o h_{t-1} + U_o x_t + b_o)      how much of the memory is shown
        g = tanh (W_g h_{t-1} + U_g x_t + b_g)      the new memory
        c_t = c_{t-1} * f + g * i,   h_t = tanh(c_t) * o,   h_0 = c_0 = 0

    Args:
        sequences: array (batch, steps, features).
        gates: what `lstm_gates` returns.

    Returns:
        Array (batch, steps, units) of h_1 ... h_T.

    Reference:
        Hochreiter and Schmidhuber (1997), Long Short-Term Memory; the forget gate is that of Gers,
        Schmidhuber and Cummins (2000), Learning to Forget.
    """
    h, states = _zeros(sequences, gates["i"]), []
    memory = h
    for x in np.moveaxis(sequences, 1, 0):
        i, f, o = (_sigma(gates[name](x, h)) for name in "ifo")
        g = np.tanh(gates["g"](x, h))
        memory = memory * f + g * i
        h = np.tanh(memory) * o
        states.append(h)
    return np.stack(states, axis=1)


def gru(sequences, gates, reset_after=False):
    """The states of the gated recurrent unit.

        z = sigma(W_z h_{t-1} + U_z x_t + b_z)      how much of the state is replaced
        r = sigma(W_r h_{t-1} + U_r x_t + b_r)      how much of the state the candidate sees
        c = tanh(W_c (h_{t-1} * r) + U_c x_t + b_c)
        h_t = z * c + (1 - z) * h_{t-1},   h_0 = 0

    Args:
        sequences: array (batch, steps, features).
        gates: what `gru_gates` returns.
        reset_after: whether the reset gate comes after the product, as in Keras by default:
            c = tanh((W_c h_{t-1} + b'_c) * r + U_c x_t + b_c). `GRU(reset_after=False)` is the
            equation above.

    Returns:
        Array (batch, steps, units) of h_1 ... h_T.

    Reference:
        Cho et al. (2014), Learning Phrase Representations using RNN Encoder-Decoder,
        arXiv:1406.1078, equations 5 to 8, whose z is 1 - z here.
    """
    h, states = _zeros(sequences, gates["z"]), []
    for x in np.moveaxis(sequences, 1, 0):
        z, r = (_sigma(gates[name](x, h)) for name in "zr")
        U, W, b, c = gates["c"]
        recurrent = (h @ W + c) * r if reset_after else (h * r) @ W + c
        h = z * np.tanh(x @ U + b + recurrent) + (1 - z) * h
        states.append(h)
    return np.stack(states, axis=1)


def _gates(layer, names):
    """A `Gate` per name, from consecutive blocks of columns."""
    cell = getattr(layer, "cell", layer)
    kernel, recurrent, *bias = (np.asarray(weights, "float64") for weights in cell.get_weights())
    units = len(recurrent)
    if kernel.shape[1] != len(names) * units:
        raise argument_error(
            "layer",
            f"kernels of {len(names)} gates, {names}",
            received=f"layer={layer}, with {kernel.shape[1] // units}",
        )
    bias = bias[0] if bias else np.zeros(kernel.shape[1])
    both = bias if bias.ndim == 2 else np.stack([bias, np.zeros_like(bias)])
    blocks = [np.split(each, len(names), axis=-1) for each in (kernel, recurrent, *both)]
    return {name: Gate(*weights) for name, *weights in zip(names, *blocks)}


def _zeros(sequences, gate):
    return np.zeros((len(sequences), len(gate.W)))


def _sigma(a):
    return 0.5 * (1 + np.tanh(0.5 * a))  # the logistic function without overflow
