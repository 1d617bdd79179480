"""Wasserstein GANs: the critic estimates a distance between distributions."""

import keras
import tensorflow as tf

from keras_gen.arguments import positive_number
from keras_gen.losses import GradientPenalty, Wasserstein, weighted_mean
from keras_gen.models.adversarial.gan import GAN


class WassersteinGAN(GAN):
    """What the Wasserstein GANs share: their loss, five critic steps and the critic's estimate.

    W(real, fake) ~ E[C(real)] - E[C(fake)]        logged as `critic_estimate`
    """

    tracked = (*GAN.tracked[:2], "critic_estimate")
    default_loss = Wasserstein()
    default_discriminator_steps = 5

    def observe(self, real_score, fake_score, sample_weight=None):
        estimate = weighted_mean(real_score, sample_weight) - weighted_mean(fake_score)
        self.track(real_score, sample_weight, critic_estimate=estimate)


@keras.saving.register_keras_serializable("keras_gen")
class WGAN(WassersteinGAN):
    """A Wasserstein GAN whose critic is kept Lipschitz by clipping its weights.

        critic:     E[C(fake)] - E[C(real)], then w <- clip(w, -c, c)
        generator: -E[C(fake)]

    Args:
        clip: positive float, the bound c on every trainable critic weight.
        **kwargs: `generator`, `discriminator` (the critic) and the other arguments of `GAN`.

    Reference:
        Arjovsky, Chintala, Bottou (2017), Wasserstein GAN, arXiv:1701.07875, Algorithm 1:
        RMSprop 5e-5, c = 0.01, 5 critic steps, batches of 64.
    """

    adjustable = WassersteinGAN.adjustable | {"clip": positive_number}

    def __init__(self, generator, discriminator, clip=0.01, **kwargs):
        super().__init__(generator, discriminator, **kwargs)
        self.clip = clip

    def discriminator_step(self, real, *condition, sample_weight=None):
        loss = super().discriminator_step(real, *condition, sample_weight=sample_weight)
        for weight in self.discriminator_variables:
            weight.assign(tf.clip_by_value(weight, -self.clip, self.clip))
        return loss


@keras.saving.register_keras_serializable("keras_gen")
class WGANGP(WassersteinGAN):
    """A Wasserstein GAN whose critic is kept Lipschitz by a penalty on its gradient.

        critic:     E[C(fake)] - E[C(real)] + 10 E[(||grad C(x)||_2 - 1)^2]
        generator: -E[C(fake)]
        x = u real + (1 - u) fake,  u ~ U[0, 1] per sample

    The critic must not mix samples: `compile` refuses batch normalization (layer normalization is
    fine).

    Reference:
        Gulrajani et al. (2017), Improved Training of Wasserstein GANs, arXiv:1704.00028,
        Algorithm 1: Adam 1e-4, beta_1 = 0, beta_2 = 0.9, 5 critic steps, batches of 64.
    """

    default_penalty = GradientPenalty(10.0)
