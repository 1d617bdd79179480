"""Sums over all states of a machine, where there are few enough of them."""

import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error
from keras_gen.models.boltzmann.energy_model import EnergyModel

MAX_ENUMERATED = 16  # units whose 65,536 states are still summed one by one


class EnumerableMachine(EnergyModel):
    """A machine of binary units s = (v, h) that knows its distribution by summing over states.

        F(v) = -log sum_h exp(-E(v, h) / T),    Z = sum_v exp(-F(v)),    p(v) = exp(-F(v)) / Z

    Free energies sum over all hidden states, everything else over all states; more than 16 units
    are refused. A subclass defines `energy(states)` of states (batch, units), the matrix
    `connections()` between its units, and the numbers `units`, `hidden` and `temperature`.
    """

    def free_energy(self, x):
        """F(v) = -log sum_h exp(-E(v, h) / T) of examples, in nats, of shape (batch,)."""
        return self.free_energies(self.flat(self.checked_examples(x)))

    def free_energies(self, visible):
        """The tensor of free energies of visible vectors, without a check."""
        return -tf.reduce_logsumexp(self.log_weights(visible), axis=1)

    def log_partition(self):
        """log Z in nats."""
        check_enumerable(self.units)
        return tf.reduce_logsumexp(-self.free_energies(all_states(self.visible_units)))

    def log_likelihood(self, x):
        """log p(v) = -F(v) - log Z of examples, in nats, of shape (batch,)."""
        return -self.free_energy(x) - self.log_partition()

    def probabilities(self):
        """p(v) of all visible states, in the order of `all_states`."""
        check_enumerable(self.units)
        return tf.nn.softmax(-self.free_energies(all_states(self.visible_units)))

    def state_numbers(self, x):
        """The positions of binary examples in the order of `all_states`: integers (batch,)."""
        places = 2.0 ** tf.range(self.visible_units - 1, -1, -1, tf.float32)
        return tf.cast(tf.linalg.matvec(self.flat(self.checked_examples(x)), places), tf.int32)

    def pair_expectations(self):
        """<s_i s_j> under the model, (units, units); the means <s_i> are on the diagonal."""
        states = all_states(self.units)
        weights = tf.nn.softmax(-self.energy(states) / self.temperature)
        return tf.matmul(states, weights[:, None] * states, transpose_a=True)

    def kl_divergence(self, x):
        """KL(data || model) = sum_v p_data(v) log(p_data(v) / p(v)) in nats, a float."""
        patterns, counts = np.unique(
            self.flat(self.checked_examples(x)), axis=0, return_counts=True
        )
        p_data = counts / counts.sum()
        log_p = -self.free_energies(patterns) - self.log_partition()
        return float(np.sum(p_data * (np.log(p_data) - log_p)))

    def log_weights(self, visible):
        """-E(v, h) / T of visible vectors with all hidden states, of shape (batch, 2 ** hidden)."""
        hidden = all_states(self.hidden)
        of_visible = self.energy(tf.pad(visible, [[0, 0], [0, self.hidden]]))
        of_hidden = self.energy(tf.pad(hidden, [[0, 0], [self.visible_units, 0]]))
        between = self.connections()[: self.visible_units, self.visible_units :]
        agreement = tf.matmul(tf.matmul(visible, between), hidden, transpose_b=True)
        return (agreement - of_visible[:, None] - of_hidden) / self.temperature


def all_states(units):
    """Every state of some binary units, in counting order: float32 (2 ** units, units).

    The first unit changes last.
    """
    check_enumerable(units)
    shifts = tf.range(units - 1, -1, -1)
    numbers = tf.range(2**units)[:, None]
    return tf.cast(tf.bitwise.bitwise_and(tf.bitwise.right_shift(numbers, shifts), 1), tf.float32)


def check_enumerable(units):
    """Raises the error for more units than can be enumerated."""
    if units > MAX_ENUMERATED:
        raise argument_error(
            "units",
            f"at most {MAX_ENUMERATED} units for sums over all states",
            received=f"units={units}, which have 2**{units} = {2**units:,} states",
        )
