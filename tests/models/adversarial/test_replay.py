"""The memory of generated images: what comes back, when, and what is forgotten."""

import collections

import keras
import numpy as np
import pytest
import small_models
import tensorflow as tf

from keras_gen import models


def numbered(first, count):
    """Images of one pixel, each with a number of its own, from 1."""
    return tf.reshape(tf.range(first, first + count, dtype=tf.float32), [count, 1])


def exchanges(memory, batch, rounds, seed=0):
    """What is shown in each of several rounds of new images."""
    exchange = tf.function(memory.exchange)
    return [
        exchange(numbered(1 + batch * index, batch), tf.constant([seed, index])).numpy().ravel()
        for index in range(rounds)
    ]


def test_until_the_memory_is_full_the_new_images_are_shown():
    memory = models.ReplayMemory(8, (1,))
    shown = exchanges(memory, 4, 4)
    np.testing.assert_array_equal(np.concatenate(shown), np.arange(1, 17))
    np.testing.assert_array_equal(memory.images.numpy().ravel(), [1, 2, 5, 6, 9, 10, 13, 14])


def test_afterwards_half_of_a_batch_is_old_and_half_new():
    memory = models.ReplayMemory(30, (1,))
    for index, shown in enumerate(exchanges(memory, 10, 200)[6:], start=6):
        new = np.arange(1 + 10 * index, 11 + 10 * index)
        np.testing.assert_array_equal(shown[5:], new[5:])
        assert (shown[:5] < new[0]).all() and (shown[:5] > 0).all()


@pytest.mark.parametrize("capacity, batch", [(30, 10), (31, 10), (5, 10), (3, 10), (7, 3), (1, 1)])
def test_every_image_is_shown_exactly_once_or_still_remembered(capacity, batch):
    memory = models.ReplayMemory(capacity, (1,))
    rounds = 300
    shown = np.concatenate(exchanges(memory, batch, rounds))
    remembered = memory.images.numpy().ravel()
    filled = np.arange(1, 1 + batch * rounds)
    # While the memory fills, its images are shown as well: these come twice.
    counts = collections.Counter(np.concatenate([shown, remembered]))
    assert set(counts) == set(filled)
    assert sum(count == 2 for count in counts.values()) == capacity
    assert max(counts.values()) == 2 and len(shown) == batch * rounds


def test_images_stay_for_a_geometric_number_of_batches():
    """Mean 2 * capacity / batch; the oldest are gone, however long it takes."""
    memory, batch = models.ReplayMemory(50, (1,)), 10
    shown = exchanges(memory, batch, 3000)
    ages = [index - (int(x) - 1) // batch for index, s in enumerate(shown) for x in s[:5]][500:]
    ages = np.array(ages)
    assert ages.min() == 1
    assert ages.mean() == pytest.approx(10, rel=0.03)
    assert np.mean(ages > 10) == pytest.approx(0.9**10, abs=0.015)


def test_every_row_is_exchanged_equally_often():
    memory = models.ReplayMemory(7, (1,))
    changes = np.zeros(7)
    exchange = tf.function(memory.exchange)
    for index in range(1500):
        before = memory.images.numpy().ravel()
        exchange(numbered(1 + 4 * index, 4), tf.constant([3, index]))
        changes += before != memory.images.numpy().ravel()
    np.testing.assert_allclose(changes, changes.mean(), rtol=0.12)


def test_a_single_image_is_exchanged_every_second_time():
    """As in an image pool: with chance 1/2 an old image is shown and the new one kept."""
    memory = models.ReplayMemory(50, (1,))
    shown = np.concatenate(exchanges(memory, 1, 1050))[50:]
    new = np.arange(51, 1051)
    assert np.mean(shown == new) == pytest.approx(0.5, abs=0.05)


def test_the_discriminator_learns_from_old_images_and_the_generator_does_not():
    first, second = (small_models.replay_gan() for _ in range(2))
    second.set_weights(first.get_weights())
    for model, value in ((first, 0.0), (second, 1.0)):
        model.memory.images.assign(np.full((10, *small_models.IMAGE), value))
        model.memory.count.assign(10)
    real = tf.constant(small_models.images(8))
    for model in (first, second):
        model.generator_step(real)
    for a, b in zip(first.generator_variables, second.generator_variables):
        np.testing.assert_array_equal(np.array(a), np.array(b))
    for model in (first, second):
        model.discriminator_step(real)
    pairs = zip(first.discriminator_variables, second.discriminator_variables)
    assert any(not np.array_equal(np.array(a), np.array(b)) for a, b in pairs)


def test_evaluation_neither_fills_the_memory_nor_looks_at_it():
    model = small_models.replay_gan()
    model.evaluate(small_models.images(), verbose=0)
    assert int(model.memory.count) == 0
    model.fit(small_models.images(), batch_size=8, verbose=0)
    assert int(model.memory.count) == 10


def test_the_memory_is_saved_and_is_no_player():
    model = small_models.replay_gan()
    model.fit(small_models.images(), batch_size=8, verbose=0)
    memory = {id(v) for v in model.memory.variables}
    assert memory <= {id(v) for v in model.weights}
    assert not memory & {id(v) for v in model.trainable_variables}
    assert np.abs(model.memory.images.numpy()).min(axis=(1, 2, 3)).max() > 0


def test_every_variant_of_the_game_can_replay():
    critic = small_models.wgan_gp()
    model = models.WGANGP(critic.generator, critic.discriminator, replay=10, seed=5)
    model.compile(keras.optimizers.Adam(), keras.optimizers.Adam(), discriminator_steps=2)
    history = model.fit(small_models.images(), batch_size=8, epochs=2, verbose=0).history
    assert np.isfinite(history["discriminator_loss"]).all()


@pytest.mark.parametrize("capacity", [0, -1, 2.5])
def test_a_capacity_that_is_not_positive_is_refused(capacity):
    gan = small_models.replay_gan()
    with pytest.raises(ValueError, match=f"`replay`.*positive integer.*{capacity}"):
        models.GAN(gan.generator, gan.discriminator, replay=capacity)


def test_conditional_networks_cannot_replay():
    gan = small_models.conditional_gan()
    with pytest.raises(ValueError, match="`replay`.*without labels.*num_classes=3"):
        models.GAN(gan.generator, gan.discriminator, num_classes=3, replay=10)
