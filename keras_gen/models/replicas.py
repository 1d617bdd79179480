"""What replicas of a model have in common at the end of an epoch."""

import keras
import tensorflow as tf


class EqualReplicas(keras.callbacks.Callback):
    """Gives all replicas the first one's statistics, chains and memories after every epoch.

    Gradients keep the trained weights of the replicas equal. What a layer or a model assigns by
    itself, such as the averages of batch normalization or the chains of a Boltzmann machine,
    depends on a replica's own share of the data. A saved state holds one value of each variable, so
    training ends the same after an interruption only if all replicas had that value. Random-number
    states, unsigned integers, are the same everywhere anyway.
    """

    def on_train_begin(self, logs=None):
        trained = {id(variable) for variable in self.model.trainable_variables}
        self.shared = [
            variable
            for variable in self.model.variables
            if id(variable) not in trained and not tf.as_dtype(variable.dtype).is_unsigned
        ]
        self.share = tf.function(self._share)

    def on_epoch_end(self, epoch, logs=None):
        strategy = self.model.distribute_strategy
        if self.shared and strategy.num_replicas_in_sync > 1:
            strategy.run(self.share)

    def _share(self):
        context = tf.distribute.get_replica_context()
        first = tf.equal(context.replica_id_in_sync_group, 0)
        for variable in self.shared:
            value = tf.convert_to_tensor(variable.value)
            own = tf.where(first, value, tf.zeros_like(value))
            variable.assign(context.all_reduce(tf.distribute.ReduceOp.SUM, own))


def of_all_replicas(count):
    """The sum of a number over the replicas that take the step together."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return count
    return context.all_reduce(tf.distribute.ReduceOp.SUM, count)
