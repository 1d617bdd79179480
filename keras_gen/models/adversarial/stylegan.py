"""StyleGAN: a growing GAN whose generator is controlled by styles."""

import keras
import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error, integer, number, number_from_zero, positive_integer
from keras_gen.losses import R1, NonSaturating
from keras_gen.models.adversarial.progan import (
    FADE,
    HALF_LIFE,
    STABILIZE,
    ProGAN,
)
from keras_gen.models.inputs import Images
from keras_gen.models.replicas import of_all_replicas
from keras_gen.models.use import Codes, checked, count_of, in_batches
from keras_gen.networks.style import StyleGenerator

MIXING = 0.9  # share of the images with two styles, section 3.1
STYLE_DECAY = 0.995  # of the mean style, in the authors' code
TRUNCATION, TRUNCATED_LAYERS = 0.7, 8  # the same; 8 layers are those of up to 32x32 pixels


def check_mixing(name, value):
    """Returns a probability, or raises the error."""
    if number(name, value) > 1:
        raise argument_error(name, "a probability in [0, 1]", value)
    return number_from_zero(name, value)


@keras.saving.register_keras_serializable("keras_gen")
class StyleGAN(ProGAN):
    """A growing GAN whose generator takes a style at every layer.

        w      = map(z),  z ~ N(0, I)
        styles = w at the layers before a cut, w' = map(z') from it on      in training, mixed
        fake   = synthesize(styles, noise)
        discriminator_loss = loss.discriminator(D(real), D(fake)) + penalty
        generator_loss     = loss.generator(D(fake))

    In training a share `mixing` of the images has styles of two latents, with a cut that is
    uniform in 1, ..., layers - 1 for each image, so neighbouring layers cannot rely on one another.
    The mean style is the moving average of the styles of new latents,

        mean <- style_decay mean + (1 - style_decay) E[map(z)],

    under the mapping that makes the images, the averaged one if there is one. Images that are
    asked for by their latents or their number are truncated: at the first `truncated_layers` layers

        w <- (1 - truncation) mean + truncation w,

    so 0 gives the mean image, 1 changes nothing, and less than 1 gives better and more similar
    images. `map` gives the styles themselves.

    Growth is that of `ProGAN`. The authors begin with 8x8 pixels: `stabilize` and `fade` are lists
    that begin with 0 then; with both 0 there is no growth.

    Args:
        generator: a growing network of styles, such as `networks.style_generator`.
        discriminator: a growing network of the same image shape, such as
            `networks.style_discriminator`.
        stabilize, fade, ema_half_life, value_range, seed: see `ProGAN`.
        mixing: probability in [0, 1] that an image has two styles in training; may be set again.
        truncation: finite number, see above; may be set again.
        truncated_layers: integer from 0 on.
        style_decay: number in [0, 1).

    Attributes:
        mean_style: variable (latent_dim,), zeros before training.

    Example:
        shape, filters = (32, 32, 1), [128, 128, 128, 64]
        gan = StyleGAN(
            style_generator(shape, filters, latent_dim=128),
            style_discriminator(shape, filters),
            stabilize=[0, 50_000, 50_000],
            fade=[0, 50_000, 50_000],
        )
        gan.compile(*[keras.optimizers.Adam(1e-3, 0.0, 0.99, 1e-8) for _ in range(2)])
        gan.fit(images, batch_size=16, epochs=8)
        styles = gan.map(gan.latents(2, seed=[1, 0]))
        gan.synthesize(gan.mix(styles[:1], styles[1:], layers=[0, 1]))

    Reference:
        Karras, Laine, Aila (2019), A Style-Based Generator Architecture for Generative Adversarial
        Networks, arXiv:1812.04948, sections 2 and 3, appendices B and C.
    """

    default_loss = NonSaturating()
    default_penalty = R1(10.0)

    adjustable = ProGAN.adjustable | {"mixing": check_mixing, "truncation": number}

    def __init__(
        self,
        generator,
        discriminator,
        stabilize=STABILIZE,
        fade=FADE,
        ema_half_life=HALF_LIFE,
        mixing=MIXING,
        truncation=TRUNCATION,
        truncated_layers=TRUNCATED_LAYERS,
        style_decay=STYLE_DECAY,
        value_range=(-1.0, 1.0),
        seed=None,
        **kwargs,
    ):
        if not isinstance(generator, StyleGenerator):
            expected = "a growing network of styles, as networks.style_generator"
            raise argument_error("generator", expected, generator)
        growth = (stabilize, fade, ema_half_life, value_range)
        super().__init__(generator, discriminator, *growth, seed=seed, **kwargs)
        self.mixing = mixing
        self.truncation = truncation
        self.truncated_layers = integer("truncated_layers", truncated_layers, least=0)
        self.style_decay = number_from_zero("style_decay", style_decay, end=1)
        self.mean_style = self.add_weight(
            (generator.latent_dim,),
            "zeros",
            "float32",
            trainable=False,
            autocast=False,
            aggregation="only_first_replica",
            name="mean_style",
        )

    # The game

    def fake_from(self, latents, *alpha, training=True):
        stage, styles, noise = self.stage, self.generator.map(latents), None
        if training:
            styles = self.mixed(styles)
            noise = self.noise(tf.shape(latents)[0], self.next_seed(), stage)
        share = next(iter(alpha or self.shares(latents)), None)
        return self.generator.synthesize(styles, noise, stage, share, training)

    def mixed(self, styles):
        """Styles for training, of which `mixing` continue with those of new latents at a cut."""
        if self.mixing == 0:
            return styles
        count, layers = tf.shape(styles)[0], self.generator.styled_layers(self.stage)
        others = self.generator.map(self.latents(count, self.next_seed()))
        return crossed(styles, others, random_cuts(count, layers, self.mixing, self.next_seed()))

    def train_step(self, data):
        results = super().train_step(data)
        count = tf.shape(keras.utils.unpack_x_y_sample_weight(data)[0])[0]
        with tf.control_dependencies(list(results.values())):
            self.follow_mean(self.sampler.map(self.latents(count, self.next_seed()))[:, 0])
        return results

    def follow_mean(self, styles):
        """Moves the mean style towards the mean of styles (batch, latent_dim), of all replicas."""
        total = of_all_replicas(tf.reduce_sum(styles, axis=0))
        mean = total / tf.cast(of_all_replicas(tf.shape(styles)[0]), tf.float32)
        self.mean_style.assign(self.style_decay * self.mean_style + (1 - self.style_decay) * mean)

    # Use, on tensors

    def mapped(self, latents, truncation=1.0):
        """The styles of latents, truncated: (batch, layers, latent_dim).

        Args:
            latents: (batch, latent_dim).
            truncation: a number, or one for each of the latents.
        """
        styles = self.sampler.map(latents)
        truncated = tf.range(styles.shape[1]) < self.truncated_layers
        psi = tf.reshape(tf.cast(truncation, tf.float32), [-1, 1, 1])
        psi = tf.where(truncated[:, tf.newaxis], psi, 1.0)
        return (1 - psi) * self.mean_style + psi * styles

    def synthesized(self, styles, noise=None):
        """The images of styles, of full size and within the range; see `synthesize`."""
        share = next(iter(self.share()), None)
        return self.full_size(self.sampler.synthesize(styles, noise, self.stage, share, False))

    def images(self, latents, truncation=None, training=False):
        truncation = self.truncation if truncation is None else truncation
        return self.synthesized(self.mapped(latents, truncation))

    def images_at(self, latents, stage):
        styles = self.mapped(latents, self.truncation)
        return self.full_size(self.sampler.synthesize(styles, stage=stage))

    def noise(self, count, seed, stage=None):
        """Standard normal noise for `synthesize`: (count, numbers); `seed` as for `latents`.

        Of a stage the numbers are those of its layers; by default they are those of all layers.
        """
        return tf.random.stateless_normal([count, self.generator.noise_dim(stage)], seed)

    # Use

    def generate(self, count, seed=None, truncation=None, batch_size=256):
        """Generates images; equal seeds give equal images.

        Args:
            count: number of images.
            seed: integer, or `None` for the next images of the model's own random numbers.
            truncation: finite number, `None` for the model's own.
            batch_size: images made at a time.

        Returns:
            NumPy array (count, height, width, channels) in `value_range`.
        """
        count = count_of("count", count)
        truncation = self.truncation if truncation is None else number("truncation", truncation)
        batch_size = positive_integer("batch_size", batch_size)
        latents = self.latents(count, self.seeded(seed))
        arrays = [latents, np.full(count, truncation, "float32")]
        return in_batches(self.graphs.images, arrays, batch_size)

    def map(self, latents, truncation=1.0):
        """The styles of latents, one for each layer: before any change all are the same.

        Args:
            latents: numbers (n, latent_dim), see `latents`.
            truncation: finite number; by default styles are not truncated.

        Returns:
            NumPy array (n, layers, latent_dim).
        """
        latents = checked(Codes(self.latent_shape), latents, "latents")
        truncation = np.full(len(latents), number("truncation", truncation), "float32")
        return in_batches(self.graphs.mapped, [latents, truncation])

    def synthesize(self, styles, noise=None, batch_size=256):
        """The images of styles; they are not truncated.

        Args:
            styles: numbers (n, layers, latent_dim), such as those of `map` or `mix`.
            noise: numbers (n, ...) such as those of `noise(n, seed)`, or one row for all images;
                `None` for the stored noise, which is the same for all images.
            batch_size: images made at a time.

        Returns:
            NumPy array (n, height, width, channels) in `value_range`.
        """
        arrays = [checked(Codes(self.styles_shape), styles, "styles")]
        if noise is not None:
            arrays.append(self._noise_of(noise, len(arrays[0])))
        return in_batches(self.graphs.synthesized, arrays, batch_size)

    def mix(self, first, second, layers):
        """Styles of two kinds: those of `second` at some layers, and those of `first` elsewhere.

        Args:
            first, second: numbers (n, layers, latent_dim), or one of them (1, ...).
            layers: numbers of layers, a list; 0 is the constant's. The coarse ones come first.

        Returns:
            NumPy array (n, layers, latent_dim).

        Raises:
            ValueError: for other shapes, and for layers that there are not.
        """
        expected = Codes(self.styles_shape)
        first, second = checked(expected, first, "first"), checked(expected, second, "second")
        if len(first) != len(second) and 1 not in (len(first), len(second)):
            received = f"{len(first)} and {len(second)}"
            raise argument_error("second", "as many styles as `first`, or one", received=received)
        last = self.styles_shape[0] - 1
        layers = [integer("layers", layer, 0, last) for layer in _listed("layers", layers)]
        chosen = np.isin(np.arange(last + 1), layers)[:, np.newaxis]
        return np.where(chosen, second, first)

    @property
    def styles_shape(self):
        """(layers, latent_dim) of the styles of an image."""
        return self.generator.styled_layers(), self.generator.latent_dim

    def endpoints(self):
        """What `saved_models.export` writes: name -> (function, input signature).

        `serve(latents)` and `sample(count, seed)`, truncated as by `generate`; `map(latents)`,
        `synthesize(styles, noise)` and `mean_style()`. `stored_noise()` is the noise that `serve`
        and `sample` take, in one row; without noise it is missing, and `synthesize` takes styles.
        """
        latents = tf.TensorSpec([None, *self.latent_shape], tf.float32, "latents")
        synthesis = [tf.TensorSpec([None, *self.styles_shape], tf.float32, "styles")]
        further = {"mean_style": (lambda: tf.identity(self.mean_style), [])}
        if self.generator.noise:
            synthesis.append(tf.TensorSpec([None, self.generator.noise_dim()], name="noise"))
            further["stored_noise"] = (lambda: self.sampler.stored_noise(), [])
        return {
            **super().endpoints(),
            "map": (lambda latents: self.mapped(latents), [latents]),
            "synthesize": (lambda *arrays: self.synthesized(*arrays), synthesis),
            **further,
        }

    def _noise_of(self, noise, count):
        """Noise for so many images as an array, or the error of what is none."""
        numbers = self.generator.noise_dim()
        if numbers == 0:
            raise argument_error("noise", "None: the generator has no noise", received="an array")
        noise = checked(Images((numbers,)), noise, "noise")
        if len(noise) not in (1, count):
            raise argument_error("noise", f"1 or {count} rows", received=f"{len(noise)} rows")
        return np.broadcast_to(noise, (count, numbers))


def random_cuts(count, layers, mixing, seed):
    """Where the second style begins, for each image: an integer tensor (count,).

        cut = min(layers, 1 + floor((layers - 1) u / mixing)),   u uniform in [0, 1)

    With the probability `mixing` that is uniform in 1, ..., layers - 1, and else `layers`, the end.

    Args:
        count: number of images.
        layers: number of layers, at least 2.
        mixing: the probability, above 0.
        seed: integer tensor of shape (2,).
    """
    u = tf.random.stateless_uniform([count], seed)
    return tf.minimum(layers, 1 + tf.cast(tf.floor((layers - 1) * u / mixing), tf.int32))


def crossed(first, second, cuts):
    """Styles (batch, layers, n) of `first` before each image's cut and of `second` from it on."""
    layer = tf.range(tf.shape(first)[1])[tf.newaxis, :, tf.newaxis]
    return tf.where(layer < tf.reshape(cuts, [-1, 1, 1]), first, second)


def _listed(name, value):
    """Returns a list or an array of numbers as a list, or raises the error."""
    if not isinstance(value, (list, tuple, range, np.ndarray)):
        raise argument_error(name, "a list of the numbers of layers", value)
    return list(value)
