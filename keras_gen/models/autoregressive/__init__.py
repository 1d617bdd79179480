"""Models that give every part of an example a distribution, given the parts before it."""

from keras_gen.models.autoregressive.base import AutoregressiveModel
from keras_gen.models.autoregressive.character_model import CharacterModel
from keras_gen.models.autoregressive.made import MADE
from keras_gen.models.autoregressive.pixel_cnn import PixelCNN

__all__ = [
    "MADE",
    "AutoregressiveModel",
    "CharacterModel",
    "PixelCNN",
]
