"""What the networks of image translation have in common: initial values, normalization, padding."""

import keras
from keras import layers

from keras_gen.layers import ReflectionPadding2D

WEIGHT_STDDEV = 0.02  # Isola et al. (2017), section 6.2, and Zhu et al. (2017), section 4
LEAKY_SLOPE = 0.2  # Isola et al. (2017), section 6.1
NORMALIZATION_EPSILON = 1e-5  # of the authors' framework


def normal(mean=0.0):
    """The initializer of all convolutions and, with mean 1, of normalization's scales."""
    return keras.initializers.RandomNormal(mean, WEIGHT_STDDEV)


def instance_normalized(x, affine=True):
    """Feature maps of mean 0 and variance 1 in every image and channel, in float32.

        y = gamma (x - mean) / sqrt(variance + epsilon) + beta

    Keras calls it group normalization with a group for each channel.

    Args:
        x: feature maps (batch, height, width, channels) of more than one pixel: a single one is
            its own mean, and nothing would be left of it.
        affine: whether to learn gamma and beta, which start at N(1, .02) and 0.

    Reference:
        Ulyanov, Vedaldi, Lempitsky (2016), Instance Normalization: The Missing Ingredient for Fast
        Stylization, arXiv:1607.08022, equation 2.
    """
    normalize = layers.GroupNormalization(
        groups=-1,
        epsilon=NORMALIZATION_EPSILON,
        center=affine,
        scale=affine,
        gamma_initializer=normal(1.0),
        dtype="float32",
    )
    return normalize(x)


def padding_to(size, multiple):
    """Pixels before and after that make a side a multiple, half of them at each end."""
    missing = -size % multiple
    return missing // 2, missing - missing // 2


def padded(images, multiple):
    """Images with mirrored borders, whose sides are multiples of a number."""
    sides = tuple(padding_to(side, multiple) for side in images.shape[1:3])
    return ReflectionPadding2D(sides)(images) if any(map(any, sides)) else images


def cropped(images, size):
    """The inverse of `padded`: the middle of images, of the given height and width."""
    missing = [whole - side for whole, side in zip(images.shape[1:3], size)]
    sides = tuple((each // 2, each - each // 2) for each in missing)
    return layers.Cropping2D(sides)(images) if any(missing) else images
