"""What `fit` takes: each model says it in these terms, and the data are checked by them.

A model's `expects()` returns a pair, what x is and what y is, such as

    Images((28, 28, 1), (-1.0, 1.0)), Labels(10)
"""

import dataclasses
import itertools

import keras
import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error, labels_below
from keras_gen.data.looking import looking
from keras_gen.images import check_float_type, check_values

ARRAYS = (np.ndarray, tf.Tensor, tf.Variable, keras.Variable)


class Expected:
    """What an argument of `fit` is to be.

    Attributes:
        required: whether data without it are refused.
    """

    required = True

    def check(self, array, name):
        """Raises a `ValueError` unless an array is a batch of what is expected.

        Args:
            array: NumPy array.
            name: the argument's name for the message.
        """
        raise NotImplementedError

    def check_spec(self, spec, name):
        """The same, as far as a `tf.TensorSpec` of batches tells."""

    def described(self):
        """What is expected, in words."""
        raise NotImplementedError


@dataclasses.dataclass(frozen=True)
class Images(Expected):
    """Floats of a shape, in a closed interval: images, or other arrays of numbers.

    Attributes:
        shape: of one example; `None` entries match anything.
        value_range: closed interval of the values, or `None` for any finite ones.
        required: whether data without them are refused.
    """

    shape: tuple
    value_range: tuple | None = None
    required: bool = True

    def check(self, array, name):
        self._check_shape(array.shape, name)
        _check_some(array, name)
        check_values(array, name, self.value_range)

    def check_spec(self, spec, name):
        if spec.shape.rank is not None:
            self._check_shape(spec.shape.as_list(), name)
        check_float_type(spec.dtype.as_numpy_dtype, name, self.value_range)

    def described(self):
        return f"batches of shape {('batch', *self.shape)}".replace("'", "")

    def _check_shape(self, received, name):
        expected = (None, *self.shape)
        same = len(received) == len(expected) and all(
            a is None or b is None or a == b for a, b in zip(received, expected)
        )
        if not same:
            raise argument_error(name, self.described(), received=f"{name}.shape={tuple(received)}")


@dataclasses.dataclass(frozen=True)
class Labels(Expected):
    """One integer per example, the number of its class.

    Attributes:
        count: labels are below it.
        first: the lowest label.
        required: whether data without them are refused.
    """

    count: int
    first: int = 0
    required: bool = True

    def check(self, array, name):
        labels_below(name, array, self.count, self.first)

    def described(self):
        return f"integer labels from {self.first} to {self.count - 1}, one for each example"


@dataclasses.dataclass(frozen=True)
class Tokens(Expected):
    """Rows of integers, the numbers of the characters of a text; at least two in a row.

    Attributes:
        count: tokens are integers in [0, count).
        required: whether data without them are refused.
    """

    count: int
    required: bool = True

    def check(self, array, name):
        if array.dtype.kind not in "iu":
            received = f"{name}.dtype={array.dtype.name}"
            raise argument_error(name, "integer tokens", received=received)
        if array.ndim != 2 or array.shape[1] < 2:
            raise argument_error(name, self.described(), received=f"{name}.shape={array.shape}")
        _check_some(array, name)
        if array.min() < 0 or array.max() >= self.count:
            expected, low, high = f"tokens from 0 to {self.count - 1}", array.min(), array.max()
            raise argument_error(name, expected, received=f"tokens from {low} to {high}")

    def described(self):
        return "batches of shape (batch, steps + 1) with at least two columns"


def _check_some(array, name):
    if len(array) == 0:
        raise argument_error(name, "at least one example", received=f"{name}.shape={array.shape}")


def check_data(expects, x, y=None, name="x"):
    """Raises a `ValueError` that names what is wrong with the data given to `fit`.

    Arrays, tensors and variables are checked whole. Of a `tf.data.Dataset` the element
    specification and the first batch are checked, of a `keras.utils.PyDataset` the first batch.
    Looking leaves no trace: what stands on `data.batches` has its epoch still before it.

    Args:
        expects: pair of `Expected`, what x and y are to be; for y `None` if it is not looked at.
        x: arrays, tensors, a `tf.data.Dataset` of batches, or any other data `fit` takes.
        y: what belongs to an array `x`.
        name: the name of `x` for the message.
    """
    if isinstance(x, tf.data.Dataset):
        _check_spec(expects, x.element_spec, name)
        with looking():
            first = list(itertools.islice(x, 1))
        if not first:
            raise argument_error(name, "at least one batch", received="an empty dataset")
        _check_batch(expects, first[0], name)
    elif isinstance(x, keras.utils.PyDataset):
        if len(x) == 0:
            raise argument_error(name, "at least one batch", received="an empty dataset")
        _check_batch(expects, x[0], name)
    elif isinstance(x, ARRAYS):
        _check_arrays(expects, x, y, name, _name_of_y(name))


def _check_spec(expects, spec, name):
    parts = spec if isinstance(spec, tuple) else (spec,)
    for expected, part, part_name in zip(expects, parts, (name, _name_of_y(name))):
        if expected is not None and isinstance(part, tf.TensorSpec):
            expected.check_spec(part, part_name)


def _check_batch(expects, batch, name):
    x, y, _ = keras.utils.unpack_x_y_sample_weight(batch)
    _check_arrays(expects, x, y, name, _name_of_y(name))


def _name_of_y(name):
    return "y" if name == "x" else name


def _check_arrays(expects, x, y, name, name_of_y):
    expected_x, expected_y = expects
    if isinstance(x, ARRAYS):
        expected_x.check(np.asarray(x), name)
    if expected_y is None:
        return
    if y is None and expected_y.required:
        raise argument_error(name_of_y, expected_y.described(), received=f"{name_of_y}=None")
    if y is not None:
        expected_y.check(np.asarray(y), name_of_y)
        if isinstance(x, ARRAYS) and len(np.asarray(y)) != x.shape[0]:
            raise argument_error(
                name_of_y,
                f"{x.shape[0]} of them, one for each example",
                received=f"{name_of_y}.shape={np.shape(y)}",
            )
