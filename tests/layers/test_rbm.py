"""Energies, conditionals and chains of restricted Boltzmann machines, by enumeration."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

from keras_gen.layers import RBM, GaussianRBM

VISIBLE, HIDDEN = 4, 3
STATES = np.array(list(itertools.product([0, 1], repeat=VISIBLE)), "float32")
FEATURES = np.array(list(itertools.product([0, 1], repeat=HIDDEN)), "float32")


@pytest.fixture(params=[RBM, GaussianRBM])
def layer(request):
    return built(request.param)


def built(layer_class, scale=1.0):
    layer = layer_class(HIDDEN, seed=1)
    layer.build((None, VISIBLE))
    random = np.random.default_rng(2)
    layer.set_weights([scale * random.normal(size=w.shape) for w in layer.weights])
    return layer


def energies(layer):
    """E(v, h) for all pairs, by the sums over units."""
    w, b, c = (np.array(x, "float64") for x in layer.weights)
    if isinstance(layer, GaussianRBM):
        own = 0.5 * ((STATES - b) ** 2).sum(axis=1)
    else:
        own = -STATES @ b
    return own[:, None] - (FEATURES @ c)[None] - STATES @ w @ FEATURES.T


def test_energy_is_the_sum_over_units(layer):
    expected = energies(layer)
    for column, hidden in enumerate(FEATURES):
        received = layer.energy(STATES, np.tile(hidden, (len(STATES), 1)))
        np.testing.assert_allclose(received, expected[:, column], atol=1e-5)


def test_free_energy_marginalizes_the_hidden_units(layer):
    expected = -special.logsumexp(-energies(layer), axis=1)
    np.testing.assert_allclose(layer.free_energy(STATES), expected, atol=1e-5)


def test_known_inputs_spare_the_product_and_change_nothing(layer):
    inputs, noise = layer.hidden_input(STATES), np.full((len(STATES), HIDDEN), 0.4, "float32")
    for method, arguments in [
        (layer.free_energy, ()),
        (layer.hidden_probabilities, ()),
        (layer.reconstruct, ()),
        (layer.draw_hidden, (noise,)),
    ]:
        np.testing.assert_array_equal(
            method(STATES, *arguments, inputs=inputs), method(STATES, *arguments)
        )
        # They stand for the data: other ones give another result.
        assert np.any(method(STATES, *arguments, inputs=inputs + 3) != method(STATES, *arguments))


def test_known_inputs_count_for_the_first_gibbs_step_only():
    first, second = built(RBM), built(RBM)
    expected = np.array(first.gibbs(STATES, 2))
    received = second.gibbs(np.zeros_like(STATES), 2, inputs=second.hidden_input(STATES))
    np.testing.assert_array_equal(received, expected)


def test_hidden_probabilities_are_the_conditional_of_the_joint(layer):
    joint = np.exp(-energies(layer))
    expected = joint @ FEATURES / joint.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(layer.hidden_probabilities(STATES), expected, atol=1e-6)
    np.testing.assert_allclose(layer(STATES), expected, atol=1e-6)


def test_visible_probabilities_are_the_conditional_of_the_joint():
    layer = built(RBM)
    joint = np.exp(-energies(layer))
    expected = (joint.T @ STATES) / joint.sum(axis=0)[:, None]
    np.testing.assert_allclose(layer.visible_probabilities(FEATURES), expected, atol=1e-6)


def test_gaussian_visible_units_have_the_conditional_mean_and_unit_variance():
    layer = built(GaussianRBM)
    noise = stats.norm.cdf([[-1.0, 0.0, 1.0, 2.0]]).astype("float32")
    w, b, _ = (np.array(x) for x in layer.weights)
    for hidden in FEATURES[:, None]:
        expected = b + hidden @ w.T + [[-1.0, 0.0, 1.0, 2.0]]
        np.testing.assert_allclose(layer.draw_visible(hidden, noise), expected, atol=1e-4)
    edge = layer.draw_visible(FEATURES[:1], np.array([[0.0, 0.5, 0.5, 1.0]], "float32"))
    assert np.isfinite(edge).all()


def test_gradient_of_the_free_energy_difference_is_contrastive_divergence():
    layer = built(RBM)
    data, model = STATES[[1, 5, 7, 9]], STATES[[0, 2, 8, 15]]
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(layer.free_energy(data)) - tf.reduce_mean(layer.free_energy(model))
    received = tape.gradient(loss, layer.trainable_variables)
    h_data, h_model = (np.array(layer(v)) for v in (data, model))
    expected = [
        -(data.T @ h_data - model.T @ h_model) / 4,
        -(data - model).mean(axis=0),
        -(h_data - h_model).mean(axis=0),
    ]
    for a, b in zip(received, expected):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_gibbs_chains_settle_in_the_boltzmann_distribution():
    layer = built(RBM, scale=0.7)
    weights = np.exp(-energies(layer)).sum(axis=1)
    expected = weights / weights.sum()
    last = np.array(layer.gibbs(np.zeros((40_000, VISIBLE), "float32"), steps=40))
    counts = np.bincount((last @ [8, 4, 2, 1]).astype(int), minlength=16) / len(last)
    np.testing.assert_allclose(counts, expected, atol=0.012)


def test_gibbs_of_equal_seeds_is_equal_and_goes_on():
    first, second = built(RBM), built(RBM)
    start = np.tile(STATES, (8, 1))
    chain = np.array(first.gibbs(start))
    np.testing.assert_array_equal(chain, second.gibbs(start))
    assert np.any(chain != np.array(first.gibbs(start)))


def test_visible_biases_start_at_the_data_and_stay_finite():
    layer = built(RBM, scale=0.0)
    layer.set_visible_frequencies(np.array([[0.25, 0.5], [0.0, 1.0]]))
    received = layer.visible_probabilities(np.zeros((1, HIDDEN), "float32"))
    np.testing.assert_allclose(received, [[0.25, 0.5, 0.01, 0.99]], atol=1e-6)
    gaussian = built(GaussianRBM, scale=0.0)
    gaussian.set_visible_frequencies([1.0, -2.0, 0.0, 3.0])
    np.testing.assert_allclose(gaussian.visible_bias, [1.0, -2.0, 0.0, 3.0])


@pytest.mark.parametrize("name, value", [("units", 0), ("units", 1.5), ("weight_stddev", -1.0)])
def test_bad_arguments_are_refused(name, value):
    with pytest.raises(ValueError, match=f"`{name}`.*{name}={value}"):
        RBM(**{"units": 3, name: value})
