"""Energies, gradients and chains of Boltzmann machines, by enumeration in float64."""

import itertools

import checks
import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

from keras_gen import models
from keras_gen.data import toy

VISIBLE, HIDDEN = 3, 2
UNITS = VISIBLE + HIDDEN
STATES = np.array(list(itertools.product([0, 1], repeat=UNITS)), "float32")
V = np.array([[1, 0, 1], [1, 1, 0], [1, 0, 1], [0, 0, 1]], "float32")


def machine(visible=VISIBLE, hidden=HIDDEN, temperature=0.8, scale=1.0, rate=0.5, **options):
    """A compiled machine with weights that matter."""
    model = models.BoltzmannMachine(visible, hidden, temperature, seed=5, **options)
    random = np.random.default_rng(2)
    for weight in (model.pair_weights, model.bias):
        weight.assign(scale * random.normal(size=weight.shape))
    model.compile(keras.optimizers.SGD(rate))
    return model


def parameters(model):
    return [np.array(w, "float64") for w in (model.pair_weights, model.bias)]


def energies(pair_weights, bias, states):
    """E(s) by the sum over pairs, each of them once."""
    pairs = itertools.combinations(range(states.shape[1]), 2)
    agreement = sum(w * states[:, i] * states[:, j] for w, (i, j) in zip(pair_weights, pairs))
    return -agreement - states @ bias


def joint(model):
    """p(s) of all states."""
    return special.softmax(-energies(*parameters(model), STATES) / model.temperature)


def log_likelihoods(pair_weights, bias, temperature, visible):
    exponents = -energies(pair_weights, bias, STATES) / temperature
    log_z = special.logsumexp(exponents)
    return np.array(
        [
            special.logsumexp(exponents[(STATES[:, : len(v)] == v).all(axis=1)]) - log_z
            for v in visible
        ]
    )


def upper(matrix):
    """Entries above the diagonal, row by row."""
    return matrix[np.triu_indices(len(matrix), 1)]


def pair_means(states):
    return states.T @ states / len(states)


def gradients(model, loss):
    variables = model.trainable_variables
    with tf.GradientTape() as tape:
        value = loss()
    return [np.array(g) for g in tape.gradient(value, variables)]


# Energies and conditionals


def test_energy_by_hand_counts_each_pair_once():
    model = machine(3, 0)
    model.pair_weights.assign([1.0, -2.0, 0.5])
    model.bias.assign([0.1, 0.2, 0.3])
    states = np.array([[1, 1, 1], [1, 1, 0], [0, 1, 1], [0, 0, 0]], "float32")
    np.testing.assert_allclose(model.energy(states), [-0.1, -1.3, -1.0, 0.0], atol=1e-6)


def test_connections_are_symmetric_and_none_is_a_units_own():
    w = np.array(machine().connections())
    np.testing.assert_array_equal(w, w.T)
    np.testing.assert_array_equal(np.diag(w), 0)
    assert np.count_nonzero(w) == UNITS * (UNITS - 1)


def test_unit_probabilities_are_the_conditionals_of_the_joint():
    model = machine()
    p = joint(model).reshape([2] * UNITS)
    expected = np.stack(
        [
            np.broadcast_to(p.take([1], i) / p.sum(axis=i, keepdims=True), p.shape).ravel()
            for i in range(UNITS)
        ],
        axis=1,
    )
    np.testing.assert_allclose(model.unit_probabilities(STATES), expected, atol=1e-6)


def test_sums_over_all_states_are_those_of_the_joint():
    model = machine()
    p, exponents = joint(model), -energies(*parameters(model), STATES) / 0.8
    by_visible = exponents.reshape(2**VISIBLE, 2**HIDDEN)
    visible = STATES[:: 2**HIDDEN, :VISIBLE]
    free = -special.logsumexp(by_visible, axis=1)
    np.testing.assert_allclose(model.free_energy(visible), free, atol=1e-5)
    np.testing.assert_allclose(model.log_partition(), special.logsumexp(exponents), atol=1e-5)
    probabilities = p.reshape(by_visible.shape).sum(axis=1)
    np.testing.assert_allclose(model.probabilities(), probabilities, atol=1e-6)
    np.testing.assert_allclose(model.log_likelihood(visible), np.log(probabilities), atol=1e-5)
    np.testing.assert_allclose(model.pair_expectations(), (p * STATES.T) @ STATES, atol=1e-6)
    np.testing.assert_array_equal(model.state_numbers(visible), np.arange(2**VISIBLE))


