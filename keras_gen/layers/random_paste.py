import keras
from keras import ops

from keras_gen.arguments import number_from_zero


@keras.saving.register_keras_serializable("keras_gen")
class RandomPaste(keras.layers.Layer):
    """Pastes a small square of another image of the batch over every image, in training only.

        output(p) = other(p) if |p - c|_max < s / 2, else input(p)

        s ~ U[0, size],  c ~ U[0, height - 1] x U[0, width - 1]

    A square of background wipes out strokes, one of a stroke adds some: what an image shows is
    still the same. A classifier that sees such images looks at more than one detail. Every image
    takes its square from the image a random number of places further on, the same for all; after
    the last image comes the first. A single image stays as it is. In inference images pass as they
    are.

    Args:
        size: largest side of a square, in pixels, zero or more.
        seed: integer seed of the squares, or None for a random one.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        That of the input.

    Reference:
        Yun et al. (2019), CutMix: Regularization Strategy to Train Strong Classifiers with
        Localizable Features, arXiv:1905.04899. There squares are large, and labels are mixed.
    """

    def __init__(self, size, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.size = number_from_zero("size", size)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, images, training=False):
        if not training:
            return images
        count = ops.shape(images)[0]
        shares = keras.random.uniform((4, count), 0, 1, "float32", self.seed_generator)
        s, y, x, places = ops.unstack(shares)
        behind = 1 + ops.cast(ops.floor(places[0] * ops.cast(count - 1, "float32")), "int32")
        others = ops.take(images, (ops.arange(count) + behind) % count, axis=0)
        return self.pasted(images, others, s, y, x)

    def pasted(self, images, others, s, y, x):
        """Images with squares of others; side and place in fractions of their ranges: (batch,)."""
        height, width = images.shape[1:3]
        s, y, x = (self.size * s)[:, None], ((height - 1) * y)[:, None], ((width - 1) * x)[:, None]
        rows = ops.abs(ops.arange(height, dtype="float32") - y) < s / 2
        columns = ops.abs(ops.arange(width, dtype="float32") - x) < s / 2
        square = ops.logical_and(rows[:, :, None], columns[:, None, :])
        return ops.where(square[..., None], others, images)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "size": self.size, "seed": self.seed}
