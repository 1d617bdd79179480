"""A stack of restricted Boltzmann machines: the way up, and the way down."""

import tensorflow as tf

from keras_gen.arguments import argument_error
from keras_gen.layers import RBM


class Stack:
    """Machines that each see the hidden units of the one below.

        up:       h_l = P(h_l=1 | h_l-1),    h_0 = v
        draw_up:  h_l ~ P(h_l | h_l-1)
        down:     h_l-1 = P(h_l-1=1 | h_l)

    Args:
        rbms: list of `RBM`s, bottom first; an empty one returns what it is given.
    """

    def __init__(self, rbms):
        self.rbms = rbms

    def build(self, width, name):
        """Builds what is not built yet, and returns the number of the last one's hidden units.

        Args:
            width: number of the first one's visible units.
            name: the argument's name for the error of machines that do not fit.
        """
        for rbm in self.rbms:
            if not isinstance(rbm, RBM):
                raise argument_error(name, "layers of the kind keras_gen.layers.RBM", rbm)
            if not rbm.built:
                rbm.build((None, width))
            if rbm.kernel.shape[0] != width:
                expected = f"a machine of {width} visible units"
                raise argument_error(name, expected, received=f"one of {rbm.kernel.shape[0]}")
            width = rbm.units
        return width

    def up(self, visible):
        """Hidden probabilities of the last machine, through those of all others."""
        for rbm in self.rbms:
            visible = rbm.hidden_probabilities(visible)
        return visible

    def draw_up(self, visible, seed):
        """`[visible, h_1, h_2, ...]`, each drawn by a machine given the one before."""
        states = [visible]
        for number, rbm in enumerate(self.rbms):
            key = tf.random.fold_in(seed, number)
            noise = tf.random.stateless_uniform([tf.shape(visible)[0], rbm.units], key)
            states.append(rbm.draw_hidden(states[-1], noise))
        return states

    def down(self, hidden):
        """Visible probabilities of the first machine, through those of all others."""
        for rbm in reversed(self.rbms):
            hidden = rbm.visible_probabilities(hidden)
        return hidden
