"""Fully visible belief networks: exact likelihoods, and images drawn pixel by pixel."""

import functools
import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import log_softmax

from keras_gen import models
from keras_gen.evaluation import flip_costs

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
@pytest.mark.parametrize("make, shape", [(pixel_cnn, (9, 11)), (made, (4, 5))])
def test_drawing_equals_one_full_pass_for_every_pixel(make, shape, levels):
    model = make((*shape, 1), levels)
    generator = np.random.default_rng(2)
    images = generator.integers(0, levels, (30, *shape, 1)).astype("float32") / (levels - 1)
    given = generator.uniform(size=images.shape) < 0.5
    given[15:] = False
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
        logits = model if make is pixel_cnn else functools.partial(model, ordering=k)
        expected = naive_completion(logits, model.drawn, *parts, order)
        np.testing.assert_allclose(drawn[chosen == k], expected, atol=1e-6)


def half(shape, side):
    """The pixels of one half of an image."""
    given = np.zeros(shape, bool)
    height, width = shape[0] // 2, shape[1] // 2
    rows, columns = {
        "upper": (slice(height), slice(None)),
        "lower": (slice(height, None), slice(None)),
        "left": (slice(None), slice(width)),
        "right": (slice(None), slice(width, None)),
    }[side]
    given[rows, columns] = True
    return given


def seen_by(logits, shape):
    """Which pixels (columns) the logits of each pixel (rows) depend on."""
    x = tf.constant(np.random.default_rng(0).uniform(size=(8, *shape)).astype("float32"))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = logits(x)
    jacobian = tape.batch_jacobian(y, x)
    pixels = shape[0] * shape[1]
    return np.abs(jacobian).reshape(8, pixels, pixels).max(axis=0) > 0


