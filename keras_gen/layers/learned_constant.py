import keras
from keras import ops

from keras_gen.arguments import shape_of


@keras.saving.register_keras_serializable("keras_gen")
class LearnedConstant(keras.layers.Layer):
    """The same trained tensor for every example: where the synthesis of StyleGAN begins.

        y[b] = constant,     constant = 1 at the start

    Args:
        shape: shape of the constant, such as (4, 4, 512).

    Input shape:
        `(batch, ...)`; only the number of examples matters.

    Output shape:
        `(batch, *shape)`.

    Reference:
        Karras, Laine, Aila (2019), A Style-Based Generator Architecture for GANs,
        arXiv:1812.04948, section 2; the ones: appendix C.
    """

    def __init__(self, shape, **kwargs):
        super().__init__(**kwargs)
        self.shape = shape_of("shape", shape)

    def build(self, input_shape):
        del input_shape  # only the batch matters
        self.constant = self.add_weight(name="constant", shape=self.shape, initializer="ones")

    def call(self, inputs):
        examples = ops.zeros((ops.shape(inputs)[0], *[1] * len(self.shape)), self.compute_dtype)
        return examples + self.constant

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *self.shape)

    def get_config(self):
        return {**super().get_config(), "shape": self.shape}
