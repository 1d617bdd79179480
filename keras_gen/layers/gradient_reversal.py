import keras
from keras import ops

from keras_gen.arguments import number_from_zero


@keras.saving.register_keras_serializable("keras_gen")
class GradientReversal(keras.layers.Layer):
    """The identity on the way forward, a change of sign on the way back.

        y = x,    dL/dx = -weight * dL/dy

    What comes after this layer descends a loss that what comes before it climbs. `weight` is a
    non-trainable float32 weight, so it is saved with the others; whoever owns the schedule assigns
    it: `layer.weight.assign(0.5)`.

    Args:
        weight: initial value, zero or more; the attribute `weight` is the variable.

    Input shape:
        Any; finite numbers.

    Output shape:
        That of the input.

    Reference:
        Ganin et al. (2016), Domain-Adversarial Training of Neural Networks, arXiv:1505.07818,
        equations 16 to 18.
    """

    def __init__(self, weight=1.0, **kwargs):
        super().__init__(**kwargs)
        self._initial_weight = number_from_zero("weight", weight)
        self.weight = self.add_weight(
            name="weight",
            shape=(),
            initializer=keras.initializers.Constant(self._initial_weight),
            dtype="float32",
            trainable=False,
            autocast=False,
            aggregation="only_first_replica",
        )

    def call(self, inputs):
        still = ops.stop_gradient(inputs)
        # The difference is exactly zero; only its gradient is not.
        return still - ops.cast(self.weight, inputs.dtype) * (inputs - still)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "weight": self._initial_weight}
