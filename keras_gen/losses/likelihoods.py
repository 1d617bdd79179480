"""Likelihoods of a decoder's output: reconstruction terms in nats per sample."""

import dataclasses
import math

import keras
from keras import ops

from keras_gen.arguments import argument_error
from keras_gen.losses.equation import Equation


class Likelihood(Equation):
    """The distribution of an image given a decoder's output.

    Subclasses state `terms` and `mean`.

    Attributes:
        target_range: closed interval that targets lie in, or `None` for all numbers.
    """

    target_range = None

    def output_range(self, value_range):
        """The interval that a decoder's outputs must be able to cover, or `None` if unknown.

        Args:
            value_range: closed interval of the targets, or `None`.
        """
        return None

    def unstated(self):
        own = type(self)
        terms_count = own.negative_log_likelihood is Likelihood.negative_log_likelihood
        needed = ["terms"] * terms_count + ["mean"]
        return [name for name in needed if getattr(own, name) is getattr(Likelihood, name)]

    def negative_log_likelihood(self, target, output):
        """The surprise of the target, summed over all axes but the first.

        Args:
            target: images `(batch, ...)`; `(1, ...)` compares one image with every output.
            output: the decoder's output `(batch, ...)`.

        Returns:
            Tensor `(batch,)`, float32: nats per sample.

        Raises:
            ValueError: if the shapes of one sample differ.
        """
        target, output = ops.cast(target, "float32"), ops.cast(output, "float32")
        _check_sample_shapes(target.shape, output.shape)
        terms = self.terms(target, output)
        return ops.sum(terms, axis=tuple(range(1, len(terms.shape))))

    def terms(self, target, output):
        """The surprise of every element, in nats, of float32 tensors."""
        raise NotImplementedError

    def mean(self, output):
        """The expected image."""
        raise NotImplementedError


def _check_sample_shapes(target, output):
    same_rank = len(target) == len(output)
    pairs = zip(target[1:], output[1:], strict=True) if same_rank else ()
    if not same_rank or any(None not in pair and pair[0] != pair[1] for pair in pairs):
        raise argument_error(
            "target",
            "samples of the same shape as those of `output`",
            received=f"target.shape={tuple(target)}, output.shape={tuple(output)}",
        )


@keras.saving.register_keras_serializable("keras_gen")
@dataclasses.dataclass(frozen=True)
class Bernoulli(Likelihood):
    """Independent binary pixels; the decoder's outputs are logits.

        -log p(target | output) = sum(softplus(output) - target * output)

    The target lies in [0, 1]. For a binary target this is a likelihood, otherwise a cross-entropy.
    """

    target_range = (0.0, 1.0)

    def output_range(self, value_range):
        return -math.inf, math.inf

    def terms(self, target, output):
        return ops.softplus(output) - target * output

    def mean(self, output):
        """The pixels' probabilities, `sigmoid(output)`, in (0, 1)."""
        return ops.sigmoid(output)


@keras.saving.register_keras_serializable("keras_gen")
@dataclasses.dataclass(frozen=True)
class Gaussian(Likelihood):
    """Independent normal pixels of one standard deviation; the decoder's output is the mean.

        -log p(target | output)
            = sum(((target - output) / stddev) ** 2 / 2 + log(2 * pi * stddev ** 2) / 2)

    Args:
        stddev: standard deviation of a pixel, positive, in units of the target.
    """

    stddev: float = 1.0

    def __post_init__(self):
        if not 0 < self.stddev < math.inf:
            raise argument_error("stddev", "a positive number", self.stddev)

    def output_range(self, value_range):
        return value_range

    def terms(self, target, output):
        normalization = 0.5 * math.log(2 * math.pi * self.stddev**2)
        return 0.5 * ops.square((target - output) / self.stddev) + normalization

    def mean(self, output):
        """The output itself."""
        return output
