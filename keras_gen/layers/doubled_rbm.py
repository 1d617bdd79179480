import keras
from keras import ops

from keras_gen.arguments import argument_error, positive_integer
from keras_gen.layers.rbm import RBM


@keras.saving.register_keras_serializable("keras_gen")
class DoubledRBM(RBM):
    """A restricted Boltzmann machine whose visible or hidden units come in two tied copies.

        E(v, h)    = -n b'v - m c'h - n m v'W h
        P(h=1 | v) = sigmoid(c + n W'v)                 P(v=1 | h) = sigmoid(b + m W h)
        F(v)       = -n b'v - m sum_j softplus(c_j + n (W'v)_j)

    where v is the mean of n copies of the visible units and h that of m copies of the hidden ones.
    Copies share their weights and biases; given the other side they are drawn independently, so
    that the mean of two is 0, 1/2 or 1. On data both copies are equal.

    This makes up for the layer that a deep Boltzmann machine will put on the other side: the
    second copy of the visible units stands in for the layer above the hidden ones, the second copy
    of the hidden units for the layer below the visible ones. The paper draws one state for both
    copies of a reconstruction; here they are drawn separately, so there is one energy, chains may
    be persistent, and the update of contrastive divergence is the gradient of a difference of F.

    Args:
        units: number of hidden units, of which there are m copies.
        visible_copies: n, 1 or 2.
        hidden_copies: m, 1 or 2.
        weight_stddev: standard deviation of the initial weights; biases start at 0.
        seed: integer seed of `gibbs`, or None for a random one.

    Reference:
        Salakhutdinov and Hinton (2009), Deep Boltzmann Machines, section 3.1.
    """

    binary = False  # the mean of two copies may be 1/2

    def __init__(
        self, units, visible_copies=2, hidden_copies=1, weight_stddev=0.01, seed=None, **kwargs
    ):
        super().__init__(units, weight_stddev, seed, **kwargs)
        self.visible_copies = _one_or_two("visible_copies", visible_copies)
        self.hidden_copies = _one_or_two("hidden_copies", hidden_copies)

    def hidden_input(self, visible):
        """c + n W'v."""
        return super().hidden_input(ops.multiply(visible, self.visible_copies))

    def visible_input(self, hidden):
        """b + m W h."""
        return super().visible_input(ops.multiply(hidden, self.hidden_copies))

    def visible_energy(self, visible):
        """-n b'v, of shape (batch,)."""
        return self.visible_copies * super().visible_energy(visible)

    def energy(self, visible, hidden):
        """E(v, h) in nats, of shape (batch,)."""
        return super().energy(visible, ops.multiply(hidden, self.hidden_copies))

    def hidden_part(self, inputs):
        """-m sum_j softplus(inputs_j), of shape (batch,): all copies are summed out."""
        return self.hidden_copies * super().hidden_part(inputs)

    def draw_hidden(self, visible, noise, inputs=None):
        """h ~ P(h | v), the mean of its copies."""
        probabilities = self.hidden_probabilities(visible, inputs)
        return _mean_of_draws(probabilities, noise, self.hidden_copies)

    def draw_visible(self, hidden, noise):
        """v ~ P(v | h), the mean of its copies."""
        return _mean_of_draws(self.visible_probabilities(hidden), noise, self.visible_copies)

    def get_config(self):
        return {
            **super().get_config(),
            "visible_copies": self.visible_copies,
            "hidden_copies": self.hidden_copies,
        }


def doubled_rbms(units, seed=None):
    """The layers that, trained one after the other, start a deep Boltzmann machine.

    The first doubles its visible units, the last its hidden units, and those in between both:

        upwards    2 W'v in every machine but the last
        downwards  2 W h in every machine but the first

    Args:
        units: sizes of the hidden layers, two or more.
        seed: integer or `None`; every layer gets its own.

    Returns:
        A list of `DoubledRBM`s.
    """
    last = len(units) - 1
    return [
        DoubledRBM(
            size,
            visible_copies=1 if number == last else 2,
            hidden_copies=1 if number == 0 else 2,
            seed=None if seed is None else seed + number,
        )
        for number, size in enumerate(units)
    ]


def _one_or_two(name, value):
    number = positive_integer(name, value)
    if number > 2:
        raise argument_error(name, "1 or 2", value)
    return number


def _mean_of_draws(probabilities, noise, copies):
    """The mean of one or two independent draws, by the inverse of its distribution function."""
    p = ops.cast(probabilities, "float32")
    thresholds = [p] if copies == 1 else [p * (2 - p), p * p]  # at least one, and both
    mean = sum(ops.cast(noise < t, "float32") for t in thresholds) / copies
    return ops.cast(mean, probabilities.dtype)
