"""Optimizers that do the arithmetic of Keras's own with fewer operations."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("keras_gen")
class FusedAdam(keras.optimizers.Adam):
    """Keras's Adam, one operation of TensorFlow's per variable instead of a dozen.

        m <- m + (1 - beta_1) (g - m)
        v <- v + (1 - beta_2) (g^2 - v)
        w <- w - learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon)

    Numbers, slots and options are those of `keras.optimizers.Adam`. It pays where steps are short,
    as those of dense networks are. With `amsgrad`, and for the sparse gradient of an embedding,
    Keras's own code runs.

    Args:
        **kwargs: those of `keras.optimizers.Adam`, with its defaults.

    Reference:
        Kingma and Ba (2015), Adam: A Method for Stochastic Optimization, arXiv:1412.6980, the
        order of computation at the end of section 2.
    """

    def update_step(self, gradient, variable, learning_rate):
        if self.amsgrad or isinstance(gradient, tf.IndexedSlices):
            super().update_step(gradient, variable, learning_rate)
            return
        index = self._get_variable_index(variable)
        numbers = self.iterations + 1, self.beta_1, self.beta_2, learning_rate, self.epsilon
        t, beta_1, beta_2, rate, epsilon = (tf.cast(each, variable.dtype) for each in numbers)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=beta_1**t,
            beta2_power=beta_2**t,
            lr=rate,
            beta1=beta_1,
            beta2=beta_2,
            epsilon=epsilon,
            grad=tf.cast(gradient, variable.dtype),
        )
