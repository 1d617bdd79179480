"""Fully visible belief networks: exact likelihoods, and images drawn pixel by pixel."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen import models

TOY = (3, 3, 1)
GRID = np.array(list(itertools.product((0.0, 1.0), repeat=9)), "float32").reshape(-1, *TOY)


def shaken(model, scale=1.0):
    """A model with weights far from their start, biases included, so that every pixel matters."""
    generator = np.random.default_rng(5)
    for weight in model.trainable_variables:
        fan_in = max(np.prod(weight.shape[:-1]), 1)
        weight.assign(scale * generator.normal(size=weight.shape) / np.sqrt(fan_in))
    return model


def pixel_cnn(shape=TOY, levels=2, **options):
    return shaken(models.PixelCNN(shape, 8, (1, 2), levels, seed=1, **options))


def made(shape=TOY, levels=2, orderings=10):
    return shaken(models.MADE(shape, (20, 13), orderings, levels, seed=1))


MODELS = pytest.mark.parametrize("make", [pixel_cnn, made])


def naive_completion(logits, drawn, images, given, uniform, order):
    """One full pass of the network for every pixel, in an order of (row, column)."""
    images = np.array(images)
    for i, j in order:
        pixels = drawn(logits(images)[:, i, j], uniform[:, i, j]).numpy()
        images[:, i, j, 0] = np.where(given[:, i, j, 0], images[:, i, j, 0], pixels)
    return images


@MODELS
def test_likelihoods_of_all_images_sum_to_one(make):
    total = np.exp(make().log_prob(GRID).astype("float64")).sum()
    assert total == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("levels", [2, 4])
@pytest.mark.parametrize("share", [0.0, 0.5])
@MODELS
def test_drawing_equals_one_full_pass_for_every_pixel(make, levels, share):
    shape = (9, 11)
    model = make((*shape, 1), levels)
    generator = np.random.default_rng(2)
    images = generator.integers(0, levels, (30, *shape, 1)).astype("float32") / (levels - 1)
    given = generator.uniform(size=images.shape) < share
    seed = tf.constant([5, 0])
    uniform = tf.random.stateless_uniform([30, *shape], seed)
    drawn = model.completed(images, tf.constant(given), seed).numpy()
    assert len(np.unique(drawn)) == levels
    if make is pixel_cnn:
        chosen, orders = np.zeros(30, int), [list(np.ndindex(shape))]
    else:
        flat = tf.reshape(given, [30, -1])
        chosen = model.chosen_orderings(flat, tf.random.fold_in(seed, 1)).numpy()
        orders = [np.stack(np.unravel_index(np.argsort(p), shape), 1) for p in model.places]
        assert len(set(chosen)) > 2
    for k, order in enumerate(orders):
        parts = [np.asarray(part)[chosen == k] for part in (images, given, uniform)]
        options = {} if make is pixel_cnn else {"ordering": k}
        expected = naive_completion(lambda x: model(x, **options), model.drawn, *parts, order)
        np.testing.assert_allclose(drawn[chosen == k], expected, atol=1e-6)
