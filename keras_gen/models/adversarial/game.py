"""The two-player game that every adversarial model plays."""

import functools

import keras
import tensorflow as tf

from keras_gen.arguments import argument_error, positive_integer
from keras_gen.layers.augmentation import check_augmentation
from keras_gen.losses import AdversarialLoss, NonSaturating, Penalty
from keras_gen.losses.equation import check_equation
from keras_gen.models.adversarial.augmenting import AdaptiveAugmentation, changed
from keras_gen.models.base import GenerativeModel, descend
from keras_gen.models.endings import check_reaches
from keras_gen.models.mismatches import refuse


def check_loss(name, loss):
    """Returns an adversarial loss that can be used and saved, or raises the error."""
    return check_equation(name, loss, AdversarialLoss, "losses.NonSaturating()")


def check_penalty(name, penalty):
    """Returns a penalty that can be used and saved, or `None`, or raises the error."""
    return penalty and check_equation(name, penalty, Penalty, "losses.R1(10.0), or None")


class AdversarialModel(GenerativeModel):
    """Two players that descend in turn, each on its own loss and its own variables.

        discriminator_steps times:   d <- d - step(d discriminator_loss / dd)
        once:                        g <- g - step(d generator_loss / dg)

        discriminator_loss = loss.discriminator(score(real), score(fake)) + penalty
        generator_loss     = loss.generator(score(fake))

    A subclass states the game: `fake` and `score`, and, where they differ, the players' variables,
    the equations and the defaults of `compile`. A batch is
    `(real, *condition)`; the base never looks into the condition, so labels, input images or
    nothing at all are treated alike.

    With an `augment`, both players see real and generated images through the same family of random
    changes T, each image with numbers of its own: `score(T(images))`, in the losses and in the
    penalty, in training only. A discriminator of few images cannot know these by heart, and since
    T(fake) must resemble T(real) and not real, the generator does not make changed images.

    Each player's step has fakes of its own, from fresh noise. Where an image is made from another
    one and not from noise, `fakes_once` spares the second making: the generator's step begins, the
    discriminator takes its own step on these very fakes, without their gradient, and the generator
    descends on what the new discriminator says of them.

    One training step consumes one batch of `fit()`, cut into `discriminator_steps` slices so that
    the discriminator sees fresh real data on each of its steps. For the customary 5 critic steps
    of 64 images each, give `fit()` batches of 320.

    Args:
        value_range, seed: as for `GenerativeModel`.
        augment: a `layers.Augmentation`, such as `layers.differentiable_augmentation()`, or a
            `models.AdaptiveAugmentation`; `None` for none.

    Reference:
        Goodfellow et al. (2014), Generative Adversarial Networks, arXiv:1406.2661, Algorithm 1;
        augmentation: Zhao et al. (2020), arXiv:2006.10738, equations 3 and 4.
    """

    tracked = ("discriminator_loss", "generator_loss")

    default_loss = NonSaturating()
    default_penalty = None
    default_discriminator_steps = 1

    fakes_once = False  # whether the generator's fakes are those of the discriminator's last step

    discriminator_names = ("discriminator",)  # the attributes that hold networks of scores

    adjustable = GenerativeModel.adjustable | {
        "loss": check_loss,
        "penalty": check_penalty,
        "discriminator_steps": positive_integer,
    }

    def __init__(self, value_range=None, seed=None, augment=None, **kwargs):
        super().__init__(value_range=value_range, seed=seed, **kwargs)
        self.augment = None if augment is None else check_augmentation("augment", augment)

    def compile(
        self,
        generator_optimizer,
        discriminator_optimizer,
        loss=None,
        penalty=None,
        discriminator_steps=None,
        **kwargs,
    ):
        """Configures the game.

        Args:
            generator_optimizer, discriminator_optimizer: a Keras optimizer each, never shared;
                different learning rates make the two time-scale update rule.
            loss: a `keras_gen.losses.AdversarialLoss`; `None` for the class's `default_loss`.
            penalty: a `keras_gen.losses.Penalty` on the discriminator; `None` for the class's
                `default_penalty`.
            discriminator_steps: positive integer, discriminator steps per generator step; `None`
                for the class's `default_discriminator_steps`.
            **kwargs: for `keras.Model.compile`: `jit_compile`, `run_eagerly`,
                `steps_per_execution`.

        Raises:
            ValueError: for a shared optimizer or one built for other variables, a loss or penalty
                that is not one of this library's, a `discriminator_steps` that is not positive,
                metrics, players without trainable variables or with shared ones, a discriminator
                whose last activation cannot output the scores that the loss needs, and one with
                batch normalization under a gradient penalty.
        """
        if generator_optimizer is discriminator_optimizer and not isinstance(
            generator_optimizer, (str, dict)
        ):
            raise argument_error(
                "discriminator_optimizer",
                "an optimizer other than the generator's",
                discriminator_optimizer,
            )
        given = {"loss": loss, "penalty": penalty, "discriminator_steps": discriminator_steps}
        arguments = {
            name: self.adjustable[name](
                name, getattr(self, f"default_{name}") if value is None else value
            )
            for name, value in given.items()
        }
        self.check_game(arguments["loss"], arguments["penalty"])
        self.compile_players(
            arguments,
            {
                "generator_optimizer": (generator_optimizer, self.generator_variables),
                "discriminator_optimizer": (discriminator_optimizer, self.discriminator_variables),
            },
            **kwargs,
        )
        self.keep(**arguments)

    def checked(self, name, value):
        if name == "loss" and value is None and not getattr(self, "compiled", False):
            return value  # Keras sets it before `compile`
        value = super().checked(name, value)
        if name in ("loss", "penalty") and getattr(self, "compiled", False):
            self.check_game(**{"loss": self.loss, "penalty": self.penalty, name: value})
        return value

    def check_game(self, loss, penalty):
        """Refuses networks that do not fit the loss or the penalty, where that can be known."""
        needed, name = loss.score_range, type(loss).__name__
        kind = "logits, unbounded" if needed[0] == -needed[1] else f"all numbers in {list(needed)}"
        cure = f"scores that are {kind}, as {name} takes them: remove the last activation"
        for network in self.discriminator_names:
            check_reaches(network, getattr(self, network, None), needed, cure)
        if self.adaptive and loss.pairs:
            expected = f"one of constant strength: no score of {name} by itself means real"
            raise argument_error("augment", expected, self.augment)
        if penalty is not None and penalty.of_gradients:
            for network in filter(self._trains, self.layers):
                _check_separate(network, penalty)

    def _trains(self, network):
        """Whether a part of the model holds variables of the discriminator, which give scores."""
        variables = {id(variable) for variable in self.discriminator_variables}
        return any(id(variable) in variables for variable in network.trainable_variables)

    # What a subclass states

    @property
    def generator_variables(self):
        """The variables that the generator's steps move."""
        return self.generator.trainable_variables

    @property
    def discriminator_variables(self):
        """The variables that the discriminator's steps move."""
        return self.discriminator.trainable_variables

    def unpack(self, data):
        """Splits what `fit()` delivers into the batch `(real, *condition)` and sample weights."""
        raise NotImplementedError

    def fake(self, real, *condition, training=True):
        """What the generator makes for the batch."""
        raise NotImplementedError

    def score(self, images, *condition, training=True):
        """The discriminator's scores (logits) of images."""
        raise NotImplementedError

    def shown(self, fake):
        """What the discriminator is shown in training, the generator's images or older ones: here
        the images as they are."""
        return fake

    def weights_of_fakes(self, sample_weight):
        """The weights of the generator's images: here `None`, because all of them are made from
        noise and count alike. Where each is made from an example, it has that example's weight."""
        return None

    def observe(self, real_score, fake_score, sample_weight=None):
        """Logs what the scores say about real images, with their weights, and about fakes."""

    # What both players see

    @property
    def adaptive(self):
        """Whether the strength of the augmentation follows the discriminator."""
        return isinstance(self.augment, AdaptiveAugmentation)

    def augmented(self, images, seed=None):
        """Images as both players see them in training, with the next random numbers or a seed's."""
        if self.augment is None:
            return images
        return changed(self.augment, images, self.next_seed() if seed is None else seed)

    def judged(self, images, *condition, training=True):
        """The scores that the losses and penalties take: in training, those of augmented images."""
        images = self.augmented(images) if training else images
        return self.score(images, *condition, training=training)

    # The equations on scores

    def discriminator_loss(self, real, fake, *condition, sample_weight=None, training=True):
        """The scalar that the discriminator descends."""
        real_score = self.judged(real, *condition, training=training)
        options = {"sample_weight": sample_weight, "training": training}
        return self.game_loss(real_score, real, fake, *condition, **options)

    def game_loss(self, real_score, real, fake, *condition, sample_weight, training):
        """The discriminator's loss, penalty included, of a batch whose real scores are known."""
        fake_score = self.judged(fake, *condition, training=training)
        fake_weight = self.weights_of_fakes(sample_weight)
        # A pair has the weight of its real sample; a loss without `fake_weight` is fine elsewhere.
        options = {} if fake_weight is None or self.loss.pairs else {"fake_weight": fake_weight}
        loss = self.loss.discriminator(real_score, fake_score, sample_weight, **options)
        self.observe(real_score, fake_score, sample_weight)
        if self.adaptive and training:
            self.augment.notice(tf.cast(real_score, tf.float32) - self.loss.boundary)
        if self.penalty is not None:
            loss += self.penalty(
                lambda images: self.judged(images, *condition, training=training),
                real,
                fake,
                self.next_seed(),
            )
        return loss

    def generator_loss(self, real, fake, *condition, sample_weight=None, training=True):
        """The scalar that the generator descends."""
        fake_score = self.judged(fake, *condition, training=training)
        if not self.loss.pairs:
            return self.loss.generator(fake_score, self.weights_of_fakes(sample_weight))
        real_score = self.judged(real, *condition, training=training)
        return self.loss.generator(fake_score, sample_weight, real=real_score)

    # The steps

    def discriminator_step(self, real, *condition, sample_weight=None, fake=None):
        """One step of the discriminator; the fake images are made outside its tape, or given."""
        fake = self.shown(self.fake(real, *condition) if fake is None else fake)
        loss = descend(
            lambda: self.discriminator_loss(real, fake, *condition, sample_weight=sample_weight),
            self.discriminator_variables,
            self.discriminator_optimizer,
        )
        if self.adaptive:
            with tf.control_dependencies([loss]):  # which depends on the old strength
                self.augment.follow()
        return loss

    def generator_step(self, real, *condition, sample_weight=None, before=None):
        """One step of the generator; the fake images are made inside its tape.

        Args:
            real, *condition, sample_weight: the batch.
            before: function of the fake images, without their gradient, that is called before the
                loss is computed, or `None`.
        """

        def loss():
            fake = self.fake(real, *condition)
            if before is not None:
                before(tf.nest.map_structure(tf.stop_gradient, fake))
            return self.generator_loss(real, fake, *condition, sample_weight=sample_weight)

        return descend(loss, self.generator_variables, self.generator_optimizer)

    def train_step(self, data):
        batch, sample_weight = self.unpack(data)
        slices = fresh_slices(batch, sample_weight, self.discriminator_steps)
        turns = [functools.partial(self._discriminator_turn, *each) for each in slices]
        before = turns.pop() if self.fakes_once else None
        for turn in turns:
            turn()
        slice_, weight = slices[-1]
        g_loss = self.generator_step(*slice_, sample_weight=weight, before=before)
        self.track(examples_of(slice_), weight, generator_loss=g_loss)
        return self.tracked_results()

    def _discriminator_turn(self, slice_, weight, fake=None):
        options = {} if fake is None else {"fake": fake}
        d_loss = self.discriminator_step(*slice_, sample_weight=weight, **options)
        self.track(examples_of(slice_), weight, discriminator_loss=d_loss)

    def test_step(self, data):
        (real, *condition), sample_weight = self.unpack(data)
        fake = self.fake(real, *condition, training=False)
        options = {"sample_weight": sample_weight, "training": False}
        self.track(
            examples_of(real),
            sample_weight,
            discriminator_loss=self.discriminator_loss(real, fake, *condition, **options),
            generator_loss=self.generator_loss(real, fake, *condition, **options),
        )
        return self.tracked_results()


def _check_separate(network, penalty):
    """Refuses batch normalization, which makes a score depend on the other images of the batch."""
    for layer in network._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable:
            refuse(
                "discriminator",
                f"a network without batch normalization, because {type(penalty).__name__} takes "
                "the gradient of each image's score by itself: use layer or group normalization, "
                "or none, as in dcgan_discriminator(normalization=False)",
                received=f"a network with the layer {layer.name!r}",
            )


def examples_of(batch):
    """A tensor of the batch whose first axis counts its examples."""
    return tf.nest.flatten(batch)[0]


def fresh_slices(batch, sample_weight, count):
    """Cuts a batch into `count` slices of equal size that share no sample.

    A batch with fewer samples than slices is used cyclically: slices of one sample each, some
    repeated. What is left over when `count` does not divide the batch is not used.
    """
    if count == 1:
        return [(batch, sample_weight)]
    size = tf.shape(examples_of(batch))[0]
    rows = tf.maximum(size // count, 1)

    def pick(index):
        chosen = (index * rows + tf.range(rows)) % size
        return tf.nest.map_structure(lambda tensor: tf.gather(tensor, chosen), batch), (
            None if sample_weight is None else tf.gather(sample_weight, chosen)
        )

    return [pick(index) for index in range(count)]
