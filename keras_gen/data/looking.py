"""Looking at data without using them up."""

import contextlib
import functools
import itertools
import random

import numpy as np
import tensorflow as tf

OUTSIDE = "variables and Python code"


@functools.cache
def advance():
    """By how much a pass over `data.batches` raises their epoch: 1, or 0 while someone looks."""
    with tf.device("CPU:0"):
        return tf.Variable(1, dtype=tf.int64, trainable=False, name="advance")


@contextlib.contextmanager
def looking():
    """A block in which iterations over batches, and over what is made from them, use up no epoch.

    The random numbers that Python and NumPy draw within it are drawn again after it.
    """
    of_python, of_numpy = random.getstate(), np.random.get_state()
    advance().assign(0)
    try:
        yield
    finally:
        advance().assign(1)
        random.setstate(of_python)
        np.random.set_state(of_numpy)


def origins(data):
    """A dataset and those that it is made from, down to those that count epochs.

    Args:
        data: a `tf.data.Dataset`; anything else has no origins.
    """
    waiting = [data] if isinstance(data, tf.data.Dataset) else []
    while waiting:
        dataset = waiting.pop()
        yield dataset
        if not hasattr(dataset, "epoch"):
            waiting.extend(dataset._inputs())


def ordered_anew(dataset):
    """Whether a dataset draws another order, or other numbers, in every iteration."""
    name = type(dataset).__name__
    if "Shuffle" in name:
        return getattr(dataset, "_reshuffle_each_iteration", True) is not False
    return name == "_RandomDataset" and bool(getattr(dataset, "_rerandomize", False))


def states(data):
    """What an iteration over a dataset changes for later ones, and a look must not change.

    Random operations within functions begin anew in every iteration and are not such a state, nor
    is the epoch of `data.batches`, which `looking` keeps.

    Returns:
        The set of those of its origins that are ordered anew or fill a cache, and `OUTSIDE` if a
        function uses variables, tables or Python code.
    """
    found = set()
    for dataset in origins(data):
        if ordered_anew(dataset) or type(dataset).__name__ == "CacheDataset":
            found.add(dataset)
        if not hasattr(dataset, "epoch") and any(map(_reaches_outside, dataset._functions())):
            found.add(OUTSIDE)
    return found


def _reaches_outside(wrapper):
    function = wrapper.function
    if any(each.dtype in (tf.resource, tf.variant) for each in function.captured_inputs):
        return True
    graph = function.graph.as_graph_def()
    inner = (each.node_def for each in graph.library.function)
    return any("PyFunc" in node.op for node in itertools.chain(graph.node, *inner))
