"""Energies, mean field, chains and bounds of deep Boltzmann machines, by enumeration."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special

from keras_gen import greedy, layers, metrics, models

VISIBLE, UNITS = 3, (3, 2, 2)
WIDTHS = (VISIBLE, *UNITS)
V = np.array(list(itertools.product([0, 1], repeat=VISIBLE)), "float32")


def machine(units=UNITS, visible=VISIBLE, scale=1.0, **options):
    model = models.DeepBoltzmannMachine(units, visible, seed=1, **options)
    random = np.random.default_rng(2)
    for variable in model.trainable_variables:
        variable.assign(scale * random.normal(size=variable.shape))
    return model


def numpy_weights(model):
    return [[np.array(w, "float64") for w in ws] for ws in (model.biases, model.kernels)]


def every_state(model):
    """All joint states as a list of layers, and E of each by the sums over units."""
    widths = [bias.shape[0] for bias in model.biases]
    joint = np.array(list(itertools.product([0, 1], repeat=sum(widths))), "float32")
    states = np.split(joint, np.cumsum(widths)[:-1], axis=1)
    biases, kernels = numpy_weights(model)
    energy = -sum(s @ b for s, b in zip(states, biases))
    energy -= sum(np.einsum("ni,ij,nj->n", a, w, b) for a, w, b in zip(states, kernels, states[1:]))
    return states, energy


def exact_log_p(model, v):
    """log p(v), and log Z."""
    states, energy = every_state(model)
    log_z = special.logsumexp(-energy)
    found = (states[0][None] == v[:, None]).all(axis=2)
    return np.array([special.logsumexp(-energy[rows]) for rows in found]) - log_z, log_z


def test_energy_is_the_sum_over_units():
    model = machine()
    states, expected = every_state(model)
    np.testing.assert_allclose(model.energy(states), expected, atol=1e-4)


@pytest.mark.parametrize("layer", range(4))
def test_probabilities_are_the_conditionals_of_the_joint(layer):
    model = machine()
    states, energy = every_state(model)
    others = np.concatenate([s for i, s in enumerate(states) if i != layer], axis=1)
    keys = others @ 2.0 ** np.arange(others.shape[1])
    expected = np.zeros_like(states[layer], "float64")
    for key in np.unique(keys):
        rows = keys == key
        weights = np.exp(-energy[rows])
        expected[rows] = weights @ states[layer][rows] / weights.sum()
    np.testing.assert_allclose(model.probabilities(layer, states), expected, atol=1e-5)


def test_mean_field_starts_with_doubled_input_everywhere_but_at_the_top():
    model = machine()
    biases, kernels = numpy_weights(model)
    mu = V
    for received, b, w, factor in zip(model.mean_field(V, 0)[1:], biases[1:], kernels, (2, 2, 1)):
        mu = special.expit(b + factor * mu @ w)
        np.testing.assert_allclose(received, mu, atol=1e-5)


def test_mean_field_ends_at_a_fixed_point_of_its_equations():
    model = machine()
    states = model.mean_field(V, 200)
    for layer in (1, 2, 3):
        np.testing.assert_allclose(model.probabilities(layer, states), states[layer], atol=1e-5)
    assert np.abs(model.mean_field(V, 0)[1] - states[1]).max() > 0.05


def test_updates_of_mean_field_never_lower_the_bound_and_it_stays_below_the_truth():
    model = machine(scale=2.0)
    exact, log_z = exact_log_p(model, V)
    bounds = np.array([model.variational_bound(V, log_z, steps) for steps in range(8)])
    assert np.diff(bounds, axis=0).min() > -1e-5
    assert (bounds < exact + 1e-5).all()
    assert np.mean(exact - bounds[-1]) < 0.3 * np.mean(exact - bounds[0])
    default = model.variational_bound(V, log_z)
    np.testing.assert_allclose(default, model.variational_bound(V, log_z, 10), atol=1e-6)


def test_the_bound_is_the_truth_without_connections_between_hidden_layers():
    model = machine((3, 2))
    model.kernels[1].assign(np.zeros((3, 2)))
    exact, log_z = exact_log_p(model, V)
    np.testing.assert_allclose(model.variational_bound(V, log_z), exact, atol=1e-5)


def test_a_training_step_adds_the_outer_products():
    models_ = [machine(particles=6, gibbs_steps=2, mean_field_steps=4) for _ in range(2)]
    model, twin = models_
    _, chain = twin.negative_phase()
    data = [np.array(s) for s in twin.mean_field(V)]
    chain = [np.array(s) for s in chain]
    before = [[np.array(w) for w in ws] for ws in (model.biases, model.kernels)]
    model.compile(keras.optimizers.SGD(0.5))
    model.train_on_batch(V)
    for layer, bias in enumerate(model.biases):
        step = data[layer].mean(axis=0) - chain[layer].mean(axis=0)
        np.testing.assert_allclose(bias, before[0][layer] + 0.5 * step, atol=1e-5)
    for layer, kernel in enumerate(model.kernels):
        step = data[layer].T @ data[layer + 1] / 8 - chain[layer].T @ chain[layer + 1] / 6
        np.testing.assert_allclose(kernel, before[1][layer] + 0.5 * step, atol=1e-5)


def test_the_loss_is_the_difference_of_mean_energies():
    model = machine(particles=6)
    data, (_, chain) = model.mean_field(V), model.negative_phase()
    weight = np.linspace(0, 2, len(V)).astype("float32")
    difference = model.energy(data) - tf.reduce_mean(model.energy(chain))
    received = model.contrast(data, chain)
    np.testing.assert_allclose(received, tf.reduce_mean(difference), atol=1e-5)
    expected = np.average(model.energy(data), weights=weight) - np.mean(model.energy(chain))
    np.testing.assert_allclose(model.contrast(data, chain, weight), expected, atol=1e-5)


def test_chains_settle_in_the_boltzmann_distribution():
    model = machine((3, 2), scale=0.8, particles=20_000, gibbs_steps=25)
    odd, expected = model.negative_phase()
    states, energy = every_state(model)
    exact = np.exp(-energy - special.logsumexp(-energy))
    for state, received in zip(states, expected):
        np.testing.assert_allclose(np.mean(received, axis=0), exact @ state, atol=0.015)
    pairs = np.einsum("n,ni,nj->ij", exact, states[0], states[1])
    received = np.einsum("ni,nj->ij", expected[0], expected[1]) / 20_000
    np.testing.assert_allclose(received, pairs, atol=0.015)
    across = np.einsum("n,ni,nj->ij", exact, states[0], states[2])
    received = np.einsum("ni,nj->ij", expected[0], expected[2]) / 20_000
    np.testing.assert_allclose(received, across, atol=0.015)
    assert set(np.unique(odd[0])) == {0.0, 1.0}


def test_chains_persist_in_training_and_rest_in_evaluation():
    model, twin = machine(particles=5), machine(particles=5)
    for m in (model, twin):
        m.compile(keras.optimizers.SGD(0.0))
    before = [np.array(chain) for chain in model.chains]
    assert [chain.shape for chain in before] == [(5, 3), (5, 2)]  # the first and the third layer
    odd, _ = twin.negative_phase()
    model.train_on_batch(V)
    for chain, state in zip(model.chains, odd):
        np.testing.assert_array_equal(chain, state)
    before = [np.array(chain) for chain in model.chains]
    model.evaluate(V, verbose=0)
    for chain, state in zip(model.chains, before):
        np.testing.assert_array_equal(chain, state)


def test_two_layer_view_has_the_same_energies():
    model = machine()
    states, expected = every_state(model)
    odd, even = (np.concatenate(states[start::2], axis=1) for start in (1, 0))
    np.testing.assert_allclose(model.as_rbm().energy(odd, even), expected, atol=1e-4)


def test_annealing_of_the_two_layer_view_finds_the_partition_function():
    model = machine((5, 4), visible=6)
    _, log_z = exact_log_p(model, np.zeros((1, 6), "float32"))
    data = (np.random.default_rng(0).random((50, 6)) < 0.3).astype("float32")
    odd, even = model.base_probabilities(data)
    states = [np.array(s) for s in model.mean_field(data)]
    np.testing.assert_allclose(odd, states[1].mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(
        even, np.concatenate([data, states[2]], axis=1).mean(axis=0), atol=1e-6
    )
    estimate = metrics.log_partition(
        model.as_rbm(), odd, 200, 1000, verbose=0, hidden_base_probabilities=even
    )
    assert estimate.log_z == pytest.approx(log_z, abs=0.05)


def test_layers_trained_alone_give_their_weights_and_mean_biases():
    rbms = layers.doubled_rbms(UNITS, seed=1)
    random = np.random.default_rng(3)
    for rbm, width in zip(rbms, WIDTHS):
        rbm.build((None, width))
        rbm.set_weights([random.normal(size=w.shape) for w in rbm.weights])
    model = models.DeepBoltzmannMachine.from_rbms(rbms, VISIBLE, gibbs_steps=3, seed=1)
    assert (model.units, model.gibbs_steps) == (UNITS, 3)
    for kernel, rbm in zip(model.kernels, rbms):
        np.testing.assert_array_equal(kernel, rbm.kernel)
    # A layer hears the mean of what the machine below and the one above say to it.
    states = [random.random((4, width)).astype("float32") for width in WIDTHS]
    for layer in range(1, 3):
        up = rbms[layer - 1].hidden_input(states[layer - 1])
        down = rbms[layer].visible_input(states[layer + 1])
        expected = special.expit((np.array(up) + np.array(down)) / 2)
        np.testing.assert_allclose(model.probabilities(layer, states), expected, atol=1e-5)
    top = rbms[-1].hidden_probabilities(states[-2])
    np.testing.assert_allclose(model.probabilities(3, states), top, atol=1e-5)
    bottom = rbms[0].visible_probabilities(states[1])
    np.testing.assert_allclose(model.probabilities(0, states), bottom, atol=1e-5)


def test_layers_that_do_not_fit_are_refused():
    first, second = layers.doubled_rbms((3, 2))
    for rbm, width in [(first, 4), (second, 3)]:
        rbm.build((None, width))
    make = models.DeepBoltzmannMachine.from_rbms
    make([first, second], 4)
    plain = layers.RBM(3)
    plain.build((None, 4))
    unbuilt = layers.doubled_rbms((3, 2))[1]
    for bad in ([plain, second], [second, first], [first, unbuilt], [first, first]):
        with pytest.raises(ValueError, match="`rbms`.*doubled_rbms.*Received"):
            make(bad, 4)
    with pytest.raises(ValueError, match="`rbms`.*on 4 inputs"):
        make([first, second], 5)


def test_machines_are_trained_one_after_the_other_and_go_on(tmp_path):
    x = np.random.default_rng(0).random((40, 2, 2, 1)).astype("float32")

    def phases():
        rbms = layers.doubled_rbms((3, 2), seed=1)
        shapes = [(2, 2, 1), (3,)]
        machines = [
            models.RestrictedBoltzmannMachine(rbm, shape, particles=5, seed=1)
            for rbm, shape in zip(rbms, shapes)
        ]
        for phase in machines:
            phase.compile(keras.optimizers.SGD(0.1))
        return machines

    first, second = phases(), phases()
    greedy.train_machines(first, x, 2, 10, seed=1, folder=tmp_path, verbose=0)
    assert {path.name for path in tmp_path.iterdir()} == {"phase_1.state", "phase_2.state"}
    greedy.train_machines(second, x, 2, 10, seed=1, folder=tmp_path, verbose=0)
    for one, two in zip(first, second):
        for a, b in zip(one.weights, two.weights):
            np.testing.assert_array_equal(a, b)
    with pytest.raises(ValueError, match="`machines`.*hidden units of number 1"):
        greedy.train_machines([first[0], first[0]], x, 1)
    with pytest.raises(ValueError, match="`machines`.*at least one"):
        greedy.train_machines([], x, 1)


def test_examples_come_out_in_the_shape_they_went_in():
    model = models.DeepBoltzmannMachine((3, 2), (2, 2, 1), seed=1)
    x = np.random.default_rng(0).random((6, 2, 2, 1)).astype("float32")
    assert model.generate(5, seed=1, gibbs_steps=2).shape == (5, 2, 2, 1)
    assert model.reconstruct(x).shape == (6, 2, 2, 1)
    assert model.transform(x).shape == (6, 2)


def test_equal_seeds_generate_equal_examples_and_others_do_not():
    model = machine(particles=5)
    first = model.generate(4, seed=3, gibbs_steps=20)
    np.testing.assert_array_equal(first, model.generate(4, seed=3, gibbs_steps=20))
    assert np.abs(first - model.generate(4, seed=4, gibbs_steps=20)).max() > 1e-3


@pytest.mark.parametrize("units", [(3,), (), 3, (3, 0), (3, 2.5)])
def test_other_than_two_or_more_sizes_are_refused(units):
    with pytest.raises(ValueError, match="`units`.*Received: units="):
        models.DeepBoltzmannMachine(units, 4)


@pytest.mark.parametrize("name", ["gibbs_steps", "mean_field_steps", "particles"])
def test_counts_that_are_not_positive_are_refused(name):
    with pytest.raises(ValueError, match=f"`{name}`.*{name}=0"):
        models.DeepBoltzmannMachine((3, 2), 4, **{name: 0})
