"""Checks of arguments that only the data have: switches, callables, seeds, folders."""

import os
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error, integer

_LARGEST_SEED = 2**63 - 1


def boolean(name, value):
    """Returns `value` as a `bool`, or raises the error that names the argument."""
    if not isinstance(value, (bool, np.bool_)):
        raise argument_error(name, "True or False", value)
    return bool(value)


def function(name, value, described):
    """Returns `value` if it is `None` or callable, or raises the error that names it."""
    if value is not None and not callable(value):
        raise argument_error(name, f"a callable {described}, or None", value)
    return value


def seed_number(seed):
    """A seed of functions that draw once, a non-negative integer, as an `int`."""
    return integer("seed", seed, 0, _LARGEST_SEED)


def seed_pair(seed):
    """A seed of TensorFlow's stateless operations as a tensor of shape (2,)."""
    shape, kind = _shape_and_type(seed)
    if shape != (2,) or not kind.is_integer:
        raise argument_error(
            "seed", "an integer tensor of shape (2,)", received=_received("seed", seed)
        )
    return tf.convert_to_tensor(seed)


def floats(value, name, described):
    """Returns floats as a tensor; float64 becomes Keras's default float type."""
    _, kind = _shape_and_type(value)
    if not kind.is_floating:
        raise argument_error(name, described, received=_received(name, value))
    tensor = tf.convert_to_tensor(value)
    return tf.cast(tensor, keras.config.floatx()) if tensor.dtype == tf.float64 else tensor


def image_batch(images, name="images"):
    """Returns images as a float tensor (batch, height, width, channels), or raises the error."""
    described = "a float tensor (batch, height, width, channels)"
    tensor = floats(images, name, described)
    if tensor.shape.rank != 4:
        raise argument_error(name, described, received=_received(name, images))
    return tensor


def float_array(value, name, rank=None, described=None):
    """Returns a NumPy array of numbers, of a rank if one is given, as `described` says in words.

    float64 becomes Keras's default float type.
    """
    shape, kind = _shape_and_type(value)
    fits = rank is None or len(shape) == rank
    if not fits or not (kind.is_floating or kind.is_integer):
        described = f"an array of numbers of rank {rank}" if described is None else described
        raise argument_error(name, described, received=_received(name, value))
    array = np.asarray(value)
    return array.astype(keras.config.floatx()) if array.dtype == np.float64 else array


def folder_path(name, value):
    """Returns the path of a folder that exists as a `Path`, or raises the error that names it."""
    if not isinstance(value, (str, os.PathLike)) or not os.fspath(value):
        raise argument_error(name, "the path of a folder", received=f"{name}={value!r}")
    path = Path(value)
    if not path.is_dir():
        what = "is not a folder" if os.path.lexists(path) else "does not exist"
        raise argument_error(name, "the path of a folder", received=f"{name}={value}, which {what}")
    return path


def shown(path):
    """A path in quotes, with whatever cannot be printed escaped."""
    return repr(os.fspath(path))


def _shape_and_type(value):
    """The shape and the type of an array, or `((), tf.string)` for anything else."""
    if not isinstance(value, (tf.Tensor, tf.Variable)):
        try:
            value = np.asarray(value)
        except (TypeError, ValueError):
            return (), tf.string
    if value.dtype == object:
        return (), tf.string
    return tuple(value.shape), tf.as_dtype(value.dtype)


def _received(name, value):
    shape, kind = _shape_and_type(value)
    if kind == tf.string:
        return f"{name}={value!r}"[:200]
    return f"{name} of shape {shape} and type {kind.name}"
