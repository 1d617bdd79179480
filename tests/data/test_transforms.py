"""Functions of (batch, seed), put together."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gen import data

SEED = tf.constant([5, 6], tf.int64)
IMAGES = np.random.default_rng(0).random((64, 6, 8, 1)).astype("float32")


def noise(images, seed):
    return images + tf.random.stateless_uniform(tf.shape(images), seed)


def fold(number):
    return tf.random.experimental.stateless_fold_in(SEED, number)


def test_composed_functions_run_in_order_with_seeds_folded_from_the_given_one():
    composed = data.compose(noise, lambda images, seed: 2 * images, noise)(IMAGES, SEED)
    expected = noise(2 * noise(IMAGES, fold(0)), fold(2))
    np.testing.assert_array_equal(composed, expected)


def test_the_same_function_twice_draws_independently():
    zeros = np.zeros((4000, 1), "float32")
    both = data.compose(noise, noise)(zeros, SEED).numpy()
    assert both.var() == pytest.approx(2 / 12, rel=0.08)  # 4 / 12 if the draws were one


def test_nothing_composed_changes_nothing():
    assert data.compose()(IMAGES, SEED) is IMAGES


@pytest.mark.parametrize(
    "augment", [data.flipped, data.cropped((3, 5)), data.resized_and_cropped((9, 11), (6, 8))]
)
def test_equal_images_of_a_pair_stay_equal_and_are_changed(augment):
    x, y = data.paired(augment)((IMAGES, IMAGES), SEED)
    np.testing.assert_array_equal(x, y)
    assert x.shape != IMAGES.shape or (x.numpy() != IMAGES).any()


def test_images_of_a_pair_may_differ_in_their_channels():
    colour = np.repeat(IMAGES, 3, axis=-1)
    for augment in (data.flipped, data.cropped(4), data.jitter(shift=1)):
        x, y = data.paired(augment)((colour, IMAGES), SEED)
        np.testing.assert_allclose(x, np.repeat(y, 3, axis=-1), atol=1e-6)


def test_pairs_stay_together_in_batches_of_every_epoch():
    pair = IMAGES, 1 - IMAGES
    batches = data.batches(pair, 16, seed=1, transform=data.paired(data.cropped(4)))
    epochs = [[x.numpy() for x, y in batches] for _ in range(2)]
    for x, y in batches:
        np.testing.assert_allclose(y, 1 - x, atol=1e-6)
    assert len({x.tobytes() for epoch in epochs for x in epoch}) == 8


@pytest.mark.parametrize(
    "batch", [(IMAGES, IMAGES[:, :3]), (IMAGES, np.arange(64)), (IMAGES, IMAGES[:, :, :4])]
)
def test_pairs_of_different_sizes_and_labels_are_refused(batch):
    with pytest.raises(ValueError, match=r"`batch`.*one height and width.*Received: shapes \[\(64"):
        data.paired(data.flipped)(batch, SEED)


def test_separate_augmentations_have_independent_seeds():
    x, y = data.separately(noise, noise)((IMAGES, IMAGES), SEED)
    np.testing.assert_array_equal(x, noise(IMAGES, fold(0)))
    np.testing.assert_array_equal(y, noise(IMAGES, fold(1)))
    assert abs(np.corrcoef((x - IMAGES).numpy().ravel(), (y - IMAGES).numpy().ravel())[0, 1]) < 0.08


def test_a_component_without_augmentation_stays_as_it_is():
    x, y = data.separately(None, noise)((IMAGES, IMAGES), SEED)
    assert x is IMAGES
    assert (y.numpy() != IMAGES).all()


def test_the_number_of_functions_is_that_of_the_components():
    with pytest.raises(ValueError, match="`augments`.*each of 3 components.*2 functions"):
        data.separately(noise, noise)((IMAGES, IMAGES, IMAGES), SEED)


@pytest.mark.parametrize(
    "make, name",
    [(data.compose, "functions"), (data.paired, "augment"), (data.separately, "augments")],
)
def test_what_is_no_function_is_named(make, name):
    with pytest.raises(ValueError, match=f"`{name}`.*callable.*{name}=flip"):
        make("flip")


def test_the_jitter_of_pairs_moves_both_images_alike_and_keeps_their_size():
    pair = IMAGES, np.concatenate([IMAGES, IMAGES + 1], axis=-1)
    size = IMAGES.shape[1:3]
    x, y = data.pair_jitter(size)(pair, SEED)
    assert x.shape == IMAGES.shape
    np.testing.assert_allclose(y[..., :1], x, atol=1e-5)
    np.testing.assert_allclose(y[..., 1:], x + 1, atol=1e-5)
    changed = np.abs(x - IMAGES).mean(axis=(1, 2, 3))
    assert np.mean(changed > 1e-3) > 0.8
    with pytest.raises(ValueError, match="argument `size`"):
        data.pair_jitter(0)


def test_the_jitter_enlarges_from_256_to_286_pixels_and_mirrors_half_of_the_pairs():
    """On a slope from 0 at the left to 63 at the right, a pixel is 256/286 of a step."""
    slope = np.tile(np.arange(64, dtype="float32")[:, None], (200, 64, 1, 1))
    moved = data.pair_jitter(64)((slope, slope), SEED)[0].numpy()[:, 32, :, 0]
    steps = np.diff(moved[:, 8:-8]).mean(axis=1)
    np.testing.assert_allclose(np.abs(steps), 64 / 72, rtol=0.01)  # 71.5, rounded
    assert 70 < np.sum(steps < 0) < 130
