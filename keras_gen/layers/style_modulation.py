import keras
from keras import ops

from keras_gen.arguments import argument_error, positive_number
from keras_gen.layers import _shapes
from keras_gen.layers._statistics import mean_and_deviation
from keras_gen.layers.equalized import EqualizedDense


@keras.saving.register_keras_serializable("keras_gen")
class StyleModulation(keras.layers.Layer):
    """Instance normalization whose scale and bias a style vector sets through a learned map.

        y = (1 + s) (x - mu(x)) / sigma(x) + b        [s, b] = A(style)

    mu is the mean and sigma = sqrt(variance + epsilon) over height and width, separately for every
    sample and channel. `A` is a learned affine map, an `EqualizedDense` of gain 1 whose bias starts
    at 0: a style of zeros gives scale 1 and bias 0. Statistics are computed in float32 under every
    dtype policy. For a style that is a set of feature maps see `AdaIN`.

    Args:
        epsilon: added to the variance inside the root.

    Input shape:
        A list `[features, style]` of `(batch, height, width, channels)` and `(batch, style_dim)`.

    Output shape:
        That of `features`.

    Reference:
        Karras, Laine, Aila (2019), A Style-Based Generator Architecture for GANs,
        arXiv:1812.04948, section 2, equation 1.
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
        mean, sigma = mean_and_deviation(x, self.epsilon)
        s, b = ops.split(ops.cast(self.affine(style), "float32")[:, None, None, :], 2, axis=-1)
        return ops.cast((x - mean) * ((1 + s) / sigma) + b, features.dtype)

    def _check(self, input_shape):
        features, style = _shapes.shapes_of(["features", "style"], input_shape)
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
