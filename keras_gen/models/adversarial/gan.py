"""The generative adversarial network."""

import keras
import tensorflow as tf

from keras_gen import networks
from keras_gen.arguments import argument_error, positive_integer
from keras_gen.models.adversarial.game import AdversarialModel
from keras_gen.models.adversarial.replay import ReplayMemory
from keras_gen.models.averaging import WeightAverage
from keras_gen.models.endings import check_classes, check_range_reached
from keras_gen.models.inputs import Images, Labels
from keras_gen.models.use import Codes, count_of, in_batches, labels_of


@keras.saving.register_keras_serializable("keras_gen")
class GAN(AdversarialModel):
    """A generative adversarial network: a counterfeiter of images against an inspector.

        fake = G(z),  z ~ N(0, I)
        discriminator_loss = loss.discriminator(D(real), D(fake)) + penalty
        generator_loss     = loss.generator(D(G(z)))

    The architecture is the two networks: dense, convolutional (DCGAN), conditional. With a
    two-input generator `[latents, labels]` and discriminator `[images, labels]` the labels `y` of
    `fit()` condition both players; otherwise `y` is ignored. `sample_weight` weighs the real
    images in the discriminator's loss. The generator never sees real images.

    Args:
        generator: built Keras model from latents (batch, latent_dim) to images in `value_range`;
            functional, sequential or a class of your own that Keras can save.
        discriminator: the same from images to scores (logits, not probabilities), shape (batch, 1)
            or one score per patch.
        value_range: closed interval of the pixel values, or `None` for unbounded data.
        num_classes: number of classes if the networks take labels.
        ema_decay: float in [0, 1), usually 0.999, to keep a second generator whose weights are the
            exponential moving average of the first one's and which makes the images of `generate`
            and of the export; `None` for none. Early on the decay is lower, (1 + t) / (10 + t).
        replay: number of generated images to remember for experience replay, or `None`. Half of the
            fake images that the discriminator is shown in training are then remembered ones, see
            `models.ReplayMemory`; so are those that `fake_accuracy` counts. A good number is that
            of many batches. Not for conditional networks.
        augment: random changes of what both players see, which few training images need, such as
            `layers.differentiable_augmentation()`; see `AdversarialModel`.
        seed: integer or `None`.

    Example:
        gan = GAN(dcgan_generator((28, 28, 1), 100), dcgan_discriminator((28, 28, 1)))
        gan.compile(keras.optimizers.Adam(2e-4, 0.5), keras.optimizers.Adam(2e-4, 0.5))
        gan.fit(images, batch_size=128, epochs=20)
        gan.generate(16, seed=1)

    Reference:
        Goodfellow et al. (2014), Generative Adversarial Networks, arXiv:1406.2661; averaging:
        Yazici et al. (2019), The Unusual Effectiveness of Averaging in GAN Training,
        arXiv:1806.04498, equation 3.
    """

    tracked = (*AdversarialModel.tracked, "real_accuracy", "fake_accuracy")

    def __init__(
        self,
        generator,
        discriminator,
        value_range=(-1.0, 1.0),
        num_classes=None,
        ema_decay=None,
        replay=None,
        seed=None,
        **kwargs,
    ):
        super().__init__(value_range=value_range, seed=seed, **kwargs)
        _check_networks(generator, discriminator, num_classes)
        check_range_reached("generator", generator, value_range)
        if num_classes is not None:
            check_classes("generator", generator, num_classes)
            check_classes("discriminator", discriminator, num_classes)
        self.generator = generator
        self.discriminator = discriminator
        self.num_classes = num_classes
        self.ema_decay = ema_decay
        self.replay = replay
        if replay is not None:
            if num_classes is not None:
                raise argument_error(
                    "replay",
                    "None for conditional networks: images are remembered without labels",
                    received=f"replay={replay}, num_classes={num_classes}",
                )
            self.memory = ReplayMemory(positive_integer("replay", replay), self.image_shape)
        if ema_decay is not None:
            self.generator_average = WeightAverage(generator, ema_decay)
        self.built = True

    # The game

    def expects(self):
        labels = None if self.num_classes is None else Labels(self.num_classes)
        return Images(self.image_shape, self.value_range), labels

    def takes(self):
        latents = Codes(self.latent_shape)
        return latents if self.num_classes is None else [latents, Labels(self.num_classes)]

    def unpack(self, data):
        real, labels, sample_weight = self.unpacked(data)
        if self.expects()[1] is None:
            return (real,), sample_weight
        return (real, tf.reshape(labels, [-1])), sample_weight

    def fake(self, real, *condition, training=True):
        latents = self.latents(tf.shape(real)[0], self.next_seed())
        return self.fake_from(latents, *condition, training=training)

    def fake_from(self, latents, *condition, training=True):
        """What the generator in training, which is not the averaged one, makes of latents."""
        return self.generator(_inputs(latents, condition), training=training)

    def as_shown(self, real):
        """Real images as the discriminator sees them: here as they are."""
        return real

    def shown(self, fake):
        return fake if self.replay is None else self.memory.exchange(fake, self.next_seed())

    def score(self, images, *condition, training=True):
        return self.discriminator(_inputs(images, condition), training=training)

    def observe(self, real_score, fake_score, sample_weight=None):
        """Logs the shares of real and of fake images that the discriminator gets right."""
        self.track(real_score, sample_weight, real_accuracy=real_score > self.loss.boundary)
        self.track(fake_score, fake_accuracy=fake_score < self.loss.boundary)

    def generator_step(self, real, *condition, **options):
        loss = super().generator_step(real, *condition, **options)
        if self.ema_decay is not None:
            self.generator_average.update(self.generator_optimizer.iterations, tf.shape(real)[0])
        return loss

    # Use

    @property
    def averaged_generator(self):
        """The network with the averaged weights, if there is one."""
        return self.generator_average.network

    @property
    def sampler(self):
        """The network that makes the images: the averaged generator if there is one."""
        return self.generator if self.ema_decay is None else self.averaged_generator

    @property
    def image_shape(self):
        """(height, width, channels) of an image."""
        return networks.input_shapes(self.discriminator)[0]

    @property
    def latent_shape(self):
        """Shape of one latent vector."""
        return networks.input_shapes(self.generator)[0]

    def latents(self, count, seed):
        """Standard normal latents; `seed` is an integer tensor of shape (2,)."""
        return tf.random.stateless_normal([count, *self.latent_shape], seed)

    def images(self, latents, *condition, training=False):
        """The tensor of images for latents, by the sampler: the only way from latents to images."""
        return self.sampler(_inputs(latents, condition), training=training)

    def call(self, inputs, training=False):
        """The images for latents, or for `[latents, labels]`: what `predict` returns."""
        latents, *condition = inputs if isinstance(inputs, (list, tuple)) else [inputs]
        return self.images(latents, *condition, training=training)

    def generated(self, count, seed, *condition):
        """The tensor of generated images, float32; `seed` is an integer tensor of shape (2,)."""
        return tf.cast(self.images(self.latents(count, seed), *condition), tf.float32)

    def generate(self, count=None, seed=None, labels=None, batch_size=256):
        """Generates images; equal seeds give equal images.

        Args:
            count: number of images; with one label per image it may be left out.
            seed: integer, or `None` for the next images of the model's own random numbers.
            labels: for conditional networks, one integer per image, or one for all.
            batch_size: images made at a time.

        Returns:
            NumPy array (count, height, width, channels) in `value_range`.

        Raises:
            ValueError: for labels that are missing, one-hot, out of range or not `count` of them,
                for labels where the networks take none, and for numbers that are not positive.
        """
        condition = self._condition(count, labels)
        count = len(condition[0]) if condition else count_of("count", count)
        batch_size = positive_integer("batch_size", batch_size)
        latents = self.latents(count, self.seeded(seed))
        return in_batches(self.graphs.images, [latents, *condition], batch_size)

    def _condition(self, count, labels):
        """The labels of the images to generate, in a tuple that is empty if there are none."""
        if self.num_classes is not None:
            return (labels_of(labels, count, self.num_classes),)
        if labels is not None:
            raise argument_error("labels", "None, because the networks are not conditional", labels)
        return ()

    def endpoints(self):
        """What `saved_models.export` writes: name -> (function, input signature).

        Without classes `serve(latents)` and `sample(count, seed)`, otherwise
        `serve(latents, labels)` and `sample(label, count, seed)`.
        """
        latents = tf.TensorSpec([None, *self.latent_shape], tf.float32, "latents")
        label, count, seed = (tf.TensorSpec([], tf.int32, x) for x in ("label", "count", "seed"))
        conditional = self.num_classes is not None
        labels = [tf.TensorSpec([None], tf.int32, "labels")] if conditional else []

        def serve(latents, *condition):
            return tf.cast(self.images(latents, *condition), tf.float32)

        def sample(count, seed):
            return self.generated(count, tf.stack([seed, 0]))

        def sample_of(label, count, seed):
            return self.generated(count, tf.stack([seed, 0]), tf.fill([count], label))

        samples = (
            self.sample_endpoints(sample_of, label, count, seed, num_classes=self.num_classes)
            if conditional
            else self.sample_endpoints(sample, count, seed)
        )
        return {"serve": (serve, [latents, *labels]), **samples}


def _inputs(first, condition):
    return [first, *condition] if condition else first


def _check_networks(generator, discriminator, num_classes):
    for name, network in [("generator", generator), ("discriminator", discriminator)]:
        expected = 1 if num_classes is None else 2
        if not network.built or len(networks.input_shapes(network)) != expected:
            raise argument_error(
                name,
                f"a built model with {expected} input(s) when num_classes={num_classes}",
                network,
            )
    image, taken = networks.output_shape(generator), networks.input_shapes(discriminator)[0]
    if image != taken:
        raise argument_error(
            "generator",
            f"images of the discriminator's input shape {taken}",
            received=f"images of shape {image}",
        )
