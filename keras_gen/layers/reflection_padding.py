import numbers

import keras
from keras import ops

from keras_gen.arguments import argument_error


@keras.saving.register_keras_serializable("keras_gen")
class ReflectionPadding2D(keras.layers.Layer):
    """Padding of an image with its own mirror image, the border pixel not repeated.

        [a b c d] padded by 2  ->  [c b a b c d c b]

    Unlike zeros, it shows a convolution no edge that is not in the image.

    Args:
        padding: pixels on each side: one integer, `(height, width)`, or
            `((top, bottom), (left, right))`. Stored in the last form.

    Input shape:
        `(batch, height, width, channels)`; height and width greater than the padding.

    Output shape:
        `(batch, height + top + bottom, width + left + right, channels)`.

    Reference:
        Johnson, Alahi, Fei-Fei (2016), Perceptual Losses for Real-Time Style Transfer and
        Super-Resolution, arXiv:1603.08155, supplementary material.
    """

    def __init__(self, padding=1, **kwargs):
        super().__init__(**kwargs)
        self.padding = _standardize_padding(padding)
        self.input_spec = keras.layers.InputSpec(ndim=4)

    def build(self, input_shape):
        self.compute_output_shape(input_shape)

    def call(self, inputs):
        # Later inputs may be smaller than the one the layer was built for.
        self.compute_output_shape(inputs.shape)
        return ops.pad(inputs, ((0, 0), *self.padding, (0, 0)), mode="reflect")

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        return (batch, self._padded(height, 0), self._padded(width, 1), channels)

    def _padded(self, size, dimension):
        if size is None:
            return None
        if max(self.padding[dimension]) >= size:
            raise argument_error(
                "padding",
                f"less than the {('height', 'width')[dimension]} of the input, {size}: there is "
                "nothing further to reflect",
                self.padding,
            )
        return size + sum(self.padding[dimension])

    def get_config(self):
        return {**super().get_config(), "padding": self.padding}


def _standardize_padding(padding):
    sides = padding if isinstance(padding, (list, tuple)) else (padding, padding)
    sides = tuple(
        tuple(side) if isinstance(side, (list, tuple)) else (side, side) for side in sides
    )
    valid = len(sides) == 2 and all(
        len(side) == 2
        and all(
            isinstance(pixels, numbers.Integral) and not isinstance(pixels, bool) and pixels >= 0
            for pixels in side
        )
        for side in sides
    )
    if not valid:
        raise argument_error(
            "padding",
            "a non-negative integer, (height, width) or ((top, bottom), (left, right))",
            padding,
        )
    return tuple((int(first), int(second)) for first, second in sides)
