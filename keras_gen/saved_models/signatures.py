"""Endpoints, functions of tensors, and how TensorFlow saves them: methods and named signatures."""

import contextlib
import os

import keras
import tensorflow as tf

# How the signatures name what an endpoint returns: `serve` of a generator returns `images`, an
# endpoint that is not listed `outputs`.
OUTPUTS = {
    **dict.fromkeys(("sample", "sample_uint8", "sample_unguided", "complete"), "images"),
    **dict.fromkeys(("illustrate", "illustrate_uint8", "translate", "translate_back"), "images"),
    "stylize": "images",
    **dict.fromkeys(("transform", "features"), "features"),
    "synthesize": "images",
    "map": "styles",
    "mean_style": "mean_style",
    "stored_noise": "noise",
    "encode": "codes",
    "decode": "x",
    "reconstruct": "x",
    **dict.fromkeys(("classify", "classify_fine_tuned"), "probabilities"),
    "generate": "text",
    "log_prob": "log_prob",
    "log_probabilities": "log_probabilities",
}


def endpoints_of(model):
    """The endpoints of a library model or a functional one: name -> (function, input signature)."""
    if hasattr(model, "endpoints"):
        return model.endpoints()
    return _functional_endpoints(model)


def loaded_endpoints(model):
    """The endpoints of a loaded SavedModel: name -> (function, what it takes)."""
    functions = {
        name: member
        for name, member in getattr(model, "__dict__", {}).items()
        if isinstance(member, tf.types.experimental.GenericFunction)
        and getattr(member, "concrete_functions", None)
    }
    return {name: (function, specs_of(function)) for name, function in functions.items()}


def specs_of(function):
    """What an endpoint of a loaded SavedModel takes: a list of `tf.TensorSpec`."""
    signature = function.concrete_functions[0].structured_input_signature
    return [each for each in tf.nest.flatten(signature) if isinstance(each, tf.TensorSpec)]


def further_endpoints(networks):
    """Endpoints of further networks: a dict from their names to functional models."""
    return {name: _functional_endpoints(network)["serve"] for name, network in networks.items()}


def save_endpoints(endpoints, value_range, path):
    """Writes endpoints, name -> (function, input signature), as a SavedModel."""
    module, signatures = tf.Module(), {}
    for name, (function, signature) in endpoints.items():
        endpoint = tf.function(function, input_signature=signature, autograph=False)
        setattr(module, name, endpoint)
        of_generator = name == "serve" and "sample" in endpoints
        output = "images" if of_generator else OUTPUTS.get(name, "outputs")
        signatures[name] = _named(endpoint, output, signature)
        signatures.setdefault("serving_default", signatures[name])
    traced = [getattr(module, name).get_concrete_function() for name in endpoints]
    used = [variable for function in traced for variable in function.graph.variables]
    module.all_variables = list({id(variable): variable for variable in used}.values())
    if value_range is not None:
        bounds = tf.constant(value_range, tf.float32)
        module.value_range = tf.function(lambda: tf.identity(bounds), input_signature=[])
        module.value_range.get_concrete_function()
    tf.saved_model.save(module, path, signatures=signatures)
    with contextlib.suppress(OSError):  # TensorFlow makes it even where there are none
        os.rmdir(os.path.join(path, "assets"))


def _named(endpoint, name, signature):
    """An endpoint as a signature: a function whose outputs have names."""

    def named(*tensors):
        outputs = endpoint(*tensors)
        if isinstance(outputs, dict):
            return outputs
        flat = tf.nest.flatten(outputs)
        return {name if len(flat) == 1 else f"{name}_{i}": each for i, each in enumerate(flat)}

    return tf.function(named, input_signature=signature, autograph=False)


def _functional_endpoints(model):
    """Inference of a functional model; images in, outputs (and features) out."""
    names = ["images"] if len(model.inputs) == 1 else [each.name for each in model.inputs]
    signature = [
        tf.TensorSpec(each.shape, tf.float32 if "float" in each.dtype else each.dtype, name)
        for each, name in zip(model.inputs, names, strict=True)
    ]
    outputs = {"serve": model}
    if any(layer.name == "features" for layer in model.layers):
        outputs["features"] = keras.Model(model.inputs, model.get_layer("features").output)
    return {name: (_inference(network), signature) for name, network in outputs.items()}


def _inference(network):
    def infer(*inputs):
        outputs = network(list(inputs) if len(inputs) > 1 else inputs[0], training=False)
        return tf.nest.map_structure(_float32, outputs)

    return infer


def _float32(output):
    return tf.cast(output, tf.float32) if output.dtype.is_floating else output
