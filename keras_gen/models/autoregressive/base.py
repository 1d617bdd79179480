"""What fully visible belief networks share: exact likelihoods, and images made pixel by pixel."""

import dataclasses

import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error, array_of_numbers, positive_integer
from keras_gen.losses import weighted_mean
from keras_gen.models.base import GenerativeModel
from keras_gen.models.inputs import Images
from keras_gen.models.use import checked, count_of, in_batches

LEVEL_TOLERANCE = 1e-3  # of the distance between two levels: float arithmetic rounds


class AutoregressiveModel(GenerativeModel):
    """A model of images that gives every pixel a distribution, given the pixels before it.

        p(x) = prod_t p(x_t | x_1 ... x_{t-1}),    loss = -log p(x),    in nats per image

    Pixels take one of `levels` grey levels, evenly spaced over the range, and

        p(x_t = k | x_1 ... x_{t-1}) = softmax(0, a_1 ... a_{levels-1})_k

    so that for a binary pixel the network's one output is the log-odds. A pixel is drawn by the
    inverse of its cumulative distribution, from one uniform number.

    A subclass defines `call`, the logits of a batch, and `draw`.

    Args:
        image_shape: (height, width, 1).
        levels: number of grey levels, at least two.
        value_range: closed interval of the pixels.
        seed: integer or `None`.
    """

    tracked = ("loss",)

    def __init__(self, image_shape, levels=2, value_range=(0.0, 1.0), seed=None, **kwargs):
        super().__init__(value_range=value_range, seed=seed, **kwargs)
        self.image_shape = tuple(image_shape)
        if len(self.image_shape) != 3 or self.image_shape[-1] != 1:
            raise argument_error("image_shape", "(height, width, 1)", image_shape)
        if value_range is None or not value_range[0] < value_range[1]:
            raise argument_error("value_range", "an interval", value_range)
        self.levels = positive_integer("levels", levels)
        if levels < 2:
            raise argument_error("levels", "at least two levels", levels)

    # Pixels

    def expects(self):
        return GreyLevels(self.image_shape, self.value_range, levels=self.levels), None

    def steps(self, x):
        """Pixels as numbers from 0 to levels - 1."""
        low, high = self.value_range
        return (x - low) * ((self.levels - 1) / (high - low))

    def level(self, x):
        """The nearest level of every pixel, int32, without the axis of the channel."""
        steps = tf.round(self.steps(tf.cast(x, tf.float32)[..., 0]))
        return tf.cast(tf.clip_by_value(steps, 0.0, self.levels - 1.0), tf.int32)

    def pixels(self, level):
        """Pixels of levels, float32."""
        low, high = self.value_range
        return low + tf.cast(level, tf.float32) * ((high - low) / (self.levels - 1))

    def inputs(self, x):
        """Pixels in [-1, 1] for a network that pads images with 0, which no binary pixel is."""
        steps = self.steps(tf.cast(x, tf.float32))
        return tf.cast(steps * (2 / (self.levels - 1)) - 1, self.compute_dtype)

    def image_log_likelihood(self, x, logits):
        """log p(x) of images, float32 (batch,), from logits (batch, height, width, levels - 1)."""
        terms = tf.nn.sparse_softmax_cross_entropy_with_logits(self.level(x), all_logits(logits))
        return -tf.reduce_sum(terms, axis=[1, 2])

    def drawn(self, logits, uniform):
        """Pixels (...) drawn from logits (..., levels - 1) by uniform numbers (...)."""
        cumulative = tf.cumsum(tf.nn.softmax(all_logits(logits)), axis=-1)[..., :-1]
        return self.pixels(tf.reduce_sum(tf.cast(uniform[..., None] >= cumulative, tf.int32), -1))

    # Training

    def training_log_likelihood(self, x):
        """log p(x) of a batch as training sees it, float32 (batch,)."""
        return self.image_log_likelihood(x, self(x, training=True))

    def log_likelihood(self, x):
        """log p(x) of images, float32 (batch,)."""
        return self.image_log_likelihood(x, self(x, training=False))

    def objective(self, constants, training):
        """The mean of -log p(x) over a batch."""
        x, _, weight = self.unpacked(constants)
        log_likelihood = self.training_log_likelihood if training else self.log_likelihood
        terms = -log_likelihood(x)
        self.track(x, weight, loss=terms)
        return weighted_mean(terms, weight)

    # Use

    def log_prob(self, images, batch_size=256):
        """log p(x) of images, in nats.

        Args:
            images: array (count, height, width, 1).
            batch_size: images per step.

        Returns:
            NumPy array (count,).
        """
        images = checked(self.expects()[0], images, "images")
        return in_batches(self.graphs.log_likelihood, [images], batch_size)

    def generate(self, count, seed=None):
        """Draws images; equal seeds give equal images.

        Args:
            count: number of images.
            seed: integer, or `None` for the next images of the model's own random numbers.

        Returns:
            NumPy array (count, height, width, 1).
        """
        count = count_of("count", count)
        return self.generated(tf.constant(count), self.seeded(seed)).numpy()

    def complete(self, images, mask, seed=None):
        """Draws the pixels of images that are not given.

        Args:
            images: array (count, height, width, 1); what it holds at other pixels does not matter.
            mask: boolean array, True where a pixel is given, of the shape of the images or of one
                image.
            seed: integer, or `None` for the next images of the model's own random numbers.

        Returns:
            NumPy array like `images`.
        """
        images, mask = array_of_numbers("images", images), np.asarray(mask)
        if np.shape(images)[1:] != self.image_shape:
            raise argument_error(
                "images",
                f"the shape (count, {', '.join(map(str, self.image_shape))})",
                received=f"shape {np.shape(images)}",
            )
        if mask.dtype != bool or mask.shape not in (self.image_shape, np.shape(images)):
            raise argument_error(
                "mask",
                f"booleans of the shape {self.image_shape} or {np.shape(images)}",
                received=f"mask of {mask.dtype} and shape {mask.shape}",
            )
        images = np.where(mask, images, np.float32(self.value_range[0])).astype("float32")
        self.expects()[0].check(images, "images")
        given = tf.broadcast_to(mask, images.shape)
        return self.completed(tf.constant(images), given, self.seeded(seed)).numpy()

    @tf.function(reduce_retracing=True, autograph=False)
    def generated(self, count, seed):
        """The tensor of drawn images; `seed` is an integer tensor of shape (2,)."""
        nothing = tf.zeros([count, *self.image_shape])
        return self.draw(nothing, tf.zeros_like(nothing, tf.bool), seed)

    @tf.function(reduce_retracing=True, autograph=False)
    def completed(self, images, given, seed):
        """The tensor of images whose pixels are drawn where they are not given."""
        return self.draw(images, given, seed)

    def draw(self, images, given, seed):
        """Images with every pixel that is not given drawn, one after the other.

        Args:
            images: float32 (batch, height, width, 1).
            given: boolean, of the same shape.
            seed: integer tensor of shape (2,), from which all random numbers come.
        """
        raise NotImplementedError

    def endpoints(self):
        """What `saved_models.export` writes: name -> (function, input signature)."""
        images = tf.TensorSpec([None, *self.image_shape], tf.float32, "images")
        mask = tf.TensorSpec([None, *self.image_shape], tf.bool, "mask")
        count, seed = (tf.TensorSpec([], tf.int32, name) for name in ("count", "seed"))

        def sample(count, seed):
            return self.generated(count, tf.stack([seed, 0]))

        def complete(images, mask, seed):
            return self.completed(images, mask, tf.stack([seed, 0]))

        return {
            "log_prob": (self.log_likelihood, [images]),
            "complete": (complete, [images, mask, seed]),
            **self.sample_endpoints(sample, count, seed),
        }


@dataclasses.dataclass(frozen=True)
class GreyLevels(Images):
    """Images whose pixels take evenly spaced values of the range, both ends included.

    Attributes:
        levels: number of these values.
    """

    levels: int = 2

    def check_further(self, array, name):
        super().check_further(array, name)
        low, high = self.value_range
        steps = (np.asarray(array, "float32") - low) * ((self.levels - 1) / (high - low))
        off = np.abs(steps - np.round(steps)) > LEVEL_TOLERANCE
        if np.any(off):
            raise argument_error(
                name,
                f"pixels of {self.levels} levels from {low} to {high}; `data.binarize` draws "
                "binary ones from grey",
                received=f"{np.sum(off)} pixels in between",
            )


def all_logits(logits):
    """Logits of every level, float32: that of the lowest is 0."""
    logits = tf.cast(logits, tf.float32)
    return tf.concat([tf.zeros_like(logits[..., :1]), logits], axis=-1)
