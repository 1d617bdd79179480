"""Players that are classes of their own, not functional models."""

import checks
import keras
import numpy as np
import pytest
import small_models
import tensorflow as tf
from keras import layers

from keras_gen import models, saved_models


@keras.saving.register_keras_serializable("test_players")
class Generator(keras.Model):
    def __init__(self, units=6, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.hidden = layers.Dense(units, activation="relu")
        self.normalization = layers.BatchNormalization()
        self.pixels = layers.Dense(64, activation="tanh")
        self.image = layers.Reshape(small_models.IMAGE)

    def call(self, latents, training=False):
        h = self.normalization(self.hidden(latents), training=training)
        return self.image(self.pixels(h))


@keras.saving.register_keras_serializable("test_players")
class Discriminator(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.flat = layers.Flatten()
        self.score = layers.Dense(1)

    def call(self, images, training=False):
        return self.score(self.flat(images))


def make():
    keras.utils.set_random_seed(1)
    generator, discriminator = Generator(), Discriminator()
    generator(tf.zeros([1, 4]))
    discriminator(tf.zeros([1, *small_models.IMAGE]))
    model = models.GAN(generator, discriminator, ema_decay=0.9, seed=5)
    model.compile(keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3))
    return model


def test_it_trains_saves_and_loads(tmp_path):
    x = small_models.images()
    checks.check_round_trip(make, x, x, tmp_path)


def test_it_is_exported_and_gives_the_same_images(tmp_path):
    model = make()
    model.fit(small_models.images(), batch_size=8, verbose=0)
    saved_models.export(model, tmp_path / "exported")
    loaded = saved_models.load(tmp_path / "exported")
    images = loaded.sample(tf.constant(3), tf.constant(7))
    np.testing.assert_allclose(images, model.generate(3, seed=7), atol=1e-5)


def test_one_that_is_not_built_is_refused():
    with pytest.raises(ValueError, match="argument `generator`.*a built model"):
        models.GAN(Generator(), Discriminator())
