import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from keras_gen.metrics import state_gradient_norms, whole_sequences

UNITS, STEPS, FEATURES, BATCH = 3, 6, 2, 2
OPTIONS = {"dtype": "float64", "bias_initializer": "random_normal"}


def sequences():
    return np.random.default_rng(4).normal(size=(BATCH, STEPS, FEATURES))


def half_square(h):
    return tf.reduce_sum(h**2, axis=1) / 2


def step(cell, x, state):
    """One step of a cell on one flat state, of one or two parts."""
    parts = [part[None] for part in np.split(state, len(state) // UNITS)]
    _, new = cell(x[None], parts)
    return np.concatenate([np.asarray(part)[0] for part in new])


def jacobian(function, state, width=1e-6):
    """Central differences: rows are outputs, columns are inputs."""
    columns = [function(state + e) - function(state - e) for e in width * np.eye(len(state))]
    return np.stack(columns, axis=1) / (2 * width)


@pytest.mark.parametrize("kind, parts", [("SimpleRNN", 1), ("LSTM", 2), ("GRU", 1)])
@pytest.mark.parametrize("bare_cell", [False, True])
def test_norms_are_those_of_the_product_of_the_steps_jacobians(kind, parts, bare_cell):
    layer = getattr(layers, kind)(UNITS, **OPTIONS)
    x = sequences()
    layer(x)
    norms = state_gradient_norms(layer.cell if bare_cell else layer, x, half_square)
    assert norms.shape == (BATCH, STEPS)
    for sequence, received in zip(x, norms):
        states = [np.zeros(parts * UNITS)]
        for inputs in sequence:
            states.append(step(layer.cell, inputs, states[-1]))
        gradient = np.concatenate([states[-1][:UNITS], np.zeros((parts - 1) * UNITS)])
        expected = [np.linalg.norm(gradient)]  # of h^2 / 2 at the end: h itself, and 0 for c
        for inputs, before in zip(sequence[:0:-1], states[-2:0:-1]):
            gradient = gradient @ jacobian(functools.partial(step, layer.cell, inputs), before)
            expected.insert(0, np.linalg.norm(gradient))
        np.testing.assert_allclose(received, expected, rtol=1e-6)


def test_a_linear_orthogonal_layer_keeps_the_norm_and_a_scaled_one_changes_it_geometrically():
    for factor in (1.0, 0.5, 2.0):
        layer = layers.SimpleRNN(UNITS, activation=None, dtype="float64")
        layer(sequences())
        kernel, recurrent, bias = layer.get_weights()
        layer.set_weights([kernel, factor * recurrent, bias])
        norms = state_gradient_norms(layer, sequences(), lambda h: h[:, 0])
        expected = factor ** np.arange(STEPS - 1, -1, -1.0)
        np.testing.assert_allclose(norms, np.tile(expected, (BATCH, 1)), rtol=1e-6)


def test_a_saturated_forget_gate_carries_the_memorys_gradient_unchanged():
    layer = layers.LSTM(UNITS, dtype="float64")
    layer(sequences())
    kernel, recurrent, bias = layer.get_weights()
    bias[UNITS : 2 * UNITS] = 40.0
    layer.set_weights([kernel, 0 * recurrent, bias])
    norms = state_gradient_norms(layer, sequences(), half_square)
    np.testing.assert_allclose(norms[:, :-1], norms[:, :1] * np.ones((1, STEPS - 1)), rtol=1e-9)
    assert norms.min() > 0


def test_a_sequence_is_right_only_if_every_step_is():
    truth = np.array([[0, 1, 2], [0, 1, 2], [2, 2, 2]])
    predicted = np.eye(3, dtype="float32")[[[0, 1, 2], [0, 1, 1], [2, 2, 2]]]
    np.testing.assert_array_equal(whole_sequences(truth, predicted), [1, 0, 1])
    model = keras.Sequential([keras.Input((3, 3)), layers.Activation("linear")])
    model.compile(loss="sparse_categorical_crossentropy", metrics=[whole_sequences])
    logs = model.test_on_batch(predicted, truth, return_dict=True)
    np.testing.assert_allclose(logs["whole_sequences"], 2 / 3, rtol=1e-6)
