"""Checks of training data that speak before training starts."""

import keras
import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error

TOLERANCE = 1e-3  # of the width of the declared range: resizing and float arithmetic round


def check_data(x, y, name, shape, value_range=None, label_count=None, first_label=0):
    """Raises a `ValueError` that names what is wrong with the data given to `fit`.

    Arrays are checked whole. Of a `tf.data.Dataset` the element specification and the first
    batch are checked, so an empty one is noticed; data that can be read only once are left to the
    training.

    Args:
        x: arrays, tensors, a `tf.data.Dataset` of batches, or any other data `fit` takes.
        y: labels that belong to an array `x`.
        name: the argument's name for the message.
        shape: expected shape of one example; `None` entries match anything.
        value_range: closed interval of the values, or `None` for any finite ones.
        label_count: labels are integers below it, or `None`: not looked at.
        first_label: the lowest label.
    """
    if isinstance(x, tf.data.Dataset):
        _check_spec(x.element_spec, name, shape, value_range)
        for batch in x.take(1):
            batch_x, batch_y, _ = keras.utils.unpack_x_y_sample_weight(batch)
            _check_arrays(batch_x, batch_y, name, shape, value_range, label_count, first_label)
            return
        raise argument_error(name, "at least one batch", received="an empty dataset")
    if isinstance(x, (np.ndarray, tf.Tensor)):
        _check_arrays(x, y, name, shape, value_range, label_count, first_label)


def check_tokens(x, name, count):
    """Raises a `ValueError` for data that are not rows of at least two tokens.

    Args:
        x: arrays, tensors, a `tf.data.Dataset` of batches, or any other data `fit` takes.
        name: the argument's name for the message.
        count: tokens are integers in [0, count).
    """
    if isinstance(x, tf.data.Dataset):
        for batch in x.take(1):
            x = keras.utils.unpack_x_y_sample_weight(batch)[0]
            break
        else:
            raise argument_error(name, "at least one batch", received="an empty dataset")
    if not isinstance(x, (np.ndarray, tf.Tensor)):
        return
    x = np.asarray(x)
    if x.dtype.kind not in "iu":
        raise argument_error(name, "integer tokens", received=f"{name}.dtype={x.dtype.name}")
    if x.ndim != 2 or x.shape[1] < 2:
        text = "batches of shape (batch, steps + 1) with at least two columns"
        raise argument_error(name, text, received=f"{name}.shape={x.shape}")
    if len(x) == 0:
        raise argument_error(name, "at least one example", received=f"{name}.shape={x.shape}")
    if x.min() < 0 or x.max() >= count:
        text = f"tokens from 0 to {count - 1}"
        raise argument_error(name, text, received=f"tokens from {x.min()} to {x.max()}")


def _check_spec(spec, name, shape, value_range):
    images = spec[0] if isinstance(spec, tuple) else spec
    if not isinstance(images, tf.TensorSpec):
        return
    if images.shape.rank is not None:
        _check_shape(images.shape.as_list(), name, shape)
    _check_dtype(images.dtype.as_numpy_dtype, name, value_range)


def _check_arrays(x, y, name, shape, value_range, label_count, first_label):
    if not isinstance(x, (np.ndarray, tf.Tensor)):
        return
    _check_shape(list(x.shape), name, shape)
    _check_dtype(x.dtype.as_numpy_dtype if isinstance(x, tf.Tensor) else x.dtype, name, value_range)
    x = np.asarray(x)
    if len(x) == 0:
        raise argument_error(name, "at least one example", received=f"{name}.shape={x.shape}")
    low, high = float(np.min(x)), float(np.max(x))  # a NaN anywhere makes both NaN
    if not (np.isfinite(low) and np.isfinite(high)):
        count = int(np.sum(~np.isfinite(x)))
        raise argument_error(
            name, "finite values", received=f"{count} values that are NaN or infinite"
        )
    if value_range is not None:
        slack = TOLERANCE * (value_range[1] - value_range[0])
        if low < value_range[0] - slack or high > value_range[1] + slack:
            raise argument_error(
                name,
                f"values in the declared range [{value_range[0]}, {value_range[1]}]",
                received=f"values from {low:g} to {high:g}",
            )
    if label_count is not None:
        _check_labels(y, name, label_count, first_label)


def _check_shape(received, name, shape):
    expected = (None, *shape)
    same = len(received) == len(expected) and all(
        a is None or b is None or a == b for a, b in zip(received, expected)
    )
    if not same:
        text = f"batches of shape {('batch', *shape)}".replace("'", "")
        raise argument_error(name, text, received=f"{name}.shape={tuple(received)}")


def _check_dtype(dtype, name, value_range):
    kind = np.dtype(dtype).kind
    if kind not in "fV":  # bfloat16 is of kind V
        interval = "" if value_range is None else f" in [{value_range[0]}, {value_range[1]}]"
        raise argument_error(
            name,
            f"floating-point values{interval}; scale integer images first",
            received=f"{name}.dtype={np.dtype(dtype).name}",
        )


def _check_labels(y, name, label_count, first_label):
    expected = f"integer labels from {first_label} to {label_count - 1} with the images"
    if y is None:
        raise argument_error(name, expected, received="images without labels")
    y = np.asarray(y)
    if y.ndim == 2 and y.shape[1] == label_count > 1:
        received = f"one-hot labels of shape {y.shape}; np.argmax(y, axis=1) makes them integers"
        raise argument_error(name, expected, received=received)
    if y.dtype.kind not in "iu" or y.ndim > 2 or (y.ndim == 2 and y.shape[1] != 1):
        raise argument_error(name, expected, received=f"labels of {y.dtype} and shape {y.shape}")
    if y.min() < first_label or y.max() >= label_count:
        raise argument_error(name, expected, received=f"labels from {y.min()} to {y.max()}")
