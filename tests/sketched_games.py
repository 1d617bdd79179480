"""Games of the chapters to come, in few lines: the proof that the base class is cut right."""

import keras
import tensorflow as tf
from keras import layers

from keras_gen import layers as own_layers
from keras_gen import models
from keras_gen.models.inputs import Images

IMAGE = (8, 8, 1)


@keras.saving.register_keras_serializable("sketches")
class Pix2Pix(models.AdversarialModel):
    """fit(source, target): the score sees the source, and the generator's loss the target."""

    tracked = (*models.AdversarialModel.tracked, "l1_loss")

    def __init__(self, generator, discriminator, l1_weight=100.0, **kwargs):
        super().__init__(**kwargs)
        self.generator, self.discriminator = generator, discriminator
        self.l1_weight = l1_weight
        self.built = True

    def expects(self):
        return Images(IMAGE, self.value_range), Images(IMAGE, self.value_range)

    def unpack(self, data):
        source, target, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        return (target, source), sample_weight

    def fake(self, real, source, training=True):
        return self.generator(source, training=training)

    def score(self, images, source, training=True):
        return self.discriminator([source, images], training=training)

    def generator_loss(self, real, fake, source, **options):
        l1 = tf.reduce_mean(tf.abs(real - fake))
        self.track(real, l1_loss=l1)
        return super().generator_loss(real, fake, source, **options) + self.l1_weight * l1

    def call(self, source, training=False):
        return self.generator(source, training=training)


@keras.saving.register_keras_serializable("sketches")
class CycleGAN(models.AdversarialModel):
    """fit of unpaired (x, y): players {G: X -> Y, F: Y -> X} and a critic of each domain."""

    tracked = (*models.AdversarialModel.tracked, "cycle_loss")

    def __init__(self, g, f, critic_x, critic_y, cycle_weight=10.0, pool=4, **kwargs):
        super().__init__(**kwargs)
        self.g, self.f, self.critic_x, self.critic_y = g, f, critic_x, critic_y
        self.cycle_weight, self.pool = cycle_weight, pool
        self.pools = [models.ReplayMemory(pool, IMAGE) for _ in range(2)]
        self.built = True

    @property
    def generator_variables(self):
        return self.g.trainable_variables + self.f.trainable_variables

    @property
    def discriminator_variables(self):
        return self.critic_x.trainable_variables + self.critic_y.trainable_variables

    def expects(self):
        return Images(IMAGE, self.value_range), Images(IMAGE, self.value_range)

    def unpack(self, data):
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        return ((x, y),), sample_weight

    def fake(self, real, training=True):
        x, y = real
        return self.f(y, training=training), self.g(x, training=training)

    def shown(self, fake):
        pairs = zip(self.pools, fake)
        return tuple(pool.exchange(images, self.next_seed()) for pool, images in pairs)

    def score(self, images, critic, training=True):
        return critic(images, training=training)

    def discriminator_loss(self, real, fake, **options):
        domains = zip(real, fake, (self.critic_x, self.critic_y))
        equation = super().discriminator_loss
        return 0.5 * tf.add_n([equation(r, f, critic, **options) for r, f, critic in domains])

    def generator_loss(self, real, fake, training=True, **options):
        (x, y), (fake_x, fake_y) = real, fake
        cycle = tf.reduce_mean(tf.abs(self.f(fake_y, training=training) - x))
        cycle += tf.reduce_mean(tf.abs(self.g(fake_x, training=training) - y))
        self.track(x, cycle_loss=cycle)
        game = [
            super(CycleGAN, self).generator_loss(None, images, critic, training=training)
            for images, critic in zip(fake, (self.critic_x, self.critic_y))
        ]
        return tf.add_n(game) + self.cycle_weight * cycle

    def call(self, x, training=False):
        return self.g(x, training=training)


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
