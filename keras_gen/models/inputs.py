"""What `fit` takes: each model states it in these terms, and the data are checked against them.

A model's `expects()` returns a pair, what x is and what y is, such as

    Images((28, 28, 1), (-1.0, 1.0)), Labels(10)
"""

import collections.abc
import dataclasses
import warnings

import keras
import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error, check_some, class_labels
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

    def check_further(self, array, name):
        """The same for a batch after the first; mere advice is given only once."""
        self.check(array, name)

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
        self.check_further(array, name)
        if self.value_range is not None and self.value_range[0] < 0 <= np.min(array):
            warnings.warn(
                f"`{name}` has no value below 0, but the declared range begins at "
                f"{self.value_range[0]}. Is it scaled to another range?",
                stacklevel=2,
            )

    def check_further(self, array, name):
        self._check_shape(array.shape, name)
        check_some(name, array)
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
        class_labels(name, array, self.count, self.first)

    def described(self):
        return f"integer labels from {self.first} to {self.count - 1}, one for each example"


@dataclasses.dataclass(frozen=True)
class Tokens(Expected):
    """Rows of integers, the numbers of the characters of a text.

    Attributes:
        count: tokens are integers in [0, count).
        required: whether data without them are refused.
        least: how many there are at least in a row.
    """

    count: int
    required: bool = True
    least: int = 2

    def check(self, array, name):
        if array.dtype.kind not in "iu":
            received = f"{name}.dtype={array.dtype.name}"
            raise argument_error(name, "integer tokens", received=received)
        if array.ndim != 2 or array.shape[1] < self.least:
            raise argument_error(name, self.described(), received=f"{name}.shape={array.shape}")
        check_some(name, array)
        if array.min() < 0 or array.max() >= self.count:
            expected, low, high = f"tokens from 0 to {self.count - 1}", array.min(), array.max()
            raise argument_error(name, expected, received=f"tokens from {low} to {high}")

    def described(self):
        return f"batches of shape (batch, steps), with at least {self.least} steps"


@dataclasses.dataclass(frozen=True)
class Weights(Expected):
    """One non-negative number for each example: how much it counts."""

    required: bool = False

    def check(self, array, name):
        if array.ndim == 0 or array.shape[1:] not in ((), (1,)) or array.dtype.kind not in "fiuVb":
            received = f"{name} of {array.dtype} and shape {array.shape}"
            raise argument_error(name, self.described(), received=received)
        array = array.astype("float32")
        if not (np.isfinite(array).all() and np.all(array >= 0)):
            bad = int(np.sum(~(array >= 0) | np.isinf(array)))
            received = f"{bad} of them negative, NaN or infinite"
            raise argument_error(name, self.described(), received=received)

    def described(self):
        return "one finite non-negative number for each example"


def check_data(expects, x, y=None, sample_weight=None, name="x", look=True):
    """Raises a `ValueError` that names what is wrong with the data given to `fit`.

    Arrays, tensors and variables are checked whole. Of a `tf.data.Dataset` the element
    specification and the first batch are checked, of a `keras.utils.PyDataset` the first batch.
    Looking leaves no trace: what is made from `data.batches` still has its whole epoch ahead. What
    a look would use up is for `models.streams`; `models.batches` checks the batches that follow.

    Args:
        expects: pair of `Expected`, what x and y are to be; for y `None` if it is ignored.
        x: arrays, tensors, a `tf.data.Dataset` of batches, or any other data `fit` takes.
        y: the labels or targets of an array `x`.
        sample_weight: the weights of the examples of an array `x`.
        name: the name of `x` for the message.
        look: whether the first batch of a dataset is looked at.
    """
    if isinstance(x, tf.data.Dataset):
        spec = tf.nest.map_structure(_none_as_such, x.element_spec)
        check_batch(expects, spec, name, _check_spec)
        _check_first(expects, x, int(x.cardinality()), name, look)
    elif isinstance(x, keras.utils.PyDataset):
        _check_first(expects, x, len(x), name)
    elif not isinstance(x, collections.abc.Iterator):
        check_batch(expects, (x, y, sample_weight), name)
        return
    for argument, value in [("y", y), ("sample_weight", sample_weight)]:
        if value is not None:
            text = f"None, because `{name}` brings its own in batches (x, y, sample_weight)"
            raise argument_error(argument, text, received=f"{argument} of {type(value).__name__}")


