import math

import keras
from keras import ops

from keras_gen.arguments import positive_integer, positive_number
from keras_gen.layers import _shapes


@keras.saving.register_keras_serializable("keras_gen")
class RBM(keras.layers.Layer):
    """A restricted Boltzmann machine with binary units, as a layer that returns hidden features.

        E(v, h)    = -b'v - c'h - v'W h                        p(v, h) = exp(-E(v, h)) / Z
        P(h=1 | v) = sigmoid(c + W'v)                          P(v=1 | h) = sigmoid(b + W h)
        F(v)       = -b'v - sum_j softplus(c_j + (W'v)_j)      p(v) = exp(-F(v)) / Z

    Calling the layer gives `P(h=1 | v)`, so that machines stack in a `keras.Sequential`. Energies
    are in nats and float32. Random methods take their noise, uniform in [0, 1), as an argument or
    draw it from the layer's seed. The argument `inputs` is `hidden_input(visible)`, for callers
    that have it already: the product is then not computed again.

    Args:
        units: number of hidden units.
        weight_stddev: standard deviation of the initial weights; biases start at 0.
        seed: integer seed of `gibbs`, or None for a random one.

    Input shape:
        `(batch, visible)`, values in [0, 1].

    Output shape:
        `(batch, units)`.

    Reference:
        Hinton (2012), A Practical Guide to Training Restricted Boltzmann Machines, sections 2 and
        8.
    """

    binary = True  # visible units are zero or one, and independent given the hidden units
    visible_range = (0.0, 1.0)

    def __init__(self, units, weight_stddev=0.01, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.units = positive_integer("units", units)
        self.weight_stddev = positive_number("weight_stddev", weight_stddev)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape):
        visible = _shapes.known_channels(input_shape)
        normal = keras.initializers.RandomNormal(stddev=self.weight_stddev, seed=self.seed)
        self.kernel = self.add_weight((visible, self.units), normal, name="kernel")
        self.visible_bias = self.add_weight((visible,), "zeros", name="visible_bias")
        self.hidden_bias = self.add_weight((self.units,), "zeros", name="hidden_bias")

    def call(self, visible):
        return self.hidden_probabilities(visible)

    def set_visible_frequencies(self, frequencies):
        """Sets the visible biases so that units without connections have these means.

            b = log(p / (1 - p)),    p = clip(frequencies, .01, .99)

        Args:
            frequencies: array of means of the training data, as many as there are visible units.
        """
        p = ops.clip(ops.reshape(ops.cast(frequencies, "float32"), [-1]), 0.01, 0.99)
        self.visible_bias.assign(ops.log(p / (1 - p)))

    # Conditionals

    def hidden_input(self, visible):
        """c + W'v."""
        v, w, c = self.computed(visible, self.kernel, self.hidden_bias)
        return ops.matmul(v, w) + c

    def visible_input(self, hidden):
        """b + W h."""
        h, w, b = self.computed(hidden, self.kernel, self.visible_bias)
        return ops.matmul(h, ops.transpose(w)) + b

    def computed(self, *tensors):
        """Tensors and variables in the compute dtype, for methods that are called directly."""
        return [ops.cast(tensor, self.compute_dtype) for tensor in tensors]

    def hidden_probabilities(self, visible, inputs=None):
        """P(h=1 | v)."""
        return ops.sigmoid(self.hidden_input(visible) if inputs is None else inputs)

    def visible_probabilities(self, hidden):
        """P(v=1 | h)."""
        return ops.sigmoid(self.visible_input(hidden))

    # Energies

    def visible_energy(self, visible):
        """The part of the energy that no hidden unit enters: -b'v, of shape (batch,)."""
        return -ops.matmul(ops.cast(visible, "float32"), ops.cast(self.visible_bias, "float32"))

    def energy(self, visible, hidden):
        """E(v, h) in nats, of shape (batch,)."""
        agreement = ops.multiply(hidden, self.hidden_input(visible))
        return self.visible_energy(visible) - ops.sum(ops.cast(agreement, "float32"), axis=-1)

    def hidden_part(self, inputs):
        """The hidden units' part of the free energy, given their inputs.

        -sum_j softplus(inputs_j), of shape (batch,)
        """
        return -ops.sum(ops.softplus(ops.cast(inputs, "float32")), axis=-1)

    def free_energy(self, visible, inputs=None):
        """F(v) = -log sum_h exp(-E(v, h)) in nats, of shape (batch,)."""
        inputs = self.hidden_input(visible) if inputs is None else inputs
        return self.visible_energy(visible) + self.hidden_part(inputs)

    def reconstruct(self, visible, inputs=None):
        """E[v | P(h=1 | visible)]: the means on the way up and down."""
        return self.visible_probabilities(self.hidden_probabilities(visible, inputs))

    # Gibbs sampling

    def draw_hidden(self, visible, noise, inputs=None):
        """h ~ P(h | v), zeros and ones."""
        return _draw(self.hidden_probabilities(visible, inputs), noise)

    def draw_visible(self, hidden, noise):
        """v ~ P(v | h), zeros and ones."""
        return _draw(self.visible_probabilities(hidden), noise)

    def gibbs_step(self, visible, hidden_noise, visible_noise, inputs=None):
        """h ~ P(h | v), v ~ P(v | h)."""
        return self.draw_visible(self.draw_hidden(visible, hidden_noise, inputs), visible_noise)

    def gibbs(self, visible, steps=1, inputs=None, noise=None):
        """The visible units after some Gibbs steps; `noise` is a function like `self.noise`."""
        noise = self.noise if noise is None else noise
        for _ in range(steps):
            noises = [noise(visible, width) for width in (self.units, self.kernel.shape[0])]
            visible, inputs = self.gibbs_step(visible, *noises, inputs), None
        return visible

    def noise(self, like, width):
        """Uniform numbers of shape (batch of `like`, width) from the layer's seed."""
        shape = (ops.shape(like)[0], width)
        return keras.random.uniform(shape, dtype="float32", seed=self.seed_generator)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "weight_stddev": self.weight_stddev,
            "seed": self.seed,
        }


