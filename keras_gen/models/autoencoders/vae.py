"""The variational autoencoder."""

import dataclasses
import math

import keras
import tensorflow as tf

from keras_gen.arguments import argument_error, number_from_zero, positive_integer
from keras_gen.layers import Sampling
from keras_gen.losses import Bernoulli, Likelihood, latent_loss, weighted_mean
from keras_gen.losses.equation import check_equation
from keras_gen.models.autoencoders.autoencoder import Autoencoder
from keras_gen.models.base import GenerativeModel
from keras_gen.models.endings import check_logits, check_range_reached
from keras_gen.models.inputs import Images
from keras_gen.models.mismatches import refuse
from keras_gen.models.use import count_of


def check_likelihood(name, likelihood):
    """Returns a likelihood that can be used and saved, or raises the error."""
    return check_equation(name, likelihood, Likelihood, "losses.Bernoulli()")


@keras.saving.register_keras_serializable("keras_gen")
class VAE(Autoencoder):
    """A variational autoencoder: codes are drawn, and pushed towards the standard normal.

        q(z|x) = N(mean(x), exp(log_var(x)))
        loss   = E_q[-log p(x|z)] + beta KL(q(z|x) || N(0, I))

    in nats per example, so with beta = 1 the loss is the negative evidence lower bound (ELBO).

    Args:
        encoder: functional model from examples to the pair `[mean, log_var]`, each
            (batch, latent_dim).
        decoder: functional or sequential model from latents to the likelihood's parameters
            (logits for Bernoulli, the mean for Gaussian).
        likelihood: `losses.Bernoulli()` (data in [0, 1]) or `losses.Gaussian(stddev)`.
        beta: non-negative float, weight of the latent loss.
        value_range: closed interval of the data, within [0, 1] for a Bernoulli likelihood, or
            `None` for the range of the likelihood.
        seed: integer or `None`.

    Example:
        encoder = gaussian_encoder((28, 28, 1), [200, 200], 50)
        vae = VAE(encoder, mlp_decoder(50, [200, 200], (28, 28, 1)))
        vae.compile(keras.optimizers.Adam(1e-3))
        vae.fit(images, batch_size=100, epochs=50)
        vae.generate(16, seed=1)

    Reference:
        Kingma & Welling (2014), Auto-Encoding Variational Bayes, arXiv:1312.6114, equation 10;
        Higgins et al. (2017), beta-VAE: Learning Basic Visual Concepts with a Constrained
        Variational Framework, ICLR.
    """

    tracked = ("loss", "reconstruction_loss", "latent_loss")

    adjustable = Autoencoder.adjustable | {"beta": number_from_zero, "likelihood": check_likelihood}

    compile = GenerativeModel.compile  # the loss is its own
    compile_from_config = GenerativeModel.compile_from_config

    def __init__(
        self,
        encoder,
        decoder,
        likelihood=None,
        beta=1.0,
        value_range=(0.0, 1.0),
        seed=None,
        **kwargs,
    ):
        super().__init__(encoder, decoder, value_range=value_range, seed=seed, **kwargs)
        if len(encoder.outputs) != 2:
            raise argument_error(
                "encoder",
                "the two outputs [mean, log_var]",
                received=f"{len(encoder.outputs)} output(s)",
            )
        self.likelihood = Bernoulli() if likelihood is None else likelihood
        self.beta = beta
        self.sampling = Sampling(seed=seed)

    def call(self, x, training=False):
        mean, log_var = self.encoder(x, training=training)
        z = self.sampling([mean, log_var]) if training else mean
        return self.likelihood.mean(self.decoder(z, training=training))

    def checked(self, name, value):
        value = super().checked(name, value)
        if name == "likelihood":
            _check_fit(value, self.value_range, self.decoder)
        return value

    def check_outputs(self):
        """Nothing: the likelihood says what the decoder's outputs must reach."""

    def expects(self):
        images, _ = super().expects()
        if images.value_range is None:
            images = Images(images.shape, self.likelihood.target_range)
        return images, dataclasses.replace(images, required=False)

    def objective(self, constants, training):
        """E_q[-log p(x|z)] + beta KL(q(z|x) || N(0, I)), the negative ELBO at beta = 1."""
        x, target, weight = self.unpacked(constants)
        target = x if target is None else target
        mean, log_var = self.encoder(x, training=training)
        output = self.decoder(self.sampling([mean, log_var]), training=training)
        reconstruction = self.likelihood.negative_log_likelihood(target, output)
        latent = latent_loss(mean, log_var)
        total = reconstruction + self.beta * latent
        self.track(x, weight, loss=total, reconstruction_loss=reconstruction, latent_loss=latent)
        return weighted_mean(total, weight)

    # Use

    def encoded(self, x):
        """The tensor of mean codes of examples."""
        return self.encoder(x, training=False)[0]

    def decoded(self, codes):
        """The tensor of expected examples (pixel probabilities for Bernoulli) for codes."""
        return self.likelihood.mean(self.decoder(codes, training=False))

    def latents(self, count, seed):
        """Draws from the prior N(0, I); `seed` is an integer tensor of shape (2,)."""
        return tf.random.stateless_normal([count, *self.decoder.inputs[0].shape[1:]], seed)

    def generate(self, count, seed=None, batch_size=256):
        """Decodes draws from the prior; equal seeds give equal images.

        Args:
            count: number of images.
            seed: integer, or `None` for the next images of the model's own random numbers.
            batch_size: images made at a time.

        Returns:
            NumPy array of expected examples.
        """
        count, batch_size = count_of("count", count), positive_integer("batch_size", batch_size)
        return self.decode(self.latents(count, self.seeded(seed)), batch_size)

    def endpoints(self):
        count, seed = (tf.TensorSpec([], tf.int32, name) for name in ("count", "seed"))
        endpoints = super().endpoints()
        decode, encode = endpoints["decode"][0], endpoints["encode"]

        def encode_distribution(x):
            moments = self.encoder(x, training=False)
            return dict(zip(("mean", "log_var"), (tf.cast(m, tf.float32) for m in moments)))

        def sample(count, seed):
            return decode(self.latents(count, tf.stack([seed, 0])))

        return {
            **endpoints,
            "encode_distribution": (encode_distribution, encode[1]),
            **self.sample_endpoints(sample, count, seed),
        }


def _check_fit(likelihood, value_range, decoder):
    """Refuses data outside the likelihood's range, and outputs that it cannot use."""
    name, needed = type(likelihood).__name__, likelihood.target_range
    if None not in (needed, value_range):
        low, high = value_range
        if low < needed[0] or high > needed[1]:
            refuse(
                "value_range",
                f"an interval within [{needed[0]}, {needed[1]}], where {name} is a likelihood: "
                "scale the data and declare their range, or take likelihood=losses.Gaussian()",
                value_range,
            )
    outputs = likelihood.output_range(value_range)
    if outputs == (-math.inf, math.inf):
        check_logits("decoder", decoder, of=f"the {name} likelihood")
    elif outputs is not None:
        check_range_reached("decoder", decoder, outputs)
