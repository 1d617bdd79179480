"""Functional builders: numbers in, `keras.Model` out."""

from keras_gen.fused import FusedBatchNormalization, FusedLeakyReLU
from keras_gen.fused_recurrent import GRU, LSTM, RNN
from keras_gen.networks import cells
from keras_gen.networks.classifier import classifier_on
from keras_gen.networks.convolutional import convolutional_decoder, convolutional_encoder
from keras_gen.networks.dcgan import dcgan_discriminator, dcgan_generator
from keras_gen.networks.feature_extractor import feature_extractor
from keras_gen.networks.lenet import lenet
from keras_gen.networks.mlp import gaussian_encoder, mlp, mlp_decoder, mlp_encoder
from keras_gen.networks.noisy_classifier import noisy_classifier
from keras_gen.networks.patchgan import patchgan, receptive_field
from keras_gen.networks.progressive import (
    GrowingNetwork,
    progressive_discriminator,
    progressive_generator,
)
from keras_gen.networks.recurrent import (
    recurrent_decoder,
    recurrent_encoder,
    recurrent_reader,
    recurrent_tagger,
)
from keras_gen.networks.residual import residual_discriminator, residual_generator
from keras_gen.networks.resnet_translator import resnet_translator
from keras_gen.networks.shapes import input_shapes, output_shape
from keras_gen.networks.style import StyleGenerator, style_discriminator, style_generator
from keras_gen.networks.style_transfer import (
    mirrored_decoder,
    style_encoder,
    tap_scales,
    tapped_encoder,
    vgg19_encoder,
)
from keras_gen.networks.unet import unet

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "FusedBatchNormalization",
    "FusedLeakyReLU",
    "GrowingNetwork",
    "StyleGenerator",
    "cells",
    "classifier_on",
    "convolutional_decoder",
    "convolutional_encoder",
    "dcgan_discriminator",
    "dcgan_generator",
    "feature_extractor",
    "gaussian_encoder",
    "input_shapes",
    "lenet",
    "mirrored_decoder",
    "mlp",
    "mlp_decoder",
    "mlp_encoder",
    "noisy_classifier",
    "output_shape",
    "patchgan",
    "progressive_discriminator",
    "progressive_generator",
    "receptive_field",
    "recurrent_decoder",
    "recurrent_encoder",
    "recurrent_reader",
    "recurrent_tagger",
    "residual_discriminator",
    "residual_generator",
    "resnet_translator",
    "style_discriminator",
    "style_encoder",
    "style_generator",
    "tap_scales",
    "tapped_encoder",
    "unet",
    "vgg19_encoder",
]
