"""The pseudo-log-likelihood, and the free-energy differences that it is made of."""

import numpy as np
import tensorflow as tf

from keras_gen import layers
from keras_gen.models.boltzmann.pseudo_likelihood import flip_energy, pseudo_log_likelihood

V = (np.random.default_rng(0).random((6, 4)) < 0.5).astype("float32")


def machine():
    rbm = layers.RBM(3, seed=3)
    rbm.build((None, 4))
    random = np.random.default_rng(1)
    rbm.set_weights([random.normal(0.3, 0.5, w.shape) for w in rbm.get_weights()])
    return rbm


def test_flipping_a_unit_costs_the_difference_of_free_energies():
    rbm = machine()
    for index in range(4):
        flipped = V.copy()
        flipped[:, index] = 1 - V[:, index]
        expected = rbm.free_energy(flipped) - rbm.free_energy(V)
        received = flip_energy(rbm, V, np.full(6, index), rbm.hidden_input(V))
        np.testing.assert_allclose(received, expected, atol=1e-5)


def test_pseudo_log_likelihood_is_its_definition_on_average():
    rbm = machine()
    w, b, c = (np.array(x, "float64") for x in rbm.weights)

    def free_energy(v):
        return -v @ b - np.logaddexp(0, v @ w + c).sum(axis=-1)

    flipped = V[:, None] + np.eye(4) * (1 - 2 * V[:, None])
    difference = free_energy(flipped) - free_energy(V)[:, None]
    expected = -np.logaddexp(0, -difference).sum(axis=1)
    repeated = tf.repeat(V, 20_000, axis=0)
    seed = tf.constant([1, 2])
    many = pseudo_log_likelihood(rbm, repeated, rbm.hidden_input(repeated), seed)
    received = np.array(many).reshape(6, -1).mean(axis=1)
    np.testing.assert_allclose(received, expected, atol=0.05)
