"""Data that are checked on their way to the first step, because a look would use something up."""

import contextlib
import functools

import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error
from keras_gen.models.inputs import check_batch, check_further
from keras_gen.state import training_state


def checked_stream(expects, batches, name="x"):
    """A generator of the batches of another one: the first has been checked, the others will be."""
    first = next(batches, None)
    if first is None:
        raise argument_error(name, "at least one batch", received="an empty generator")
    check_batch(expects, first, name)

    def stream():
        yield first
        for index, batch in enumerate(batches, 1):
            check_further(expects, batch, name, index)
            yield batch

    return stream()


class FirstBatch:
    """The check of the first batch of a dataset, made while the dataset delivers it.

    Args:
        expects: pair of `inputs.Expected`, what x and y are to be.
        name: the name of the data for the message.

    Attributes:
        refusal: the `ValueError` for a batch that was refused, which TensorFlow turns into another
            error on its way, or `None`.
    """

    def __init__(self, expects, name):
        self.expects, self.name = expects, name
        self.checked, self.refusal = False, None

    def of(self, dataset):
        """A dataset of the same batches in the same order, with this object as `first_batch`."""

        @tf.autograph.experimental.do_not_convert
        def passed(first, batch):
            parts = tf.nest.flatten(batch)
            there = [part for part in parts if part is not None]

            def look(*tensors):
                tensors = iter(tensors)
                found = [None if part is None else next(tensors) for part in parts]
                return self._look(tf.nest.pack_sequence_as(batch, found))

            looked_at = functools.partial(tf.py_function, look, there, tf.bool)
            return tf.cond(first, looked_at, lambda: False), batch

        result = dataset.scan(True, passed)
        result.first_batch = self
        return result

    def _look(self, batch):
        """Checks a batch if it is the first of all, and returns False: it is past."""
        if not self.checked:
            self.checked = True
            try:
                check_batch(self.expects, batch, self.name)
            except ValueError as error:
                self.refusal = error
                raise
        return False


@contextlib.contextmanager
def refusing(model, x, validation=None):
    """A block in which what a `FirstBatch` refuses is raised with its own error.

    In a graph a step may raise its counters and draw its seeds before its batch has arrived. All of
    these are integers, and a model whose first batch is refused keeps them as they were.

    Args:
        model: the model that is trained or evaluated in the block.
        x, validation: its data; a dataset may have a `first_batch`.
    """
    first, later = (getattr(each, "first_batch", None) for each in (x, validation))
    before = {} if first is None else _integers(model)
    try:
        yield
    except tf.errors.OpError:
        if first is not None and first.refusal is not None:
            for variable, value in before.values():
                variable.assign(value)
            raise first.refusal from None
        if later is not None and later.refusal is not None:
            raise later.refusal from None
        raise


def _integers(model):
    state = training_state(model)
    integers = {name: v for name, v in state.items() if tf.as_dtype(v.dtype).is_integer}
    return {name: (variable, np.array(variable)) for name, variable in integers.items()}
