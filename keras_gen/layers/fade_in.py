import numbers

import keras
from keras import ops

from keras_gen.arguments import argument_error
from keras_gen.layers import _shapes


@keras.saving.register_keras_serializable("keras_gen")
class FadeIn(keras.layers.Layer):
    """Blend of an old and a new branch of a growing network.

        y = (1 - alpha) * old + alpha * new

    `alpha` is a non-trainable float32 weight, so it is saved with the others; whoever owns the
    schedule assigns it: `layer.alpha.assign(0.5)`.

    Args:
        alpha: initial share of the new branch, in [0, 1]. As an attribute: the weight.

    Input shape:
        A list `[old, new]` of two tensors of equal shape.

    Output shape:
        That of each input.

    Reference:
        Karras, Aila, Laine, Lehtinen, 2018, Progressive Growing of GANs for Improved Quality,
        Stability, and Variation, arXiv 1710.10196, figure 2.
    """

    def __init__(self, alpha=0.0, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(alpha, numbers.Real) or not 0 <= alpha <= 1:
            raise argument_error("alpha", "a number in [0, 1]", alpha)
        self._initial_alpha = float(alpha)
        self.alpha = self.add_weight(
            name="alpha",
            shape=(),
            initializer=keras.initializers.Constant(self._initial_alpha),
            dtype="float32",
            trainable=False,
            autocast=False,
        )

    def build(self, input_shape):
        self.compute_output_shape(input_shape)

    def call(self, inputs):
        old, new = inputs
        blend = (1 - self.alpha) * ops.cast(old, "float32") + self.alpha * ops.cast(new, "float32")
        return ops.cast(blend, new.dtype)

    def compute_output_shape(self, input_shape):
        return _shapes.equal_shapes(input_shape, "[old, new]")

    def get_config(self):
        return {**super().get_config(), "alpha": self._initial_alpha}
