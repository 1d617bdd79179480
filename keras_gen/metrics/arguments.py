"""Checks of arguments that several metrics share."""

import numpy as np

from keras_gen.arguments import argument_error
from keras_gen.images import check_values


def check_vectors(least, **sets):
    """Named sets of vectors as a list of float64 arrays `(n, d)`, `(m, d)`, ...

    Raises:
        ValueError: if a set has fewer than `least` vectors, is of another rank or type, is not
            finite, or if their widths differ.
    """
    arrays = {name: np.asarray(vectors) for name, vectors in sets.items()}
    first = next(iter(arrays))
    for name, array in arrays.items():
        if array.ndim != 2 or len(array) < least:
            raise argument_error(
                name,
                f"at least {least} vectors, of shape (n, d)",
                received=f"{name}.shape={array.shape}",
            )
        check_values(array, name)
        if array.shape[1] != arrays[first].shape[1]:
            raise argument_error(
                name,
                f"the width of `{first}`",
                received=f"{name}.shape={array.shape}, {first}.shape={arrays[first].shape}",
            )
    return [array.astype("float64") for array in arrays.values()]
