"""Keras's recurrent layers against the equations, and their gradients against BPTT by hand."""

import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from keras_gen.networks import cells

UNITS, STEPS, FEATURES, BATCH = 4, 7, 3, 5
OPTIONS = {"return_sequences": True, "bias_initializer": "random_normal", "dtype": "float64"}


def sequences():
    return np.random.default_rng(1).normal(size=(BATCH, STEPS, FEATURES))


def sigma(a):
    return 1 / (1 + np.exp(-a))


@pytest.mark.parametrize(
    "layer, gates, equation",
    [
        (lambda **o: layers.SimpleRNN(UNITS, **o), cells.simple_rnn_gates, cells.simple_rnn),
        (lambda **o: layers.LSTM(UNITS, **o), cells.lstm_gates, cells.lstm),
        (
            lambda **o: layers.GRU(UNITS, reset_after=False, **o),
            cells.gru_gates,
            cells.gru,
        ),
        (
            lambda **o: layers.GRU(UNITS, reset_after=True, **o),
            cells.gru_gates,
            lambda x, gates: cells.gru(x, gates, reset_after=True),
        ),
    ],
    ids=["simple_rnn", "lstm", "gru", "gru_reset_after"],
)
@pytest.mark.parametrize("dtype, tolerance", [("float32", 1e-6), ("float64", 1e-12)])
def test_states_equal_those_of_keras(layer, gates, equation, dtype, tolerance):
    keras_layer = layer(**{**OPTIONS, "dtype": dtype})
    expected = np.asarray(keras_layer(sequences().astype(dtype)))
    assert expected.shape == (BATCH, STEPS, UNITS) and np.abs(expected).max() > 0.1
    states = equation(sequences().astype(dtype), gates(keras_layer))
    np.testing.assert_allclose(states, expected, rtol=0, atol=tolerance)


def test_a_layer_without_biases_is_the_equation_without_biases():
    layer = layers.LSTM(UNITS, return_sequences=True, use_bias=False, dtype="float64")
    expected = np.asarray(layer(sequences()))
    np.testing.assert_allclose(cells.lstm(sequences(), cells.lstm_gates(layer)), expected)


def test_an_open_update_gate_replaces_the_state_and_keras_calls_that_a_closed_one():
    layer = layers.GRU(1, reset_after=False, return_sequences=True, dtype="float64")
    layer(np.zeros((1, 2, 1)))
    always, never = 40.0, -40.0
    # Keras's columns are z, r, h: its update gate is shut, its candidate is tanh(x).
    layer.set_weights([np.array([[0.0, 0.0, 1.0]]), np.zeros((1, 3)), np.array([never, 0.0, 0.0])])
    gates = cells.gru_gates(layer)
    assert gates["z"].b == [always]
    states = cells.gru(np.array([[[0.5], [2.0]]]), gates)
    np.testing.assert_allclose(states[0, :, 0], np.tanh([0.5, 2.0]), atol=1e-12)


def test_gates_come_in_the_order_of_keras_columns():
    layer = layers.LSTM(1, return_sequences=True)
    layer(np.zeros((1, 1, 1), "float32"))
    layer.set_weights([np.float32([[1, 2, 3, 4]]), np.zeros((1, 4)), np.zeros(4)])
    assert {name: gate.U.item() for name, gate in cells.lstm_gates(layer).items()} == {
        "i": 1,
        "f": 2,
        "g": 3,
        "o": 4,
    }


def test_a_cell_of_another_kind_is_refused():
    layer = layers.GRU(UNITS)
    layer(sequences())
    message = r"`layer`. Expected kernels of 4 gates, \['i', 'f', 'g', 'o'\]. Received: .*with 3"
    with pytest.raises(ValueError, match=message):
        cells.lstm_gates(layer)


# Backpropagation through time, by hand, of L = sum_t <target_t, h_t>: d h_t arrives from the loss
# of step t and from step t + 1, and weights, being shared, collect a term from every step.


def taped_gradients(layer, x, target):
    layer(x)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(target * layer(x))
    return [np.asarray(g) for g in tape.gradient(loss, layer.trainable_weights)]


def target():
    return np.random.default_rng(2).normal(size=(BATCH, STEPS, UNITS))


def shifted(states):
    """h_{t-1} for every t."""
    return np.concatenate([np.zeros_like(states[:, :1]), states[:, :-1]], axis=1)


def collected(deltas, x, before):
    """dU, dW, db from the errors at the gates' activations: sums over batch and steps."""
    return (
        np.einsum("btf,btu->fu", x, deltas),
        np.einsum("btv,btu->vu", before, deltas),
        deltas.sum(axis=(0, 1)),
    )


def test_simple_rnn_gradients_are_those_of_bptt_by_hand():
    layer, x, wanted = layers.SimpleRNN(UNITS, **OPTIONS), sequences(), target()
    expected = taped_gradients(layer, x, wanted)
    gate = cells.simple_rnn_gates(layer)["h"]
    states = cells.simple_rnn(x, {"h": gate})
    deltas, from_later = np.zeros_like(states), np.zeros((BATCH, UNITS))
    for t in reversed(range(STEPS)):
        deltas[:, t] = (wanted[:, t] + from_later) * (1 - states[:, t] ** 2)
        from_later = deltas[:, t] @ gate.W.T
    for mine, keras_gradient in zip(collected(deltas, x, shifted(states)), expected):
        np.testing.assert_allclose(mine, keras_gradient, rtol=0, atol=1e-10)


