import keras
from keras import ops

from keras_gen.layers import _shapes


@keras.saving.register_keras_serializable("keras_gen")
class Sampling(keras.layers.Layer):
    """Draw from a diagonal Gaussian through which gradients flow (reparameterization).

        z = mean + exp(log_var / 2) * eps        eps ~ N(0, 1)

    `log_var` is the natural logarithm of the variance. The draw is computed in float32 under every
    dtype policy, and is made in training and in inference alike.

    Args:
        seed: integer seed of `eps`, or None for a random one.

    Input shape:
        A list `[mean, log_var]` of two tensors of equal shape.

    Output shape:
        That of each input.

    Reference:
        Kingma and Welling (2014), Auto-Encoding Variational Bayes, arXiv:1312.6114, equation 10.
    """

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape):
        self.compute_output_shape(input_shape)

    def call(self, inputs):
        mean, log_var = inputs
        stddev = ops.exp(ops.cast(log_var, "float32") / 2)
        eps = keras.random.normal(ops.shape(mean), dtype="float32", seed=self.seed_generator)
        return ops.cast(ops.cast(mean, "float32") + stddev * eps, mean.dtype)

    def compute_output_shape(self, input_shape):
        return _shapes.equal_shapes(["mean", "log_var"], input_shape)

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}
