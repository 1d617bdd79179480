"""The logs of an epoch: means over its examples, whatever their weights and their devices."""

import keras
import tensorflow as tf

from keras_gen.losses.means import replicas, share


class EpochMeans(keras.Model):
    """A `keras.Model` that logs means over the examples of an epoch.

        log = sum_i w_i v_i / sum_i w_i        over all examples i of all batches and replicas

    A subclass keeps a `keras.metrics.Mean` for each name in `tracked` in the dict `trackers`, from
    its `__init__` on, and gives each step's values to `track`.

    Attributes:
        tracked: names of the quantities in the epoch logs.
    """

    tracked = ()

    def unpacked(self, data):
        """What a batch of `fit()` holds: x, y or `None`, and the weights of the examples.

        Returns:
            x, y and a float32 tensor (batch,), or `None` for equal weights. With several replicas
            there are always weights, because their shares of a batch may differ, and a replica
            without an example receives one of weight 0, because layers need at least one.
        """
        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
        if weight is not None:
            weight = tf.reshape(tf.cast(weight, tf.float32), [-1])
        if replicas() > 1:
            if weight is None:
                weight = tf.ones([tf.shape(tf.nest.flatten(x)[0])[0]])
            missing = tf.cast(tf.equal(tf.size(weight), 0), tf.int32)

            def filled(part):
                one = tf.zeros([missing, *part.shape[1:]], part.dtype)
                return tf.concat([part, one], axis=0)

            x, weight = tf.nest.map_structure(filled, (x, weight))
            y = None if y is None else filled(y)
        return x, y, weight

    def track(self, examples, weight=None, **values):
        """Adds this step's values to the epoch means of the logs, which are means over examples.

        Args:
            examples: tensor, batch first, that holds the examples.
            weight: their weights (batch,), or `None` for equal ones.
            **values: numbers by name: scalars are means over the batch, others have one number or
                more for each example.
        """
        if weight is None:
            weight = tf.ones([tf.shape(examples)[0]])
        for name, value in values.items():
            value = tf.cast(value, tf.float32)
            if value.shape.rank == 0:
                self.trackers[name].update_state(value, sample_weight=share(weight))
            else:
                value = tf.reduce_mean(tf.reshape(value, [tf.shape(value)[0], -1]), axis=1)
                self.trackers[name].update_state(value, sample_weight=weight)

    def tracked_results(self):
        """The epoch means so far, by name."""
        return self.logged({name: tracker.result() for name, tracker in self.trackers.items()})

    def logged(self, results):
        """Logs of a step in the form that Keras takes: it concatenates those of several workers."""
        if isinstance(self.distribute_strategy, tf.distribute.MultiWorkerMirroredStrategy):
            results = {name: tf.expand_dims(value, 0) for name, value in results.items()}
        return results
