"""Games of the chapters to come, in few lines: the proof that the base class is cut right."""

import keras
import tensorflow as tf
from keras import layers

from keras_gen import layers as own_layers
from keras_gen import models

IMAGE = (8, 8, 1)


@keras.saving.register_keras_serializable("sketches")
class GrowingGAN(models.GAN):
    """From 4x4 to 8x8 within one `fit`: alpha follows from the number of images seen."""

    further_inputs = 1

    def __init__(self, filters=4, latent_dim=4, fade=(0, 24), **kwargs):
        super().__init__(growing_generator(latent_dim, filters), growing_critic(filters), **kwargs)
        self.filters, self.latent_dim, self.fade = filters, latent_dim, fade
        self.images_seen = self.add_weight((), "zeros", "int64", trainable=False, name="images")

    def alpha(self, like):
        start, end = self.fade
        share = (tf.cast(self.images_seen, tf.float32) - start) / (end - start)
        return tf.fill([tf.shape(like)[0], 1], tf.clip_by_value(share, 0.0, 1.0))

    def unpack(self, data):
        (real,), sample_weight = super().unpack(data)
        old = layers.UpSampling2D()(layers.AveragePooling2D(2)(real))
        alpha = self.alpha(real)
        return (own_layers.FadeIn()([old, real, alpha]), alpha), sample_weight

    def train_step(self, data):
        results = super().train_step(data)
        images = keras.utils.unpack_x_y_sample_weight(data)[0]
        self.images_seen.assign_add(tf.cast(tf.shape(images)[0], tf.int64))
        return results

    def images(self, latents, *alpha, training=False):
        return super().images(latents, *(alpha or [self.alpha(latents)]), training=training)

    def get_config(self):
        config = super().get_config()
        return {k: v for k, v in config.items() if k not in ("generator", "discriminator")}


def growing_generator(latent_dim, filters):
    z, alpha = keras.Input((latent_dim,)), keras.Input((1,))
    h = layers.Reshape((4, 4, filters))(layers.Dense(16 * filters, activation="relu")(z))
    old = layers.UpSampling2D()(layers.Conv2D(1, 1)(h))
    h = layers.Conv2D(filters, 3, padding="same", activation="relu")(layers.UpSampling2D()(h))
    blend = own_layers.FadeIn()([old, layers.Conv2D(1, 1)(h), alpha])
    return keras.Model([z, alpha], layers.Activation("tanh")(blend))


def growing_critic(filters):
    images, alpha = keras.Input(IMAGE), keras.Input((1,))
    old = layers.Conv2D(filters, 1)(layers.AveragePooling2D(2)(images))
    new = layers.Conv2D(filters, 3, padding="same")(layers.Conv2D(filters, 1)(images))
    h = own_layers.FadeIn()([old, layers.AveragePooling2D(2)(new), alpha])
    return keras.Model([images, alpha], layers.Dense(1)(layers.Flatten()(layers.ReLU()(h))))
