import keras
from keras import ops

from keras_gen.arguments import argument_error, positive_number
from keras_gen.layers import _shapes
from keras_gen.layers.equalized import EqualizedDense


@keras.saving.register_keras_serializable("keras_gen")
class AdaIN(keras.layers.Layer):
    """Adaptive instance normalization: a style sets the mean and deviation of every feature map.

        y = scale * (x - mean(x)) / sqrt(var(x) + epsilon) + bias
        [scale - 1, bias] = A(style)

    Mean and variance are those of each sample's feature map over height and width. `A` is a
    learned affine map, an `EqualizedDense` of gain 1 whose bias starts at 0: a style of zeros
    gives scale 1 and bias 0. Statistics are computed in float32 under every dtype policy.

    Args:
        epsilon: added to the variance inside the root.

    Input shape:
        A list `[features, style]` of `(batch, height, width, channels)` and `(batch, style_dim)`.

    Output shape:
        That of `features`.

    Reference:
        Huang, Belongie, 2017, Arbitrary Style Transfer in Real-time with Adaptive Instance
        Normalization, arXiv 1703.06868, equation 8. Karras, Laine, Aila, 2019, A Style-Based
        Generator Architecture for GANs, arXiv 1812.04948, equation 1 (the learned map).
    """

    def __init__(self, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = positive_number("epsilon", epsilon)

    def build(self, input_shape):
        features, style = self._check(input_shape)
        self.affine = EqualizedDense(
            2 * _shapes.known_channels(features), gain=1, dtype=self.dtype_policy, name="affine"
        )
        self.affine.build(style)

    def call(self, inputs):
        features, style = inputs
        x = ops.cast(features, "float32")
        mean = ops.mean(x, axis=(1, 2), keepdims=True)
        variance = ops.var(x, axis=(1, 2), keepdims=True)
        normalized = (x - mean) * ops.rsqrt(variance + self.epsilon)
        change = ops.cast(self.affine(style), "float32")[:, None, None, :]
        scale_change, bias = ops.split(change, 2, axis=-1)
        return ops.cast((1 + scale_change) * normalized + bias, features.dtype)

    def _check(self, input_shape):
        features, style = _shapes.two_shapes(input_shape, "[features, style]")
        if len(features) != 4 or len(style) != 2:
            raise argument_error(
                "inputs",
                "features of rank 4 and a style of rank 2",
                received=f"shapes {features} and {style}",
            )
        return features, style

    def compute_output_shape(self, input_shape):
        return self._check(input_shape)[0]

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}
