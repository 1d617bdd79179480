"""What machines of visible and hidden units share: examples as vectors, and their endpoints."""

import math

import tensorflow as tf

from keras_gen.arguments import argument_error
from keras_gen.models.base import GenerativeModel
from keras_gen.models.inputs import Images
from keras_gen.models.use import checked, count_of, in_batches, steps_of

GIBBS_STEPS = 1000  # from the start of a chain to a sample


class EnergyModel(GenerativeModel):
    """A model of examples as vectors of visible units, which Markov chains generate.

    A subclass defines `call` (features), `reconstructed(x)` (a tensor of examples) and
    `generated(count, seed, gibbs_steps)` (a tensor of examples; `seed` of shape (2,)).

    Args:
        example_shape: shape of one example, such as (28, 28, 1); an integer means vectors.
        value_range: closed interval of the data.
        seed: integer or `None`.
    """

    visible_range = (0.0, 1.0)  # what visible units can be

    def __init__(self, example_shape, value_range=(0.0, 1.0), seed=None, **kwargs):
        super().__init__(value_range=value_range, seed=seed, **kwargs)
        _check_range(value_range, self.visible_range)
        shape = (example_shape,) if isinstance(example_shape, int) else tuple(example_shape)
        self.example_shape = shape
        self.visible_units = math.prod(shape)

    def expects(self):
        return Images(self.example_shape, self.value_range), None

    def unpack(self, data):
        """The visible vectors of a batch of `fit()`, and sample weights."""
        x, _, weight = self.unpacked(data)
        return self.flat(x), weight

    def flat(self, x):
        """Examples as visible vectors."""
        return tf.reshape(tf.cast(x, self.compute_dtype), [-1, math.prod(self.example_shape)])

    def examples(self, visible):
        """Visible vectors as examples, float32."""
        return tf.cast(tf.reshape(visible, [-1, *self.example_shape]), tf.float32)

    # Use

    def transform(self, x, batch_size=256):
        """Features of examples, as a NumPy array."""
        return in_batches(self.graphs.transformed, [self.checked_examples(x)], batch_size)

    def reconstruct(self, x):
        """Examples as their features imply them, as a NumPy array of the examples' shape."""
        return in_batches(self.graphs.reconstructed, [self.checked_examples(x)])

    def generate(self, count, seed=None, gibbs_steps=GIBBS_STEPS):
        """Examples from the model: the ends of Gibbs chains.

        The last step gives probabilities instead of binary pixels, which look better.

        Args:
            count: number of examples.
            seed: integer, or `None` for the next ones of the model's own random numbers.
            gibbs_steps: non-negative integer, length of each chain.

        Returns:
            NumPy array (count, *example_shape).
        """
        count, steps = count_of("count", count), steps_of("gibbs_steps", gibbs_steps)
        chains = tf.constant(count), self.seeded(seed), tf.constant(steps)
        return self.generated(*chains).numpy()

    def transformed(self, x):
        """The tensor of features, float32."""
        return tf.cast(self(x), tf.float32)

    def checked_examples(self, x):
        """Examples as an array, or the `ValueError` that `fit` raises."""
        return checked(self.expects()[0], x, "x")

    def endpoints(self):
        """What `saved_models.export` writes: name -> (function, input signature)."""
        x = tf.TensorSpec([None, *self.example_shape], tf.float32, "x")
        count, seed = (tf.TensorSpec([], tf.int32, name) for name in ("count", "seed"))

        def sample(count, seed):
            return self.generated(count, tf.stack([seed, 0]), GIBBS_STEPS)

        return {
            "transform": (self.transformed, [x]),
            "reconstruct": (self.reconstructed, [x]),
            **self.sample_endpoints(sample, count, seed),
        }


def _check_range(value_range, visible_range):
    if visible_range is None:
        return
    low, high = visible_range
    if value_range is None or not low <= value_range[0] < value_range[1] <= high:
        raise argument_error(
            "value_range",
            f"an interval within [{low}, {high}], where the visible units lie",
            value_range,
        )
