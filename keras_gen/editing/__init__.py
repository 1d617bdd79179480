"""Editing of generated images: spaces of latents, directions in them, and inversion of an image.

A space knows how points are drawn and what images they give; a direction is a vector of a space; an
edit is a step along it:

    image(point + step direction)

Everything works on Keras models and on loaded SavedModels.
"""

from keras_gen.editing.attributes import attribute_direction, conditional
from keras_gen.editing.directions import Direction, edit, load_directions, save_directions
from keras_gen.editing.entanglement import entanglement_matrix, entanglement_share
from keras_gen.editing.inversion import Inversion, invert, squared_error
from keras_gen.editing.principal import (
    feature_directions,
    principal_directions,
    style_weights,
    weight_directions,
)
from keras_gen.editing.spaces import Space, W, WPlus, Z
from keras_gen.editing.strokes import ink, slant, width

__all__ = [
    "Direction",
    "Inversion",
    "Space",
    "W",
    "WPlus",
    "Z",
    "attribute_direction",
    "conditional",
    "edit",
    "entanglement_matrix",
    "entanglement_share",
    "feature_directions",
    "ink",
    "invert",
    "load_directions",
    "principal_directions",
    "save_directions",
    "slant",
    "squared_error",
    "style_weights",
    "weight_directions",
    "width",
]