def test_hidden_means_are_those_of_the_joint_by_sums_and_nearly_so_by_chains():
    p = joint(machine()).reshape(2**VISIBLE, 2**HIDDEN, 1)
    hidden = STATES[: 2**HIDDEN, VISIBLE:]
    expected = (p * hidden).sum(axis=1) / p.sum(axis=1)
    visible = STATES[:: 2**HIDDEN, :VISIBLE]
    np.testing.assert_allclose(machine().transform(visible), expected, atol=1e-6)
    many = np.repeat(visible, 50, axis=0)  # of which each has chains of its own
    received = machine(exact=False).transform(many, batch_size=400)
    np.testing.assert_allclose(received.reshape(8, 50, 2).mean(axis=1), expected, atol=0.02)


def test_a_reconstructed_pixel_follows_from_all_others_and_not_from_itself():
    model = machine(4, 0)
    w, b = np.array(model.connections()), np.array(model.bias)
    x = STATES[:, :4]
    expected = special.expit((x @ w + b) / 0.8)
    np.testing.assert_allclose(model.reconstruct(x), expected, atol=1e-6)
    flipped = x.copy()
    flipped[:, 2] = 1 - x[:, 2]
    np.testing.assert_array_equal(model.reconstruct(x)[:, 2], model.reconstruct(flipped)[:, 2])


def test_divergence_is_that_of_the_distribution_of_the_examples():
    model = machine()
    p_data = np.zeros(8)
    p_data[[5, 6, 1]] = [0.5, 0.25, 0.25]  # V, whose first pattern comes twice
    expected = stats.entropy(p_data, np.array(model.probabilities()))
    assert model.kl_divergence(V) == pytest.approx(expected, abs=1e-5)


# Learning


def test_exact_gradient_is_the_slope_of_the_log_likelihood():
    model = machine()
    received = gradients(model, lambda: model.negative_log_likelihood(V))
    point, step = parameters(model), 1e-5
    for index, gradient in enumerate(received):
        for entry in range(len(gradient)):
            values = []
            for sign in (1, -1):
                moved = [p.copy() for p in point]
                moved[index][entry] += sign * step
                values.append(-log_likelihoods(*moved, 0.8, V).mean())
            slope = (values[0] - values[1]) / (2 * step)
            assert gradient[entry] == pytest.approx(slope, abs=2e-5)


def test_exact_gradient_is_model_minus_data_with_each_pair_once():
    """The course has this sign for the slope of log p; it is that of the loss, -log p."""
    model = machine()
    p = joint(model)
    given = [p * (STATES[:, :VISIBLE] == v).all(axis=1) for v in V]
    p_data = np.mean([q / q.sum() for q in given], axis=0)
    data, of_model = ((q * STATES.T) @ STATES for q in (p_data, p))
    received = gradients(model, lambda: model.negative_log_likelihood(V))
    np.testing.assert_allclose(received[0], upper(of_model - data) / 0.8, atol=1e-5)
    np.testing.assert_allclose(received[1], np.diag(of_model - data) / 0.8, atol=1e-5)
    np.testing.assert_allclose(model.pair_expectations(), of_model, atol=1e-6)


def test_a_step_of_gibbs_learning_adds_data_minus_model():
    model = machine(hidden=0, exact=False, gibbs_steps=2, particles=6)
    w, b = parameters(model)
    before = np.array(model.chains)
    assert set(np.unique(before)) == {0, 1}
    model.train_on_batch(V)
    s_model = np.array(model.chains, "float64")
    assert np.any(before != s_model)
    difference = pair_means(V) - pair_means(s_model)
    np.testing.assert_allclose(model.pair_weights, w + 0.5 / 0.8 * upper(difference), atol=1e-6)
    np.testing.assert_allclose(model.bias, b + 0.5 / 0.8 * np.diag(difference), atol=1e-6)


