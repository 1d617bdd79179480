import keras
from keras import ops

from keras_gen.arguments import argument_error, positive_number
from keras_gen.layers import _shapes
from keras_gen.layers._statistics import mean_and_deviation


@keras.saving.register_keras_serializable("keras_gen")
class AdaIN(keras.layers.Layer):
    """Adaptive instance normalization: content with the mean and deviation of a style's features.

        AdaIN(x, y) = sigma(y) (x - mu(x)) / sigma(x) + mu(y)

    x is the content and y the style. mu is the mean and sigma = sqrt(variance + epsilon) over
    height and width, separately for every sample and channel. The layer has no weights. Statistics
    are computed in float32 under every dtype policy. For a style that comes as a vector see
    `StyleModulation`.

    Args:
        epsilon: added to the variance inside the root.

    Input shape:
        A list `[content, style]` of `(batch, height, width, channels)` and
        `(batch, style height, style width, channels)`.

    Output shape:
        That of `content`.

    Reference:
        Huang and Belongie (2017), Arbitrary Style Transfer in Real-time with Adaptive Instance
        Normalization, arXiv:1703.06868, equation 8.
    """

    def __init__(self, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = positive_number("epsilon", epsilon)

    def build(self, input_shape):
        self.compute_output_shape(input_shape)

    def call(self, inputs):
        content, style = inputs
        return self.with_statistics(content, *self.statistics(style))

    def statistics(self, features):
        """mu and sigma of each sample's feature maps: float32 tensors (batch, 1, 1, channels)."""
        return mean_and_deviation(ops.cast(features, "float32"), self.epsilon)

    def with_statistics(self, content, mean, deviation):
        """Content with these statistics in place of a style's; they broadcast."""
        x = ops.cast(content, "float32")
        own_mean, own_deviation = self.statistics(x)
        x = deviation * (x - own_mean) / own_deviation + mean
        return ops.cast(x, content.dtype)

    def compute_output_shape(self, input_shape):
        content, style = _shapes.shapes_of(["content", "style"], input_shape)
        are_images = len(content) == len(style) == 4
        if not are_images or not _shapes.agree(content[::3], style[::3]):
            raise argument_error(
                "inputs",
                "content and style of rank 4 with equal batch size and channels",
                received=f"shapes {content} and {style}",
            )
        return content

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}
