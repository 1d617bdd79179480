"""Checks of constructor arguments and input shapes, shared by the layers of this folder."""

import math
import numbers


def positive_integer(name, value):
    """Returns `value` as an `int`, or raises the `ValueError` that names the argument."""
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(
            f"Invalid value for argument `{name}`. Expected a positive integer. "
            f"Received: {name}={value}"
        )
    return int(value)


def positive_number(name, value):
    """Returns `value` as a `float`, or raises the `ValueError` that names the argument."""
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or value <= 0:
        raise ValueError(
            f"Invalid value for argument `{name}`. Expected a positive number. "
            f"Received: {name}={value}"
        )
    return float(value)


def number_from_zero(name, value, end=math.inf):
    """Returns `value` as a `float` if 0 <= value < end, or raises the `ValueError`."""
    if not isinstance(value, numbers.Real) or not 0 <= value < end:
        expected = "a finite number from 0 on" if end == math.inf else f"a number in [0, {end})"
        raise ValueError(
            f"Invalid value for argument `{name}`. Expected {expected}. Received: {name}={value}"
        )
    return float(value)


def positive_integer_pair(name, value):
    """Returns an integer or a pair of them as a pair, or raises a `ValueError`."""
    pair = tuple(value) if isinstance(value, (list, tuple)) else (value, value)
    try:
        height, width = (positive_integer(name, item) for item in pair)
    except ValueError:
        raise ValueError(
            f"Invalid value for argument `{name}`. Expected a positive integer or two of them. "
            f"Received: {name}={value}"
        ) from None
    return height, width


def is_list_of_shapes(input_shape):
    """Tells the shapes of several inputs from the shape of one."""
    return len(input_shape) > 0 and isinstance(input_shape[0], (list, tuple))


def two_shapes(input_shape, expected):
    """Returns the two shapes of a layer with two inputs, or raises a `ValueError`.

    Args:
        input_shape: what Keras passed to `build` or `compute_output_shape`.
        expected: names of the two inputs for the message, such as `"[mean, log_var]"`.
    """
    if not is_list_of_shapes(input_shape) or len(input_shape) != 2:
        raise ValueError(
            f"Invalid value for argument `inputs`. Expected a list of two tensors {expected}. "
            f"Received: shapes {input_shape}"
        )
    return tuple(input_shape[0]), tuple(input_shape[1])


def equal_shapes(input_shape, expected):
    """Returns the common shape of a layer's two inputs, or raises a `ValueError`."""
    first, second = two_shapes(input_shape, expected)
    differ = len(first) != len(second) or any(
        a != b for a, b in zip(first, second) if a is not None and b is not None
    )
    if differ:
        raise ValueError(
            f"Invalid value for argument `inputs`. Expected two tensors {expected} of equal "
            f"shape. Received: shapes {first} and {second}"
        )
    return tuple(b if a is None else a for a, b in zip(first, second))


def known_channels(input_shape):
    """Returns the size of the last axis, or raises a `ValueError` when it is unknown."""
    if input_shape[-1] is None:
        raise ValueError(
            "Invalid value for argument `inputs`. Expected a known size of the last axis. "
            f"Received: shape {tuple(input_shape)}"
        )
    return input_shape[-1]
