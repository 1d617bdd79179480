"""Machines one on the other: probabilities and draws on the way up, probabilities down."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import special

from keras_gen import layers
from keras_gen.models.boltzmann.stack import Stack

V = (np.random.default_rng(0).random((5, 4)) < 0.5).astype("float32")
SEED = tf.constant([1, 2])


def stack():
    made = Stack([layers.RBM(3, weight_stddev=1.0, seed=1), layers.RBM(2, weight_stddev=1.0)])
    assert made.build(4, "below") == 2
    random = np.random.default_rng(2)
    for rbm in made.rbms:
        rbm.set_weights([random.normal(size=w.shape) for w in rbm.get_weights()])
    return made


def test_up_and_down_go_through_the_probabilities_of_every_machine():
    made = stack()
    first, second = ([np.array(w, "float64") for w in rbm.weights] for rbm in made.rbms)
    features = V
    for w, _, c in (first, second):
        features = special.expit(features @ w + c)
    np.testing.assert_allclose(made.up(V), features, atol=1e-6)
    visible = features
    for w, b, _ in (second, first):
        visible = special.expit(visible @ w.T + b)
    np.testing.assert_allclose(made.down(features.astype("float32")), visible, atol=1e-6)


def test_what_is_drawn_on_the_way_up_is_made_of_draws_not_of_probabilities():
    made, many = stack(), tf.repeat(V[:1], 20_000, axis=0)
    visible, first, second = made.draw_up(many, SEED)
    np.testing.assert_array_equal(visible, many)
    assert set(np.unique(first)) == set(np.unique(second)) == {0.0, 1.0}
    below, above = made.rbms
    np.testing.assert_allclose(np.mean(first, axis=0), below(V[:1])[0], atol=0.02)
    np.testing.assert_allclose(np.mean(second, axis=0), np.mean(above(first), axis=0), atol=0.02)
    joint = np.mean(np.array(first)[:, 0] * np.array(second)[:, 0])
    expected = np.mean(np.array(first)[:, 0] * np.array(above(first))[:, 0])
    assert joint == pytest.approx(expected, abs=0.02)


def test_an_empty_stack_leads_nowhere():
    empty = Stack([])
    assert empty.build(4, "below") == 4
    for received in (empty.up(V), empty.down(V), *empty.draw_up(V, SEED)):
        np.testing.assert_array_equal(received, V)


def test_machines_that_do_not_fit_are_refused():
    made = stack()
    with pytest.raises(ValueError, match="`below`.*of 5 visible units.*one of 4"):
        made.build(5, "below")
    with pytest.raises(ValueError, match="`below`.*of 4 visible units.*one of 3"):
        Stack(made.rbms[::-1]).build(4, "below")
    with pytest.raises(ValueError, match=r"`below`.*keras_gen\.layers\.RBM"):
        Stack([3]).build(4, "below")
