"""Replicas that take a training step together."""

import tensorflow as tf


def of_all_replicas(count):
    """The sum of a number over the replicas that take the step together."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return count
    return context.all_reduce(tf.distribute.ReduceOp.SUM, count)
