"""Adversarial losses: each is the pair of equations of a two-player game, on scores.

A score is an unbounded number (a logit, never a probability), one per image, `(batch, 1)`, or one
per patch, `(batch, height, width, 1)`. All expectations are means over every axis.
"""

import dataclasses
import math

import keras
import tensorflow as tf
from keras import ops

from keras_gen.arguments import number_from_zero
from keras_gen.losses.equation import Equation
from keras_gen.losses.means import weighted_mean


class AdversarialLoss(Equation):
    """The losses of the discriminator and of the generator, from the discriminator's scores.

        discriminator = E_w[real_term(real)] + E[fake_term(fake)]
        generator     = E[generator_term(fake)]

    where E_w is the mean over the real samples with their weights, `losses.weighted_mean`.

    Subclasses state the three terms, elementwise on float32 scores, or the two losses. A score
    above `boundary` says "real".

    A loss that compares real with generated samples in the generator's equation as well sets
    `pairs = True` and states both losses; the game then scores the real samples once more and calls
    `generator(fake, sample_weight, real=real)`.

    Attributes:
        boundary: the score above which a sample is taken for real.
        pairs: whether the generator's loss takes the scores of real samples, too.
        score_range: interval that scores must be able to reach. `compile` refuses a discriminator
            whose last activation cannot.
    """

    boundary = 0.0
    pairs = False
    score_range = (-math.inf, math.inf)

    def unstated(self):
        own, base = type(self), AdversarialLoss
        needed = {"discriminator": ("real_term", "fake_term"), "generator": ("generator_term",)}
        if self.pairs:
            needed["generator"] = ("generator",)
        return [
            term
            for loss, terms in needed.items()
            if getattr(own, loss) is getattr(base, loss)
            for term in terms
            if getattr(own, term) is getattr(base, term)
        ]

    def real_term(self, real):
        raise NotImplementedError

    def fake_term(self, fake):
        raise NotImplementedError

    def generator_term(self, fake):
        raise NotImplementedError

    def discriminator(self, real, fake, sample_weight=None, fake_weight=None):
        """The discriminator's loss.

        Args:
            real: scores of real samples, batch first.
            fake: scores of generated samples, batch first. The batch may have another size.
            sample_weight: optional weights `(batch,)` of the real samples.
            fake_weight: optional weights of the generated samples, for models that make each of
                them from an example; see `AdversarialModel.weights_of_fakes`.

        Returns:
            Scalar, float32.
        """
        real, fake = ops.cast(real, "float32"), ops.cast(fake, "float32")
        of_real = weighted_mean(self.real_term(real), sample_weight)
        return of_real + weighted_mean(self.fake_term(fake), fake_weight)

    def generator(self, fake, sample_weight=None):
        """The generator's loss.

        Args:
            fake: scores of generated samples, batch first.
            sample_weight: optional weights `(batch,)` of the generated samples.

        Returns:
            Scalar, float32.
        """
        return weighted_mean(self.generator_term(ops.cast(fake, "float32")), sample_weight)

    def pull(self, fake):
        """How strongly the generator is drawn to raise a score, at each score.

            pull = -d generator_term(fake) / d fake

        All that the generator learns from an image is this number times the gradient of the image's
        score; where it is zero, nothing is learned, however wrong the image is.

        Args:
            fake: scores of generated samples, of any shape.

        Returns:
            Tensor of that shape, float32.
        """
        fake = tf.cast(fake, tf.float32)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(fake)
            term = self.generator_term(fake)
        return -tape.gradient(term, fake)


def _check_label_smoothing(label_smoothing):
    number_from_zero("label_smoothing", label_smoothing, 1)


@dataclasses.dataclass(frozen=True)
class _CrossEntropy(AdversarialLoss):
    """The discriminator as a binary classifier of logits, shared by both original games."""

    label_smoothing: float = 0.0

    def __post_init__(self):
        _check_label_smoothing(self.label_smoothing)

    def real_term(self, real):
        s = self.label_smoothing
        return (1 - s) * ops.softplus(-real) + s * ops.softplus(real)

    def fake_term(self, fake):
        return ops.softplus(fake)


@keras.saving.register_keras_serializable("keras_gen")
@dataclasses.dataclass(frozen=True)
class NonSaturating(_CrossEntropy):
    """The non-saturating game: the generator maximizes log D(fake).

        D: (1 - s) * E[softplus(-real)] + s * E[softplus(real)] + E[softplus(fake)]
        G: E[softplus(-fake)]

    Smoothing is one-sided: real samples have the label `1 - s`, fake samples keep the label 0.

    Args:
        label_smoothing: `s`, in [0, 1).

    Reference:
        Goodfellow et al. (2014), Generative Adversarial Networks, arXiv:1406.2661, section 3;
        Salimans et al. (2016), Improved Techniques for Training GANs, arXiv:1606.03498, section
        3.4.
    """

    def generator_term(self, fake):
        return ops.softplus(-fake)


