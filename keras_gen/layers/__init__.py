"""Layers of generative models that Keras does not have, written in `keras.ops` only."""

from keras_gen.layers.adain import AdaIN
from keras_gen.layers.augmentation import (
    Augmentation,
    Augmentations,
    RandomColors,
    RandomCutout,
    RandomMirror,
    RandomShift,
    differentiable_augmentation,
)
from keras_gen.layers.blur import Blur2D
from keras_gen.layers.doubled_rbm import DoubledRBM, doubled_rbms
from keras_gen.layers.equalized import EqualizedConv2D, EqualizedDense
from keras_gen.layers.fade_in import FadeIn
from keras_gen.layers.gradient_reversal import GradientReversal
from keras_gen.layers.label_rbm import LabelRBM
from keras_gen.layers.learned_constant import LearnedConstant
from keras_gen.layers.masked_conv import MaskedConv2D
from keras_gen.layers.masked_dense import MaskedDense
from keras_gen.layers.minibatch_discrimination import MinibatchDiscrimination
from keras_gen.layers.minibatch_stddev import MinibatchStdDev
from keras_gen.layers.noise_injection import NoiseInjection
from keras_gen.layers.permanent_dropout import PermanentDropout
from keras_gen.layers.pixel_norm import PixelNorm
from keras_gen.layers.random_affine import RandomAffine
from keras_gen.layers.random_paste import RandomPaste
from keras_gen.layers.rbm import RBM, GaussianRBM
from keras_gen.layers.reflection_padding import ReflectionPadding2D
from keras_gen.layers.sampling import Sampling
from keras_gen.layers.style_modulation import StyleModulation
from keras_gen.layers.tied_dense import TiedDense

__all__ = [
    "RBM",
    "AdaIN",
    "Augmentation",
    "Augmentations",
    "Blur2D",
    "DoubledRBM",
    "EqualizedConv2D",
    "EqualizedDense",
    "FadeIn",
    "GaussianRBM",
    "GradientReversal",
    "LabelRBM",
    "LearnedConstant",
    "MaskedConv2D",
    "MaskedDense",
    "MinibatchDiscrimination",
    "MinibatchStdDev",
    "NoiseInjection",
    "PermanentDropout",
    "PixelNorm",
    "RandomAffine",
    "RandomColors",
    "RandomCutout",
    "RandomMirror",
    "RandomPaste",
    "RandomShift",
    "ReflectionPadding2D",
    "Sampling",
    "StyleModulation",
    "TiedDense",
    "differentiable_augmentation",
    "doubled_rbms",
]
