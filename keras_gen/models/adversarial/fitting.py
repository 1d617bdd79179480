"""Whether the networks of a game fit each other: refused when they are put together."""

from keras_gen.arguments import argument_error
from keras_gen.models.endings import check_range_reached
from keras_gen.networks import input_shapes, output_shape


def image_map(name, network, value_range):
    """The shapes of a network's one input and of its output, or the error that names it.

    Args:
        name: the argument's name.
        network: a Keras model from images to images.
        value_range: closed interval that its images must cover and not leave, or `None`.
    """
    check_network(name, network)
    if len(input_shapes(network)) != 1:
        raise _misfit(name, network, "a network with one input")
    check_range_reached(name, network, value_range)
    return input_shapes(network)[0], output_shape(network)


def check_network(name, network, inputs=None, output=None):
    """Refuses all but a built network from inputs of these shapes to an output of that shape.

    Args:
        name: the argument's name.
        network: a Keras model.
        inputs: list of shapes without the batch axis, or `None` for any.
        output: shape, or `None` for any.
    """
    if not getattr(network, "built", False) or not hasattr(network, "trainable_variables"):
        raise argument_error(name, "a built Keras model", network)
    if inputs is not None and input_shapes(network) != [tuple(shape) for shape in inputs]:
        raise _misfit(name, network, f"a network that takes {_listed(inputs)}")
    if output is not None and output_shape(network) != tuple(output):
        raise _misfit(name, network, f"a network that returns {tuple(output)}")


def check_different(**networks):
    """Refuses one network in two places, where it would have to learn two things."""
    first = {}
    for name, network in networks.items():
        other = first.setdefault(id(network), name)
        if other != name:
            raise argument_error(name, f"a network other than `{other}`", network)


def _misfit(name, network, expected):
    taken, given = _listed(input_shapes(network)), output_shape(network)
    return argument_error(name, expected, received=f"a network from {taken} to {given}")


def _listed(shapes):
    return " and ".join(str(tuple(shape)) for shape in shapes)
