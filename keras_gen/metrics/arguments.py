"""Checks of arguments that several metrics share."""

import numpy as np

from keras_gen.arguments import argument_error


def check_integer(name, value, least=1, most=None):
    """Raises a `ValueError` unless a value is an integer from `least` to `most`."""
    integer = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not integer or value < least or (most is not None and value > most):
        upper = "" if most is None else f" and at most {most}"
        raise argument_error(name, f"an integer, at least {least}{upper}", value)


def check_vectors(least, **sets):
    """Named sets of vectors as a list of float64 arrays `[n, d]`, `[m, d]`, ...

    Raises:
        ValueError: if a set has fewer than `least` vectors, is of another rank or type, is not
            finite, or if their widths differ.
    """
    arrays = {name: np.asarray(vectors) for name, vectors in sets.items()}
    first = next(iter(arrays))
    for name, array in arrays.items():
        if array.ndim != 2 or len(array) < least or array.dtype.kind != "f":
            raise argument_error(
                name,
                f"at least {least} vectors of floats, of shape [n, d]",
                received=f"{array.dtype} of shape {array.shape}",
            )
        if not np.isfinite(array).all():
            raise argument_error(name, "finite values", received=f"{name} with NaN or infinity")
        if array.shape[1] != arrays[first].shape[1]:
            raise argument_error(
                name,
                f"the width of `{first}`",
                received=f"{name}.shape={array.shape}, {first}.shape={arrays[first].shape}",
            )
    return [array.astype("float64") for array in arrays.values()]
