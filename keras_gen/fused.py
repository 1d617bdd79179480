"""TensorFlow kernels under Keras classes: the same arithmetic in fewer operations."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("keras_gen")
class FusedAdam(keras.optimizers.Adam):
    """Keras's Adam with one TensorFlow operation per variable instead of a dozen.

        m <- m + (1 - beta_1) (g - m)
        v <- v + (1 - beta_2) (g^2 - v)
        w <- w - learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon)

    Numbers, slots and options are those of `keras.optimizers.Adam`. It pays off where steps are
    short, as in dense networks. With `amsgrad`, and for the sparse gradient of an embedding,
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


@keras.saving.register_keras_serializable("keras_gen")
class FusedBatchNormalization(keras.layers.BatchNormalization):
    """Keras's batch normalization of images, by TensorFlow's fused kernel where it trains.

        y = gamma (x - mean) / sqrt(variance + epsilon) + beta
        moving <- momentum moving + (1 - momentum) (mean, variance)

    mean and variance are taken per channel over the batch and all positions; inference uses the
    moving ones. Results are those of `keras.layers.BatchNormalization`, which passes over the
    images a dozen times, the kernel twice. Keras's own code runs in inference, for inputs other
    than (batch, height, width, channels), for masks, with `synchronized=True` or `renorm=True`, and
    without `scale` or `center`.

    Args:
        **kwargs: those of `keras.layers.BatchNormalization`, with its defaults.

    Input shape:
        Any that Keras's layer takes.

    Output shape:
        That of the input.

    Reference:
        Ioffe, Szegedy (2015), Batch Normalization, arXiv:1502.03167, algorithm 1.
    """

    def call(self, inputs, training=None, mask=None):
        if mask is not None or not (training and self.trainable and self.fuses(inputs)):
            return super().call(inputs, training=training, mask=mask)
        x = tf.cast(inputs, tf.float32)  # as Keras does
        gamma, beta = tf.convert_to_tensor(self.gamma), tf.convert_to_tensor(self.beta)
        y, mean, unbiased = tf.compat.v1.nn.fused_batch_norm(x, gamma, beta, epsilon=self.epsilon)
        self.moving_mean.assign(self.moved(self.moving_mean, mean))
        self.moving_variance.assign(self.moved(self.moving_variance, biased(unbiased, x)))
        return tf.cast(y, self.compute_dtype)

    def fuses(self, inputs):
        """Whether the kernel computes what the layer is to compute."""
        of_images = len(inputs.shape) == 4 and self.axis in (-1, 3)
        apart = self.synchronized or getattr(self, "renorm", False)  # newer than Keras 3.10
        return of_images and self.scale and self.center and not apart

    def moved(self, average, value):
        """momentum average + (1 - momentum) value."""
        return average * self.momentum + value * (1.0 - self.momentum)


def biased(variance, x):
    """sum (x - mean)^2 / n per channel, from the kernel's sum (x - mean)^2 / (n - 1)."""
    n = tf.cast(tf.reduce_prod(tf.shape(x)[:-1]), variance.dtype)
    return variance * tf.maximum(n - 1, 1) / n


@keras.saving.register_keras_serializable("keras_gen")
class FusedLeakyReLU(keras.layers.LeakyReLU):
    """Keras's leaky ReLU, with a gradient that needs nothing but the output.

        y = max(x, negative_slope x),   dx = dy where y > 0, negative_slope dy elsewhere

    y has the sign of x, so values and gradients are Keras's own. TensorFlow can then fuse a
    convolution, its bias and the leaky ReLU, which it cannot where the gradient needs x.

    Args:
        **kwargs: those of `keras.layers.LeakyReLU`; a `negative_slope` of 0 is Keras's own code.
    """

    def call(self, inputs):
        if self.negative_slope == 0:
            return super().call(inputs)
        slope = float(self.negative_slope)

        @tf.custom_gradient
        def leaky(x):
            y = tf.nn.leaky_relu(x, slope)
            return y, lambda dy: tf.raw_ops.LeakyReluGrad(gradients=dy, features=y, alpha=slope)

        return leaky(inputs)
