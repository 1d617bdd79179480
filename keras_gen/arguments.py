"""Checks of arguments that the whole library shares, and the error that all of them raise."""

import math
import numbers

import numpy as np


def argument_error(name, expected, value=None, *, received=None):
    """The `ValueError` that says what an argument should have been, to be raised.

        Invalid value for argument `name`. Expected {expected}. Received: {name}={value}

    Args:
        name: the argument's name.
        expected: what it should have been, in words.
        value: what it was.
        received: what it was, in words, where its value would say too little or too much.
    """
    received = f"{name}={value}" if received is None else received
    return ValueError(
        f"Invalid value for argument `{name}`. Expected {expected}. Received: {received}"
    )


def positive_integer(name, value):
    """Returns `value` as an `int`, or raises the error that names the argument."""
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < 1:
        raise argument_error(name, "a positive integer", value)
    return int(value)


def integer(name, value, least=None, most=None):
    """Returns `value` as an `int` if least <= value <= most, or raises the error."""
    bounds = [("least", least), ("most", most)]
    valid = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not (valid and (least is None or value >= least) and (most is None or value <= most)):
        limits = " and ".join(f"at {end} {bound}" for end, bound in bounds if bound is not None)
        raise argument_error(name, f"an integer, {limits}" if limits else "an integer", value)
    return int(value)


def class_labels(name, value, end=None, first=0, count=None, of="example"):
    """Returns the labels of classes as an array (n,), or raises the error.

    Args:
        name: the argument's name.
        value: integers of shape (n,) or (n, 1), at least one.
        end: labels are below it; `None` for no limit.
        first: the lowest label.
        count: how many there must be; `None` for any number.
        of: what each label belongs to, for the message.
    """
    which = f"from {first} up" if end is None else f"from {first} to {end - 1}"
    number = "" if count is None else f"{count} "
    expected = f"{number}integer labels {which}, one for each {of}"
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):  # rows of different lengths
        raise argument_error(name, expected, value) from None
    if array.ndim == 2 and array.shape[1] == (end or 0) > 1:
        received = f"one-hot {name} of shape {array.shape}; np.argmax(y, axis=1) makes integers"
        raise argument_error(name, expected, received=received)
    if array.ndim == 0:
        raise argument_error(name, expected, value)
    count = len(array) if count is None else count
    if array.dtype.kind not in "iu" or count == 0 or array.shape not in ((count,), (count, 1)):
        received = f"{name} of {array.dtype} and shape {array.shape}"
        raise argument_error(name, expected, received=received)
    if array.min() < first or (end is not None and array.max() >= end):
        received = f"{name} from {array.min()} to {array.max()}"
        raise argument_error(name, expected, received=received)
    return array.reshape(-1)


def number(name, value):
    """Returns a finite number as a `float`, or raises the error that names the argument."""
    if not _is_finite(value):
        raise argument_error(name, "a finite number", value)
    return float(value)


def positive_number(name, value):
    """Returns a finite number above 0 as a `float`, or raises the error."""
    if not _is_finite(value) or value <= 0:
        raise argument_error(name, "a positive number", value)
    return float(value)


def number_from_zero(name, value, end=math.inf):
    """Returns a finite number as a `float` if 0 <= value < end, or raises the error."""
    if not _is_finite(value) or not 0 <= value < end:
        expected = "a finite non-negative number" if end == math.inf else f"a number in [0, {end})"
        raise argument_error(name, expected, value)
    return float(value)


def positive_integer_pair(name, value):
    """Returns an integer or a pair of them as a pair, or raises the error."""
    pair = tuple(value) if isinstance(value, (list, tuple)) else (value, value)
    try:
        height, width = (positive_integer(name, item) for item in pair)
    except ValueError:
        raise argument_error(name, "a positive integer or two of them", value) from None
    return height, width


def positive_integers(name, value, least=0):
    """Returns positive integers, at least `least` (0 or 1) of them, as a list, or raises."""
    if not isinstance(value, (list, tuple, np.ndarray, range)):
        raise argument_error(name, "a list of positive integers", value)
    if len(value) < least:
        raise argument_error(name, "at least one positive integer", value)
    return [positive_integer(name, item) for item in value]


def shape_of(name, value, axes=None):
    """Returns a shape as a tuple of positive `int`s, or raises the error.

    Args:
        name: the argument's name.
        value: the shape of one example; if `axes` is `None`, an integer means vectors.
        axes: names of the axes, such as "(height, width, channels)", or `None` for any.
    """
    expected = f"{axes}, positive integers" if axes else "a positive integer or a tuple of them"
    items = (value,) if axes is None and isinstance(value, numbers.Integral) else value
    try:
        shape = tuple(positive_integer(name, item) for item in items)
    except (TypeError, ValueError):
        shape = ()
    if not shape or (axes and len(shape) != axes.count(",") + 1):
        raise argument_error(name, expected, value)
    return shape


def array_of_numbers(name, value):
    """Returns anything that holds numbers as an array, or raises the error that names it."""
    if not isinstance(value, (list, tuple)) and not hasattr(value, "__array__"):
        text = "an array or a tensor (`data.arrays(dataset)` turns a dataset into arrays)"
        raise argument_error(name, text, received=f"{name} of type {type(value).__name__}")
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):  # a list of arrays of several shapes
        array = np.asarray(None)
    if array.dtype.kind not in "fiuVb":
        text = "an array or a tensor of numbers"
        raise argument_error(name, text, received=f"{name} of type {type(value).__name__}")
    return array


def check_some(name, array):
    """Raises the error for an array without examples."""
    if array.ndim == 0 or len(array) == 0:
        raise argument_error(name, "at least one example", received=f"{name}.shape={array.shape}")


def _is_finite(value):
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return is_number and math.isfinite(value)