def test_a_pixel_of_pixel_cnn_depends_on_those_before_it_alone():
    shape = (5, 6, 1)
    seen = seen_by(pixel_cnn(shape), shape)
    before = np.tri(30, k=-1, dtype=bool)
    assert not np.any(seen & ~before)
    places = np.arange(30)
    near = np.abs(places[:, None] % 6 - places % 6) + np.abs(places[:, None] // 6 - places // 6) < 3
    assert np.all(seen[before & near])


def test_a_pixel_of_made_depends_on_all_those_before_it_in_the_ordering_and_no_other():
    model = shaken(models.MADE(TOY, (60, 60), orderings=10, seed=1))
    for ordering, places in enumerate(model.places):
        seen = seen_by(lambda x, k=ordering: model(x, ordering=k), TOY)
        np.testing.assert_array_equal(seen, places[None, :] < places[:, None])


def test_orderings_read_by_row_and_by_column_from_every_corner_and_then_at_random():
    places = models.MADE((2, 3, 1), (4,), orderings=12, seed=3).places
    expected = [[0, 1, 2, 3, 4, 5], [0, 2, 4, 1, 3, 5], [5, 4, 3, 2, 1, 0], [5, 3, 1, 4, 2, 0]]
    expected += [[2, 1, 0, 5, 4, 3], [4, 2, 0, 5, 3, 1], [3, 4, 5, 0, 1, 2], [1, 3, 5, 0, 2, 4]]
    np.testing.assert_array_equal(places[:8], expected)
    assert len({tuple(order) for order in places.tolist()}) == 12
    np.testing.assert_array_equal(np.sort(places, axis=1), np.tile(np.arange(6), (12, 1)))
    again = models.MADE((2, 3, 1), (4,), orderings=12, seed=3).places
    np.testing.assert_array_equal(places, again)


@pytest.mark.parametrize("levels", [2, 3])
def test_log_probability_is_the_sum_over_pixels_of_that_of_their_level(levels):
    model = pixel_cnn(levels=levels, value_range=(-1.0, 1.0))
    level = np.random.default_rng(0).integers(0, levels, (6, 3, 3))
    x = (2.0 * level / (levels - 1) - 1)[..., None].astype("float32")
    logits = np.concatenate([np.zeros((6, 3, 3, 1)), model(x)], axis=-1)
    terms = np.take_along_axis(log_softmax(logits, axis=-1), level[..., None], axis=-1)
    np.testing.assert_allclose(model.log_prob(x, batch_size=4), terms.sum((1, 2, 3)), rtol=1e-5)
    model.compile(keras.optimizers.SGD(0.1))
    loss = model.evaluate(x, batch_size=4, verbose=0)
    np.testing.assert_allclose(loss, -terms.sum() / 6, rtol=1e-5)


def test_made_means_the_mixture_of_its_orderings_and_trains_them_in_turn():
    model = made(orderings=3)
    x = GRID[::7]
    each = [model.image_log_likelihood(x, model(x, ordering=k)).numpy() for k in range(3)]
    np.testing.assert_allclose(model.log_prob(x), np.log(np.mean(np.exp(each), 0)), rtol=1e-5)
    assert np.min(np.diff(np.sort(np.mean(each, axis=1)))) > 0.01
    model.compile(keras.optimizers.SGD(0.0))
    losses = [model.train_on_batch(x, return_dict=True)["loss"] for _ in range(4)]
    means = -np.mean(each, axis=1)
    np.testing.assert_allclose(losses, means[[0, 1, 2, 0]], rtol=1e-5)


def test_made_without_connections_gives_pixels_the_frequencies_of_their_levels():
    model = models.MADE(TOY, (5,), orderings=3, levels=3)
    for layer in (model.from_hidden, model.from_pixels):
        layer.kernel.assign(tf.zeros_like(layer.kernel))
    frequencies = np.random.default_rng(0).dirichlet(np.full(3, 9.0), size=(3, 3))
    frequencies[0, 0] = [1, 0, 0]
    model.set_level_frequencies(frequencies)
    for ordering in range(3):
        logits = model(GRID[:2], ordering=ordering)
        p = np.exp(log_softmax(np.concatenate([np.zeros((2, 3, 3, 1)), logits], -1), -1))
        np.testing.assert_allclose(p[:, 1:], np.stack([frequencies[1:]] * 2), rtol=1e-4)
        np.testing.assert_allclose(p[:, 0, 0], [[0.998, 0.001, 0.001]] * 2, atol=1e-5)


def rare_and_still(count, seed=0):
    """Images of 36 pixels: 12 never vary, 12 are on once in 4000 images, 12 are pairs of coins."""
    generator = np.random.default_rng(seed)
    coins = np.repeat(generator.uniform(size=(count, 6)) < 0.5, 2, axis=1)
    rare = generator.uniform(size=(count, 12)) < 1 / 4000
    return np.concatenate([np.zeros((count, 12)), rare, coins], 1).astype("float32")


def test_weights_of_pixels_that_never_vary_stay_zero_and_no_flip_is_dear():
    x = rare_and_still(4000).reshape(-1, 6, 6, 1)
    mean = x.mean(axis=0)
    model = models.MADE((6, 6, 1), (64, 64), orderings=2, seed=1)
    model.set_level_frequencies(np.concatenate([1 - mean, mean], axis=-1))
    model.compile(keras.optimizers.Adam(3e-3), steps_per_execution=40)
    model.fit(x, batch_size=100, epochs=40, verbose=0)
    assert -model.log_prob(x[:500]).mean() < 6 * np.log(2) + 0.3
    for layer in (model.hidden_layers[0], model.from_pixels):
        kernel = layer.kernel.numpy()
        assert np.all(kernel[:12] == 0) and np.any(kernel[24:] != 0)
    assert np.all(model.mean.numpy()[:12] == 0)
    assert flip_costs(model.log_prob, x[:20]).max() < 40


@pytest.mark.parametrize("levels, usual, range_", [(2, 1, (0.0, 1.0)), (3, 1, (-1.0, 1.0))])
def test_a_pixel_that_never_varies_is_zero_to_the_network(levels, usual, range_):
    model = models.MADE(TOY, (5,), levels=levels, value_range=range_)
    frequencies = np.full((3, 3, levels), 1 / levels)
    frequencies[1, 2] = np.eye(levels)[usual]
    model.set_level_frequencies(frequencies)
    x = np.full((1, 9), model.pixels(usual), "float32")
    assert model.inputs(x)[0, 5] == 0
    moved = np.abs(np.diff(model.pixels(np.arange(2))))[0]
    at_an_end = usual == levels - 1  # there it has no connections at all
    expected = 0 if at_an_end else 2 / (levels - 1)
    assert abs(float(model.inputs(x + moved)[0, 5])) == pytest.approx(expected)


def framed(count, seed):
    """Images (count, 6, 6, 1) of four noisy blocks in a frame of pixels that are never on."""
    generator = np.random.default_rng(seed)
    blocks = np.kron(generator.integers(0, 2, (count, 2, 2)), np.ones((2, 2)))
    noisy = np.abs(blocks - (generator.uniform(size=(count, 4, 4)) < 0.1))
    return np.pad(noisy, [(0, 0), (1, 1), (1, 1)])[..., None].astype("float32")


def trained_on_frames(model, epochs):
    keras.utils.set_random_seed(1)
    model.compile(keras.optimizers.Adam(1e-2))
    model.fit(framed(2000, 0), batch_size=100, epochs=epochs, verbose=0)
    return model


def framed_made():
    model = models.MADE((6, 6, 1), (40, 40), orderings=2, seed=1)
    mean = framed(2000, 0).mean(axis=0)
    model.set_level_frequencies(np.concatenate([1 - mean, mean], axis=-1))
    return trained_on_frames(model, 30)


def test_pixels_that_never_vary_in_training_tell_made_nothing_and_are_told_nothing():
    model, images = framed_made(), framed(8, 1)
    still = framed(2000, 0).max(axis=0) == 0
    on = np.where(still, 1 - images, images)
    for ordering in range(2):
        logits = model(images, ordering=ordering).numpy()
        np.testing.assert_array_equal(model(on, ordering=ordering), logits)
        assert np.all(np.ptp(logits, axis=0)[still] == 0)
        assert np.all(np.ptp(logits, axis=0)[~still][1:-1] > 0)  # all but the first pixel read
    assert np.all(model.log_prob(on[:1]) > model.log_prob(images[:1]) - 25 * still.sum())


def framed_pixel_cnn():
    return trained_on_frames(models.PixelCNN((6, 6, 1), 8, (1, 2), seed=1), 10)


@pytest.mark.parametrize("make, bound", [(framed_made, 30), (framed_pixel_cnn, 100)])
def test_no_single_flipped_pixel_costs_more_nats_than_a_bound(make, bound):
    model, images = make(), framed(8, 1)
    flipped = np.abs(images[:, None] - np.eye(36).reshape(-1, 6, 6, 1)).reshape(-1, 6, 6, 1)
    before = model.log_prob(images)
    cost = before[:, None] - model.log_prob(flipped.astype("float32")).reshape(8, 36)
    assert before.mean() > -15  # it has learnt the images
    assert cost.max() < bound


@MODELS
def test_images_are_drawn_with_their_probabilities(make):
    shape = (2, 2, 1)
    model, count = make(shape), 40_000
    images = np.array(list(itertools.product((0.0, 1.0), repeat=4)), "float32").reshape(-1, *shape)
    drawn = model.generate(count, seed=3).reshape(count, 4) @ [8, 4, 2, 1]
    expected = count * np.exp(model.log_prob(images))
    observed = np.bincount(drawn.astype(int), minlength=16)
    assert np.sum((observed - expected) ** 2 / expected) < 37.7  # chi^2(15), p = 0.001


@MODELS
def test_equal_seeds_draw_equal_images_and_others_do_not(make):
    model = make((6, 6, 1))
    first = model.generate(5, seed=1)
    np.testing.assert_array_equal(first, model.generate(5, seed=1))
    assert np.any(first != model.generate(5, seed=2))
    assert np.any(model.generate(5) != model.generate(5))
    assert set(np.unique(first)) == {0.0, 1.0}


@pytest.mark.parametrize("side", ["upper", "lower", "left", "right"])
@MODELS
def test_completions_keep_what_is_given_and_do_not_look_at_the_rest(make, side):
    shape = (6, 4, 1)
    model, given = make(shape), half((6, 4, 1), side)
    x = np.random.default_rng(4).integers(0, 2, (9, *shape)).astype("float32")
    completed = model.complete(x, given, seed=1)
    np.testing.assert_array_equal(completed[:, given], x[:, given])
    other = np.where(given, x, 1 - x)
    np.testing.assert_array_equal(model.complete(other, given, seed=1), completed)
    assert np.any(model.complete(x, given, seed=2) != completed)
    every = model.complete(x, np.ones_like(x, bool), seed=1)
    np.testing.assert_array_equal(every, x)


def test_pixel_cnn_completes_an_upper_half_with_the_conditional_probabilities():
    shape, count = (2, 2, 1), 40_000
    model = pixel_cnn(shape)
    images = np.array(list(itertools.product((0.0, 1.0), repeat=4)), "float32").reshape(-1, *shape)
    joint = np.exp(model.log_prob(images)).reshape(4, 4)  # upper rows, lower rows
    for upper, probabilities in enumerate(joint / joint.sum(axis=1, keepdims=True)):
        start = np.repeat(images[4 * upper][None], count, axis=0)
        completed = model.complete(start, half(shape, "upper"), seed=upper)
        lower = completed[:, 1, :, 0] @ [2, 1]
        frequencies = np.bincount(lower.astype(int), minlength=4) / count
        np.testing.assert_allclose(frequencies, probabilities, atol=0.012)


@pytest.mark.parametrize("side", ["upper", "lower", "left", "right"])
def test_made_reads_a_given_half_first(side):
    shape = (6, 4, 1)
    model, given = made(shape, orderings=4), half(shape, side).reshape(1, -1)
    chosen = model.chosen_orderings(tf.constant(given), tf.constant([1, 0])).numpy()
    places = model.places[chosen[0]]
    assert places[given[0]].max() < places[~given[0]].min()


def test_made_chooses_among_equally_good_orderings_by_chance():
    model = made(orderings=5)
    nothing = tf.zeros([2000, 9], tf.bool)
    chosen = model.chosen_orderings(nothing, tf.constant([1, 0])).numpy()
    assert np.all(np.abs(np.bincount(chosen, minlength=5) - 400) < 80)


@MODELS
def test_grey_pixels_are_refused_before_training(make):
    model = make()
    model.compile(keras.optimizers.SGD(0.1))
    grey = np.full((4, *TOY), 0.3, "float32")
    for x in (grey, tf.data.Dataset.from_tensor_slices(grey).batch(2)):
        with pytest.raises(ValueError, match="argument `x`.*pixels of 2 levels.*binarize.*between"):
            model.fit(x, verbose=0)
    with pytest.raises(ValueError, match="argument `images`.*pixels of 2 levels"):
        model.log_prob(grey)


@MODELS
@pytest.mark.parametrize(
    "mask",
    [np.ones((3, 4, 1), bool), np.ones(TOY), np.ones((2, *TOY), bool), np.ones((3, 3), bool)],
)
def test_a_mask_of_another_shape_or_type_is_refused(make, mask):
    with pytest.raises(ValueError, match=r"argument `mask`.*\(3, 3, 1\).*Received: mask of"):
        make().complete(np.zeros((4, *TOY), "float32"), mask)


@pytest.mark.parametrize(
    "make, name",
    [
        (lambda: models.PixelCNN((8, 8)), "image_shape"),
        (lambda: models.PixelCNN((8, 8, 3)), "image_shape"),
        (lambda: models.PixelCNN(TOY, levels=1), "levels"),
        (lambda: models.PixelCNN(TOY, value_range=None), "value_range"),
        (lambda: models.MADE(TOY, value_range=(1, 0)), "value_range"),
        (lambda: models.PixelCNN(TOY, filters=5), "filters"),
        (lambda: models.PixelCNN(TOY, dilations=(1, 0)), "dilations"),
        (lambda: models.MADE(TOY, hidden=(5, 0)), "hidden"),
        (lambda: models.MADE(TOY, orderings=0), "orderings"),
        (lambda: made().generate(0), "count"),
        (lambda: made().complete(np.zeros((4, 3, 4, 1)), np.ones(TOY, bool)), "images"),
    ],
)
def test_wrong_arguments_are_named(make, name):
    with pytest.raises(ValueError, match=f"argument `{name}`.*Received"):
        make()
