import keras
from keras import ops

from keras_gen.arguments import argument_error, positive_integer
from keras_gen.layers import _shapes


@keras.saving.register_keras_serializable("keras_gen")
class MinibatchDiscrimination(keras.layers.Layer):
    """Appends to every sample how close the other samples of its batch are.

        M_i      = f(x_i) T                                  a matrix of `kernels` rows
        c_b(i,j) = exp(-||M_i,b - M_j,b||_1)                 closeness, in (0, 1]
        o_b(i)   = sum_j c_b(i, j)                           one more feature for each row b

    A discriminator with this layer before its last one sees when all images of a batch are alike,
    and can reject the whole batch. T is trained with it.

    The sum runs over the whole batch, the sample itself included: c_b(i, i) = 1, so a new feature
    is 1 where no other sample is near, and the batch size where all are equal. It grows with the
    batch; show the discriminator real and fake images in separate batches of one size. The
    statistic is computed in float32 under every dtype policy, from batch^2 * kernels * kernel_dim
    numbers.

    Args:
        kernels: number of rows of M_i, and of new features.
        kernel_dim: length of a row.
        kernel_initializer: initializer of T, or `None` for the standard normal one. The larger T,
            the nearer a sample must be to count; with a small T all count, and the new features
            begin as large constants, which can make the discriminator diverge.

    Input shape:
        `(batch, features)`.

    Output shape:
        `(batch, features + kernels)`.

    Reference:
        Salimans, Goodfellow, Zaremba, Cheung, Radford, Chen (2016), Improved Techniques for
        Training GANs, arXiv:1606.03498, section 3.2.
    """

    def __init__(self, kernels, kernel_dim=5, kernel_initializer=None, **kwargs):
        super().__init__(**kwargs)
        self.kernels = positive_integer("kernels", kernels)
        self.kernel_dim = positive_integer("kernel_dim", kernel_dim)
        self.kernel_initializer = keras.initializers.get(
            keras.initializers.RandomNormal(stddev=1.0)
            if kernel_initializer is None
            else kernel_initializer
        )

    def build(self, input_shape):
        if len(input_shape) != 2:
            raise argument_error(
                "inputs",
                "vectors; flatten images or pool them first",
                received=f"shape {tuple(input_shape)}",
            )
        self.kernel = self.add_weight(
            (_shapes.known_channels(input_shape), self.kernels * self.kernel_dim),
            self.kernel_initializer,
            name="kernel",
            autocast=False,
        )

    def call(self, inputs):
        rows = ops.transpose(ops.matmul(ops.cast(inputs, "float32"), self.kernel))
        shape = (self.kernels, self.kernel_dim)
        # Samples on the last axes: sums and broadcasts over short ones are several times slower.
        first, second = ops.reshape(rows, (*shape, -1, 1)), ops.reshape(rows, (*shape, 1, -1))
        closeness = ops.exp(-ops.sum(ops.abs(first - second), axis=1))
        features = ops.transpose(ops.sum(closeness, axis=-1))
        return ops.concatenate([inputs, ops.cast(features, inputs.dtype)], axis=-1)

    def compute_output_shape(self, input_shape):
        batch, features = input_shape
        return (batch, None if features is None else features + self.kernels)

    def get_config(self):
        return {
            **super().get_config(),
            "kernels": self.kernels,
            "kernel_dim": self.kernel_dim,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
