"""What labels may be: the one check of them."""

import numpy as np

from keras_gen.arguments import argument_error


def checked_labels(labels, images, count=None, end=None):
    """Labels as an integer array of shape (count,), or a `ValueError`.

    Args:
        labels: integers from 0 on, below `end`, of shape (count,) or (count, 1).
        images: what they are the labels of, in words.
        count: how many there must be; `None` for any positive number.
        end: the number of classes; `None` for any.
    """
    which = "from 0 on" if end is None else f"from 0 to {end - 1}"
    expected = f"an integer {which} for each of {images}"
    try:
        array = np.asarray(labels)
    except (TypeError, ValueError):  # rows of different lengths
        raise argument_error("labels", expected, labels) from None
    if array.ndim == 0 or array.dtype.kind not in "iu":
        what = labels if array.ndim == 0 else f"{array.dtype} of shape {array.shape}"
        raise argument_error("labels", expected, what)
    count = len(array) if count is None else count
    if array.shape not in ((count,), (count, 1)) or count == 0:
        raise argument_error("labels", expected, received=f"labels of shape {array.shape}")
    low, high = array.min(), array.max()
    if low < 0 or (end is not None and high >= end):
        raise argument_error("labels", expected, received=f"labels from {low} to {high}")
    return array.reshape(-1)
