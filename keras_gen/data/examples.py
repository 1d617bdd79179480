"""Examples held in memory: what they may be, and the structure of all of them."""

import keras
import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error

_READ_SIZE = 4096


def arrays(dataset):
    """The whole of a finite `tf.data.Dataset` of single examples, as NumPy arrays.

    Args:
        dataset: A finite `tf.data.Dataset` of examples of equal shapes.

    Returns:
        One array with a leading axis of examples, or a tuple (or dict) of them: the structure of
        one example.

    Raises:
        ValueError: If the dataset is empty or infinite.

    Example:

        images, labels = arrays(load("digits", labels=True))
    """
    return _collected(dataset, "dataset")


def held(dataset, name="dataset"):
    """All examples of a dataset, an array or a tuple of arrays, as tensors in memory.

    Args:
        dataset: As for `batches`.
        name: The argument's name for the messages.

    Raises:
        ValueError: For NaN or infinite values, and for what `arrays` and `as_arrays` refuse.
    """
    is_dataset = isinstance(dataset, tf.data.Dataset)
    examples = _collected(dataset, name) if is_dataset else as_arrays(dataset, name)
    tf.nest.map_structure(lambda array: check_finite(array, name), examples)
    with tf.device("CPU:0"):
        return tf.nest.map_structure(tf.constant, examples)


def count_of(examples):
    """The number of examples in a structure of arrays or tensors."""
    return int(tf.nest.flatten(examples)[0].shape[0])


def as_arrays(dataset, name="dataset"):
    """An array or a tuple of arrays of equal lengths; float64 becomes Keras's default float."""
    if isinstance(dataset, tuple):
        parts = tuple(_as_array(part, name) for part in dataset)
        lengths = [len(part) for part in parts]
        if len(set(lengths)) != 1:
            raise argument_error(name, "arrays of equal lengths", received=f"lengths={lengths}")
    else:
        parts = _as_array(dataset, name)
        lengths = [len(parts)]
    if lengths[0] == 0:
        raise argument_error(name, "at least one example", received="an empty array")
    return parts


def check_finite(array, name):
    """Raises a `ValueError` for NaN and infinite values; integers have none."""
    if not np.issubdtype(array.dtype, np.floating):
        return
    bad = array.size - np.count_nonzero(np.isfinite(array))
    if bad:
        raise argument_error(
            name,
            "finite numbers",
            received=f"{bad} NaN or infinite values in an array of shape {array.shape}",
        )


def check_single(dataset, name):
    """Raises a `ValueError` for examples of several parts, such as images with their labels."""
    example = dataset.element_spec if isinstance(dataset, tf.data.Dataset) else dataset
    if isinstance(example, (tuple, dict)):
        raise argument_error(
            name, "images alone, without labels", received=f"examples of {len(example)} parts"
        )


def _collected(dataset, name):
    if dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
        raise argument_error(name, "a finite dataset", received="a dataset that repeats forever")
    chunks = list(dataset.batch(_READ_SIZE).as_numpy_iterator())
    if not chunks:
        raise argument_error(name, "at least one example", received="an empty dataset")
    return tf.nest.map_structure(lambda *parts: np.concatenate(parts), *chunks)


def _as_array(part, name):
    array = np.asarray(part)
    if array.ndim == 0:
        raise argument_error(
            name, "a tf.data.Dataset, an array or a tuple of arrays", received=f"{part!r}"
        )
    return array.astype(keras.config.floatx()) if array.dtype == np.float64 else array
