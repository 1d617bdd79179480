"""Machines with two copies of their units, by enumeration of all copies."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from scipy import special

from keras_gen.layers import RBM, DoubledRBM, doubled_rbms

VISIBLE, HIDDEN = 3, 2
COPIES = [(1, 1), (2, 1), (1, 2), (2, 2)]


def built(visible_copies, hidden_copies, scale=1.0):
    layer = DoubledRBM(HIDDEN, visible_copies, hidden_copies, seed=1)
    layer.build((None, VISIBLE))
    random = np.random.default_rng(2)
    layer.set_weights([scale * random.normal(size=w.shape) for w in layer.weights])
    return layer


def states(units, copies):
    """All states of the copies (states, copies, units)."""
    every = itertools.product([0, 1], repeat=units * copies)
    return np.array(list(every), "float32").reshape(-1, copies, units)


def energies(layer, v, h):
    """E of all pairs, every copy of a visible unit connected with every copy of a hidden one."""
    w, b, c = (np.array(x, "float64") for x in layer.weights)
    total = -(v @ b).sum(axis=1)[:, None] - (h @ c).sum(axis=1)[None]
    for i, j in itertools.product(range(v.shape[1]), range(h.shape[1])):
        total = total - v[:, i] @ w @ h[:, j].T
    return total


@pytest.mark.parametrize("copies", COPIES)
def test_energies_are_those_of_a_machine_with_all_copies(copies):
    layer = built(*copies)
    v, h = states(VISIBLE, copies[0]), states(HIDDEN, copies[1])
    expected = energies(layer, v, h)
    for column, hidden in enumerate(h.mean(axis=1)):
        received = layer.energy(v.mean(axis=1), np.tile(hidden, (len(v), 1)))
        np.testing.assert_allclose(received, expected[:, column], atol=1e-4)
    free = -special.logsumexp(-expected, axis=1)
    np.testing.assert_allclose(layer.free_energy(v.mean(axis=1)), free, atol=1e-4)


@pytest.mark.parametrize("copies", COPIES)
def test_conditionals_are_those_of_the_joint(copies):
    layer = built(*copies)
    v, h = states(VISIBLE, copies[0]), states(HIDDEN, copies[1])
    joint = np.exp(-energies(layer, v, h))
    hidden = joint @ h[:, 0] / joint.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(layer(v.mean(axis=1)), hidden, atol=1e-5)
    visible = joint.T @ v[:, 0] / joint.sum(axis=0)[:, None]
    np.testing.assert_allclose(layer.visible_probabilities(h.mean(axis=1)), visible, atol=1e-5)


@pytest.mark.parametrize("copies", COPIES)
def test_chains_settle_in_the_boltzmann_distribution_of_all_copies(copies):
    layer = built(*copies, scale=0.6)
    v, h = states(VISIBLE, copies[0]), states(HIDDEN, copies[1])
    weights = np.exp(-energies(layer, v, h)).sum(axis=1)
    means = v.mean(axis=1)
    exact = weights / weights.sum()
    last = np.array(layer.gibbs(np.zeros((40_000, VISIBLE), "float32"), steps=30))
    np.testing.assert_allclose(last.mean(axis=0), exact @ means, atol=0.012)
    second = exact @ (means[:, :, None] * means[:, None]).reshape(len(means), -1)
    received = (last[:, :, None] * last[:, None]).mean(axis=0).ravel()
    np.testing.assert_allclose(received, second, atol=0.012)


def test_single_copies_are_the_restricted_boltzmann_machine():
    layer, plain = built(1, 1), RBM(HIDDEN)
    plain.build((None, VISIBLE))
    plain.set_weights([np.array(w) for w in layer.weights])
    v = states(VISIBLE, 1)[:, 0]
    np.testing.assert_array_equal(layer.free_energy(v), plain.free_energy(v))
    noise = np.random.default_rng(0).random((len(v), HIDDEN)).astype("float32")
    np.testing.assert_array_equal(layer.draw_hidden(v, noise), plain.draw_hidden(v, noise))


def test_gradient_counts_every_pair_of_copies():
    layer = built(2, 2)
    v = states(VISIBLE, 1)[:, 0]
    with tf.GradientTape() as tape:
        energy = tf.reduce_mean(layer.free_energy(v))
    gradient = tape.gradient(energy, layer.kernel.value)
    np.testing.assert_allclose(gradient, -4 * v.T @ np.array(layer(v)) / len(v), atol=1e-5)


def test_a_stack_doubles_what_lies_between_layers():
    stack = doubled_rbms((5, 4, 3), seed=7)
    assert [layer.units for layer in stack] == [5, 4, 3]
    assert [(layer.visible_copies, layer.hidden_copies) for layer in stack] == [
        (2, 1),
        (2, 2),
        (1, 2),
    ]
    assert len({layer.seed for layer in stack}) == 3


@pytest.mark.parametrize("name", ["visible_copies", "hidden_copies"])
@pytest.mark.parametrize("value", [0, 3, 1.5])
def test_other_numbers_of_copies_are_refused(name, value):
    with pytest.raises(ValueError, match=f"`{name}`.*{name}={value}"):
        DoubledRBM(3, **{name: value})