def _draw(probabilities, noise):
    # Compared in float32: half precision has too few numbers between 0 and 1.
    return ops.cast(noise < ops.cast(probabilities, "float32"), probabilities.dtype)


@keras.saving.register_keras_serializable("keras_gen")
class GaussianRBM(RBM):
    """A restricted Boltzmann machine with real-valued visible units of unit variance.

        E(v, h)    = |v - b|^2 / 2 - c'h - v'W h
        P(h=1 | v) = sigmoid(c + W'v)                          p(v | h) = N(b + W h, I)
        F(v)       = |v - b|^2 / 2 - sum_j softplus(c_j + (W'v)_j)

    Scale the data to zero mean and unit variance per visible unit. Arguments and shapes are those
    of `RBM`, with unbounded inputs.

    Reference:
        Hinton (2012), A Practical Guide to Training Restricted Boltzmann Machines, section 13.2.
    """

    binary = False
    visible_range = None

    def set_visible_frequencies(self, frequencies):
        """Sets the visible biases to the means of the training data: b = frequencies."""
        self.visible_bias.assign(ops.reshape(ops.cast(frequencies, "float32"), [-1]))

    def visible_probabilities(self, hidden):
        """The means b + W h of p(v | h)."""
        return self.visible_input(hidden)

    def visible_energy(self, visible):
        """|v - b|^2 / 2, of shape (batch,)."""
        distance = ops.cast(ops.subtract(visible, self.visible_bias), "float32")
        return ops.sum(ops.square(distance), axis=-1) / 2

    def draw_visible(self, hidden, noise):
        """v ~ N(b + W h, I), by the inverse of the normal distribution function."""
        mean = self.visible_probabilities(hidden)
        inside = ops.clip(ops.cast(noise, "float32"), 1e-7, 1 - 1e-7)  # its ends are infinite
        return mean + ops.cast(math.sqrt(2) * ops.erfinv(2 * inside - 1), mean.dtype)
