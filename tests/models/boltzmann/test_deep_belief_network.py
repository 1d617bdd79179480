"""Greedy training, the ways up and down, classes, bounds and copies of deep belief networks."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special

from keras_gen import layers, models

VISIBLE, FIRST, TOP = 4, 3, 4
V = np.array(list(itertools.product([0, 1], repeat=VISIBLE)), "float32")
H = np.array(list(itertools.product([0, 1], repeat=FIRST)), "float32")
LABELS = np.arange(16) % 3


def randomized(layer, visible, seed=2, scale=1.0):
    if not layer.built:
        layer.build((None, visible))
    random = np.random.default_rng(seed)
    layer.set_weights([scale * random.normal(size=w.shape) for w in layer.weights])
    return layer


def network(top=None, below=None, **options):
    """Three visible layers' worth of random weights."""
    below = [randomized(layers.RBM(FIRST, seed=1), VISIBLE)] if below is None else below
    top = layers.RBM(TOP, seed=1) if top is None else top
    model = models.DeepBeliefNetwork(top, VISIBLE, below, seed=5, **options)
    randomized(top, None, seed=4)
    model.compile(keras.optimizers.SGD(0.1))
    return model


def labeled(**options):
    return network(layers.LabelRBM(TOP, 3, seed=1), **options)


def float64(layer):
    return [np.array(w, "float64") for w in layer.weights]


def log_marginals(layer, states):
    """log p*(states) and log Z of a machine, by enumeration of its visible units."""
    w, b, c = float64(layer)
    every = np.array(list(itertools.product([0, 1], repeat=len(b))))

    def log_p(v):
        return v @ b + np.logaddexp(0, v @ w + c).sum(axis=-1)

    return log_p(states), special.logsumexp(log_p(every))


def log_bernoulli(states, logits):
    """log P of each state (rows) for each row of logits: a matrix (states, logits)."""
    return states @ logits.T - np.logaddexp(0, logits).sum(axis=1)[None]


def exact_bound_and_likelihood(model):
    """The bound's expectation and log p(v) of a network of two layers, for all visible states."""
    w, b, c = float64(model.below[0])
    log_top, log_z = log_marginals(model.rbm, H)
    log_joint = log_bernoulli(V, H @ w.T + b) + (log_top - log_z)[None]  # log p(v, h)
    log_q = log_bernoulli(H, V @ w + c).T  # log Q(h | v)
    bound = np.sum(np.exp(log_q) * (log_joint - log_q), axis=1)
    return bound, special.logsumexp(log_joint, axis=1), log_z


def test_the_bound_is_its_definition_on_average_and_below_the_likelihood():
    model = network()
    expected, likelihood, log_z = exact_bound_and_likelihood(model)
    many = model.variational_bound(np.repeat(V, 3000, axis=0), log_z, samples=2, seed=1)
    np.testing.assert_allclose(many.reshape(16, -1).mean(axis=1), expected, atol=0.06)
    assert np.all(expected < likelihood - 1e-3)


def test_the_bound_of_a_machine_turned_over_is_its_likelihood():
    model = network()
    model.turn_over()
    _, likelihood, log_z = exact_bound_and_likelihood(model)
    received = model.variational_bound(V, log_z)
    np.testing.assert_allclose(received, likelihood, atol=1e-5)
    log_p, log_z = log_marginals(model.below[0], V)
    np.testing.assert_allclose(received, log_p - log_z, atol=1e-5)


def test_turning_over_leaves_further_units_as_they_are_and_needs_enough_of_them():
    model = network(layers.RBM(TOP + 2, seed=1))
    before = model.rbm.get_weights()
    model.turn_over()
    kernel, visible_bias, hidden_bias = model.rbm.get_weights()
    below = model.below[0].get_weights()
    np.testing.assert_array_equal(kernel, np.c_[below[0].T, before[0][:, TOP:]])
    np.testing.assert_array_equal(visible_bias, below[2])
    np.testing.assert_array_equal(hidden_bias, np.r_[below[1], before[2][TOP:]])
    with pytest.raises(ValueError, match="`rbm`.*at least 4 hidden units.*3"):
        network(layers.RBM(3)).turn_over()
    with pytest.raises(ValueError, match="`below`.*binary"):
        labeled().turn_over()


def test_fit_moves_the_top_machine_only():
    model = labeled(particles=5)
    below, top = model.below[0].get_weights(), model.rbm.get_weights()
    model.fit(V, LABELS, epochs=2, verbose=0)
    for before, after in zip(below, model.below[0].get_weights()):
        np.testing.assert_array_equal(before, after)
    for before, after in zip(top, model.rbm.get_weights()):
        assert np.abs(before - after).max() > 1e-4


def test_the_top_machine_learns_from_states_drawn_on_the_way_up():
    second = randomized(layers.RBM(2, seed=1), FIRST, seed=7)
    first = randomized(layers.RBM(FIRST, seed=1), VISIBLE)
    model = labeled(below=[first, second])
    count = 40_000
    visible, _ = model.unpack((tf.repeat(V[5:6], count, axis=0), np.full(count, 2)))
    visible = np.array(visible)
    assert set(np.unique(visible)) == {0, 1}
    np.testing.assert_array_equal(visible[:, 2:], np.tile([0, 0, 1], (count, 1)))
    probability = np.array(first(V[5:6]))[0]
    weight = np.prod(np.where(H == 1, probability, 1 - probability), axis=1)
    expected = weight @ np.array(second(H))  # a mean over states, not of a mean
    np.testing.assert_allclose(visible[:, :2].mean(axis=0), expected, atol=0.01)


