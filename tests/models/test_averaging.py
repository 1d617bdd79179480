"""The moving average of a network's weights, against the equation."""

import keras
import numpy as np
import pytest
import small_models
import tensorflow as tf
from keras import layers

from keras_gen.models.averaging import WeightAverage


def network():
    """With batch normalization, whose statistics are no weights to be averaged."""
    return keras.Sequential([keras.Input((3,)), layers.Dense(2), layers.BatchNormalization()])


@keras.saving.register_keras_serializable("test_averaging")
class Plain(keras.Model):
    """A generator that is a class of its own."""

    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.hidden = layers.Dense(units, activation="relu")
        self.pixels = layers.Dense(64, activation="tanh")
        self.image = layers.Reshape(small_models.IMAGE)

    def call(self, latents, training=False):
        return self.image(self.pixels(self.hidden(latents)))


def plain():
    model = Plain()
    model(np.zeros((1, 4), "float32"))
    return model


def moved(model, by):
    model.set_weights([weight + by for weight in model.get_weights()])


def test_the_copy_starts_equal_and_stands_apart():
    followed = network()
    average = WeightAverage(followed, decay=0.9)
    moved(followed, 1.0)
    for copy, weight in zip(average.network.get_weights(), followed.get_weights()):
        np.testing.assert_allclose(weight - copy, 1.0, rtol=1e-6)


def test_what_has_not_moved_is_left_alone():
    """Statistics are copied all the same."""
    followed = network()
    average = WeightAverage(followed, half_life=8)
    before = average.network.get_weights()
    moved(followed, 1.0)
    average.update(images=8, moved=[followed.layers[0].kernel])
    kernel, bias, gamma, beta, mean, variance = average.network.get_weights()
    np.testing.assert_allclose(kernel, before[0] + 0.5, rtol=1e-6)
    for rested, old in zip((bias, gamma, beta), before[1:4]):
        np.testing.assert_array_equal(rested, old)
    np.testing.assert_array_equal([mean, variance], followed.get_weights()[4:])


@pytest.mark.parametrize("step, decay", [(1, 2 / 11), (8, 9 / 18), (8000, 0.9), (None, 0.9)])
def test_the_decay_is_lower_early_on(step, decay):
    followed = network()
    average = WeightAverage(followed, decay=0.9)
    old = average.network.layers[0].kernel.numpy()
    moved(followed, 1.0)
    average.update(step)
    expected = decay * old + (1 - decay) * followed.layers[0].kernel.numpy()
    np.testing.assert_allclose(average.network.layers[0].kernel, expected, rtol=1e-5)


def test_a_half_life_counts_images_whatever_the_batch():
    """After as many images as the half-life, half of the difference is left."""
    for batches in ([100], [25] * 4, [60, 40]):
        followed = network()
        average = WeightAverage(followed, half_life=100)
        moved(followed, 1.0)
        for images in batches:
            average.update(images=images)
        left = followed.layers[0].kernel - average.network.layers[0].kernel
        np.testing.assert_allclose(left, 0.5, rtol=1e-5)


def test_statistics_are_copied():
    followed = network()
    average = WeightAverage(followed, decay=0.9)
    followed.layers[1].moving_mean.assign([3.0, 4.0])
    average.update()
    np.testing.assert_array_equal(average.network.layers[1].moving_mean, [3.0, 4.0])


def test_a_network_that_is_a_class_of_its_own_is_followed():
    followed = plain()
    average = WeightAverage(followed, decay=0.5)
    latents = np.ones((2, 4), "float32")
    np.testing.assert_array_equal(average.network(latents), followed(latents))
    moved(followed, 1.0)
    average.update()
    assert isinstance(average.network, Plain)
    expected = followed.hidden.kernel - 0.5
    np.testing.assert_allclose(average.network.hidden.kernel, expected, rtol=1e-5)


def test_updates_work_in_a_graph():
    followed = network()
    average = WeightAverage(followed, half_life=10)
    moved(followed, 1.0)
    tf.function(average.update)(images=tf.constant(10))
    left = followed.layers[0].kernel - average.network.layers[0].kernel
    np.testing.assert_allclose(left, 0.5, rtol=1e-5)


@pytest.mark.parametrize(
    "options, message",
    [
        ({}, "either `decay` or `half_life`"),
        ({"decay": 0.9, "half_life": 10}, "either `decay` or `half_life`"),
        ({"decay": 1.0}, "argument `decay`.*Received: decay=1.0"),
        ({"half_life": 0}, "argument `half_life`.*Received: half_life=0"),
    ],
)
def test_numbers_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        WeightAverage(network(), **options)
