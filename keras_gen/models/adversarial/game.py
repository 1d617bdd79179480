"""The two-player game that every adversarial model plays."""

import tensorflow as tf

from keras_gen.arguments import argument_error
from keras_gen.models.base import GenerativeModel, descend


class AdversarialModel(GenerativeModel):
    """Two players that descend in turn, each on its own loss and its own variables.

        discriminator_steps times:   d <- d - step(d discriminator_loss / dd)
        once:                        g <- g - step(d generator_loss / dg)

    A subclass states the game: `generator_variables`, `discriminator_variables`, `fake`,
    `discriminator_loss` and `generator_loss`. A batch is `(real, *condition)`; the base never looks
    into the condition, so labels, input images or nothing at all go the same way.

    One training step consumes one batch of `fit()`, cut into `discriminator_steps` slices so that
    the discriminator sees fresh real data on each of its steps. For the customary 5 critic steps
    of 64 images each, give `fit()` batches of 320.

    Reference:
        Goodfellow et al. (2014), Generative Adversarial Networks, arXiv:1406.2661, Algorithm 1.
    """

    tracked = ("discriminator_loss", "generator_loss")

    def compile(
        self,
        generator_optimizer,
        discriminator_optimizer,
        loss,
        penalty=None,
        discriminator_steps=1,
        **kwargs,
    ):
        """Configures the game.

        Args:
            generator_optimizer, discriminator_optimizer: a Keras optimizer each, never shared;
                different learning rates make the two time-scale update rule.
            loss: a `keras_gen.losses.AdversarialLoss`.
            penalty: a `keras_gen.losses.Penalty` on the discriminator, or `None`.
            discriminator_steps: positive integer, discriminator steps per generator step.
            **kwargs: for `keras.Model.compile`: `jit_compile`, `run_eagerly`,
                `steps_per_execution`.

        Raises:
            ValueError: for a shared optimizer or a `discriminator_steps` that is not positive.
        """
        if generator_optimizer is discriminator_optimizer and not isinstance(
            generator_optimizer, str
        ):
            raise argument_error(
                "discriminator_optimizer",
                "another optimizer than the generator's",
                discriminator_optimizer,
            )
        if not isinstance(discriminator_steps, int) or discriminator_steps < 1:
            raise argument_error("discriminator_steps", "a positive integer", discriminator_steps)
        self.loss, self.penalty, self.discriminator_steps = loss, penalty, discriminator_steps
        self.compile_players(
            {"loss": loss, "penalty": penalty, "discriminator_steps": discriminator_steps},
            {
                "generator_optimizer": (generator_optimizer, self.generator_variables),
                "discriminator_optimizer": (discriminator_optimizer, self.discriminator_variables),
            },
            **kwargs,
        )

    def unpack(self, data):
        """Splits what `fit()` delivers into the batch `(real, *condition)` and sample weights."""
        raise NotImplementedError

    def fake(self, real, *condition, training=True):
        """What the generator makes for the batch."""
        raise NotImplementedError

    def shown(self, fake):
        """What the discriminator is shown in training, of the generator's images or of older ones:
        here the images as they are."""
        return fake

    def discriminator_loss(self, real, fake, *condition, sample_weight=None, training=True):
        """The scalar that the discriminator descends."""
        raise NotImplementedError

    def generator_loss(self, real, *condition, sample_weight=None, training=True):
        """The scalar that the generator descends."""
        raise NotImplementedError

    def discriminator_step(self, real, *condition, sample_weight=None):
        """One step of the discriminator; the fake images are made outside its tape."""
        fake = self.shown(self.fake(real, *condition))
        return descend(
            lambda: self.discriminator_loss(real, fake, *condition, sample_weight=sample_weight),
            self.discriminator_variables,
            self.discriminator_optimizer,
        )

    def generator_step(self, real, *condition, sample_weight=None):
        """One step of the generator."""
        return descend(
            lambda: self.generator_loss(real, *condition, sample_weight=sample_weight),
            self.generator_variables,
            self.generator_optimizer,
        )

    def train_step(self, data):
        batch, sample_weight = self.unpack(data)
        for slice_, weight in fresh_slices(batch, sample_weight, self.discriminator_steps):
            d_loss = self.discriminator_step(*slice_, sample_weight=weight)
            self.track(discriminator_loss=d_loss)
        g_loss = self.generator_step(*slice_, sample_weight=weight)
        self.track(generator_loss=g_loss)
        return self.tracked_results()

    def test_step(self, data):
        batch, sample_weight = self.unpack(data)
        fake = self.fake(*batch, training=False)
        options = {"sample_weight": sample_weight, "training": False}
        self.track(
            discriminator_loss=self.discriminator_loss(batch[0], fake, *batch[1:], **options),
            generator_loss=self.generator_loss(*batch, **options),
        )
        return self.tracked_results()


def fresh_slices(batch, sample_weight, count):
    """Cuts a batch into `count` slices of equal size, without a sample in two of them.

    A batch with fewer samples than slices is passed round: slices of one sample each, some
    again. What is left over when `count` does not divide the batch is not used.
    """
    if count == 1:
        return [(batch, sample_weight)]
    size = tf.shape(batch[0])[0]
    rows = tf.maximum(size // count, 1)

    def pick(tensor, index):
        return tf.gather(tensor, (index * rows + tf.range(rows)) % size)

    return [
        (
            [pick(tensor, index) for tensor in batch],
            None if sample_weight is None else pick(sample_weight, index),
        )
        for index in range(count)
    ]
