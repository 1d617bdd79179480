"""The generative adversarial network."""

import keras
import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error, positive_integer
from keras_gen.losses import NonSaturating
from keras_gen.models.adversarial.game import AdversarialModel
from keras_gen.models.adversarial.replay import ReplayMemory


@keras.saving.register_keras_serializable("keras_gen")
class GAN(AdversarialModel):
    """A generative adversarial network: a counterfeiter of images against an inspector.

        fake = G(z),  z ~ N(0, I)
        discriminator_loss = loss.discriminator(D(real), D(fake)) + penalty
        generator_loss     = loss.generator(D(G(z)))

    The architecture is the two networks: dense, convolutional (DCGAN), conditional. With a
    two-input generator `[latents, labels]` and discriminator `[images, labels]` the labels `y` of
    `fit()` condition both players; otherwise `y` is not looked at. `sample_weight` weighs the real
    images in the discriminator's loss. The generator never sees real images.

    Args:
        generator: functional or sequential model from latents (batch, latent_dim) to images in
            `value_range`.
        discriminator: functional or sequential model from images to scores (logits, not
            probabilities), shape (batch, 1) or one score per patch.
        value_range: closed interval of the pixel values, or `None` for unbounded data.
        num_classes: number of classes if the networks take labels.
        ema_decay: float in [0, 1), usually 0.999, to keep a second generator whose weights are the
            exponential moving average of the first one's and which makes the images of `generate`
            and of the export; `None` for none. Early on the decay is lower, (1 + t) / (10 + t).
        replay: number of generated images to remember for experience replay, or `None`. Half of the
            fake images that the discriminator is shown in training are then remembered ones, see
            `models.ReplayMemory`; so are those that `fake_accuracy` counts. A good number is many
            batches. Not for conditional networks.
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
        if ema_decay is not None and not 0 <= ema_decay < 1:
            raise argument_error("ema_decay", "a number in [0, 1) or None", ema_decay)
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
            self.memory = ReplayMemory(positive_integer("replay", replay), self.data_shape())
        if ema_decay is not None:
            self.averaged_generator = keras.models.clone_model(generator)
            self.averaged_generator.set_weights(generator.get_weights())
        self.built = True

    @property
    def generator_variables(self):
        return self.generator.trainable_variables

    @property
    def discriminator_variables(self):
        return self.discriminator.trainable_variables

    def compile(self, generator_optimizer, discriminator_optimizer, loss=None, **kwargs):
        """Configures the game; see `AdversarialModel.compile`. The loss defaults to
        `NonSaturating()`."""
        loss = NonSaturating() if loss is None else loss
        super().compile(generator_optimizer, discriminator_optimizer, loss, **kwargs)

    # The game

    def unpack(self, data):
        real, labels, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        if self.label_count() is None:
            return (real,), sample_weight
        if labels is None or (labels.shape.rank or 1) > 2 or labels.shape[1:].num_elements() != 1:
            raise argument_error(
                "y",
                "one integer label per image, not one-hot, because the networks learn from them",
                labels,
            )
        return (real, tf.reshape(labels, [-1])), sample_weight

    def fake(self, real, *condition, training=True):
        latents = self.latents(tf.shape(real)[0], self.next_seed())
        return self.generator(_inputs(latents, condition), training=training)

    def shown(self, fake):
        return fake if self.replay is None else self.memory.exchange(fake, self.next_seed())

    def score(self, images, *condition, training=True):
        """The discriminator's scores (logits) of images."""
        return self.discriminator(_inputs(images, condition), training=training)

    def discriminator_loss(self, real, fake, *condition, sample_weight=None, training=True):
        real_score = self.score(real, *condition, training=training)
        options = {"sample_weight": sample_weight, "training": training}
        return self.game_loss(real_score, real, fake, *condition, **options)

    def game_loss(self, real_score, real, fake, *condition, sample_weight, training):
        """The discriminator's loss, penalty included, of a batch whose real scores are known."""
        fake_score = self.score(fake, *condition, training=training)
        loss = self.loss.discriminator(real_score, fake_score, sample_weight)
        self.observe(real_score, fake_score)
        if self.penalty is not None:
            loss += self.penalty(
                lambda images: self.score(images, *condition, training=training),
                real,
                fake,
                self.next_seed(),
            )
        return loss

    def generator_loss(self, real, *condition, sample_weight=None, training=True):
        fake = self.fake(real, *condition, training=training)
        return self.loss.generator(self.score(fake, *condition, training=training))

    def observe(self, real_score, fake_score):
        """Logs the shares of real and of fake images that the discriminator gets right."""
        self.track(
            real_accuracy=tf.cast(real_score > self.loss.boundary, tf.float32),
            fake_accuracy=tf.cast(fake_score < self.loss.boundary, tf.float32),
        )

    def generator_step(self, real, *condition, sample_weight=None):
        loss = super().generator_step(real, *condition, sample_weight=sample_weight)
        if self.ema_decay is not None:
            self.average_generator()
        return loss

    def average_generator(self):
        """Moves the averaged generator towards the present one."""
        step = self.generator_optimizer.iterations
        move_average(self.averaged_generator, self.generator, self.ema_decay, step)

    # Use

    @property
    def sampler(self):
        """The network that makes the images: the averaged generator if there is one."""
        return self.generator if self.ema_decay is None else self.averaged_generator

    def call(self, latents, training=False):
        """The images for latents, so that `predict(latents)` gives them."""
        return self.sampler(latents, training=training)

    def data_shape(self):
        return self.discriminator.inputs[0].shape[1:]

    def label_count(self):
        return self.num_classes

    def latents(self, count, seed):
        """Standard normal latents; `seed` is an integer tensor of shape (2,)."""
        return tf.random.stateless_normal([count, *self.generator.inputs[0].shape[1:]], seed)

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
            ValueError: for labels that are missing, one-hot, out of range or not `count`, and for
                labels of networks that take none.
        """
        condition = self._condition(count, labels)
        count = len(condition[0]) if condition else count
        seed = self.next_seed() if seed is None else tf.constant([seed, 0], tf.int32)
        latents = self.latents(count, seed)
        return self.sampler.predict(_inputs(latents, condition), batch_size, verbose=0)

    def _condition(self, count, labels):
        """The labels of the images to generate, in a tuple that is empty if there are none."""
        if self.num_classes is None:
            if labels is not None:
                raise argument_error(
                    "labels", "None, because the networks are not conditional", labels
                )
            return ()
        values = np.asarray(-1 if labels is None else labels)
        integers = values.dtype.kind in "iu" and values.ndim < 2 and values.size > 0
        if not integers or values.min() < 0 or values.max() >= self.num_classes:
            raise argument_error(
                "labels",
                f"integers from 0 to {self.num_classes - 1}, not one-hot, one for all images or "
                "one for each",
                labels,
            )
        expected = count if values.ndim == 0 else len(values)
        if expected is None or count not in (None, expected):
            raise argument_error(
                "count",
                "a number of images, which is that of the labels if there are several",
                received=f"count={count}, labels={labels}",
            )
        return (np.broadcast_to(values, (expected,)).astype("int32"),)

    def endpoints(self):
        """What `saved_models.export` writes: name -> (function, input signature).

        Without classes `serve(latents)` and `sample(count, seed)`, otherwise
        `serve(latents, labels)` and `sample(label, count, seed)`.
        """
        latents = tf.TensorSpec([None, *self.generator.inputs[0].shape[1:]], tf.float32, "latents")
        label, count, seed = (tf.TensorSpec([], tf.int32, x) for x in ("label", "count", "seed"))
        conditional = self.num_classes is not None
        labels = [tf.TensorSpec([None], tf.int32, "labels")] if conditional else []

        def serve(latents, *condition):
            return tf.cast(self.sampler(_inputs(latents, condition), training=False), tf.float32)

        def sample(count, seed):
            return serve(self.latents(count, tf.stack([seed, 0])))

        def sample_of(label, count, seed):
            return serve(self.latents(count, tf.stack([seed, 0])), tf.fill([count], label))

        samples = (
            self.sample_endpoints(sample_of, label, count, seed)
            if conditional
            else self.sample_endpoints(sample, count, seed)
        )
        return {"serve": (serve, [latents, *labels]), **samples}


def move_average(averaged, network, decay, step):
    """Moves the average of a network's weights towards the present ones.

        a <- d a + (1 - d) w,    d = min(decay, (1 + step) / (10 + step))

    Statistics of batch normalization, themselves averages, are copied.
    """
    step = tf.cast(step, tf.float32)
    decay = tf.minimum(decay, (1.0 + step) / (10.0 + step))
    for average, weight in zip(averaged.weights, network.weights):
        keep = decay if weight.trainable else 0.0
        average.assign(keep * average + (1.0 - keep) * weight)


def _inputs(first, condition):
    return [first, *condition] if condition else first


def _check_networks(generator, discriminator, num_classes):
    for name, network in [("generator", generator), ("discriminator", discriminator)]:
        expected = 1 if num_classes is None else 2
        if not network.built or len(network.inputs) != expected:
            raise argument_error(
                name,
                f"a built functional or sequential model with {expected} input(s) when "
                f"num_classes={num_classes}",
                network,
            )
    image, input_ = generator.outputs[0].shape[1:], discriminator.inputs[0].shape[1:]
    if tuple(image) != tuple(input_):
        raise argument_error(
            "generator",
            f"images of the discriminator's input shape {tuple(input_)}",
            received=f"generator.output_shape[1:]={tuple(image)}",
        )
