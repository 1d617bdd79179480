"""Contrastive divergence: where chains start, what a step adds to the weights, what is logged."""

import keras
import numpy as np
import pytest

from keras_gen import layers, models

V = (np.random.default_rng(0).random((6, 4)) < 0.5).astype("float32")


def machine(particles=None, steps=1, rate=0.5, layer_class=layers.RBM, **options):
    rbm = layer_class(3, weight_stddev=0.5, seed=3)
    model = models.RestrictedBoltzmannMachine(rbm, 4, steps, particles, seed=5, **options)
    model.compile(keras.optimizers.SGD(rate))
    return model


def test_a_step_adds_the_outer_products_of_the_course():
    model, twin = machine(), machine()
    v_model = np.array(twin.rbm.gibbs(V))
    w, b, c = (np.array(x) for x in model.rbm.weights)
    h_data, h_model = (1 / (1 + np.exp(-(v @ w + c))) for v in (V, v_model))
    model.train_on_batch(V)
    expected = [
        w + 0.5 * (V.T @ h_data - v_model.T @ h_model) / len(V),
        b + 0.5 * (V - v_model).mean(axis=0),
        c + 0.5 * (h_data - h_model).mean(axis=0),
    ]
    for received, value in zip(model.rbm.weights, expected):
        np.testing.assert_allclose(received, value, atol=1e-6)


def test_a_centered_step_counts_units_from_their_means():
    models_ = [machine(centered=True) for _ in range(2)]
    means = np.array([0.2, 0.9, 0.4, 0.0], "float32"), np.array([0.3, 0.5, 0.8], "float32")
    for model in models_:
        for mean, value in zip(model.means, means):
            mean.assign(value)
    model, twin = models_
    v_model = np.array(twin.rbm.gibbs(V))
    w, b, c = (np.array(x) for x in model.rbm.weights)
    h_data, h_model = (1 / (1 + np.exp(-(v @ w + c))) for v in (V, v_model))
    model.train_on_batch(V)
    m, n = means
    w_step = ((V - m).T @ (h_data - n) - (v_model - m).T @ (h_model - n)) / len(V)
    b_step = (V - v_model).mean(axis=0) - w_step @ n
    c_step = (h_data - h_model).mean(axis=0) - m @ w_step
    for received, value in zip(model.rbm.weights, (w + w_step / 2, b + b_step / 2, c + c_step / 2)):
        np.testing.assert_allclose(received, value, atol=1e-6)
    np.testing.assert_allclose(model.means[0], m + 0.01 * (V.mean(axis=0) - m), atol=1e-6)
    h_new = np.array(model.rbm(V)).mean(axis=0)
    np.testing.assert_allclose(model.means[1], n + 0.01 * (h_new - n), atol=1e-6)


def test_persistent_chains_go_on_from_where_they_were():
    model, twin = machine(particles=5, steps=2, rate=0.0), machine(particles=5, steps=2)
    chains = np.array(twin.chains)
    for _ in range(2):  # the data differ, the chains do not
        chains = np.array(twin.rbm.gibbs(chains, 2))
        model.train_on_batch(V[:3])
        np.testing.assert_array_equal(model.chains, chains)


def test_burnt_in_particles_follow_the_machine():
    model = machine(particles=20_000)
    model.burn_in(30, seed=1)
    states = np.array(np.meshgrid(*[[0, 1]] * 4, indexing="ij")).reshape(4, -1).T
    weights = np.exp(-model.free_energy(states.astype("float32")))
    exact = weights @ states / weights.sum()
    assert np.abs(exact - 0.5).max() > 0.05
    np.testing.assert_allclose(np.mean(model.chains, axis=0), exact, atol=0.02)
    assert set(np.unique(model.chains)) == {0.0, 1.0}


def test_logs_name_what_is_monitored():
    names = {"loss", "free_energy", "reconstruction_error", "pseudo_log_likelihood"}
    assert set(machine().fit(V, verbose=0).history) == names
    gaussian = machine(layer_class=layers.GaussianRBM)
    assert set(gaussian.fit(V, verbose=0).history) == names - {"pseudo_log_likelihood"}


@pytest.mark.parametrize("particles", [None, 5])
def test_logs_of_a_step_are_those_of_the_weights_it_starts_from(particles):
    model = machine(particles, rate=5.0)
    w, b, c = (np.array(x) for x in model.rbm.weights)
    h = 1 / (1 + np.exp(-(V @ w + c)))
    error = (V - 1 / (1 + np.exp(-(h @ w.T + b)))) ** 2
    logs = model.train_on_batch(V, return_dict=True)
    np.testing.assert_allclose(logs["reconstruction_error"], error.sum(axis=1).mean(), rtol=1e-5)


def test_equal_seeds_generate_equal_examples_and_others_do_not():
    model = machine(particles=5)
    first = model.generate(4, seed=3, gibbs_steps=20)
    np.testing.assert_array_equal(first, model.generate(4, seed=3, gibbs_steps=20))
    assert np.abs(first - model.generate(4, seed=4, gibbs_steps=20)).max() > 1e-3


def test_examples_come_out_in_the_shape_they_went_in():
    model = models.RestrictedBoltzmannMachine(layers.RBM(3), (2, 2, 1))
    assert model.generate(5, seed=1, gibbs_steps=2).shape == (5, 2, 2, 1)
    assert model.reconstruct(V.reshape(6, 2, 2, 1)).shape == (6, 2, 2, 1)
    assert model.transform(V.reshape(6, 2, 2, 1)).shape == (6, 3)


def test_generated_states_follow_the_boltzmann_distribution():
    model = machine()
    states = model.generate(20_000, seed=1, gibbs_steps=30)
    all_states = np.array(np.meshgrid(*[[0, 1]] * 4, indexing="ij")).reshape(4, -1).T
    weights = np.exp(-np.array(model.rbm.free_energy(all_states.astype("float32"))))
    exact = weights @ all_states / weights.sum()
    np.testing.assert_allclose(states.mean(axis=0), exact, atol=0.02)


def test_machines_stack_as_layers():
    network = keras.Sequential([keras.Input((4,)), layers.RBM(3), layers.RBM(2)])
    assert network(V).shape == (6, 2)
    first, second = network.layers
    np.testing.assert_allclose(network(V), second.hidden_probabilities(first(V)), atol=1e-6)


@pytest.mark.parametrize("name, value", [("steps", 0), ("particles", 0), ("particles", 2.5)])
def test_counts_that_are_not_positive_are_refused(name, value):
    with pytest.raises(ValueError, match=f"`{name}`.*{name}={value}"):
        models.RestrictedBoltzmannMachine(layers.RBM(3), 4, **{name: value})


@pytest.mark.parametrize("value_range", [(-1, 1), (0, 255), None])
def test_binary_units_refuse_data_that_are_no_probabilities(value_range):
    with pytest.raises(ValueError, match=r"`value_range`.*\[0.0, 1.0\].*value_range="):
        models.RestrictedBoltzmannMachine(layers.RBM(3), 4, value_range=value_range)
    gaussian = layers.GaussianRBM(3)
    models.RestrictedBoltzmannMachine(gaussian, 4, value_range=value_range)


def test_a_machine_of_another_width_is_refused():
    rbm = layers.RBM(3)
    rbm.build((None, 5))
    with pytest.raises(ValueError, match="`rbm`.*4 visible units.*one of 5"):
        models.RestrictedBoltzmannMachine(rbm, 4)


def test_copies_of_units_are_not_centered():
    with pytest.raises(ValueError, match="`centered`.*centered=True"):
        models.RestrictedBoltzmannMachine(layers.DoubledRBM(3), 4, centered=True)
