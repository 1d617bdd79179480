"""Batches after the first: each is checked on its way to the step that uses it.

A check takes the smallest and the largest value of a batch. For 64 images of 28 x 28 pixels that
takes about 0.01 ms, and about 0.1 ms in a `tf.data.Dataset`, which has to call Python.
"""

import collections.abc
import contextlib
import re

import keras
import tensorflow as tf

from keras_gen.models.inputs import check_batch, check_further
from keras_gen.models.streams import checked_stream

# The text of `check_further` within TensorFlow's text for errors of functions in datasets.
OF_BATCH = re.compile(
    r"ValueError: (Invalid value for .*?, in batch \d+, counted from 0)", re.DOTALL
)


def checked_batches(expects, x, name="x"):
    """The data as Keras receives them, with a check of every batch; arrays as they are.

    Args:
        expects: pair of `Expected`, what x and y are to be.
        x: data that `check_data` has accepted.
        name: the name of `x` for the message.
    """
    if isinstance(x, tf.data.Dataset):
        if getattr(x, "held", None) is None:
            return _checked_dataset(expects, x, name)
        check_batch(expects, x.held, name)  # all examples at once, as those of an array
    if isinstance(x, keras.utils.PyDataset):
        return CheckedPyDataset(expects, x, name)
    if isinstance(x, collections.abc.Iterator):
        return checked_stream(expects, x, name)
    return x


@contextlib.contextmanager
def errors_of_batches():
    """A block that raises the error of a check as it was, without TensorFlow's around it."""
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        found = OF_BATCH.search(error.message)
        if found is None:
            raise
        raise ValueError(found[1]) from None


class CheckedPyDataset(keras.utils.PyDataset):
    """The batches of another `keras.utils.PyDataset`, checked where they are made.

    Args:
        expects, dataset, name: as for `checked_batches`.
    """

    def __init__(self, expects, dataset, name):
        super().__init__(dataset.workers, dataset.use_multiprocessing, dataset.max_queue_size)
        self.expects = expects
        self.dataset = dataset
        self.name = name

    def __getitem__(self, index):
        batch = self.dataset[index]
        check_further(self.expects, batch, self.name, index)
        return batch

    @property
    def num_batches(self):
        return self.dataset.num_batches

    def on_epoch_begin(self):
        self.dataset.on_epoch_begin()

    def on_epoch_end(self):
        self.dataset.on_epoch_end()


def _checked_dataset(expects, dataset, name):
    """A scan, which counts the batches of each pass and keeps their number and types known."""

    def scan(index, batch):
        x, y, weight = (*batch, None, None)[:3] if isinstance(batch, tuple) else (batch, None, None)
        parts = [x, None if expects[1] is None else y, weight]
        given = [part is not None for part in parts]

        def check(index, *arrays):
            arrays = iter(arrays)
            parts = tuple(next(arrays) if each else None for each in given)
            check_further(expects, parts, name, index)
            return True

        looked_at = [part for part in parts if part is not None]
        checked = tf.numpy_function(check, [index, *looked_at], tf.bool)
        with tf.control_dependencies([checked]):
            passed = [p if p is None else tf.identity(p) for p in tf.nest.flatten(batch)]
            return index + 1, tf.nest.pack_sequence_as(batch, passed)

    result = dataset.scan(tf.constant(0, tf.int64), scan)
    result.first_batch = getattr(dataset, "first_batch", None)
    return result
