"""What labels may be: the one check of them."""

import numpy as np

from keras_gen.arguments import argument_error


def checked_labels(labels, images, count=None, end=None):
    """Labels as an integer array of shape (count,), or a `ValueError`.

    Args:
        labels: integers from 0 on, below `end`.
        images: what they are the labels of, in words.
        count: how many there must be; `None` for any positive number.
        end: the number of classes; `None` for any.
    """
    labels = np.asarray(labels)
    count = labels.size if count is None else count
    valid = labels.dtype.kind in "iu" and labels.shape == (count,) and count > 0
    if not valid or labels.min() < 0 or (end is not None and labels.max() >= end):
        which = "from 0 on" if end is None else f"from 0 to {end - 1}"
        raise argument_error("labels", f"an integer {which} for each of {images}", labels)
    return labels
