import keras
from keras import ops

from keras_gen.arguments import argument_error
from keras_gen.layers import _shapes


@keras.saving.register_keras_serializable("keras_gen")
class NoiseInjection(keras.layers.Layer):
    """Adds one image of Gaussian noise to all feature maps, with a learned strength for each.

        y[b, h, w, c] = x[b, h, w, c] + strength[c] * noise[b, h, w]        noise ~ N(0, 1)

    The strengths start at 0, so an untrained layer passes its input through. Noise is drawn anew at
    every call, in training and in inference alike; pass it as a second input to hold it fixed.

    Args:
        seed: integer seed of the noise, or None for a random one.

    Input shape:
        `(batch, height, width, channels)`, or a list of that and of noise with the shape
        `(batch, height, width, 1)`.

    Output shape:
        That of the (first) input.

    Reference:
        Karras, Laine, Aila, 2019, A Style-Based Generator Architecture for GANs,
        arXiv 1812.04948, section 2 and figure 1b (block B).
    """

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape):
        channels = _shapes.known_channels(self.compute_output_shape(input_shape))
        self.strength = self.add_weight(name="strength", shape=(channels,), initializer="zeros")

    def call(self, inputs):
        if isinstance(inputs, (list, tuple)):
            x, noise = inputs
        else:
            x = inputs
            shape = (*ops.shape(x)[:-1], 1)
            noise = keras.random.normal(shape, dtype=x.dtype, seed=self.seed_generator)
        return x + self.strength * noise

    def compute_output_shape(self, input_shape):
        if not _shapes.is_list_of_shapes(input_shape):
            shape = tuple(input_shape)
        else:
            shape, noise = _shapes.two_shapes(input_shape, "[features, noise]")
            _shapes.equal_shapes([(*shape[:-1], 1), noise], "[one feature map, noise]")
        if len(shape) != 4:
            raise argument_error("inputs", "features of rank 4", received=f"shape {shape}")
        return shape

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}