def test_gibbs_gradient_agrees_with_the_exact_one():
    exact, model = machine(scale=0.7), machine(scale=0.7, exact=False)
    expected = gradients(exact, lambda: exact.negative_log_likelihood(V))
    s_data = model.clamped(np.repeat(V, 10_000, axis=0), 20, [1, 2])
    s_model = model.gibbs(tf.zeros((40_000, UNITS)), 30, [3, 4])
    received = gradients(model, lambda: model.energy_difference(s_data, s_model))
    for a, b in zip(received, expected):
        assert np.abs(b).max() > 0.1
        np.testing.assert_allclose(a, b, atol=0.015)


@pytest.mark.parametrize("exact", [True, False])
def test_sample_weights_weigh_the_data(exact):
    first, second = (machine(hidden=0, exact=exact, gibbs_steps=1) for _ in range(2))
    first.train_on_batch(V, sample_weight=np.array([2, 0, 2, 0], "float32"))
    second.train_on_batch(V[[0, 0, 2, 2]])
    np.testing.assert_allclose(first.pair_weights, second.pair_weights, atol=1e-6)


def test_evaluation_leaves_weights_and_chains_alone():
    model = machine(exact=False, gibbs_steps=2)
    before = model.get_weights()
    model.evaluate(V, verbose=0)
    for a, b in zip(before, model.get_weights()):
        np.testing.assert_array_equal(a, b)


def test_learns_bars_and_stripes():
    patterns = toy.bars_and_stripes()
    model = models.BoltzmannMachine((3, 3, 1), hidden=4, seed=1)
    model.compile(keras.optimizers.Adam(0.1), steps_per_execution=50)
    before = model.kl_divergence(patterns)
    history = model.fit(np.tile(patterns, (300, 1, 1, 1)), batch_size=14, shuffle=False, verbose=0)
    after = model.kl_divergence(patterns)
    assert before > 3 and after < 0.1
    loss = model.evaluate(patterns, batch_size=14, verbose=0, return_dict=True)["loss"]
    assert loss == pytest.approx(np.log(14) + after, abs=1e-4)
    assert set(history.history) == {"loss", "reconstruction_error"}


# Chains


def synchronous_distribution(pair_weights, bias, temperature, states):
    """Where chains settle that draw all units at once."""
    w = np.zeros([len(bias)] * 2)
    w[np.triu_indices(len(bias), 1)] = pair_weights
    p = special.expit((states @ (w + w.T) + bias) / temperature)
    one = np.where(states[None] == 1, p[:, None], 1 - p[:, None]).prod(axis=2)
    return np.linalg.matrix_power(one, 1000)[0]


def test_gibbs_settles_in_the_boltzmann_distribution_as_drawing_all_units_at_once_does_not():
    model = machine(3, 0, temperature=1.7, exact=False)
    model.pair_weights.assign([4.0, -3.0, 2.0])
    model.bias.assign([-1.0, -1.5, 0.5])
    states = STATES[::4, :3]
    expected = special.softmax(-energies(*parameters(model), states) / 1.7)
    at_once = synchronous_distribution(*parameters(model), 1.7, states)
    assert np.abs(at_once - expected).max() > 0.05
    last = model.gibbs(tf.zeros((40_000, 3)), 30, [1, 2])
    counts = np.bincount(model.state_numbers(last), minlength=8) / len(last)
    np.testing.assert_allclose(counts, expected, atol=0.012)


def test_clamped_units_stay_and_hidden_ones_follow_their_conditional():
    model = machine(exact=False)
    states = np.array(model.clamped(np.repeat(V[:1], 40_000, axis=0), 20, [1, 2]))
    np.testing.assert_array_equal(states[:, :VISIBLE], np.repeat(V[:1], 40_000, axis=0))
    p = joint(model)[(STATES[:, :VISIBLE] == V[0]).all(axis=1)]
    counts = np.bincount((states[:, VISIBLE:] @ [2, 1]).astype(int), minlength=4) / len(states)
    np.testing.assert_allclose(counts, p / p.sum(), atol=0.012)


