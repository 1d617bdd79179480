"""A copy of a network that follows it: the exponential moving average of its weights."""

import keras
import tensorflow as tf

from keras_gen.arguments import argument_error


class WeightAverage(keras.layers.Layer):
    """A second network whose weights are the moving average of the first one's.

        a <- d a + (1 - d) w

        d = min(decay, (1 + t) / (10 + t))     after step t, so that it is lower early on, or
        d = (1 / 2)^(images / half_life)       for a step that saw that many images

    A half-life means the same for every batch size. Statistics of batch normalization, themselves
    averages, are copied, and so is whatever else the network does not train. The copy belongs to
    the model that holds this object as an attribute: it is saved and resumed with it.

    Args:
        network: a built Keras model, functional, sequential or a class with a `get_config`.
        decay: float in [0, 1), or `None` with a `half_life`.
        half_life: positive number of images, or `None` with a `decay`.

    Attributes:
        network: the network with the averaged weights.

    Reference:
        Yazici et al. (2019), The Unusual Effectiveness of Averaging in GAN Training,
        arXiv:1806.04498, equation 3; half-life: Karras et al. (2018), Progressive Growing of GANs,
        arXiv:1710.10196, section 5.
    """

    def __init__(self, network, decay=None, half_life=None, **kwargs):
        super().__init__(**kwargs)
        if decay is not None and not 0 <= decay < 1:
            raise argument_error("decay", "a number in [0, 1) or None", decay)
        if half_life is not None and not half_life > 0:
            raise argument_error("half_life", "a positive number of images or None", half_life)
        if (decay is None) == (half_life is None):
            received = f"decay={decay}, half_life={half_life}"
            raise argument_error("decay", "either `decay` or `half_life`", received=received)
        self.decay = decay
        self.half_life = half_life
        self.followed = _Untracked(network)
        self.network = keras.models.clone_model(network)
        self.network.set_weights(network.get_weights())
        self.built = True

    def update(self, step=None, images=None, moved=None):
        """Moves the average towards the current weights.

        Args:
            step: scalar, number of steps so far, this one included: for a `decay` that is lower
                early on. `None` for `decay` itself.
            images: scalar, number of images that the step saw: for a `half_life`.
            moved: the trainable variables that the step has moved; `None` for all of them. The
                averages of the others stay as they are.
        """
        decay = self.decay_of(step, images)
        resting = {id(weight) for weight in self.followed.network.trainable_variables}
        resting -= {id(weight) for weight in moved} if moved is not None else resting
        for average, weight in zip(self.network.weights, self.followed.network.weights):
            if id(weight) in resting:
                continue
            keep = decay if weight.trainable else 0.0
            average.assign(keep * average + (1.0 - keep) * weight)

    def decay_of(self, step=None, images=None):
        """The factor d of one update, a float32 scalar."""
        if self.half_life is not None:
            return 0.5 ** (tf.cast(images, tf.float32) / self.half_life)
        if step is None:
            return tf.constant(self.decay, tf.float32)
        step = tf.cast(step, tf.float32)
        return tf.minimum(self.decay, (1.0 + step) / (10.0 + step))


class _Untracked:
    """Holds the network that is followed, which the model tracks elsewhere."""

    def __init__(self, network):
        self.network = network
