"""Checks of input shapes, shared by the layers of this folder."""

from keras_gen.arguments import argument_error


def is_list_of_shapes(input_shape):
    """Tells the shapes of several inputs from the shape of one."""
    return len(input_shape) > 0 and isinstance(input_shape[0], (list, tuple))


def shapes_of(names, input_shape):
    """Returns the shapes of a layer with several inputs, or raises a `ValueError`.

    Args:
        names: names of the inputs, such as `["mean", "log_var"]`.
        input_shape: what Keras passed to `build` or `compute_output_shape`.
    """
    if not is_list_of_shapes(input_shape) or len(input_shape) != len(names):
        raise argument_error(
            "inputs", f"a list of tensors [{', '.join(names)}]", received=f"shapes {input_shape}"
        )
    return [tuple(shape) for shape in input_shape]


def agree(first, second):
    """Tells whether two shapes may be equal: sizes that are unknown agree with all others."""
    return len(first) == len(second) and all(
        a == b or a is None or b is None for a, b in zip(first, second)
    )


def equal_shapes(names, input_shape):
    """Returns the common shape of a layer's two inputs, or raises a `ValueError`."""
    first, second = shapes_of(names, input_shape)
    if not agree(first, second):
        raise argument_error(
            "inputs",
            f"two tensors [{', '.join(names)}] of equal shape",
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