@keras.saving.register_keras_serializable("keras_gen")
@dataclasses.dataclass(frozen=True)
class Minimax(_CrossEntropy):
    """The zero-sum game: the generator minimizes log(1 - D(fake)).

        D: (1 - s) * E[softplus(-real)] + s * E[softplus(real)] + E[softplus(fake)]
        G: -E[softplus(fake)]

    Args:
        label_smoothing: `s`, in [0, 1). Real samples have the label `1 - s`.

    Reference:
        Goodfellow et al. (2014), Generative Adversarial Networks, arXiv:1406.2661, equation 1.
    """

    def generator_term(self, fake):
        return -ops.softplus(fake)


@keras.saving.register_keras_serializable("keras_gen")
@dataclasses.dataclass(frozen=True)
class LeastSquares(AdversarialLoss):
    """The least squares game, with labels 1 for real and 0 for fake.

        D: 1/2 * E[(real - (1 - s)) ** 2] + 1/2 * E[fake ** 2]
        G: 1/2 * E[(fake - 1) ** 2]

    Args:
        label_smoothing: `s`, in [0, 1). Real samples have the label `1 - s`.

    Reference:
        Mao et al. (2017), Least Squares Generative Adversarial Networks, arXiv:1611.04076,
        equation 9.
    """

    label_smoothing: float = 0.0

    boundary = 0.5  # halfway between the labels
    score_range = (0.0, 1.0)  # from label to label

    def __post_init__(self):
        _check_label_smoothing(self.label_smoothing)

    def real_term(self, real):
        return 0.5 * ops.square(real - (1 - self.label_smoothing))

    def fake_term(self, fake):
        return 0.5 * ops.square(fake)

    def generator_term(self, fake):
        return 0.5 * ops.square(fake - 1)


@keras.saving.register_keras_serializable("keras_gen")
@dataclasses.dataclass(frozen=True)
class Wasserstein(AdversarialLoss):
    """The Kantorovich-Rubinstein dual of the Wasserstein-1 distance.

        D: E[fake] - E[real] + drift * E[real ** 2]
        G: -E[fake]

    Without drift, minus the critic's loss estimates the distance (up to the Lipschitz constant).

    Args:
        drift: weight of the term that keeps the critic's scores from drifting away from zero;
            0.001 in progressive growing.

    Reference:
        Arjovsky et al. (2017), Wasserstein GAN, arXiv:1701.07875, equations 2 and 3;
        Karras et al. (2018), Progressive Growing of GANs, arXiv:1710.10196, appendix A.1.
    """

    drift: float = 0.0

    def __post_init__(self):
        number_from_zero("drift", self.drift)

    def real_term(self, real):
        return self.drift * ops.square(real) - real

    def fake_term(self, fake):
        return fake

    def generator_term(self, fake):
        return -fake


@keras.saving.register_keras_serializable("keras_gen")
@dataclasses.dataclass(frozen=True)
class Hinge(AdversarialLoss):
    """The hinge game.

        D: E[relu(1 - real)] + E[relu(1 + fake)]
        G: -E[fake]

    Reference:
        Lim and Ye (2017), Geometric GAN, arXiv:1705.02894;
        Miyato et al. (2018), Spectral Normalization for GANs, arXiv:1802.05957, equations 16, 17.
    """

    def real_term(self, real):
        return ops.relu(1 - real)

    def fake_term(self, fake):
        return ops.relu(1 + fake)

    def generator_term(self, fake):
        return -fake


@keras.saving.register_keras_serializable("keras_gen")
@dataclasses.dataclass(frozen=True)
class RelativisticPairing(AdversarialLoss):
    """The relativistic game: a real sample should score higher than the generated one it meets.

        D: E[softplus(-(real_i - fake_i))]
        G: E[softplus(-(fake_i - real_i))]

    The i-th real sample of a batch meets the i-th generated one; a pair has the weight of its real
    sample. Only differences count: no score by itself means "real", so `boundary` separates
    nothing, and the accuracies in the logs say little. A discriminator that knows some modes cannot
    push all generated samples below a threshold, which is why the game keeps its modes. It wants
    both penalties: `losses.R1(gamma) + losses.R2(gamma)`.

    Reference:
        Jolicoeur-Martineau (2019), The Relativistic Discriminator, arXiv:1807.00734;
        Huang et al. (2024), The GAN is dead; long live the GAN! A Modern Baseline GAN,
        arXiv:2501.05441, equations 2 and 3.
    """

    pairs = True

    def discriminator(self, real, fake, sample_weight=None):
        margin = ops.cast(real, "float32") - ops.cast(fake, "float32")
        return weighted_mean(ops.softplus(-margin), sample_weight)

    def generator(self, fake, sample_weight=None, *, real):
        margin = ops.cast(real, "float32") - ops.cast(fake, "float32")
        return weighted_mean(ops.softplus(margin), sample_weight)
