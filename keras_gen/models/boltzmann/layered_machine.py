"""Layers of binary units, each connected with the next: energy, conditionals, Gibbs steps."""

import itertools

import keras
import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error, positive_integer, positive_number
from keras_gen.layers import RBM
from keras_gen.models.boltzmann.energy_model import EnergyModel


class LayeredMachine(EnergyModel):
    """A machine in which every layer gets input from the one below and the one above.

        E(v, h)      = -b_0'v - sum_l b_l'h_l - sum_l h_l-1' W_l h_l,    h_0 = v, l = 1 ... L
        P(h_l=1 | .) = sigmoid(b_l + W_l' h_l-1 + W_l+1 h_l+1)

    `states` lists the layers of a batch, the visible one first. A subclass learns the weights.

    Args:
        units: sizes of the hidden layers, two or more.
        example_shape: shape of one example, such as (28, 28, 1); an integer means vectors.
        weight_stddev: standard deviation of the initial weights; biases start at 0.
        **kwargs: as for `EnergyModel`.
    """

    def __init__(self, units, example_shape, weight_stddev=0.01, **kwargs):
        super().__init__(example_shape, **kwargs)
        if not isinstance(units, (tuple, list)) or len(units) < 2:
            raise argument_error("units", "the sizes of two or more hidden layers", units)
        self.units = tuple(positive_integer("units", size) for size in units)
        self.weight_stddev = positive_number("weight_stddev", weight_stddev)
        normal = keras.initializers.RandomNormal(stddev=weight_stddev, seed=self.seed_generator)
        self.widths = (self.visible_units, *self.units)
        self.biases = [
            self.add_weight((width,), "zeros", name=f"bias_{layer}")
            for layer, width in enumerate(self.widths)
        ]
        self.kernels = [
            self.add_weight(shape, normal, name=f"kernel_{layer}")
            for layer, shape in enumerate(itertools.pairwise(self.widths), 1)
        ]

    # Energy and conditionals

    def energy(self, states):
        """E(v, h) in nats, of shape (batch,)."""
        agreement = [s * self.cast(b) for s, b in zip(states, self.biases)]
        agreement += [s * self.from_below(layer, states) for layer, s in enumerate(states) if layer]
        return -tf.add_n([tf.reduce_sum(tf.cast(a, tf.float32), axis=1) for a in agreement])

    def from_below(self, layer, states):
        """W_l' h_l-1."""
        return tf.matmul(states[layer - 1], self.cast(self.kernels[layer - 1]))

    def from_above(self, layer, states):
        """W_l+1 h_l+1."""
        return tf.matmul(states[layer + 1], self.cast(self.kernels[layer]), transpose_b=True)

    def probabilities(self, layer, states, below=None):
        """P(h_l=1 | its neighbours); `below` is W_l' h_l-1 where it is known already."""
        total = self.cast(self.biases[layer])
        if layer > 0:
            total += self.from_below(layer, states) if below is None else below
        if layer < len(self.units):
            total += self.from_above(layer, states)
        return tf.sigmoid(total)

    def cast(self, variable):
        """A variable in the compute dtype."""
        return tf.cast(variable, self.compute_dtype)

    # Odd and even layers: each kind is independent given the other

    def gibbs_step(self, odd, seed):
        """The even layers given the odd ones, then the odd ones given the even ones.

        Args:
            odd: list of the states of the odd layers.
            seed: integer tensor of shape (2,).

        Returns:
            The new states of the odd layers, and the states of all layers with P(odd | even) in
            place of what was drawn.
        """
        count = len(self.units) + 1
        states, means = [None] * count, [None] * count
        states[1::2] = odd
        for layer in [*range(0, count, 2), *range(1, count, 2)]:
            means[layer] = self.probabilities(layer, states)
            key = tf.random.experimental.stateless_fold_in(seed, layer)
            noise = tf.random.stateless_uniform(tf.shape(means[layer]), key)
            drawn = noise < tf.cast(means[layer], tf.float32)
            states[layer] = tf.cast(drawn, means[layer].dtype)
        expected = [m if layer % 2 else s for layer, (s, m) in enumerate(zip(states, means))]
        return states[1::2], expected

    def as_rbm(self):
        """This machine as an RBM: its visible units are the odd layers, its hidden the even ones.

        Odd layers are connected only with even ones, so the energy is that of an RBM, and so are
        the partition function and `metrics.log_partition`.

        Returns:
            A built `layers.RBM` with copies of the weights.
        """
        layer = np.repeat(np.arange(len(self.widths)), self.widths)
        odd = layer % 2 == 1
        bias = np.concatenate([np.array(bias) for bias in self.biases])
        weights = np.zeros((len(bias), len(bias)), "float32")  # of each unit with the next layer
        for index, kernel in enumerate(self.kernels):
            weights[np.ix_(layer == index, layer == index + 1)] = kernel
        kernel = (weights + weights.T)[np.ix_(odd, ~odd)]
        rbm = RBM(kernel.shape[1])
        rbm.build((None, kernel.shape[0]))
        rbm.set_weights([kernel, bias[odd], bias[~odd]])
        return rbm
