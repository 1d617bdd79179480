"""Gradient penalties: terms of the discriminator's loss on the slope of its score."""

import dataclasses

import keras
import tensorflow as tf

from keras_gen.arguments import argument_error, number_from_zero
from keras_gen.losses.equation import Equation, check_equation
from keras_gen.losses.means import weighted_mean


def squared_gradient_norms(score, images):
    """The squared Euclidean norm of each sample's score gradient.

        ||grad_x score(x)||^2, summed over all axes but the batch axis

    The result can be differentiated once more, by a tape of the caller. The gradient is that of
    the scores' sum, so a sample's score must depend on no other sample: no batch normalization
    in the critic.

    Args:
        score: callable, images to scores of any shape with the batch axis first.
        images: tensor `(batch, ...)`.

    Returns:
        Tensor `(batch,)`, float32.
    """
    images = tf.cast(images, tf.float32)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(images)
        total = tf.reduce_sum(tf.cast(score(images), tf.float32))
    gradient = tape.gradient(total, images, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return tf.reduce_sum(tf.square(gradient), axis=list(range(1, images.shape.rank)))


class Penalty(Equation):
    """A term that a discriminator adds to its loss: `penalty(score, real, fake, seed)`.

    Args of the call:
        score: callable, images to scores of any shape with the batch axis first.
        real: real images `(batch, ...)`.
        fake: generated images, of the same shape.
        seed: integer tensor `(2,)`, as `tf.random.stateless_uniform` takes it.

    Penalties add up: `R1(5.0) + R2(5.0)` is a penalty.

    Attributes:
        of_gradients: whether it takes the gradient of each sample's score by itself. Then a
            discriminator with batch normalization is refused by `compile`.
    """

    of_gradients = False

    def __call__(self, score, real, fake, seed):
        raise NotImplementedError

    def __add__(self, other):
        if not isinstance(other, Penalty):
            return NotImplemented
        parts = [getattr(each, "penalties", (each,)) for each in (self, other)]
        return SumOfPenalties((*parts[0], *parts[1]))

    def __radd__(self, other):
        """So that `sum` of a list works, which begins with 0."""
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def unstated(self):
        return ["__call__"] if type(self).__call__ is Penalty.__call__ else []


@keras.saving.register_keras_serializable("keras_gen")
@dataclasses.dataclass(frozen=True)
class SumOfPenalties(Penalty):
    """Several penalties of one discriminator, added up; each has its own weight.

    Args:
        penalties: the penalties, one or more.
    """

    penalties: tuple

    def __post_init__(self):
        object.__setattr__(self, "penalties", tuple(self.penalties))
        if not self.penalties:
            raise argument_error("penalties", "one penalty or more", self.penalties)
        for penalty in self.penalties:
            check_equation("penalties", penalty, Penalty, "losses.R1(10.0)")

    @property
    def of_gradients(self):
        return any(penalty.of_gradients for penalty in self.penalties)

    def __call__(self, score, real, fake, seed):
        return tf.add_n([penalty(score, real, fake, seed) for penalty in self.penalties])


@keras.saving.register_keras_serializable("keras_gen")
@dataclasses.dataclass(frozen=True)
class GradientPenalty(Penalty):
    """The two-sided penalty on slopes that differ from the target, between real and fake.

        x_hat   = u * real + (1 - u) * fake,    u ~ U[0, 1], one per sample
        penalty = weight * E[(||grad score(x_hat)||_2 - target) ** 2]

    Args:
        weight: weight of the penalty, zero or more.
        target: the slope that costs nothing, zero or more.

    Reference:
        Gulrajani et al. (2017), Improved Training of Wasserstein GANs, arXiv:1704.00028,
        equation 3 and Algorithm 1, lines 4 to 7.
    """

    weight: float = 10.0
    target: float = 1.0

    of_gradients = True

    def __post_init__(self):
        number_from_zero("weight", self.weight)
        number_from_zero("target", self.target)

    def __call__(self, score, real, fake, seed):
        norms = self.gradient_norms(score, real, fake, seed)
        return self.weight * weighted_mean(tf.square(norms - self.target))

    def gradient_norms(self, score, real, fake, seed):
        """The slopes `||grad score(x_hat)||_2`, one per sample.

        Returns:
            Tensor `(batch,)`, float32.
        """
        real, fake = tf.cast(real, tf.float32), tf.cast(fake, tf.float32)
        shape = tf.concat([tf.shape(real)[:1], tf.ones([real.shape.rank - 1], tf.int32)], axis=0)
        u = tf.random.stateless_uniform(shape, seed)
        # The root's derivative is infinite at zero: without the constant, a flat critic gives NaN.
        return tf.sqrt(squared_gradient_norms(score, u * real + (1 - u) * fake) + 1e-12)


@dataclasses.dataclass(frozen=True)
class _SquaredSlope(Penalty):
    """weight / 2 * E[||grad score(x)||_2 ** 2]; a subclass says at which images x."""

    weight: float = 10.0

    of_gradients = True

    def __post_init__(self):
        number_from_zero("weight", self.weight)

    def at(self, score, images):
        return self.weight / 2 * weighted_mean(squared_gradient_norms(score, images))


@keras.saving.register_keras_serializable("keras_gen")
@dataclasses.dataclass(frozen=True)
class R1(_SquaredSlope):
    """The penalty on the squared slope at real images.

        penalty = weight / 2 * E[||grad score(real)||_2 ** 2]

    Args:
        weight: weight of the penalty, zero or more.

    Reference:
        Mescheder et al. (2018), Which Training Methods for GANs do actually Converge?,
        arXiv:1801.04406, equation 9.
    """

    def __call__(self, score, real, fake, seed):
        return self.at(score, real)


@keras.saving.register_keras_serializable("keras_gen")
@dataclasses.dataclass(frozen=True)
class R2(_SquaredSlope):
    """The penalty on the squared slope at generated images.

        penalty = weight / 2 * E[||grad score(fake)||_2 ** 2]

    Args:
        weight: weight of the penalty, zero or more.

    Reference:
        Mescheder et al. (2018), Which Training Methods for GANs do actually Converge?,
        arXiv:1801.04406, equation 10.
    """

    def __call__(self, score, real, fake, seed):
        return self.at(score, fake)
