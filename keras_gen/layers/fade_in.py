import keras
from keras import ops

from keras_gen.arguments import argument_error
from keras_gen.layers import _shapes


@keras.saving.register_keras_serializable("keras_gen")
class FadeIn(keras.layers.Layer):
    """Blend of an old and a new branch of a growing network.

        y = (1 - alpha) old + alpha new

    `alpha` is an input, in [0, 1]: the layer has no weights, and whoever owns the schedule owns the
    number. At 0 and at 1 the output equals one branch exactly, if the other one is finite. A value
    outside [0, 1] cannot be detected in a graph; it extrapolates along the same line.

    The blend is computed in float32 under every dtype policy, and a float32 `alpha` is not rounded
    to half precision. Create a variable with `autocast=False`, or Keras rounds it when it is read.

    Input shape:
        A list `[old, new, alpha]`: two tensors of equal shape, and a scalar tensor or variable, or
        a tensor of shape `(1,)`, `(batch,)` or `(batch, 1)`. In a functional model `alpha` is an
        input of the model: `keras.Input((1,))` takes one number for each sample, and also
        `(1, 1)`, one for all; `keras.Input(batch_shape=())` takes a scalar.

    Output shape:
        That of `old` and `new`.

    Reference:
        Karras, Aila, Laine, Lehtinen (2018), Progressive Growing of GANs for Improved Quality,
        Stability, and Variation, arXiv:1710.10196, figure 2.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.autocast = False  # `alpha` stays in float32

    def build(self, input_shape):
        self.compute_output_shape(input_shape)

    def call(self, inputs):
        old, new, alpha = (ops.cast(tensor, "float32") for tensor in inputs)
        alpha = ops.reshape(alpha, (-1, *[1] * (len(new.shape) - 1)))
        return ops.cast((1 - alpha) * old + alpha * new, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        old, new, alpha = _shapes.shapes_of(["old", "new", "alpha"], input_shape)
        shape = _shapes.equal_shapes(["old", "new"], [old, new])
        per_sample = _shapes.agree(alpha[:1], shape[:1]) or alpha[:1] in ((), (1,))
        if not per_sample or any(size != 1 for size in alpha[1:]):
            raise argument_error(
                "inputs",
                "an alpha of shape (), (1,), (batch,) or (batch, 1)",
                received=f"shapes {old}, {new} and {alpha}",
            )
        return shape
