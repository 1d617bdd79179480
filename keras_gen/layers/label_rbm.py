import keras
from keras import ops

from keras_gen.arguments import argument_error, positive_integer
from keras_gen.layers import _shapes
from keras_gen.layers.rbm import RBM


@keras.saving.register_keras_serializable("keras_gen")
class LabelRBM(RBM):
    """A restricted Boltzmann machine whose last visible units say the class: exactly one is on.

        v = [x, y],   W = [V; U],   b = [a, d]

        P(h=1 | x, y) = sigmoid(c + V'x + U_y)
        P(x=1 | h)    = sigmoid(a + V h)                    P(y | h) = softmax(d + U h)
        p(y | x)      = exp(-F(x, y)) / sum_k exp(-F(x, k))

    The last line is exact: with the features given, there are only as many states to sum over as
    there are classes. Energies, and what is not named here, are those of `RBM`.

    Args:
        units: number of hidden units.
        num_classes: number of label units, at least 2.
        weight_stddev: standard deviation of the initial weights; biases start at 0.
        seed: integer seed of `gibbs`, or None for a random one.

    Input shape:
        `(batch, features + num_classes)`, as `join` makes them; values in [0, 1].

    Output shape:
        `(batch, units)`.

    Reference:
        Hinton, Osindero, Teh (2006), A Fast Learning Algorithm for Deep Belief Nets, section 6.1;
        Larochelle and Bengio (2008), Classification using Discriminative Restricted Boltzmann
        Machines, equations 1 to 3.
    """

    binary = False  # label units depend on each other

    def __init__(self, units, num_classes, weight_stddev=0.01, seed=None, **kwargs):
        super().__init__(units, weight_stddev, seed, **kwargs)
        self.num_classes = positive_integer("num_classes", num_classes)
        if self.num_classes < 2:
            raise argument_error("num_classes", "an integer of at least 2", num_classes)

    def build(self, input_shape):
        if _shapes.known_channels(input_shape) <= self.num_classes:
            raise argument_error(
                "inputs",
                f"features and {self.num_classes} label units",
                received=f"shape {tuple(input_shape)}",
            )
        super().build(input_shape)

    def set_visible_frequencies(self, frequencies):
        """Sets the visible biases so that units without connections have these means.

        Args:
            frequencies: array of means of `join(features, labels)`.
        """
        super().set_visible_frequencies(frequencies)
        features, _ = self.split(self.visible_bias)
        _, labels = self.split(ops.reshape(ops.cast(frequencies, "float32"), [-1]))
        self.visible_bias.assign(ops.concatenate([features, ops.log(ops.maximum(labels, 1e-3))]))

    # Features and labels

    def join(self, features, labels):
        """[x, y] from features (batch, n) and integer labels (batch,) or (batch, 1)."""
        one_hot = ops.one_hot(ops.reshape(labels, [-1]), self.num_classes)
        return ops.concatenate([features, ops.cast(one_hot, features.dtype)], axis=-1)

    def split(self, visible):
        """The features' part of the last axis, and the label units'."""
        return visible[..., : -self.num_classes], visible[..., -self.num_classes :]

    def log_class_probabilities(self, features):
        """log p(y | x) in nats, float32 (batch, num_classes), of features (batch, n).

        log softmax_y(d_y + sum_j softplus(c_j + (V'x)_j + U_yj))
        """
        kernel, label_kernel = self.kernel[: -self.num_classes], self.kernel[-self.num_classes :]
        _, d = self.split(self.visible_bias)
        x, v, u, c = self.computed(features, kernel, label_kernel, self.hidden_bias)
        shared = ops.matmul(x, v) + c
        # One class at a time: all at once would multiply the memory by their number.
        soft = [
            ops.sum(ops.softplus(ops.cast(shared + u[k], "float32")), axis=-1)
            for k in range(self.num_classes)
        ]
        return ops.log_softmax(ops.stack(soft, axis=-1) + ops.cast(d, "float32"), axis=-1)

    # Conditionals

    def visible_probabilities(self, hidden):
        """P(x=1 | h) and P(y | h), side by side."""
        features, labels = self.split(self.visible_input(hidden))
        return ops.concatenate([ops.sigmoid(features), ops.softmax(labels)], axis=-1)

    def draw_visible(self, hidden, noise):
        """x ~ P(x | h), zeros and ones, and y ~ P(y | h), exactly one 1.

        argmax_k(logit_k + g_k),    g = -log(-log u)    (Gumbel), is a draw from softmax(logits).
        """
        features, labels = self.split(ops.cast(self.visible_input(hidden), "float32"))
        noise, label_noise = self.split(ops.cast(noise, "float32"))
        drawn = ops.cast(noise < ops.sigmoid(features), self.compute_dtype)
        gumbel = -ops.log(-ops.log(label_noise))
        return self.join(drawn, ops.argmax(labels + gumbel, axis=-1))

    def get_config(self):
        return {**super().get_config(), "num_classes": self.num_classes}
