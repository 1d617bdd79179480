"""Residual players without normalization: every block starts as the identity.

    x <- x + conv_1(a(conv_3(a(conv_1(x))))),    a leaky ReLU, the last convolution zero at first

A deep network without normalization keeps the scale of its signal because, at the start, only the
resampling between blocks acts on it.

Reference:
    Huang et al. (2024), The GAN is dead; long live the GAN! A Modern Baseline GAN,
    arXiv:2501.05441, section 3; zero initialization: Zhang, Dauphin, Ma (2019), Fixup
    Initialization, arXiv:1901.09321.
"""

import keras
from keras import layers

from keras_gen.arguments import integer, positive_integer, shape_of
from keras_gen.fused import FusedLeakyReLU
from keras_gen.networks.dcgan import LEAKY_SLOPE, SMALLEST_SIDE, cut, halved_sizes


def residual_generator(image_shape, latent_dim=64, filters=32, blocks=1):
    """A generator of residual blocks: projects latents to a small image and doubles it.

        z -> dense -> (s, s, width) -> blocks -> [bilinear doubling, conv_1, blocks] * n -> tanh

    Args:
        image_shape: (height, width, channels); height and width above 4.
        latent_dim: length of the latent vector.
        filters: feature maps at full size; each smaller image has twice as many.
        blocks: residual blocks at each size.

    Returns:
        A functional model to images in [-1, 1].
    """
    image_shape, filters, blocks = _checked(image_shape, filters, blocks)
    latents = keras.Input((positive_integer("latent_dim", latent_dim),), name="latents")
    *sizes, smallest = halved_sizes(image_shape, SMALLEST_SIDE)
    shape = (*smallest, filters << len(sizes))
    x = layers.Dense(shape[0] * shape[1] * shape[2], kernel_initializer="he_normal")(latents)
    x = _blocks(layers.Reshape(shape)(x), blocks)
    for level, size in reversed(list(enumerate(sizes))):
        x = cut(layers.UpSampling2D(interpolation="bilinear")(x), size)
        x = _blocks(_convolution(x, filters << level, 1), blocks)
    x = _convolution(x, image_shape[2], 1, use_bias=True, kernel_initializer="glorot_normal")
    images = layers.Activation("tanh", dtype="float32")(x)
    return keras.Model(latents, images, name="generator")


def residual_discriminator(image_shape, filters=32, blocks=1):
    """A discriminator of residual blocks, which no penalty forbids.

        image -> conv_1 -> [blocks, mean of 2x2 pixels, conv_1] * n -> blocks -> flat -> one score

    Args:
        image_shape: (height, width, channels); height and width above 4.
        filters: feature maps at full size; each smaller image has twice as many.
        blocks: residual blocks at each size.

    Returns:
        A functional model to scores of shape (batch, 1), logits.
    """
    image_shape, filters, blocks = _checked(image_shape, filters, blocks)
    images = keras.Input(image_shape, name="images")
    x = _convolution(images, filters, 1, use_bias=True)
    for level in range(1, len(halved_sizes(image_shape, SMALLEST_SIDE))):
        x = layers.AveragePooling2D(padding="same")(_blocks(x, blocks))
        x = _convolution(x, filters << level, 1)
    x = layers.Flatten()(FusedLeakyReLU(LEAKY_SLOPE)(_blocks(x, blocks)))
    score = layers.Dense(1, kernel_initializer="he_normal", dtype="float32", name="score")(x)
    return keras.Model(images, score, name="discriminator")


def _checked(image_shape, filters, blocks):
    shape = shape_of("image_shape", image_shape, "(height, width, channels)")
    return shape, positive_integer("filters", filters), integer("blocks", blocks, least=0)


def _convolution(x, width, side, use_bias=False, kernel_initializer="he_normal"):
    options = {"padding": "same", "use_bias": use_bias, "kernel_initializer": kernel_initializer}
    return layers.Conv2D(width, side, **options)(x)


def _blocks(x, count):
    width = x.shape[-1]
    for _ in range(count):
        h = FusedLeakyReLU(LEAKY_SLOPE)(_convolution(x, width, 1, use_bias=True))
        h = FusedLeakyReLU(LEAKY_SLOPE)(_convolution(h, width, 3, use_bias=True))
        x = layers.Add()([x, _convolution(h, width, 1, kernel_initializer="zeros")])
    return x
