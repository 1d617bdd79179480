"""Models to explore or to sample: shipped ones by name, SavedModels and `.keras` files by path."""

import types

import numpy as np
import tensorflow as tf

from keras_gen import saved_models
from keras_gen.arguments import argument_error
from keras_gen.saved_models.signatures import endpoints_of


def endpoints(name):
    """The endpoints of a model, functions of tensors, and the range of its images or `None`.

    Args:
        name: a shipped model's name, or the path of a SavedModel or of a `.keras` file.

    Returns:
        Dict from names to functions, and (low, high).

    Raises:
        ValueError: if there is no such model, or it is damaged.
    """
    if str(name).endswith(".keras"):
        model = saved_models.load_keras(name)
        functions = {
            each: tf.function(function, input_signature=signature, autograph=False)
            for each, (function, signature) in endpoints_of(model).items()
        }
        for function in functions.values():
            function.get_concrete_function()
        return functions, getattr(model, "value_range", None)
    model = saved_models.load(name)
    generic = tf.types.experimental.GenericFunction
    functions = {k: v for k, v in vars(model).items() if isinstance(v, generic)}
    declared = saved_models.declared_range(model)
    if declared is None:
        try:
            declared = saved_models.read_card(name)["value_range"]
        except FileNotFoundError:
            declared = None
    return functions, declared


def arguments(function):
    """The `TensorSpec`s that an endpoint takes, in order."""
    if callable(getattr(function, "get_concrete_function", None)) and function.input_signature:
        return list(function.input_signature)
    signature = function.concrete_functions[0].structured_input_signature
    return [each for each in tf.nest.flatten(signature) if isinstance(each, tf.TensorSpec)]


def opened(name):
    """A model for `Studio`: functions on arrays, and shapes.

    Raises:
        ValueError: if it has neither latents nor codes, or does not declare its range.
    """
    functions, value_range = endpoints(name)
    drawn = "sample" in functions
    make = functions.get("serve") if drawn and "serve" in functions else functions.get("decode")
    if make is None or value_range is None:
        raise argument_error(
            "model",
            "a generator with the endpoints `sample` and `serve`, or an autoencoder with `encode` "
            "and `decode`, that declares the range of its images",
            received=f"model={name}, with {', '.join(sorted(functions))}",
        )
    latents, *condition = arguments(make)
    encode = functions.get("encode") if make is functions.get("decode") else None
    image_shape = _image_shape(functions, make, latents, condition)
    styled = {"map", "synthesize", "mean_style"} <= set(functions)
    noise = functions["stored_noise"]() if styled and "stored_noise" in functions else None

    def synthesize(styles):
        rows = [] if noise is None else [tf.repeat(noise, len(styles), axis=0)]
        return functions["synthesize"](tf.constant(styles), *rows).numpy()

    return types.SimpleNamespace(
        name=str(name),
        draws=drawn,
        latent_shape=tuple(latents.shape[1:]),
        image_shape=image_shape,
        value_range=tuple(value_range),
        num_classes=_num_classes(make) if condition else None,
        serve=_on_arrays(make),
        encode=None if encode is None else _on_arrays(encode),
        map=_on_arrays(functions["map"]) if styled else None,
        mean_style=_on_arrays(functions["mean_style"]) if styled else None,
        synthesize=synthesize if styled else None,
    )


def _on_arrays(function):
    return lambda *arrays: function(*map(tf.constant, arrays)).numpy()


def _num_classes(make, most=1000):
    """The number of labels that give images: the first that is refused ends them, or repeats."""
    latents, last = tf.zeros([1, *arguments(make)[0].shape[1:]]), None
    for label in range(most):
        try:
            image = make(latents, tf.constant([label])).numpy()
        except tf.errors.OpError:
            return label
        if not np.isfinite(image).all() or np.array_equal(image, last):
            return label
        last = image
    return most


def _image_shape(functions, make, latents, condition):
    """(height, width, channels) of what is made; a vector is a square, or else a row."""
    zeros = [tf.zeros([1, *latents.shape[1:]]), *(tf.zeros([1], tf.int32) for _ in condition)]
    shape = tuple(make(*zeros).shape[1:])
    if len(shape) == 3:
        return shape
    side = round(np.prod(shape) ** 0.5)
    if len(shape) == 2:
        return (*shape, 1)
    return (side, side, 1) if side**2 == shape[0] else (1, shape[0], 1)
