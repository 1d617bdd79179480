"""A model trained in half precision that computes in float32 for a while."""

import contextlib

import keras
import tensorflow as tf


@contextlib.contextmanager
def in_float32(model):
    """Makes a model trace in float32: all its layers, and copies of its half-precision variables.

    The weights of the mixed policies are float32 anyway and stay the same objects. What was traced
    before keeps its precision, and after the block the model has its own again.

    Args:
        model: a built Keras model.
    """
    policy = keras.config.dtype_policy()
    changes = [*_of_layers(model), *_of_variables(model)]
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in changes]
    try:
        keras.config.set_dtype_policy("float32")  # of layers that are made while tracing
        for owner, name, value in changes:
            setattr(owner, name, value)
        yield
    finally:
        for owner, name, value in before:
            setattr(owner, name, value)
        keras.config.set_dtype_policy(policy)


def _of_layers(model):
    """What makes layers compute in float32 and networks accept it: (owner, attribute, value)."""
    layers = model._flatten_layers()
    tensors = {}
    for layer in layers:
        if _is_half(layer.compute_dtype):
            yield layer, "dtype_policy", "float32"
        if isinstance(layer, keras.layers.InputLayer):
            if _is_half(layer.dtype):
                yield layer, "_dtype", "float32"
            tensors[id(layer.output)] = layer.output
        tensors |= {id(each): each for each in getattr(layer, "_inputs", None) or ()}
    for tensor in tensors.values():
        if _is_half(tensor.dtype):
            yield tensor, "_dtype", "float32"


def _of_variables(model):
    """What gives half-precision variables float32 values: (owner, attribute, value)."""
    for variable in model.variables:
        if _is_half(variable.dtype):
            value = tf.cast(variable._value, tf.float32)
            yield variable, "_value", tf.Variable(value, trainable=variable.trainable)
            yield variable, "_dtype", "float32"


def _is_half(dtype):
    return dtype in ("bfloat16", "float16")