@pytest.mark.parametrize("exact", [True, False])
def test_generated_states_follow_the_temperature(exact):
    model = machine(exact=exact)
    for temperature in (None, 3.0):
        examples = model.generate(20_000, seed=1, gibbs_steps=30, temperature=temperature)
        counts = np.bincount(model.state_numbers(examples), minlength=8) / len(examples)
        exponents = -energies(*parameters(model), STATES) / (temperature or 0.8)
        expected = special.softmax(exponents).reshape(8, 4).sum(axis=1)
        np.testing.assert_allclose(counts, expected, atol=0.015)


def test_equal_seeds_generate_equal_examples_and_others_do_not():
    model = models.BoltzmannMachine((4, 4, 1), hidden=2, gibbs_steps=1)
    first = model.generate(4, seed=3, gibbs_steps=5)
    assert first.shape == (4, 4, 4, 1) and set(np.unique(first)) == {0, 1}
    np.testing.assert_array_equal(first, model.generate(4, seed=3, gibbs_steps=5))
    assert np.any(first != model.generate(4, seed=4, gibbs_steps=5))


# The contract of the exact machine; that of the other one is in test_contract.py


def small_exact_machine():
    model = models.BoltzmannMachine((2, 2, 1), hidden=2, seed=5)
    model.compile(keras.optimizers.Adam(0.1))
    return model


X = np.random.default_rng(3).uniform(0, 1, (16, 2, 2, 1)).astype("float32")


def test_exact_machine_comes_back_whole(tmp_path):
    checks.check_round_trip(small_exact_machine, X, np.zeros(16), tmp_path)


def test_exact_step_compiles():
    checks.check_jit_compiled_step(small_exact_machine, X, np.zeros(16))


def test_two_replicas_take_the_exact_step_of_one():
    def make():
        model = small_exact_machine()
        model.compile(keras.optimizers.SGD(0.5))
        return model

    checks.check_two_replicas_take_the_step_of_one(make, X, np.zeros(16))


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_energies_stay_in_single_precision(policy):
    model = machine()
    expected = np.array(model.free_energy(V))
    keras.config.set_dtype_policy(policy)
    np.testing.assert_array_equal(machine().free_energy(V), expected)
    checks.check_mixed_precision(small_exact_machine, X, np.zeros(16), policy)


def test_a_machine_without_hidden_units_has_nothing_to_transform():
    for exact in (True, False):
        model = machine(hidden=0, exact=exact)
        assert set(model.endpoints()) == {"reconstruct", "sample", "sample_uint8"}
        assert model.reconstruct(V).shape == V.shape


# Refusals


def test_sums_over_too_many_states_are_refused():
    assert models.BoltzmannMachine(9, 7).exact
    large = models.BoltzmannMachine(9, 8)
    assert not large.exact
    for refused in (
        lambda: models.BoltzmannMachine(9, 8, exact=True),
        large.log_partition,
        large.probabilities,
        large.pair_expectations,
        lambda: large.log_likelihood(np.zeros((1, 9))),
    ):
        with pytest.raises(ValueError, match=r"at most 16 units.*units=17.*2\*\*17 = 131,072"):
            refused()
    assert large.free_energy(np.zeros((1, 9))).shape == (1,)  # has 8 units to sum over


@pytest.mark.parametrize(
    "name, value",
    [
        ("temperature", 0.0),
        ("temperature", -1.0),
        ("temperature", float("nan")),
        ("hidden", -1),
        ("gibbs_steps", 0),
        ("particles", 2.5),
    ],
)
def test_bad_arguments_are_refused(name, value):
    with pytest.raises(ValueError, match=f"`{name}`.*{name}={value}"):
        models.BoltzmannMachine(4, **{name: value})


def test_a_temperature_of_zero_is_refused_for_samples_too():
    with pytest.raises(ValueError, match="`temperature`.*temperature=0"):
        machine().generate(1, temperature=0)


@pytest.mark.parametrize(
    "bad, message",
    [
        (np.full_like(V, np.nan), "finite values"),
        (V[:, :2], "batches of shape"),
        (2 * V, "declared range"),
    ],
)
@pytest.mark.parametrize("exact", [True, False])
def test_bad_data_are_refused(bad, message, exact):
    model = machine(exact=exact)
    before = model.get_weights()
    with pytest.raises(ValueError, match=f"argument `x`.*{message}"):
        model.fit(bad, verbose=0)
    for a, b in zip(before, model.get_weights()):
        np.testing.assert_array_equal(a, b)
