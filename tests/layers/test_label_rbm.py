"""Label units among the visible ones: exactly one is on, and their conditional is exact."""

import itertools

import numpy as np
import pytest
from scipy import special

from keras_gen.layers import LabelRBM

FEATURES, CLASSES, HIDDEN = 3, 3, 4
X = np.array(list(itertools.product([0, 1], repeat=FEATURES)), "float32")
H = np.array(list(itertools.product([0, 1], repeat=HIDDEN)), "float32")
STATES = np.array([np.r_[x, y] for x in X for y in np.eye(CLASSES)], "float32")  # label fastest


def built(scale=1.0):
    layer = LabelRBM(HIDDEN, CLASSES, seed=1)
    layer.build((None, FEATURES + CLASSES))
    random = np.random.default_rng(2)
    layer.set_weights([scale * random.normal(size=w.shape) for w in layer.weights])
    return layer


def energies(layer):
    """E(v, h) for all pairs."""
    w, b, c = (np.array(x, "float64") for x in layer.weights)
    return -(STATES @ b)[:, None] - (H @ c)[None] - STATES @ w @ H.T


def test_class_probabilities_are_the_conditional_of_the_joint():
    layer = built()
    per_state = np.exp(-energies(layer)).sum(axis=1).reshape(len(X), CLASSES)
    expected = per_state / per_state.sum(axis=1, keepdims=True)
    received = np.exp(layer.log_class_probabilities(X))
    np.testing.assert_allclose(received, expected, atol=1e-6)
    grey = np.array([[0.2, 0.7, 0.4]], "float32")  # and -F says the same of probabilities
    free = [layer.free_energy(layer.join(grey, [k])) for k in range(CLASSES)]
    received = layer.log_class_probabilities(grey)[0]
    np.testing.assert_allclose(received, special.log_softmax(-np.ravel(free)), atol=1e-5)


def test_visible_probabilities_are_the_conditional_of_the_joint():
    layer = built()
    joint = np.exp(-energies(layer))
    expected = (joint.T @ STATES) / joint.sum(axis=0)[:, None]
    np.testing.assert_allclose(layer.visible_probabilities(H), expected, atol=1e-6)


def test_exactly_one_label_is_on_and_as_often_as_its_probability():
    layer = built()
    hidden = np.repeat(H[5:6], 40_000, axis=0)
    noise = np.random.default_rng(0).random((len(hidden), FEATURES + CLASSES), "float32")
    noise[0] = 0.0  # the one number whose logarithm is infinite
    drawn = np.array(layer.draw_visible(hidden, noise))
    np.testing.assert_array_equal(drawn[:, FEATURES:].sum(axis=1), 1)
    expected = np.array(layer.visible_probabilities(H[5:6]))[0]
    np.testing.assert_allclose(drawn.mean(axis=0), expected, atol=0.01)
    assert set(np.unique(drawn)) == {0, 1}


def test_gibbs_chains_settle_in_the_distribution_over_one_label_each():
    layer = built(scale=0.7)
    weights = np.exp(-energies(layer)).sum(axis=1)
    start = np.tile(STATES[:1], (30_000, 1))
    last = np.array(layer.gibbs(start, steps=40))
    index = last[:, :FEATURES] @ [4, 2, 1] * CLASSES + last[:, FEATURES:].argmax(axis=1)
    counts = np.bincount(index.astype(int), minlength=len(STATES)) / len(last)
    np.testing.assert_allclose(counts, weights / weights.sum(), atol=0.012)


@pytest.mark.parametrize("labels", [[2, 0], [[2], [0]]])
def test_join_puts_the_label_behind_the_features_and_split_undoes_it(labels):
    layer = built()
    joined = layer.join(X[[3, 4]], np.array(labels))
    np.testing.assert_array_equal(joined, [[0, 1, 1, 0, 0, 1], [1, 0, 0, 1, 0, 0]])
    features, one_hot = layer.split(joined)
    np.testing.assert_array_equal(features, X[[3, 4]])
    np.testing.assert_array_equal(one_hot, [[0, 0, 1], [1, 0, 0]])


def test_visible_biases_start_at_the_frequencies():
    layer = built(scale=0.0)
    frequencies = [0.25, 0.5, 0.75, 0.2, 0.5, 0.3]
    layer.set_visible_frequencies(frequencies)
    received = layer.visible_probabilities(np.zeros((1, HIDDEN), "float32"))
    np.testing.assert_allclose(received, [frequencies], atol=1e-6)


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="`num_classes`.*at least 2.*num_classes=1"):
        LabelRBM(3, 1)
    with pytest.raises(ValueError, match="`inputs`.*features and 3 label units"):
        LabelRBM(3, 3).build((None, 3))
