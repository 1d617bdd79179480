"""Examples held in memory: what they may be, and the structure of all of them."""

import zlib

import keras
import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error

_READ_SIZE = 4096
_SUMMED = 64  # first examples of a checksum


def arrays(dataset):
    """The whole of a finite `tf.data.Dataset` of single examples, as NumPy arrays.

    Args:
        dataset: a finite `tf.data.Dataset` of examples of equal shapes. float64 becomes Keras's
            default float type.

    Returns:
        One array with a leading axis of examples, or a tuple (or dict) of them: the structure of
        one example.

    Raises:
        ValueError: if it is not a `tf.data.Dataset`, is empty or infinite, or examples differ in
            shape.

    Example:
        images, labels = arrays(load("digits", labels=True))
    """
    if not isinstance(dataset, tf.data.Dataset):
        raise argument_error("dataset", "a tf.data.Dataset", received=_described(dataset))
    return _collected(dataset, "dataset")


def held(dataset, name="dataset"):
    """All examples of a dataset, an array or a tuple of arrays, as tensors in memory.

    Args:
        dataset: as for `batches`.
        name: the argument's name for the messages.

    Raises:
        ValueError: for NaN or infinite values, and for what `arrays` and `as_arrays` refuse.
    """
    is_dataset = isinstance(dataset, tf.data.Dataset)
    examples = _collected(dataset, name) if is_dataset else as_arrays(dataset, name)
    tf.nest.map_structure(lambda array: check_finite(array, name), examples)
    with tf.device("CPU:0"):
        return tf.nest.map_structure(tf.constant, examples)


def checksum(arrays):
    """A number that tells arrays apart by their first examples."""
    total = 0
    for array in arrays:
        total = zlib.crc32(np.ascontiguousarray(array[:_SUMMED]).tobytes(), total)
    return total


def count_of(examples):
    """The number of examples in a structure of arrays or tensors."""
    return int(tf.nest.flatten(examples)[0].shape[0])


def as_arrays(dataset, name="dataset"):
    """An array or a tuple of arrays of equal lengths; float64 becomes Keras's default float."""
    if isinstance(dataset, tuple):
        if not dataset:
            raise argument_error(name, "at least one array", received=f"{name}=()")
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


def check_structure(dataset, name):
    """Raises a `ValueError` for examples that are dictionaries, as TensorFlow Datasets returns."""
    is_dataset = isinstance(dataset, tf.data.Dataset)
    example = dataset.element_spec if is_dataset else dataset
    if not isinstance(example, dict):
        return
    keys = list(example)
    image, label = ("image", "label") if {"image", "label"} <= set(keys) else (*keys, "y")[:2]
    cure = f'(d["{image}"], d["{label}"])'
    cure = f"`dataset.map(lambda d: {cure})`" if is_dataset else f"`{cure}`"
    raise argument_error(
        name,
        f"examples that are arrays or tuples, such as {cure}, or those of `data.load(..., "
        "labels=True)`",
        received=f"a dictionary with the keys {keys}",
    )


def as_floatx(dataset):
    """A dataset whose float64 components are Keras's default float type instead."""
    specs = tf.nest.flatten(dataset.element_spec)
    if not any(getattr(spec, "dtype", None) == tf.float64 for spec in specs):
        return dataset

    def cast(*example):
        example = example[0] if len(example) == 1 else example
        return tf.nest.map_structure(
            lambda x: tf.cast(x, keras.config.floatx()) if x.dtype == tf.float64 else x, example
        )

    return dataset.map(cast, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)


def check_single(dataset, name):
    """Raises a `ValueError` for examples of several parts, such as images with their labels."""
    example = dataset.element_spec if isinstance(dataset, tf.data.Dataset) else dataset
    if isinstance(example, (tuple, dict)):
        raise argument_error(
            name, "images alone, without labels", received=f"examples of {len(example)} parts"
        )


def alike(images, name, fixed, fixed_name):
    """Images without float64 that have the shape and type of others; an error otherwise.

    Args:
        images: array or `tf.data.Dataset` of single images.
        name: the name of their argument.
        fixed: the others, as `as_arrays` returns them.
        fixed_name: the name of the others' argument, which the error names.
    """
    is_dataset = isinstance(images, tf.data.Dataset)
    images = as_floatx(images) if is_dataset else as_arrays(images, name)
    spec = images.element_spec if is_dataset else tf.TensorSpec(images.shape[1:], images.dtype)
    same = spec.shape.is_compatible_with(fixed.shape[1:])
    if not same or spec.dtype.as_numpy_dtype != fixed.dtype:
        raise argument_error(
            fixed_name,
            f"images of the shape and type of `{name}`, {spec.shape} of {spec.dtype.name}",
            received=f"{fixed_name}.shape={fixed.shape} of {fixed.dtype}",
        )
    return images


def _collected(dataset, name):
    if dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
        raise argument_error(name, "a finite dataset", received="a dataset that repeats forever")
    try:
        chunks = list(as_floatx(dataset).batch(_READ_SIZE).as_numpy_iterator())
        if chunks:
            return tf.nest.map_structure(lambda *parts: np.concatenate(parts), *chunks)
    except (tf.errors.InvalidArgumentError, ValueError) as error:
        if not _differ_in_shape(dataset):
            raise
        raise argument_error(
            name,
            "single examples of one shape; `unbatch()` splits batches",
            received=f"examples of {dataset.element_spec}",
        ) from error
    raise argument_error(name, "at least one example", received="an empty dataset")


def _differ_in_shape(dataset):
    specs = tf.nest.flatten(dataset.element_spec)
    return not all(spec.shape.is_fully_defined() for spec in specs)


def _as_array(part, name):
    expected = "a tf.data.Dataset, an array or a tuple of arrays"
    if isinstance(part, (keras.utils.PyDataset, tf.data.Dataset, dict, set)):
        raise argument_error(name, expected, received=_described(part))
    try:
        array = np.asarray(part)
    except (TypeError, ValueError) as error:  # a list of arrays of different shapes
        raise argument_error(name, expected, received=f"{_described(part)} ({error})") from error
    if array.ndim == 0 or array.dtype.kind == "O":
        raise argument_error(name, expected, received=_described(part))
    return array.astype(keras.config.floatx()) if array.dtype == np.float64 else array


def _described(value):
    """A value, or its type where the value would fill the screen."""
    text = repr(value)
    return text if len(text) <= 80 else f"a {type(value).__name__}"
