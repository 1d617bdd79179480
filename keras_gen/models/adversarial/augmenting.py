"""Augmentation of what both players see: as strong as the discriminator's overfitting demands."""

import keras
import tensorflow as tf

from keras_gen.arguments import argument_error, number, positive_integer, positive_number
from keras_gen.layers.augmentation import Augmentation, check_augmentation
from keras_gen.models.replicas import of_all_replicas


@keras.saving.register_keras_serializable("keras_gen")
class AdaptiveAugmentation(Augmentation):
    """An augmentation whose strength p follows the discriminator's overfitting.

        r = E[sign(D(T(real)) - boundary)]                  over `every` discriminator steps
        p <- clip(p + sign(r - target) n / images, 0, most)     n real images in these steps

    A discriminator that knows its few training images by heart takes all of them for real, and r
    approaches 1. The strength is the probability of each change; it is a variable, and part of what
    a model saves. Losses whose scores have no boundary, such as `RelativisticPairing`, are refused;
    the scores of a Wasserstein critic have an arbitrary one.

    Args:
        augmentation: a `layers.Augmentation`.
        target: number in (-1, 1), the mean sign that is held.
        images: positive number of real images after which the strength has moved by 1.
        every: positive integer, discriminator steps between two changes of the strength.
        start: strength at the start, in [0, most].
        most: largest strength, in (0, 1]. The generator begins to make augmented images where most
            of those that it is compared with are.

    Attributes:
        strength: the present strength, a float32 variable.

    Reference:
        Karras, Aittala, Hellsten, Laine, Lehtinen, Aila (2020), Training Generative Adversarial
        Networks with Limited Data, arXiv:2006.06676, section 3: r_t, its target, the images; 3.1:
        below 0.8 leaks are unlikely.
    """

    def __init__(
        self, augmentation, target=0.6, images=500_000, every=4, start=0.0, most=0.8, **kwargs
    ):
        super().__init__(**kwargs)
        self.augmentation = check_augmentation("augmentation", augmentation)
        if isinstance(augmentation, AdaptiveAugmentation):
            raise argument_error("augmentation", "one of constant strength", augmentation)
        self.target = _between("target", target, -1, 1)
        self.images = positive_number("images", images)
        self.every = positive_integer("every", every)
        self.most = _between("most", positive_number("most", most), 0, 1)
        self.start = _between("start", start, 0, self.most)
        self.strength = self._number("strength", self.start)
        self.signs, self.seen, self.steps = map(self._number, ("signs", "seen", "steps"))

    def _number(self, name, value=0.0):
        options = {"trainable": False, "aggregation": "only_first_replica"}
        start = keras.initializers.Constant(value)
        return self.add_weight((), start, "float32", name=name, **options)

    @property
    def draws(self):
        return self.augmentation.draws

    def call(self, images, shares, strength=1.0):
        return self.augmentation(images, shares, strength=self.strength * strength)

    def notice(self, margins):
        """Counts real images by the sign of score minus boundary, `(batch, ...)`."""
        margins = tf.reshape(tf.stop_gradient(margins), [tf.shape(margins)[0], -1])
        signs = tf.reduce_mean(tf.sign(tf.cast(margins, tf.float32)), axis=1)
        self.signs.assign_add(of_all_replicas(tf.reduce_sum(signs)))
        self.seen.assign_add(of_all_replicas(tf.cast(tf.size(signs), tf.float32)))

    def follow(self):
        """Ends a discriminator step: every so many steps the strength moves."""
        steps = self.steps + 1.0
        due = steps >= self.every
        excess = tf.math.divide_no_nan(self.signs.value, self.seen.value) - self.target
        moved = self.strength + tf.sign(excess) * self.seen / self.images
        moved = tf.clip_by_value(moved, 0.0, self.most)
        new = [(self.strength, tf.where(due, moved, self.strength.value))]
        for variable, value in [(self.signs, self.signs), (self.seen, self.seen)]:
            new.append((variable, tf.where(due, 0.0, tf.convert_to_tensor(value))))
        new.append((self.steps, tf.where(due, 0.0, steps)))
        with tf.control_dependencies([value for _, value in new]):  # all read before any moves
            for variable, value in new:
                variable.assign(tf.identity(value))

    def get_config(self):
        names = ("target", "images", "every", "start", "most")
        return {
            **super().get_config(),
            "augmentation": keras.saving.serialize_keras_object(self.augmentation),
            **{name: getattr(self, name) for name in names},
        }

    @classmethod
    def from_config(cls, config):
        inner = keras.saving.deserialize_keras_object(config["augmentation"])
        return cls(**{**config, "augmentation": inner})


def changed(augment, images, seed):
    """Images changed by an augmentation with the random numbers of a seed, a tensor of shape (2,).

    Equal seeds and batches give equal changes.
    """
    shape = [augment.draws, tf.shape(images)[0]]
    return augment(images, tf.random.stateless_uniform(shape, seed))


def _between(name, value, low, high):
    if not low <= number(name, value) <= high:
        raise argument_error(name, f"a number in [{low}, {high}]", value)
    return float(value)
