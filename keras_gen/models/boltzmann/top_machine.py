"""A restricted Boltzmann machine on top of a stack of others: what such models share."""

import math

import tensorflow as tf

from keras_gen.models.boltzmann.restricted import RestrictedBoltzmannMachine
from keras_gen.models.boltzmann.stack import Stack


class TopMachine(RestrictedBoltzmannMachine):
    """An RBM on features of trained RBMs, which also map its states down to examples.

    A subclass defines with `unpack` what states the top machine learns from, with `visible`
    what its visible units are if only examples are known, and with `examples` the way back.

    Args:
        rbm: the top machine, the only one that `fit()` trains.
        example_shape: shape of one example, such as (28, 28, 1); an integer means vectors.
        below: the layers under the top machine, trained, bottom first.
        **kwargs: as for `RestrictedBoltzmannMachine`.
    """

    def __init__(self, rbm, example_shape, below=(), **kwargs):
        self.below = list(below)
        self.stack = Stack(self.below)
        super().__init__(rbm, example_shape, **kwargs)

    def build_visible(self):
        """Builds what is not built yet, and returns the number of the top's visible units."""
        width = self.stack.build(math.prod(self.example_shape), "below")
        width += self.further_units()
        Stack([self.rbm]).build(width, "rbm")
        return width

    def further_units(self):
        """Number of the top's visible units that are not features of examples; they come last."""
        return 0

    def is_feature(self):
        """Which visible units of the top machine are features of examples: boolean (visible,)."""
        return tf.range(self.visible_units) < self.visible_units - self.further_units()

    def features(self, x):
        """The probabilities that reach the top machine from examples."""
        return self.stack.up(self.flat(x))

    def visible(self, x):
        """Visible probabilities of the top machine, of examples alone."""
        return self.features(x)

    def examples(self, visible):
        """Examples for the top machine's visible units, by probabilities on the way down."""
        features = visible[:, : self.visible_units - self.further_units()]
        return super().examples(self.stack.down(features))
