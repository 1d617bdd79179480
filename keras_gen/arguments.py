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
    is_integer = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    too_low = is_integer and least is not None and value < least
    too_high = is_integer and most is not None and value > most
    if not is_integer or too_low or too_high:
        lower = "" if least is None else f", at least {least}"
        upper = "" if most is None else f"{' and' if lower else ','} at most {most}"
        raise argument_error(name, f"an integer{lower}{upper}", value)
    return int(value)


def positive_number(name, value):
    """Returns `value` as a `float`, or raises the error that names the argument."""
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or value <= 0:
        raise argument_error(name, "a positive number", value)
    return float(value)


def number_from_zero(name, value, end=math.inf):
    """Returns `value` as a `float` if 0 <= value < end, or raises the error."""
    if not isinstance(value, numbers.Real) or not 0 <= value < end:
        expected = "a finite number from 0 on" if end == math.inf else f"a number in [0, {end})"
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


def labels_below(name, value, count, first=0):
    """Returns labels as an array of integers from `first` to `count - 1`, or raises the error.

    Their shape is (n,) or (n, 1), and n is not 0.
    """
    labels, expected = np.asarray(value), f"integer labels from {first} to {count - 1}"
    if labels.ndim == 2 and labels.shape[1] == count > 1:
        received = f"one-hot labels of shape {labels.shape}; np.argmax makes them integers"
        raise argument_error(name, expected, received=received)
    one_each = labels.ndim == 1 or (labels.ndim == 2 and labels.shape[1] == 1)
    if labels.dtype.kind not in "iu" or not one_each or labels.size == 0:
        received = f"labels of {labels.dtype} and shape {labels.shape}"
        raise argument_error(name, expected, received=received)
    if labels.min() < first or labels.max() >= count:
        raise argument_error(
            name, expected, received=f"labels from {labels.min()} to {labels.max()}"
        )
    return labels
