"""The U-Net of Pix2Pix: an encoder and a decoder with skips between maps of the same size."""

import keras
from keras import layers

from keras_gen.arguments import (
    argument_error,
    integer,
    number_from_zero,
    positive_integer,
    shape_of,
)
from keras_gen.fused import FusedLeakyReLU
from keras_gen.layers import PermanentDropout
from keras_gen.networks.translation import (
    LEAKY_SLOPE,
    cropped,
    instance_normalized,
    normal,
    padded,
    padding_to,
)

DEEPEST = 8  # from 256 pixels to one
WIDEST = 8  # times the filters of the first layer
DROPOUT_LAYERS = 3  # of the decoder, from the innermost on


def unet(
    source_shape,
    channels=None,
    filters=64,
    depth=None,
    skips=True,
    dropout=0.5,
    output_activation="tanh",
    residual=False,
):
    """A U-Net: an image is halved until hardly a pixel is left, and doubled again.

        e_1 = conv(source),  e_i = norm(conv(leaky ReLU(e_{i-1})))
        d_n = e_n,           d_i = [dropout(norm(up(ReLU(d_{i+1})))), e_i],   image = tanh(up(d_1))

    where conv has stride 2 and up is a transposed convolution of stride 2, both of 4x4 pixels.
    Thanks to the skips [., e_i] what source and image have in common, such as edges, need not pass
    through the bottleneck. The first and the innermost layer, whose maps may be a single pixel, are
    not normalized; norm is instance normalization. The noise of the network is dropout in the first
    three layers of the decoder, which stays on in inference, see `layers.PermanentDropout`.

    Any size will do: the source is padded by reflection to a multiple of 2^depth, and the result is
    cropped.

    Args:
        source_shape: (height, width, channels) of the source.
        channels: of the result; `None` for those of the source.
        filters: feature maps of the first layer; the next ones have 2, 4, 8, 8, ... times as many.
        depth: how often the source is halved; `None` for as often as its shorter side leaves whole
            pixels, at most 8 times.
        skips: whether there are skips; without them it is an encoder and a decoder.
        dropout: rate in [0, 1) of the noise; 0 for none.
        output_activation: of the last layer.
        residual: whether the source is added to the result, whose last layer then starts at zero:
            at first the result is the source, as in super-resolution.

    Returns:
        A functional model from sources to images (batch, height, width, channels), in [-1, 1] if
        it ends with tanh and is not residual.

    Raises:
        ValueError: for a depth that needs more padding than the image has pixels to reflect, and
            for a residual network with channels other than the source's.

    Reference:
        Ronneberger, Fischer, Brox (2015), U-Net, arXiv:1505.04597; Isola, Zhu, Zhou, Efros (2017),
        Image-to-Image Translation with Conditional Adversarial Networks, arXiv:1611.07004, sections
        3.2 and 6.1.1.
    """
    source_shape = shape_of("source_shape", source_shape, "(height, width, channels)")
    channels = source_shape[2] if channels is None else positive_integer("channels", channels)
    if residual and channels != source_shape[2]:
        raise argument_error("channels", f"those of the source, {source_shape[2]}", channels)
    filters, dropout = positive_integer("filters", filters), number_from_zero("dropout", dropout, 1)
    depth = _depth(depth, source_shape[:2])
    widths = [filters * min(2**level, WIDEST) for level in range(depth)]
    source = keras.Input(source_shape, name="source")
    x, encoded = padded(source, 2**depth), []
    for level, width in enumerate(widths):
        x = FusedLeakyReLU(LEAKY_SLOPE)(x) if level > 0 else x
        x = _layer(x, layers.Conv2D, width, 0 < level < depth - 1)
        encoded.append(x)
    for level in reversed(range(1, depth)):
        x = layers.ReLU()(x)
        x = _layer(x, layers.Conv2DTranspose, widths[level - 1], True)
        if dropout and depth - level <= DROPOUT_LAYERS:
            x = PermanentDropout(dropout)(x)
        if skips:
            x = layers.Concatenate()([x, encoded[level - 1]])
    start = "zeros" if residual else normal()
    x = layers.Conv2DTranspose(channels, 4, 2, "same", kernel_initializer=start)(layers.ReLU()(x))
    x = cropped(x, source_shape[:2])
    x = layers.Activation(output_activation, dtype="float32")(x)
    image = layers.Add(dtype="float32")([source, x]) if residual else x
    return keras.Model(source, image, name="generator")


def _layer(x, convolution, width, normalized):
    start = normal()
    x = convolution(width, 4, 2, "same", use_bias=not normalized, kernel_initializer=start)(x)
    return instance_normalized(x) if normalized else x


def _depth(depth, size):
    """The given number of halvings, or the one that the size suggests."""
    if depth is None:
        return max(1, min(DEEPEST, min(size).bit_length() - 1))
    depth, most = integer("depth", depth, least=1), 1
    while all(max(padding_to(side, 2 ** (most + 1))) < side for side in size):
        most += 1
    if depth > most:
        expected = f"at most {most} for images of {size[0]}x{size[1]}"
        reason = "there is no more to reflect when they are padded to a multiple of 2^depth"
        raise argument_error("depth", f"{expected}: {reason}", depth)
    return depth