def test_classes_are_those_of_the_top_machine_given_the_features():
    model = labeled()
    features = model.below[0](V)
    energies = [model.rbm.free_energy(model.rbm.join(features, np.full(16, k))) for k in range(3)]
    expected = special.softmax(-np.array(energies), axis=0).T
    np.testing.assert_allclose(model.classify(V), expected, atol=1e-5)
    with pytest.raises(ValueError, match="`rbm`.*LabelRBM"):
        network().classify(V)


@pytest.mark.parametrize(
    "guidance, units", [(1.0, [0, 1, 0]), (2.5, [-0.5, 2, -0.5])], ids=["model", "guided"]
)
def test_examples_of_a_label_follow_the_conditional_distribution(guidance, units):
    model = labeled(guidance=guidance)
    received = model.generate(20_000, seed=1, gibbs_steps=30, labels=1).mean(axis=0)
    states = np.c_[H, np.tile(units, (len(H), 1))].astype("float32")
    weights = special.softmax(log_marginals(model.rbm, states)[0])
    features = model.rbm.reconstruct(states)[:, :FIRST]  # the last step gives probabilities
    expected = weights @ np.array(model.below[0].visible_probabilities(features))
    np.testing.assert_allclose(received, expected, atol=0.01)
    again = labeled().generate(9, seed=1, gibbs_steps=30, labels=1, guidance=guidance)
    np.testing.assert_array_equal(again, model.generate(9, seed=1, gibbs_steps=30, labels=1))


def test_labels_may_be_one_for_all_or_one_for_each():
    model = labeled(particles=5)
    options = {"seed": 3, "gibbs_steps": 3}
    one_for_all = model.generate(4, labels=2, **options)
    np.testing.assert_array_equal(one_for_all, model.generate(labels=[2] * 4, **options))
    assert one_for_all.shape == (4, VISIBLE)
    assert np.abs(one_for_all - model.generate(4, labels=2, seed=4, gibbs_steps=3)).max() > 1e-4
    for bad in ([3], [-1], []):
        with pytest.raises(ValueError, match="`labels`.*0 to 2"):
            model.generate(labels=bad)


def test_reconstructions_go_up_and_down_by_probabilities():
    model = labeled()
    first, top = model.below[0], model.rbm
    features = first(V)
    visible = tf.concat([features, model.classify(V)], axis=1)
    np.testing.assert_allclose(model.transform(V), top(visible), atol=1e-6)
    down = top.visible_probabilities(top(visible))[:, :FIRST]
    expected = first.visible_probabilities(down)
    np.testing.assert_allclose(model.reconstruct(V), expected, atol=1e-6)


def test_visible_means_are_means_over_features_and_labels():
    model = labeled()
    expected = np.r_[np.array(model.below[0](V)).mean(axis=0), [6 / 16, 5 / 16, 5 / 16]]
    np.testing.assert_allclose(model.visible_means(V, LABELS), expected, atol=1e-6)


def test_the_encoder_computes_the_same_features_with_weights_of_its_own():
    model = network()
    encoder = model.to_encoder()
    np.testing.assert_allclose(encoder(V), model.transform(V), atol=1e-6)
    encoder.set_weights([0 * w for w in encoder.get_weights()])
    assert np.abs(model.transform(V) - 0.5).max() > 0.1


def test_the_encoder_of_a_labeled_network_counts_labels_as_equally_probable():
    model = labeled()
    kernel, _, bias = model.rbm.get_weights()
    features = np.array(model.below[0](V))
    evenly = np.c_[features, np.full((16, 3), 1 / 3)]
    np.testing.assert_allclose(model.to_encoder()(V), special.expit(evenly @ kernel + bias), 1e-5)


def test_the_classifier_starts_with_the_network_and_may_drop_units_out():
    classifier = labeled().to_classifier(3, dropout=0.5)
    assert classifier(V).shape == (16, 3)
    still, noisy = classifier(V, training=False), classifier(V, training=True)
    assert np.abs(np.array(still) - np.array(noisy)).max() > 1e-3
    expected = labeled().to_encoder()(V)
    np.testing.assert_allclose(classifier.get_layer("encoder")(V), expected, atol=1e-6)


def test_a_saved_network_gives_back_all_layers(tmp_path):
    second = randomized(layers.RBM(2, seed=1), FIRST, seed=7)
    first = randomized(layers.RBM(FIRST, seed=1), VISIBLE)
    model = labeled(below=[first, second], particles=5, steps=2, guidance=1.5)
    model.save(tmp_path / "dbn.keras")
    loaded = keras.saving.load_model(tmp_path / "dbn.keras")
    assert [layer.units for layer in loaded.below] == [FIRST, 2]
    assert (loaded.steps, loaded.particles, loaded.num_classes) == (2, 5, 3)
    assert loaded.guidance == 1.5
    np.testing.assert_array_equal(loaded.classify(V), model.classify(V))
    first, second = (m.generate(labels=[0, 1], seed=1, gibbs_steps=4) for m in (model, loaded))
    np.testing.assert_array_equal(first, second)


def test_layers_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="`below`.*4 visible units.*one of 5"):
        network(below=[randomized(layers.RBM(FIRST), 5)])
    with pytest.raises(ValueError, match="`below`.*RBM"):
        network(below=[keras.layers.Dense(3)])
    with pytest.raises(ValueError, match="`x`.*without labels"):
        labeled().variational_bound(V, 0.0)
    with pytest.raises(ValueError, match="labels from 0 to 2"):
        labeled().fit(V, LABELS + 1, verbose=0)
    for bad in (0, -1.0, float("inf"), "strong"):
        with pytest.raises(ValueError, match=f"`guidance`.*Received: guidance={bad}"):
            labeled(guidance=bad)
        with pytest.raises(ValueError, match=f"`guidance`.*Received: guidance={bad}"):
            labeled().generate(labels=[1], guidance=bad)
