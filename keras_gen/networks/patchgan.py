"""PatchGAN: a discriminator that scores every patch of an image by itself."""

import keras
from keras.layers import Concatenate, Conv2D, ZeroPadding2D

from keras_gen.arguments import argument_error, integer, positive_integer, shape_of
from keras_gen.fused import FusedLeakyReLU
from keras_gen.networks.translation import LEAKY_SLOPE, instance_normalized, normal

WIDEST = 8  # times the filters of the first layer
SMALLEST_SIDE = 3  # after the layers of stride 2


def receptive_field(layers):
    """Side in pixels of the patch that a score of `patchgan(..., layers)` sees.

        r_0 = 1,   r <- stride (r - 1) + 4, from the last layer to the first

    1, 16, 34, 70, 142, 286 for 0, 1, 2, 3, 4, 5 layers. An image that is not larger is seen whole.

    Reference:
        Isola, Zhu, Zhou, Efros (2017), Image-to-Image Translation with Conditional Adversarial
        Networks, arXiv:1611.07004, section 6.1.2.
    """
    if integer("layers", layers, least=0) == 0:
        return 1
    side = 1
    for stride in (1, 1, *[2] * layers):
        side = stride * (side - 1) + 4
    return side


def patchgan(
    image_shape, condition_shape=None, layers=3, filters=64, normalization=True, affine=True
):
    """A PatchGAN discriminator: a map of scores, each of a patch that overlaps with the next.

        x -> conv, leaky ReLU -> [conv, norm, leaky ReLU] * layers -> conv -> scores

    The convolutions are of 4x4 pixels, `layers` of them with stride 2 and two with stride 1. So a
    score depends on `receptive_field(layers)` pixels in each direction and judges texture, not the
    whole. With 0 layers all kernels are 1x1, and a score is that of a pixel. norm is instance
    normalization.

    Args:
        image_shape: (height, width, channels).
        condition_shape: shape of the source that an image is to be judged with, of the same height
            and width; the network then takes `[images, sources]`. `None` for a network that takes
            images alone.
        layers: number of convolutions of stride 2.
        filters: feature maps of the first layer; the next ones have 2, 4, 8, 8, ... times as many.
        normalization: whether to normalize.
        affine: whether normalization learns a scale and a shift, as in Pix2Pix but not in CycleGAN.

    Returns:
        A functional model to scores (logits) of shape (batch, rows, columns, 1).

    Raises:
        ValueError: for an image that is too small for so many layers, and for a condition of
            another height or width.

    Reference:
        Isola, Zhu, Zhou, Efros (2017), Image-to-Image Translation with Conditional Adversarial
        Networks, arXiv:1611.07004, sections 3.2.2 and 6.1.2.
    """
    axes = "(height, width, channels)"
    image_shape = shape_of("image_shape", image_shape, axes)
    filters, layers = positive_integer("filters", filters), integer("layers", layers, least=0)
    inputs = x = keras.Input(image_shape, name="images")
    if condition_shape is not None:
        condition = keras.Input(_condition(condition_shape, axes, image_shape), name="sources")
        inputs = [x, condition]
        x = Concatenate()(inputs)
    _check_size(image_shape, layers)
    for level in range(layers + 1):
        width = filters * min(2**level, WIDEST)
        normalized = normalization and level > 0
        x = _convolved(x, width, layers, level < layers, use_bias=not normalized)
        x = instance_normalized(x, affine) if normalized else x
        x = FusedLeakyReLU(LEAKY_SLOPE)(x)
    scores = _convolved(x, 1, layers, False, dtype="float32", name="score")
    return keras.Model(inputs, scores, name="discriminator")


def _convolved(x, width, layers, halves, **options):
    """By 4x4 pixels with a border of one, or, in a network without layers, pixel by pixel."""
    options["kernel_initializer"] = normal()
    if layers == 0:
        return Conv2D(width, 1, **options)(x)
    if halves:
        return Conv2D(width, 4, 2, "same", **options)(x)
    return Conv2D(width, 4, **options)(ZeroPadding2D(1)(x))


def _condition(shape, axes, image_shape):
    shape = shape_of("condition_shape", shape, axes)
    if shape[:2] != image_shape[:2]:
        size = "x".join(map(str, image_shape[:2]))
        raise argument_error("condition_shape", f"the size of the images, {size}", shape)
    return shape


def _check_size(image_shape, layers):
    """Refuses images that the layers of stride 2 shrink too far for the other two."""
    side = min(image_shape[:2])
    most = 0
    while -(-side // 2 ** (most + 1)) >= SMALLEST_SIDE:
        most += 1
    if layers > most:
        size = "x".join(map(str, image_shape[:2]))
        raise argument_error("layers", f"at most {most} for images of {size}", layers)
