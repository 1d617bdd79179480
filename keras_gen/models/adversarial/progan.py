"""Progressive growing of GANs."""

import keras
import tensorflow as tf

from keras_gen.arguments import argument_error, positive_number
from keras_gen.layers import FadeIn
from keras_gen.losses import GradientPenalty, Wasserstein
from keras_gen.models.adversarial.gan import GAN
from keras_gen.models.adversarial.growth import images_of_phases, phase_at, restart, schedule
from keras_gen.models.averaging import WeightAverage
from keras_gen.models.replicas import of_all_replicas
from keras_gen.models.use import Graphs
from keras_gen.networks.progressive import GrowingNetwork, enlarged, shrunken

STABILIZE = FADE = 600_000  # images, in the authors' code
HALF_LIFE = 10_000  # images, that of 0.999 for each step of 16


@keras.saving.register_keras_serializable("keras_gen")
class ProGAN(GAN):
    """A GAN that grows: it learns images of 4x4 pixels first, then of 8x8, and so on.

        real_s = (1 - alpha) enlarged(shrunken(x_s)) + alpha x_s,   x_s = real, shrunken to stage s
        fake_s = G_s(z, alpha)
        discriminator_loss = loss.discriminator(D_s(real_s, alpha), D_s(fake_s, alpha)) + penalty
        generator_loss     = loss.generator(D_s(fake_s, alpha))

    The stage s and the share alpha in [0, 1] of its new layers are functions of `images_seen`, the
    number of images that training has consumed, which is a variable of the model. So growth is one
    `compile`, one `fit` and one file, and resumes in the middle of a fade. `schedule()` is its
    table. `fit` always gets images of full size, and `generate` gives them; as long as a stage is
    a lower one, their pixels are squares.

    A step of a stage costs what it costs for networks of that resolution. Its graph is made when
    the stage begins. A phase may end after any step, so `steps_per_execution` must be 1. When a
    phase begins, both optimizers start anew, as the authors' do. All stages have the batch size of
    `fit`; the authors' batches are larger at low resolutions.

    Args:
        generator, discriminator: growing networks of the same image shape, such as
            `networks.progressive_generator` and `networks.progressive_discriminator`.
        stabilize: number of images for which each stage but the last is trained when it has been
            faded in; an integer from 0 on, or one for each. The last stage has no end.
        fade: number of images for which each stage but the first is faded in.
        ema_half_life: positive number of images after which half of an older weight is left in the
            averaged generator, which makes the images of `generate` and of the export; `None` for
            no such generator.
        value_range: closed interval of the pixel values. Images that are made are clipped to it.
        seed: integer or `None`.

    Example:
        shape, filters = (32, 32, 3), [128, 128, 128, 64]
        gan = ProGAN(
            progressive_generator(shape, filters, latent_dim=128),
            progressive_discriminator(shape, filters),
            stabilize=50_000,
            fade=50_000,
        )
        gan.compile(*[keras.optimizers.Adam(1e-3, 0.0, 0.99, 1e-8) for _ in range(2)])
        gan.fit(images, batch_size=16, epochs=8)

    Reference:
        Karras, Aila, Laine, Lehtinen (2018), Progressive Growing of GANs for Improved Quality,
        Stability, and Variation, arXiv:1710.10196, sections 2 to 4 and appendix A.1.
    """

    default_loss = Wasserstein(drift=1e-3)
    default_penalty = GradientPenalty(10.0)

    def __init__(
        self,
        generator,
        discriminator,
        stabilize=STABILIZE,
        fade=FADE,
        ema_half_life=HALF_LIFE,
        value_range=(-1.0, 1.0),
        seed=None,
        **kwargs,
    ):
        _check_growing(generator, discriminator)
        _check_options(**kwargs)
        super().__init__(generator, discriminator, value_range, seed=seed, **kwargs)
        growths = generator.stages - 1
        self.stabilize = images_of_phases("stabilize", stabilize, growths)
        self.fade = images_of_phases("fade", fade, growths)
        self.ema_half_life = ema_half_life
        if ema_half_life is not None:
            positive_number("ema_half_life", ema_half_life)
            self.generator_average = WeightAverage(generator, half_life=ema_half_life)
        self.fade_in = FadeIn(dtype="float32")
        self.images_seen = self.add_weight(
            (),
            "zeros",
            "int64",
            trainable=False,
            aggregation="only_first_replica",
            name="images_seen",
        )

    def compile_players(self, arguments, players, **kwargs):
        steps = kwargs.get("steps_per_execution", 1)
        if steps != 1:
            expected = "1 for a GAN that grows, because a phase may end after any step"
            raise argument_error("steps_per_execution", expected, steps)
        networks = (self.generator, self.discriminator)  # of all stages, not of the present one
        players = {
            name: (optimizer, network.trainable_variables)
            for (name, (optimizer, _)), network in zip(players.items(), networks, strict=True)
        }
        super().compile_players(arguments, players, **kwargs)

    # The growth

    def schedule(self):
        """The table of the growth: a list of rows `(stage, resolution, fading, start, images)`."""
        return schedule(self.generator.resolutions, self.stabilize, self.fade)

    @property
    def phase(self):
        """The row of the schedule that training has got to; a graph keeps that of its making."""
        with tf.init_scope():
            return phase_at(self.schedule(), int(self.images_seen.numpy()))

    @property
    def stage(self):
        """The number of the present stage."""
        return self.phase.stage

    @property
    def fading(self):
        """The row of the schedule in which the present stage is faded in, or `None`."""
        rows = (row for row in self.schedule() if row.fading and row.stage == self.stage)
        return next((row for row in rows if row.images > 0), None)

    def alpha(self):
        """The present share of the newest layers in [0, 1], a float32 scalar; 1 at stage 0."""
        fading = self.fading
        if fading is None:
            return tf.constant(1.0)
        over = tf.cast(self.images_seen.value - fading.start, tf.float32)
        return tf.clip_by_value(over / fading.images, 0.0, 1.0)

    def _make_function(self, step_function):
        """Keras's function of a step, a new one for each stage; between phases optimizers restart.

        One graph with a branch for each stage would be traced whole before the first step, and
        within a branch replicas can neither sum their gradients nor share means.
        """
        functions, make = {}, super()._make_function

        def function(iterator):
            before = self.phase
            if before.stage not in functions:
                functions.clear()
                functions[before.stage] = make(step_function)
            logs = functions[before.stage](iterator)
            if self.phase != before:
                with self.distribute_strategy.scope():
                    restart(self.generator_optimizer)
                    restart(self.discriminator_optimizer)
            return logs

        return function

    # The game

    @property
    def generator_variables(self):
        return self._moved(self.generator)

    @property
    def discriminator_variables(self):
        return self._moved(self.discriminator)

    def _moved(self, network):
        return network.variables_at(self.stage, self.fading is not None)

    def unpack(self, data):
        (real,), sample_weight = super().unpack(data)
        return (self.as_shown(real), *self.shares(real)), sample_weight

    def as_shown(self, real):
        """Real images of full size in the size of the present stage, faded like generated ones."""
        real = self.scaled(tf.ensure_shape(tf.cast(real, tf.float32), [None, *self.image_shape]))
        alpha = self.shares(real)
        return self.fade_in([enlarged(shrunken(real)), real, *alpha]) if alpha else real

    def scaled(self, images):
        """Images of full size, or of that of the present stage, in the size of the stage."""
        return shrunken(images, images.shape[1] // self.phase.resolution)

    def shares(self, images):
        """What the networks get besides images or latents: nothing, or alpha for each of them."""
        return () if self.fading is None else (tf.fill([tf.shape(images)[0], 1], self.alpha()),)

    def fake_from(self, latents, *alpha, training=True):
        alpha = alpha or self.shares(latents)
        return _at(self.stage, self.generator, latents, alpha, training)

    def score(self, images, *alpha, training=True):
        images = self.scaled(images)
        alpha = alpha or self.shares(images)
        return _at(self.stage, self.discriminator, images, alpha, training)

    def train_step(self, data):
        results = super().train_step(data)
        batch = of_all_replicas(tf.shape(keras.utils.unpack_x_y_sample_weight(data)[0])[0])
        with tf.control_dependencies(list(results.values())):  # which depend on the old number
            if self.ema_half_life is not None:
                self.generator_average.update(images=batch, moved=self.generator_variables)
            self.images_seen.assign(self.images_seen + tf.cast(batch, tf.int64))
        return results

    # Use

    @property
    def sampler(self):
        return self.generator if self.ema_half_life is None else self.averaged_generator

    def images(self, latents, training=False):
        """The tensor of images for latents, of full size and within the range."""
        return self.full_size(_at(self.stage, self.sampler, latents, self.share(), training))

    def share(self):
        """What the sampler gets besides latents: nothing, or alpha while a stage is faded in."""
        return (self.alpha(),) if self.phase.fading else ()

    def images_at(self, latents, stage):
        """The tensor of images of a stage, without a share of the one before; else as `images`."""
        return self.full_size(_at(stage, self.sampler, latents, (), training=False))

    def full_size(self, images):
        """Images of any stage as images of full size and within the range."""
        images = enlarged(images, self.image_shape[0] // images.shape[1])
        return images if self.value_range is None else tf.clip_by_value(images, *self.value_range)

    @property
    def graphs(self):
        if vars(self).get("_phase_of_graphs") != self.phase:
            self._phase_of_graphs, self._graphs = self.phase, Graphs(self)
        return self._graphs

    def make_predict_function(self, force=False):
        force = force or vars(self).get("_phase_of_predictions") != self.phase
        self._phase_of_predictions = self.phase
        super().make_predict_function(force)


def _at(stage, network, x, alpha, training):
    """What a network gives at a stage; `alpha` is a sequence that holds the share or nothing."""
    return network(x, stage=stage, alpha=next(iter(alpha), None), training=training)


def _check_growing(generator, discriminator):
    for name, network in [("generator", generator), ("discriminator", discriminator)]:
        if not isinstance(network, GrowingNetwork):
            raise argument_error(
                name, f"a growing network, as networks.progressive_{name}", network
            )


def _check_options(num_classes=None, ema_decay=None, replay=None, **kwargs):
    """Refuses what a GAN may have and a growing one may not."""
    given = {"num_classes": num_classes, "ema_decay": ema_decay, "replay": replay}
    instead = {"ema_decay": "None: the average of a growing GAN has an `ema_half_life`"}
    for name, value in given.items():
        if value is not None:
            raise argument_error(name, instead.get(name, "None for a growing GAN"), value)
