"""What the methods of a trained model share: input checked as in `fit`, and kept graphs."""

import functools

import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error, array_of_numbers, integer, positive_integer
from keras_gen.models.inputs import Images

LARGEST = 2**31 - 1  # of the integers that graphs take


class Graphs:
    """The methods of a model on tensors as graphs: traced when first called, and kept.

    `graphs.encoded(x)` is `model.encoded(x)`. Graphs read the variables anew in every call; a
    number that a method takes from an attribute of the model is part of its graph, so all of them
    are dropped when a number among the attributes has changed.

    Args:
        model: a `GenerativeModel`; one that is compiled with `run_eagerly` gets no graphs.
    """

    def __init__(self, model):
        self.model, self.numbers, self.functions = model, None, {}

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        method = getattr(self.model, name)
        if self.model.run_eagerly:
            return method
        numbers = _numbers(self.model)
        if numbers != self.numbers:
            self.numbers, self.functions = numbers, {}
        if name not in self.functions:
            own = functools.partial(method)  # TensorFlow counts the traces of each by itself
            graph = tf.function(own, autograph=False, reduce_retracing=True)
            self.functions[name] = graph
        return self.functions[name]


def _numbers(model):
    public = [(name, value) for name, value in vars(model).items() if not name.startswith("_")]
    return {name: value for name, value in public if isinstance(value, (int, float))}


def in_batches(method, arrays, batch_size=LARGEST):
    """What a method on tensors returns for arrays, batch by batch, as a NumPy array.

    Args:
        method: function from tensors to a tensor, batch first.
        arrays: list of arrays of equal length.
        batch_size: by default all examples.
    """
    count, size = len(arrays[0]), positive_integer("batch_size", batch_size)
    parts = [
        method(*(tf.convert_to_tensor(array[start : start + size]) for array in arrays)).numpy()
        for start in range(0, count, size)
    ]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def checked(expected, value, name):
    """A batch as a float32 array, or the error that names what is wrong with it.

    Args:
        expected: an `inputs.Expected`, what the batch is to be.
        value: array, tensor or nested list of numbers.
        name: the argument's name.
    """
    array = array_of_numbers(name, value)
    expected.check(array, name)
    return array.astype("float32", copy=False)


def checked_example(shape, value_range, value, name):
    """One example as a batch of one, float32, or the error that names what is wrong with it."""
    array = array_of_numbers(name, value)
    same = len(array.shape) == len(shape) and all(
        a is None or a == b for a, b in zip(shape, array.shape)
    )
    if not same:
        received = f"{name}.shape={array.shape}"
        raise argument_error(name, f"one example of shape {tuple(shape)}", received=received)
    return checked(Images(shape, value_range), array[np.newaxis], name)


class Codes(Images):
    """Finite numbers of a shape, one set for each example; integers are numbers as well."""

    def check(self, array, name):
        super().check(array.astype("float32") if array.dtype.kind in "iu" else array, name)


def count_of(name, value):
    """Returns a positive number of things to make as an `int`, or raises the error."""
    value = positive_integer(name, value)
    return integer(name, value, 1, LARGEST)


def steps_of(name, value):
    """Returns a non-negative number of steps as an `int`, or raises the error."""
    return integer(name, value, 0, LARGEST)


def finite(name, value):
    """Returns a finite number, or a scalar array of one, as a `float`, or raises the error."""
    array = np.asarray(value)
    if array.ndim > 0 or array.dtype.kind not in "fiu" or not np.isfinite(array):
        raise argument_error(name, "a finite number", value)
    return float(array)


def seed_of(value):
    """Returns a seed as an `int`, or raises the error; graphs take 32-bit integers."""
    return integer("seed", value, -LARGEST - 1, LARGEST)


def labels_of(labels, count, num_classes):
    """The classes of `count` examples to make: an int32 array (count,).

    Args:
        labels: one integer for each example, (count,) or (count, 1), or one for all.
        count: number of examples, or `None` for the number of labels.
        num_classes: labels are below it.
    """
    values = np.asarray(-1 if labels is None else labels)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    integers = values.dtype.kind in "iu" and values.ndim < 2 and values.size > 0
    if not integers or values.min() < 0 or values.max() >= num_classes:
        raise argument_error(
            "labels",
            f"integers from 0 to {num_classes - 1}, not one-hot, one for all examples or one for "
            "each",
            labels,
        )
    if count is not None:
        count_of("count", count)
    expected = count if values.ndim == 0 else len(values)
    if expected is None or count not in (None, expected):
        raise argument_error(
            "count",
            "the number of examples, equal to that of the labels if there are several",
            received=f"count={count}, labels={labels}",
        )
    return np.broadcast_to(values, (int(expected),)).astype("int32")


def asserted(function, signature, num_classes=None, sides=None):
    """An endpoint whose graph refuses what its verb would refuse, naming the argument.

    Args:
        function: from tensors to a tensor.
        signature: the `tf.TensorSpec`s of its arguments; `count`, `length`, `temperature`, `alpha`
            and `label` are checked.
        num_classes: `label` is below it.
        sides: least height and width of images, or `None` where their size is fixed.
    """
    names = [spec.name for spec in signature]

    def refusing(*tensors):
        checks = [
            _assertion(name, tensor, num_classes)
            for name, tensor in zip(names, tensors)
            if name in ("count", "length", "temperature", "alpha", "label")
        ]
        images = [pair for pair in zip(names, tensors) if sides and pair[1].shape.rank == 4]
        checks += [_assertion_of_sides(name, tensor, sides) for name, tensor in images]
        with tf.control_dependencies(checks):
            return function(*(tf.identity(tensor) for tensor in tensors))

    return refusing


def _assertion(name, tensor, num_classes):
    if name == "label":
        valid, expected = (tensor >= 0) & (tensor < num_classes), f"0 to {num_classes - 1}"
        expected = f"an integer from {expected}"
    elif name == "alpha":
        valid, expected = (tensor >= 0) & (tensor <= 1), "a number from 0 to 1"
    else:
        valid, expected = tensor > 0, "a positive number"
    message = f"Invalid value for argument `{name}`. Expected {expected}. Received: {name}="
    return tf.debugging.Assert(valid, [message, tensor])


def _assertion_of_sides(name, images, least):
    """Refuses images whose height or width is below the least one."""
    expected = f"images with sides of at least {least} pixels"
    message = f"Invalid value for argument `{name}`. Expected {expected}. Received: {name}.shape="
    valid = tf.reduce_min(tf.shape(images)[1:3]) >= least
    return tf.debugging.Assert(valid, [message, tf.shape(images)])
