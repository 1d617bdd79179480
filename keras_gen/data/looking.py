"""Looking at data without using them up."""

import contextlib
import functools

import tensorflow as tf


@functools.cache
def advance():
    """By how much a pass over `data.batches` raises their epoch: 1, or 0 while someone looks."""
    with tf.device("CPU:0"):
        return tf.Variable(1, dtype=tf.int64, trainable=False, name="advance")


@contextlib.contextmanager
def looking():
    """A block in which iterations over batches, and over what was made of them, use no epoch up."""
    advance().assign(0)
    try:
        yield
    finally:
        advance().assign(1)
