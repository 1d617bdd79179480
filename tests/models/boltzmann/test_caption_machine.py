"""A machine over images and captions: what it learns from, and what it fills in."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special

from keras_gen import layers, models

PIXELS, WORDS = 4, 3
X = np.array(list(itertools.product([0, 1], repeat=PIXELS)), "float32")
WORD_SETS = np.array(list(itertools.product([0, 1], repeat=WORDS)), "float32")
Y = WORD_SETS[np.arange(16) % 8]


def randomized(layer, visible, seed, scale=1.0):
    if not layer.built:
        layer.build((None, visible))
    random = np.random.default_rng(seed)
    layer.set_weights([scale * random.normal(size=w.shape) for w in layer.weights])
    return layer


def machine(below=(), below_captions=(), scale=1.0, **options):
    model = models.CaptionMachine(
        layers.RBM(4, seed=1), PIXELS, WORDS, below, below_captions, seed=5, **options
    )
    randomized(model.rbm, None, 4, scale)
    model.compile(keras.optimizers.SGD(0.1))
    return model


def stacked(**options):
    below = [randomized(layers.RBM(5, seed=1), PIXELS, 2)]
    return machine(below, [randomized(layers.RBM(2, seed=1), WORDS, 3)], **options)


def test_the_top_machine_learns_from_drawn_features_and_from_codes_of_captions():
    model = stacked()
    count = 40_000
    pair = [tf.repeat(array[5:6], count, axis=0) for array in (X, Y)]
    visible = np.array(model.unpack(tuple(pair))[0])
    features, codes = visible[:, :5], visible[:, 5:]
    assert visible.shape == (count, 7) and set(np.unique(features)) == {0, 1}
    expected = model.below[0](X[5:6])[0], model.below_captions[0](Y[5:6])[0]
    np.testing.assert_allclose(features.mean(axis=0), expected[0], atol=0.01)
    np.testing.assert_allclose(codes, np.tile(expected[1], (count, 1)), atol=1e-6)
    np.testing.assert_allclose(
        model.visible_means(X[5:6], Y[5:6]), np.concatenate(expected), atol=1e-6
    )


def test_a_description_is_the_fixed_point_of_mean_field_with_the_image_held():
    model = stacked()
    features = model.below[0](X)
    visible = np.array(model.visible(X))
    np.testing.assert_allclose(visible[:, :5], features, atol=1e-6)
    np.testing.assert_allclose(model.rbm.reconstruct(visible)[:, 5:], visible[:, 5:], atol=1e-4)
    words = model.below_captions[0].visible_probabilities(visible[:, 5:])
    np.testing.assert_allclose(model.describe(X), words, atol=1e-6)


def test_of_several_fixed_points_a_description_is_the_one_of_the_lowest_free_energy():
    model = machine(scale=2.0)
    w, b, c = (np.array(weight, "float64") for weight in model.rbm.weights)

    def ends(codes):
        for _ in range(200):
            hidden = special.expit(np.c_[X, codes] @ w + c)
            codes = special.expit(hidden @ w[PIXELS:].T + b[PIXELS:])
        return codes

    def energies(codes):
        visible = np.c_[X, codes]
        return -visible @ b - np.logaddexp(0, visible @ w + c).sum(axis=1)

    fixed = np.array([ends(np.tile(words, (16, 1))) for words in WORD_SETS])
    lowest = np.min([energies(codes) for codes in fixed], axis=0)
    from_the_middle = energies(ends(np.full((16, WORDS), 0.5)))
    assert (from_the_middle > lowest + 0.1).any()
    received = np.array(model.visible(X))[:, PIXELS:]
    np.testing.assert_allclose(energies(received), lowest, atol=1e-2)


def test_a_description_does_not_depend_on_the_other_images():
    model = machine(scale=2.0)
    alone = np.concatenate([model.describe(x[np.newaxis]) for x in X])
    np.testing.assert_allclose(model.describe(X), alone, atol=1e-5)


def test_illustrations_follow_the_conditional_distribution():
    model = machine(scale=0.7)
    w, b, c = (np.array(weight, "float64") for weight in model.rbm.weights)
    received = model.illustrate(np.tile(WORD_SETS[5], (20_000, 1)), seed=1, gibbs_steps=30)
    states = np.c_[X, np.tile(WORD_SETS[5], (16, 1))]
    weights = special.softmax(states @ b + np.logaddexp(0, states @ w + c).sum(axis=1))
    expected = weights @ np.array(model.rbm.reconstruct(states.astype("float32")))[:, :PIXELS]
    np.testing.assert_allclose(received.mean(axis=0), expected, atol=0.01)


def test_fit_moves_the_top_machine_only():
    model = stacked(particles=5)
    lower = [*model.below, *model.below_captions]
    before = [layer.get_weights() for layer in lower]
    top = model.rbm.get_weights()
    model.fit(X, Y, epochs=2, verbose=0)
    for weights, layer in zip(before, lower):
        for old, new in zip(weights, layer.get_weights()):
            np.testing.assert_array_equal(old, new)
    assert all(np.abs(a - b).max() > 1e-4 for a, b in zip(top, model.rbm.get_weights()))


def test_learned_pairs_are_described_and_illustrated():
    """Two images, two captions: a machine without layers below learns which belong together."""
    x, y = np.tile(X[[3, 12]], (50, 1)), np.tile(WORD_SETS[[2, 5]], (50, 1))
    model = models.CaptionMachine(layers.RBM(8, seed=1), PIXELS, WORDS, seed=5)
    model.compile(keras.optimizers.Adam(0.02))
    model.fit(x, y, batch_size=20, epochs=80, shuffle=False, verbose=0)
    np.testing.assert_array_equal(model.describe(x[:2]) > 0.5, y[:2] > 0.5)
    pictures = model.illustrate(np.repeat(y[:2], 50, axis=0), seed=1, gibbs_steps=100)
    right = (pictures > 0.5) == np.repeat(x[:2] > 0.5, 50, axis=0)
    assert right.all(axis=1).mean() > 0.9


def test_bad_captions_are_refused():
    model = stacked()
    with pytest.raises(ValueError, match="`y`.*shape"):
        model.fit(X, Y[:, :2], verbose=0)
    with pytest.raises(ValueError, match="`y`.*declared range"):
        model.fit(X, 2 * Y, verbose=0)
    with pytest.raises(ValueError, match="`y`.*batches of shape"):
        model.fit(X, verbose=0)
    with pytest.raises(ValueError, match="`captions`.*shape"):
        model.illustrate(Y[:, :2])
    with pytest.raises(ValueError, match="`below_captions`.*3 visible units.*one of 2"):
        machine(below_captions=[randomized(layers.RBM(2), 2, 1)])


def test_a_machine_of_other_units_is_refused():
    with pytest.raises(ValueError, match="`rbm`.*binary visible units.*GaussianRBM"):
        models.CaptionMachine(layers.GaussianRBM(4), PIXELS, WORDS)
    with pytest.raises(ValueError, match="`rbm`.*keras_gen.layers.RBM.*Dense"):
        models.CaptionMachine(keras.layers.Dense(4), PIXELS, WORDS)
