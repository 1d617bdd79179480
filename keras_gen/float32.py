"""A model trained in half precision that computes in float32 for a while."""

import contextlib

import keras
import tensorflow as tf


@contextlib.contextmanager
def in_float32(model):
    """Lets a model trace in float32: all its layers, and copies of variables in half precision.

    The weights of the mixed policies are float32 anyway and stay the same objects. What has been
    traced inside the block keeps its precision; the model has its own again afterwards.

    Args:
        model: a built Keras model.
    """
    policy = keras.config.dtype_policy()
    layers = [each for each in model._flatten_layers() if _is_half(each.compute_dtype)]
    policies = [each.dtype_policy for each in layers]
    variables = [each for each in model.variables if _is_half(each.dtype)]
    values = [(each._value, each._dtype) for each in variables]
    try:
        keras.config.set_dtype_policy("float32")  # of layers that are made while tracing
        for layer in layers:
            layer.dtype_policy = "float32"
        for variable in variables:
            value = tf.cast(variable._value, tf.float32)
            variable._value = tf.Variable(value, trainable=variable.trainable, name=variable.name)
            variable._dtype = "float32"
        yield
    finally:
        for variable, (value, dtype) in zip(variables, values, strict=True):
            variable._value, variable._dtype = value, dtype
        for layer, own in zip(layers, policies, strict=True):
            layer.dtype_policy = own
        keras.config.set_dtype_policy(policy)


def _is_half(dtype):
    return dtype in ("bfloat16", "float16")
