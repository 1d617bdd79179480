"""Means over the examples of a batch: weighted, and over all replicas that share the batch."""

import tensorflow as tf
from keras import ops


def weighted_mean(terms, weight=None):
    """The mean of terms over the examples, each with its weight.

        sum_i w_i t_i / sum_i w_i

    So an example of weight 0 counts as if it were absent, and one of weight 2 as if it came twice.
    The mean over the other axes of a term, such as patches, comes first. Under a distribution
    strategy the sums go over the examples of all replicas, whatever their shares. Each replica's
    result is its own part times the number of replicas, so that the mean over the replicas is that
    over the examples.

    Args:
        terms: tensor, batch first.
        weight: numbers `(batch,)`, zero or more; `None` for equal ones.

    Returns:
        Scalar, float32.
    """
    terms = ops.cast(terms, "float32")
    if weight is None and replicas() == 1:
        return ops.mean(terms)
    if len(terms.shape) > 1:
        terms = ops.mean(terms, axis=list(range(1, len(terms.shape))))
    if weight is None:
        weight = tf.ones_like(terms)
    weight = ops.cast(weight, "float32")
    return ops.sum(weight * terms) / ops.maximum(share(weight), TINY)


def share(weight):
    """The sum of the weights of a batch, divided by the number of replicas that share it."""
    total = ops.sum(ops.cast(weight, "float32"))
    if replicas() == 1:
        return total
    context = tf.distribute.get_replica_context()
    return context.all_reduce(tf.distribute.ReduceOp.MEAN, total)


def replicas():
    """How many replicas take the current step together."""
    context = tf.distribute.get_replica_context()
    return 1 if context is None else context.num_replicas_in_sync


TINY = 1e-30  # a batch in which nothing counts has a mean of zero
