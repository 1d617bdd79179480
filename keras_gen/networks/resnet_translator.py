"""The generator of CycleGAN: residual blocks between two halvings and two doublings."""

import keras
from keras import layers

from keras_gen.arguments import argument_error, integer, positive_integer, shape_of
from keras_gen.layers import ReflectionPadding2D
from keras_gen.networks.translation import cropped, instance_normalized, normal, padded

HALVINGS = 2
SMALLEST_SIDE = 2**HALVINGS + 1  # two pixels are left, one the other's reflection


def resnet_translator(
    source_shape, channels=None, filters=64, blocks=6, resize=False, output_activation="tanh"
):
    """A residual network from images to images of the same size.

        x <- f_7(source),  x <- f_3/2(f_3/2(x)),  x <- x + norm(conv(f_3(x))) * blocks
        x <- up(up(x)),    image = tanh(conv_7(x))

    where f_k = ReLU(norm(conv_k)), /2 is stride 2, and up is a transposed convolution. Convolutions
    other than those of stride 2 pad by reflection, so that no border is learned. norm is instance
    normalization without scale and shift.

    Any size above 4 will do: the source is padded by reflection to a multiple of 4, and the result
    is cropped.

    Args:
        source_shape: (height, width, channels) of the source.
        channels: of the result; `None` for those of the source.
        filters: feature maps of the first and of the last layers; four times as many in the middle.
        blocks: number of residual blocks: 6 for 128 pixels and 9 for 256.
        resize: whether up repeats pixels and convolves, which leaves no checkerboard, instead of a
            transposed convolution.
        output_activation: of the last layer.

    Returns:
        A functional model from sources to images (batch, height, width, channels), in [-1, 1] if
        it ends with tanh.

    Raises:
        ValueError: for a side of 4 or fewer pixels.

    Reference:
        Johnson, Alahi, Fei-Fei (2016), Perceptual Losses for Real-Time Style Transfer and
        Super-Resolution, arXiv:1603.08155; Zhu, Park, Isola, Efros (2017), Unpaired Image-to-Image
        Translation using Cycle-Consistent Adversarial Networks, arXiv:1703.10593, section 7.2;
        resizing: Odena, Dumoulin, Olah (2016), Deconvolution and Checkerboard Artifacts,
        doi:10.23915/distill.00003.
    """
    source_shape = shape_of("source_shape", source_shape, "(height, width, channels)")
    if min(source_shape[:2]) < SMALLEST_SIDE:
        expected = f"height and width of at least {SMALLEST_SIDE}"
        raise argument_error("source_shape", expected, source_shape)
    channels = source_shape[2] if channels is None else positive_integer("channels", channels)
    filters, blocks = positive_integer("filters", filters), integer("blocks", blocks, least=0)
    source = keras.Input(source_shape, name="source")
    x = padded(source, 2**HALVINGS)
    x = _active(_reflected(x, filters, 7))
    for level in range(HALVINGS):
        x = _active(_convolution(filters << (level + 1), 3, strides=2, padding="same")(x))
    for _ in range(blocks):
        h = _active(_reflected(x, x.shape[-1], 3))
        x = layers.Add()([x, instance_normalized(_reflected(h, x.shape[-1], 3), affine=False)])
    double = _repeated if resize else _transposed
    for level in reversed(range(HALVINGS)):
        x = _active(double(x, filters << level))
    x = _reflected(x, channels, 7, use_bias=True)
    x = cropped(x, source_shape[:2])
    image = layers.Activation(output_activation, dtype="float32")(x)
    return keras.Model(source, image, name="translator")


def _convolution(width, side, kind=layers.Conv2D, use_bias=False, **options):
    return kind(width, side, use_bias=use_bias, kernel_initializer=normal(), **options)


def _reflected(x, width, side, **options):
    """A convolution that keeps the size of its input, padded with the input's mirror image."""
    return _convolution(width, side, **options)(ReflectionPadding2D(side // 2)(x))


def _transposed(x, width):
    kind = layers.Conv2DTranspose
    return _convolution(width, 3, kind, strides=2, padding="same")(x)


def _repeated(x, width):
    return _reflected(layers.UpSampling2D()(x), width, 3)


def _active(x):
    return layers.ReLU()(instance_normalized(x, affine=False))
