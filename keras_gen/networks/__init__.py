"""Functional builders: numbers in, `keras.Model` out."""

from keras_gen.networks.dcgan import dcgan_discriminator, dcgan_generator
from keras_gen.networks.lenet import lenet
from keras_gen.networks.mlp import gaussian_encoder, mlp, mlp_decoder, mlp_encoder

__all__ = [
    "dcgan_discriminator",
    "dcgan_generator",
    "gaussian_encoder",
    "lenet",
    "mlp",
    "mlp_decoder",
    "mlp_encoder",
]
