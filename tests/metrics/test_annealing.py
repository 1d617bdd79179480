"""Annealed importance sampling against enumeration."""

import itertools

import numpy as np
import pytest
from scipy import special

from keras_gen.layers import RBM, DoubledRBM, GaussianRBM, LabelRBM
from keras_gen.metrics import annealing_schedule, log_partition


def machine(visible, hidden, scale):
    rbm = RBM(hidden)
    rbm.build((None, visible))
    random = np.random.default_rng(0)
    rbm.set_weights([scale * random.normal(size=w.shape) for w in rbm.weights])
    return rbm


def enumerated(rbm):
    w, b, c = (np.array(x, "float64") for x in rbm.weights)
    hidden = np.array(list(itertools.product([0, 1], repeat=rbm.units)), "float64")
    return special.logsumexp(hidden @ c + np.logaddexp(0, hidden @ w.T + b).sum(axis=1))


def test_estimate_agrees_with_enumeration():
    rbm = machine(20, 15, scale=0.8)
    estimate = log_partition(rbm, np.full(20, 0.5), 200, 3000, seed=1, verbose=0)
    error = estimate.log_z - enumerated(rbm)
    assert abs(error) < 0.05
    assert abs(error) < 3 * estimate.standard_error + 1e-3
    assert estimate.log_weights.shape == (200,)
    np.testing.assert_allclose(
        estimate.log_z, special.logsumexp(estimate.log_weights) - np.log(200), rtol=1e-12
    )


def test_too_fast_annealing_shows_in_the_standard_error():
    rbm = machine(20, 15, scale=0.8)
    fast, slow = (
        log_partition(rbm, np.full(20, 0.5), 100, steps, seed=1, verbose=0) for steps in (5, 1000)
    )
    assert fast.standard_error > 3 * slow.standard_error


def test_units_without_connections_need_no_annealing():
    rbm = machine(6, 4, scale=0.0)
    rbm.visible_bias.assign(np.log([1, 2, 3, 4, 5, 6]))
    probabilities = np.arange(1, 7) / np.arange(2, 8)
    estimate = log_partition(rbm, probabilities, 3, 10, verbose=0)
    expected = np.log(np.arange(2, 8)).sum() + 4 * np.log(2)
    assert estimate.log_z == pytest.approx(expected, abs=1e-5)
    assert estimate.standard_error < 1e-5


def test_base_distribution_changes_the_weights_and_not_the_answer():
    rbm = machine(12, 8, scale=0.5)
    estimates = [
        log_partition(rbm, np.full(12, p), 200, 2000, seed=1, verbose=0) for p in (0.2, 0.7)
    ]
    for estimate in estimates:
        assert estimate.log_z == pytest.approx(enumerated(rbm), abs=0.05)
    assert np.all(estimates[0].log_weights != estimates[1].log_weights)


def test_schedule_rises_from_zero_to_one_and_is_dense_near_one():
    schedule = annealing_schedule(1000)
    assert schedule[0] == 0 and schedule[-1] == 1 and len(schedule) == 1001
    assert np.all(np.diff(schedule) > 0)
    assert np.sum(schedule <= 0.5) == 51 and np.sum(schedule > 0.9) == 500


@pytest.mark.parametrize("name", ["chains", "temperatures"])
def test_counts_that_are_not_positive_are_refused(name):
    with pytest.raises(ValueError, match=f"`{name}`.*{name}=0"):
        log_partition(machine(4, 3, 1.0), np.full(4, 0.5), **{name: 0})


@pytest.mark.parametrize(
    "bad, message",
    [
        (np.full(3, 0.5), "4 numbers.*3 of them"),
        (np.full(4, 1.5), r"\[0, 1\].*from 1.5 to 1.5"),
        (np.full(4, np.nan), "finite.*4 NaN"),
    ],
)
def test_base_probabilities_of_another_kind_are_refused(bad, message):
    with pytest.raises(ValueError, match=f"`base_probabilities`.*{message}"):
        log_partition(machine(4, 3, 1.0), bad)


def test_biases_of_hidden_units_in_the_base_change_the_weights_and_not_the_answer():
    rbm = machine(12, 8, scale=0.5)
    rbm.hidden_bias.assign(rbm.hidden_bias - 2.0)
    plain, informed = (
        log_partition(rbm, np.full(12, 0.5), 200, 2000, 1, 0, hidden_base_probabilities=p)
        for p in (None, np.linspace(0.05, 0.3, 8))
    )
    for estimate in (plain, informed):
        assert estimate.log_z == pytest.approx(enumerated(rbm), abs=0.05)
    assert np.all(plain.log_weights != informed.log_weights)


def test_units_without_connections_need_no_annealing_on_either_side():
    rbm = machine(6, 4, scale=0.0)
    rbm.visible_bias.assign(np.log([1, 2, 3, 4, 5, 6]))
    rbm.hidden_bias.assign(np.log([1 / 2, 1 / 3, 1 / 4, 1 / 5]))
    visible, hidden = np.arange(1, 7) / np.arange(2, 8), 1 / np.arange(3, 7)
    estimate = log_partition(rbm, visible, 3, 10, verbose=0, hidden_base_probabilities=hidden)
    expected = np.log(np.arange(2, 8)).sum() + np.log(1 + 1 / np.arange(2, 6)).sum()
    assert estimate.log_z == pytest.approx(expected, abs=1e-5)
    assert estimate.standard_error < 1e-5
    with pytest.raises(ValueError, match="`hidden_base_probabilities`.*4 numbers"):
        log_partition(rbm, visible, hidden_base_probabilities=visible)


@pytest.mark.parametrize("rbm", [DoubledRBM(3), GaussianRBM(3), LabelRBM(3, 2)])
def test_machines_with_another_energy_are_refused(rbm):
    rbm.build((None, 4))
    with pytest.raises(ValueError, match="`rbm`.*independent binary units"):
        log_partition(rbm, np.full(4, 0.5))
