import keras
from keras import ops

from keras_gen.arguments import argument_error
from keras_gen.layers import _shapes


@keras.saving.register_keras_serializable("keras_gen")
class NoiseInjection(keras.layers.Layer):
    """Adds one image of Gaussian noise to all feature maps, with a learned strength for each.

        y[b, h, w, c] = x[b, h, w, c] + strength[c] noise[b, h, w]        noise ~ N(0, 1)

    The strengths start at 0, so an untrained layer passes its input through. In training every
    sample of every call gets new noise. In inference all samples of all calls get one image of
    noise, the non-trainable weight `noise`: equal inputs give equal outputs, also after saving and
    loading. It is drawn from the seed when the layer is built; give the layers of a network
    different seeds, or None, so that their noise differs. Noise that is passed as a second input
    is used in both modes instead.

    Args:
        seed: integer seed of the noise, or None for a random one.

    Input shape:
        `(batch, height, width, channels)`, or a list of that and of noise with the shape
        `(batch, height, width, 1)`. Height, width and channels must be known.

    Output shape:
        That of the (first) input.

    Raises:
        ValueError: if a size other than the batch's is unknown, or if in inference the height or
            width of the input differs from that of the stored noise.

    Reference:
        Karras, Laine, Aila (2019), A Style-Based Generator Architecture for GANs,
        arXiv:1812.04948, section 2 and figure 1b (block B).
    """

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape):
        shape = self.compute_output_shape(input_shape)
        _, height, width, channels = shape
        if None in (height, width, channels):
            raise argument_error(
                "inputs",
                "a known height, width and number of channels: one image of noise is stored",
                received=f"shape {shape}",
            )
        self.strength = self.add_weight(name="strength", shape=(channels,), initializer="zeros")
        self.noise = self.add_weight(
            name="noise",
            shape=(1, height, width, 1),
            initializer=keras.initializers.RandomNormal(stddev=1.0, seed=self.seed_generator),
            dtype="float32",
            trainable=False,
            autocast=False,
            aggregation="only_first_replica",
        )

    def call(self, inputs, training=False):
        x, noise = inputs if isinstance(inputs, (list, tuple)) else (inputs, None)
        if noise is None:
            noise = self._fresh_noise(x) if training else self._stored_noise(x)
        return x + self.strength * ops.cast(noise, x.dtype)

    def _fresh_noise(self, x):
        shape = (*ops.shape(x)[:-1], 1)
        return keras.random.normal(shape, dtype="float32", seed=self.seed_generator)

    def _stored_noise(self, x):
        if not _shapes.agree(x.shape[1:3], self.noise.shape[1:3]):
            raise argument_error(
                "inputs",
                f"features of the height and width {tuple(self.noise.shape[1:3])} of the stored "
                "noise, or noise as a second input",
                received=f"shape {tuple(x.shape)}",
            )
        return self.noise

    def compute_output_shape(self, input_shape):
        if not _shapes.is_list_of_shapes(input_shape):
            shape = tuple(input_shape)
        else:
            shape, noise = _shapes.shapes_of(["features", "noise"], input_shape)
            _shapes.equal_shapes(["one feature map", "noise"], [(*shape[:-1], 1), noise])
        if len(shape) != 4:
            raise argument_error("inputs", "features of rank 4", received=f"shape {shape}")
        return shape

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}
