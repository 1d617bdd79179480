"""A restricted Boltzmann machine on top of others: what stacks of machines share."""

import math

import tensorflow as tf

from keras_gen.arguments import argument_error
from keras_gen.layers import RBM
from keras_gen.models.boltzmann.restricted import RestrictedBoltzmannMachine


class StackedMachine(RestrictedBoltzmannMachine):
    """An RBM on features of trained RBMs, whose weights also lead down to the examples.

    A subclass says with `unpack` what states the top machine learns from, with `visible`
    what its visible units are if only examples are known, and with `examples` the way back.

    Args:
        rbm: the top machine, the only one that `fit()` trains.
        example_shape: shape of one example, such as (28, 28, 1); an integer means vectors.
        below: the layers under the top machine, trained, bottom first.
        **kwargs: of `RestrictedBoltzmannMachine`.
    """

    def __init__(self, rbm, example_shape, below=(), **kwargs):
        self.below = list(below)
        super().__init__(rbm, example_shape, **kwargs)

    def build_visible(self):
        """Builds what is not built yet, and returns the number of the top's visible units."""
        width = build_stack(self.below, math.prod(self.example_shape), "below")
        width += self.further_units()
        build_stack([self.rbm], width, "rbm")
        return width

    def further_units(self):
        """Number of the top's visible units that are no features of examples; they come last."""
        return 0

    def is_feature(self):
        """Which visible units of the top machine are features of examples: boolean (visible,)."""
        return tf.range(self.visible_units) < self.visible_units - self.further_units()

    def features(self, x):
        """The probabilities that reach the top machine from examples."""
        return features_of(self.below, self.flat(x))

    def visible(self, x):
        """Visible probabilities of the top machine, of examples alone."""
        return self.features(x)

    def examples(self, visible):
        """What the top machine's visible units stand for, by probabilities on the way down."""
        features = visible[:, : self.visible_units - self.further_units()]
        return super().examples(downwards(self.below, features))


def build_stack(machines, width, name):
    """Builds machines one on the other, and returns the number of the last one's hidden units.

    Args:
        machines: list of `RBM`s; those that are built must fit.
        width: number of the first one's visible units.
        name: the argument's name for the message.
    """
    for machine in machines:
        if not isinstance(machine, RBM):
            raise argument_error(name, "layers of the kind keras_gen.layers.RBM", machine)
        if not machine.built:
            machine.build((None, width))
        if machine.kernel.shape[0] != width:
            received = f"one of {machine.kernel.shape[0]}"
            raise argument_error(name, f"a machine of {width} visible units", received)
        width = machine.units
    return width


def features_of(machines, visible):
    """Hidden probabilities of the last machine, through those of all others."""
    for machine in machines:
        visible = machine.hidden_probabilities(visible)
    return visible


def drawn_upwards(machines, visible, seed):
    """`[visible, h_1, h_2, ...]`, each drawn from what a machine makes of the one before."""
    states = [visible]
    for number, machine in enumerate(machines):
        key = tf.random.fold_in(seed, number)
        noise = tf.random.stateless_uniform([tf.shape(visible)[0], machine.units], key)
        states.append(machine.draw_hidden(states[-1], noise))
    return states


def downwards(machines, hidden):
    """Visible probabilities of the first machine, through those of all others."""
    for machine in reversed(machines):
        hidden = machine.visible_probabilities(hidden)
    return hidden


def hidden_free_energy(machine, hidden):
    """G(h) = -log sum_v exp(-E(v, h)) = -c'h - sum_i softplus(b_i + (W h)_i), of shape (batch,)."""
    h, c = (tf.cast(tensor, tf.float32) for tensor in (hidden, machine.hidden_bias))
    inputs = tf.cast(machine.visible_input(hidden), tf.float32)
    return -tf.linalg.matvec(h, c) - tf.reduce_sum(tf.math.softplus(inputs), axis=1)
