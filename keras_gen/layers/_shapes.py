"""Checks of input shapes, shared by the layers of this folder."""

from keras_gen.arguments import argument_error


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
        raise argument_error(
            "inputs", f"a list of two tensors {expected}", received=f"shapes {input_shape}"
        )
    return tuple(input_shape[0]), tuple(input_shape[1])


def equal_shapes(input_shape, expected):
    """Returns the common shape of a layer's two inputs, or raises a `ValueError`."""
    first, second = two_shapes(input_shape, expected)
    differ = len(first) != len(second) or any(
        a != b for a, b in zip(first, second) if a is not None and b is not None
    )
    if differ:
        raise argument_error(
            "inputs",
            f"two tensors {expected} of equal shape",
            received=f"shapes {first} and {second}",
        )
    return tuple(b if a is None else a for a, b in zip(first, second))


def known_channels(input_shape):
    """Returns the size of the last axis, or raises a `ValueError` when it is unknown."""
    if input_shape[-1] is None:
        raise argument_error(
            "inputs", "a known size of the last axis", received=f"shape {tuple(input_shape)}"
        )
    return input_shape[-1]
