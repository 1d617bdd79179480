"""Shapes of the inputs and outputs of a network, functional or a class of its own."""

import keras


def input_shapes(network):
    """Shapes of the inputs of a built network, without the batch axis: a list of tuples."""
    if hasattr(network, "inputs") and network.inputs is not None:
        return [tuple(each.shape[1:]) for each in network.inputs]
    shapes = network.get_build_config()["input_shape"]
    shapes = shapes if isinstance(shapes[0], (list, tuple)) else [shapes]
    return [tuple(shape[1:]) for shape in shapes]


def output_shape(network):
    """Shape of the one output of a built network, without the batch axis."""
    if hasattr(network, "outputs") and network.outputs is not None:
        return tuple(network.outputs[0].shape[1:])
    inputs = [keras.KerasTensor((None, *shape)) for shape in input_shapes(network)]
    output = network.compute_output_spec(inputs if len(inputs) > 1 else inputs[0])
    return tuple(output.shape[1:])