def test_the_last_losss_gradient_is_a_sum_over_steps_of_products_of_jacobians():
    # dL_T/dW = sum_t dL_T/dh_T (prod_{j = t+1}^{T} dh_j/dh_{j-1}) dh_t/dW, where the last factor
    # is the direct effect of W at step t: h_{t-1} is held fixed in it.
    layer, x, wanted = layers.SimpleRNN(UNITS, **OPTIONS), sequences()[:1], target()[:1]
    wanted[:, :-1] = 0
    expected = taped_gradients(layer, x, wanted)[1]
    gate = cells.simple_rnn_gates(layer)["h"]
    states = cells.simple_rnn(x, {"h": gate})[0]
    slopes, before = 1 - states**2, shifted(states[None])[0]
    total = np.zeros((UNITS, UNITS))
    for t in range(STEPS):
        product = np.eye(UNITS)
        for j in range(t + 1, STEPS):
            product = np.diag(slopes[j]) @ gate.W.T @ product  # columns: the state before
        total += np.outer(before[t], (wanted[0, -1] @ product) * slopes[t])
    np.testing.assert_allclose(total, expected, rtol=0, atol=1e-10)


def test_lstm_gradients_are_those_of_bptt_by_hand():
    layer, x, wanted = layers.LSTM(UNITS, **OPTIONS), sequences(), target()
    expected = taped_gradients(layer, x, wanted)
    gates = cells.lstm_gates(layer)
    h, c, seen = np.zeros((BATCH, UNITS)), np.zeros((BATCH, UNITS)), []
    for t in range(STEPS):
        i, f, o = (sigma(gates[name](x[:, t], h)) for name in "ifo")
        g = np.tanh(gates["g"](x[:, t], h))
        previous, before = c, h
        c = previous * f + g * i
        h = np.tanh(c) * o
        seen.append((i, f, g, o, c, previous, before))
    deltas = np.zeros((BATCH, STEPS, 4 * UNITS))
    dh, dc = np.zeros((2, BATCH, UNITS))
    for t in reversed(range(STEPS)):
        i, f, g, o, c, previous, _ = seen[t]
        dh = dh + wanted[:, t]
        dc = dc + dh * o * (1 - np.tanh(c) ** 2)
        parts = {
            "i": dc * g * i * (1 - i),
            "f": dc * previous * f * (1 - f),
            "g": dc * i * (1 - g**2),
            "o": dh * np.tanh(c) * o * (1 - o),
        }
        deltas[:, t] = np.concatenate(list(parts.values()), axis=1)
        dh = sum(part @ gates[name].W.T for name, part in parts.items())
        dc = dc * f
    before = np.stack([each[-1] for each in seen], axis=1)
    for mine, keras_gradient in zip(collected(deltas, x, before), expected):
        np.testing.assert_allclose(mine, keras_gradient, rtol=0, atol=1e-10)


def test_gru_gradients_are_those_of_bptt_by_hand():
    layer = layers.GRU(UNITS, reset_after=False, **OPTIONS)
    x, wanted = sequences(), target()
    expected = taped_gradients(layer, x, wanted)
    gates = cells.gru_gates(layer)
    before = shifted(cells.gru(x, gates))
    z, r = (sigma(gates[name](x, before)) for name in "zr")
    candidate = gates["c"]
    c = np.tanh(x @ candidate.U + candidate.b + (before * r) @ candidate.W)
    deltas, dh = {name: np.zeros_like(z) for name in "zrc"}, np.zeros((BATCH, UNITS))
    for t in reversed(range(STEPS)):
        dh = dh + wanted[:, t]
        deltas["c"][:, t] = dh * z[:, t] * (1 - c[:, t] ** 2)
        deltas["z"][:, t] = dh * (c[:, t] - before[:, t]) * z[:, t] * (1 - z[:, t])
        through = deltas["c"][:, t] @ candidate.W.T
        deltas["r"][:, t] = through * before[:, t] * r[:, t] * (1 - r[:, t])
        dh = dh * (1 - z[:, t]) + through * r[:, t]
        dh = dh + sum(deltas[name][:, t] @ gates[name].W.T for name in "zr")
    blocks = [
        collected(-deltas["z"], x, before),  # Keras's weights of z are the negated ones
        collected(deltas["r"], x, before),
        collected(deltas["c"], x, before * r),
    ]
    for parts, keras_gradient in zip(zip(*blocks), expected):
        np.testing.assert_allclose(np.concatenate(parts, -1), keras_gradient, rtol=0, atol=1e-10)


def test_float32_gradients_of_keras_are_within_its_precision_of_bptt():
    x, wanted = sequences(), target()
    exact = layers.LSTM(UNITS, **OPTIONS)
    expected = taped_gradients(exact, x, wanted)
    layer = layers.LSTM(UNITS, **{**OPTIONS, "dtype": "float32"})
    layer(x.astype("float32"))
    layer.set_weights(exact.get_weights())
    got = taped_gradients(layer, x.astype("float32"), wanted.astype("float32"))
    for single, double in zip(got, expected):
        np.testing.assert_allclose(single, double, rtol=1e-5, atol=1e-5)
