"""How a network ends: what its last activation can output, and what it has to output.

A functional or sequential network is followed from its output back to the layer that decides,
through nested models, reshaping and dropout. Nothing is known about a class of the user's own, and
it is not refused.
"""

import dataclasses
import math

import keras
import tensorflow as tf

from keras_gen.arguments import argument_error
from keras_gen.models.mismatches import refuse

INF = math.inf
RANGES = {  # of activations, by their names
    "exponential": (0.0, INF),
    "hard_sigmoid": (0.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
    "linear": (-INF, INF),
    "log_sigmoid": (-INF, 0.0),
    "log_softmax": (-INF, 0.0),
    "relu": (0.0, INF),
    "relu6": (0.0, 6.0),
    "sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "softplus": (0.0, INF),
    "softsign": (-1.0, 1.0),
    "sparse_plus": (0.0, INF),
    "sparsemax": (0.0, 1.0),
    "squareplus": (0.0, INF),
    "tanh": (-1.0, 1.0),
}
# What changes no number, or picks and averages them.
PASSING = (
    "ActivityRegularization AlphaDropout AveragePooling1D AveragePooling2D AveragePooling3D "
    "Cropping1D Cropping2D Cropping3D Dropout Flatten GlobalAveragePooling1D "
    "GlobalAveragePooling2D GlobalMaxPooling1D GlobalMaxPooling2D Identity MaxPooling1D "
    "MaxPooling2D MaxPooling3D Permute RepeatVector Reshape SpatialDropout1D SpatialDropout2D "
    "SpatialDropout3D Squeeze Transpose UpSampling1D UpSampling2D ExpandDims"
).split()
NO_OVERSHOOT = ("", "nearest", "bilinear")  # interpolations
_START = object()  # the input of a nested model


@dataclasses.dataclass(frozen=True)
class Ending:
    """The activation that a network ends with: its name, that of its layer, and its range."""

    activation: str
    layer: str
    low: float
    high: float

    def __str__(self):
        return f"a network that ends with {self.activation} in the layer {self.layer!r}"

    def reaches(self, low, high):
        """Whether the range contains the interval."""
        return self.low <= low and high <= self.high

    def within(self, low, high):
        """Whether the interval contains the range."""
        return low <= self.low and self.high <= high

    def bounded(self):
        return math.isfinite(self.low) and math.isfinite(self.high)

    def scaled(self, scale, offset):
        """What a linear map makes of it."""
        low, high = sorted((scale * self.low + offset, scale * self.high + offset))
        return dataclasses.replace(self, low=low, high=high)


def ending(network):
    """The `Ending` of a network's first output, or `None` where it cannot be known."""
    found = _of_network(network, 0)
    return found if isinstance(found, Ending) else None


def check_reaches(name, network, needed, cure):
    """Refuses a network whose last activation cannot output all that it has to.

    Args:
        name: the argument's name.
        network: a Keras model.
        needed: the interval of the outputs, or `None` if nothing is known of it.
        cure: what is expected of the network, in words.
    """
    found = ending(network)
    if needed is not None and found is not None and not found.reaches(*needed):
        refuse(name, cure, received=str(found))


def check_logits(name, network, of="the loss"):
    """Refuses a network that ends with probabilities, or another bounded activation, for logits."""
    cure = f"logits, unbounded numbers: remove the last activation, because {of} takes logits"
    check_reaches(name, network, (-INF, INF), cure)


def check_class_logits(name, network):
    """Refuses a network whose outputs are not logits of two classes or more."""
    shape = network.output_shape
    if len(shape) != 2 or shape[1] < 2:
        raise argument_error(name, "logits (batch, classes)", received=f"outputs of shape {shape}")
    check_logits(name, network)


def check_range_reached(name, network, value_range):
    """Refuses a network whose outputs cannot reach all of the declared range, or leave it."""
    found = ending(network)
    if value_range is None or found is None:
        return
    leaves = found.bounded() and not found.within(*value_range)
    if leaves or not found.reaches(*value_range):
        low, high = value_range
        fitting = [each for each in ("tanh", "sigmoid") if RANGES[each] == (low, high)]
        instead = f"end it with {fitting[0]}, or without" if fitting else "end it without"
        refuse(
            name,
            f"outputs that cover `value_range` [{low}, {high}] and no more: {instead} an "
            "activation, or declare another range",
            received=f"{found}, whose range is [{found.low}, {found.high}]",
        )


def check_classes(name, network, num_classes):
    """Refuses a network that looks up its second input, the labels, in a table of fewer classes."""
    for operation in getattr(network, "operations", ()):
        size = getattr(operation, "input_dim", getattr(operation, "num_tokens", None))
        of_labels = any(
            getattr(tensor, "_keras_history", (None,))[0] is network.inputs[1]._keras_history[0]
            for node in operation._inbound_nodes
            for tensor in node.input_tensors
        )
        if of_labels and isinstance(size, int) and size < num_classes:
            refuse(
                name,
                f"a network for num_classes={num_classes}",
                received=f"one whose layer {operation.name!r} has {size} classes",
            )


def _of_network(network, index):
    """The ending of an output of a network, `_START` if it is the input, or `None`."""
    outputs = getattr(network, "outputs", None)
    if not outputs or not type(network).call.__module__.startswith("keras."):
        return None
    return _of_tensor(outputs[index])


def _of_tensor(tensor):
    """The ending of a symbolic tensor: that of the operation that made it."""
    operation, node, index = tensor._keras_history
    if isinstance(operation, keras.layers.InputLayer):
        return _START
    inputs = operation._inbound_nodes[node].input_tensors
    found = _of_operation(operation, index)
    if callable(found) and len(inputs) == 1:
        before = _of_tensor(inputs[0])
        return found(before) if isinstance(before, Ending) else before
    return None if callable(found) else found


def _of_operation(operation, index=0):
    """An `Ending`, a function of the ending before, or `None` where nothing is known."""
    if isinstance(operation, keras.Model):
        found = _of_network(operation, index)
        return _unchanged if found is _START and len(operation.inputs) == 1 else _known(found)
    if not type(operation).__module__.startswith(("keras.", "keras_gen.")):
        return None
    kind = type(operation).__name__
    if isinstance(operation, (keras.layers.TimeDistributed, keras.layers.SpectralNormalization)):
        return _of_operation(operation.layer)
    if kind in PASSING:
        return _unchanged if getattr(operation, "interpolation", "") in NO_OVERSHOOT else None
    if kind == "Rescaling":
        return _rescaling(operation)
    if isinstance(operation, keras.layers.RNN) or kind == "Bidirectional":
        return None
    if kind == "ReLU":
        return _of_relu(operation)
    if not isinstance(operation, keras.layers.Layer):  # `keras.ops` in a functional model
        return _named(kind.lower(), operation.name)
    if kind == "Softmax":
        return _named("softmax", operation.name)
    return _of_activation(operation) if hasattr(operation, "activation") else None


def _unchanged(before):
    return before


def _known(found):
    return found if isinstance(found, Ending) else None


def _named(activation, layer):
    activation = {"logsoftmax": "log_softmax", "logsigmoid": "log_sigmoid"}.get(
        activation, activation
    )
    return Ending(activation, layer, *RANGES[activation]) if activation in RANGES else None


def _of_activation(layer):
    """The ending of a layer with an activation; a linear `Activation` changes nothing."""
    activation = layer.activation
    if isinstance(activation, keras.layers.Layer):
        return _of_operation(activation)
    name = _name_of(activation)
    if name == "linear" and type(layer).__name__ == "Activation":
        return _unchanged
    return None if name is None else _named(name, layer.name)


def _name_of(activation):
    """The name of an activation of Keras or TensorFlow, or `None` for a user's function."""
    if activation is None:
        return "linear"
    homes = (keras.activations, keras.ops, tf.nn, tf.math)
    same = (name for name in RANGES for home in homes if getattr(home, name, 0) is activation)
    return next(same, None)


def _of_relu(layer):
    if layer.negative_slope or layer.threshold:
        return None
    return Ending("relu", layer.name, 0.0, INF if layer.max_value is None else layer.max_value)


def _rescaling(layer):
    try:
        scale, offset = float(layer.scale), float(layer.offset)
    except (TypeError, ValueError):  # one for each channel
        return None
    return lambda before: before.scaled(scale, offset)