def _check_first(expects, batches, count, name, look=True):
    """Refuses data without a batch, and a bad first one; `count` is negative if not known."""
    with looking():
        first = next(iter(batches), None) if look and count != 0 else None
    if count == 0 or (look and first is None):
        raise argument_error(name, "at least one batch", received="an empty dataset")
    if look:
        check_batch(expects, first, name)


def check_further(expects, batch, name, index):
    """Checks a batch that training or evaluation has reached; the error names it.

    Args:
        expects, name: as for `check_data`.
        batch: as Keras takes it.
        index: its number, counted from 0.
    """
    try:
        check_batch(expects, batch, name, _check_further_array)
    except ValueError as error:
        raise ValueError(f"{error}, in batch {index}, counted from 0") from None


def check_class_weight(expected_y, x, y, class_weight):
    """Raises a `ValueError` unless class weights can be looked up by non-negative labels."""
    labels = isinstance(expected_y, Labels) and expected_y.first >= 0
    if not labels and not (expected_y is None and (y is not None or not isinstance(x, ARRAYS))):
        raise argument_error(
            "class_weight",
            "None, because the examples have no non-negative labels; `sample_weight` weighs them",
            class_weight,
        )


def check_arrays(name, x):
    """Raises a `ValueError` for data of many batches where one batch belongs."""
    if isinstance(x, (tf.data.Dataset, keras.utils.PyDataset, collections.abc.Iterator)):
        text = "one batch, an array or a tensor"
        raise argument_error(name, text, received=f"{name} of type {type(x).__name__}")


def check_inputs(expected, x, name="x"):
    """Raises a `ValueError` unless a list of arrays is what the inputs of a model are to be."""
    if len(x) != len(expected):
        parts = ", ".join(each.described() for each in expected)
        text = parts if len(expected) == 1 else f"a list of {parts}"
        raise argument_error(name, text, received=f"{len(x)} of them")
    for each, part in zip(expected, x):
        _check_array(each, part, name)
    lengths = sorted({_length(part) for part in x})
    if len(lengths) > 1:
        received = f"arrays of {' and '.join(map(str, lengths))} examples"
        raise argument_error(name, "inputs of equal lengths", received=received)


def _none_as_such(spec):
    return None if spec.value_type.__name__ == "NoneTensor" else spec


def _check_spec(expected, spec, name):
    if not isinstance(spec, tf.TensorSpec):
        raise _wrong_type(name, getattr(spec, "value_type", type(spec)))
    expected.check_spec(spec, name)


def _check_array(expected, array, name):
    expected.check(_as_array(array, name), name)


def _check_further_array(expected, array, name):
    expected.check_further(_as_array(array, name), name)


def _as_array(array, name):
    if not isinstance(array, ARRAYS) and not hasattr(array, "__array__"):
        raise _wrong_type(name, type(array))
    return np.asarray(array)


def _wrong_type(name, kind):
    text = "an array, a tensor, a tf.data.Dataset, a keras.utils.PyDataset or a generator"
    return argument_error(name, text, received=f"{name} of type {kind.__name__}")


def _length(part):
    """The number of examples, or `None` if it is not known."""
    shape = tf.TensorShape(getattr(part, "shape", None))
    return shape[0] if shape.rank else None


def check_batch(expects, batch, name, check=_check_array):
    """Checks x, y and weights of a batch, given as Keras takes it."""
    if isinstance(batch, dict):
        raise argument_error(
            name,
            "batches of x, or tuples (x, y) or (x, y, sample_weight)",
            received=f"dictionaries with the keys {sorted(batch)}; `dataset.map(lambda each: "
            "(each[...], each[...]))` turns them into tuples",
        )
    parts = batch if isinstance(batch, tuple) else (batch,)
    x, y, weight = (*parts, None, None)[:3]
    (expected_x, expected_y), size = expects, None
    check(expected_x, x, name)
    size = _length(x)
    names = ("y", "sample_weight") if name == "x" else (name, name)
    for expected, part, own_name in zip((expected_y, Weights()), (y, weight), names):
        if expected is None:
            continue
        if part is None:
            if expected.required:
                text = expected.described()
                raise argument_error(own_name, text, received=f"{own_name}=None")
            continue
        check(expected, part, own_name)
        if None not in (size, _length(part)) and _length(part) != size:
            raise argument_error(
                own_name,
                f"{size} of them, one for each example",
                received=f"{own_name}.shape={tuple(part.shape)}",
            )
