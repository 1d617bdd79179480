"""Autoencoders: the input as its own target, through a code."""

from keras_gen.models.autoencoders.autoencoder import Autoencoder
from keras_gen.models.autoencoders.tied import TiedAutoencoder
from keras_gen.models.autoencoders.vae import VAE

__all__ = [
    "VAE",
    "Autoencoder",
    "TiedAutoencoder",
]
