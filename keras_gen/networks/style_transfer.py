"""The networks of style transfer: encoders that are tapped at several depths, and their mirror."""

import itertools

import keras
import numpy as np
from keras import layers

from keras_gen.arguments import argument_error, positive_integer, positive_integers
from keras_gen.images import check_range
from keras_gen.layers import ReflectionPadding2D
from keras_gen.networks.shapes import input_shapes

VGG_TAPS = ("block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1")
VGG_MEAN = (103.939, 116.779, 123.68)  # of ImageNet: blue, green, red
PROBE = 256  # pixels, the side of the image whose feature maps are counted


def style_encoder(filters=(32, 64, 128, 256), convolutions=2, channels=3, value_range=(-1.0, 1.0)):
    """Convolutions that are tapped once at every resolution: images to lists of feature maps.

        x = image in [-1, 1]
        x <- ReLU(conv_3(x)) = tap,   x <- ReLU(conv_3(x)) * (convolutions - 1),   x <- max of 2x2

    for each entry of filters; the last stage ends with its tap. All convolutions pad by reflection,
    and there is no normalization. Sizes are free, and each stage but the last halves them.

    Args:
        filters: feature maps of the stages.
        convolutions: of each stage.
        channels: of the images.
        value_range: closed interval of the pixels, which the encoder scales itself.

    Returns:
        A functional model from images (batch, height, width, channels) to a list of feature maps,
        the finest first. Its weights can be trained.

    Reference:
        Huang and Belongie (2017), Arbitrary Style Transfer in Real-time with Adaptive Instance
        Normalization, arXiv:1703.06868, section 6.1, with VGG-19 up to relu4_1.
    """
    filters = positive_integers("filters", filters, least=1)
    convolutions = positive_integer("convolutions", convolutions)
    channels = positive_integer("channels", channels)
    images = keras.Input((None, None, channels), name="images")
    x, taps = _scaled(images, value_range, (-1.0, 1.0)), []
    for stage, maps in enumerate(filters):
        for index in range(convolutions if stage < len(filters) - 1 else 1):
            name = f"stage_{stage + 1}_convolution_{index + 1}"
            x = _reflected(x, maps, activation="relu", name=name)
            if index == 0:
                taps.append(x)
        x = layers.MaxPooling2D()(x)
    return keras.Model(images, taps, name="style_encoder")


def mirrored_decoder(encoder, convolutions=2, value_range=(-1.0, 1.0)):
    """The way back from an encoder's last feature maps to an image.

        x <- ReLU(conv_3(x)),   x <- up(x),   x <- ReLU(conv_3(x)) * (convolutions - 1)

    where up repeats pixels, for each tap of the encoder but the last, the coarsest first. The last
    convolution has no activation. There is no normalization, which would give every style the same
    statistics. Convolutions pad by reflection.

    Args:
        encoder: a network from images to a list of feature maps, such as `style_encoder`.
        convolutions: of each stage.
        value_range: interval of the pixels; the images are not confined to it.

    Returns:
        A functional model from feature maps to images, float32.

    Reference:
        As of `style_encoder`.
    """
    convolutions = positive_integer("convolutions", convolutions)
    value_range = check_range(value_range)
    scales, maps = tap_scales(encoder), [tap.shape[-1] for tap in encoder.outputs]
    x = features = keras.Input((None, None, maps[-1]), name="features")
    for stage in reversed(range(len(maps) - 1)):
        x = _reflected(x, maps[stage], activation="relu")
        x = _enlarged(x, scales[stage + 1] // scales[stage])
        for _ in range(convolutions - 1):
            x = _reflected(x, maps[stage], activation="relu")
    x = _enlarged(x, scales[0])
    x = _reflected(x, input_shapes(encoder)[0][-1], initializer="glorot_uniform", dtype="float32")
    images = _scaled(x, (-1.0, 1.0), value_range)
    return keras.Model(features, images, name="mirrored_decoder")


def tapped_encoder(model, taps=None, preprocessing=None, dtype=None):
    """A fixed copy of any network, tapped at some of its layers: an encoder for style transfer.

    Sizes become free, if the layers up to the last tap allow it.

    Args:
        model: a functional or sequential Keras model from images to anything.
        taps: names of the layers whose outputs are tapped, the finest first; `None` for the model's
            own outputs.
        preprocessing: list of layers that turn images of the declared range into what the model
            takes, such as `keras.layers.Rescaling(127.5, 127.5)`; `None` for nothing.
        dtype: policy of the copy, by default the current one; "float16" makes small files.

    Returns:
        A functional model from images (batch, height, width, channels) to a list of feature maps.

    Raises:
        ValueError: for a model of several inputs, or layers that it does not have.
    """
    if len(getattr(model, "inputs", None) or ()) != 1:
        expected = "a built functional or sequential model with one input"
        raise argument_error("model", expected, model)
    names = [layer.name for layer in model.layers]
    for name in taps or ():
        if name not in names:
            raise argument_error("taps", f"names of layers, some of {', '.join(names)}", name)
    outputs = model.outputs if taps is None else [model.get_layer(name).output for name in taps]
    trunk = keras.Model(model.inputs[0], list(outputs))
    free = (None, None, input_shapes(model)[0][-1])
    policy = keras.config.dtype_policy().name if dtype is None else dtype

    def fixed(layer):
        config = {**layer.get_config(), "trainable": False, "dtype": policy}
        return type(layer).from_config(config)

    images = keras.Input(free, name="images")
    copy = keras.models.clone_model(trunk, images, fixed, recursive=True)
    copy.set_weights(trunk.get_weights())
    copy.trainable = False
    if preprocessing is None:
        copy.name = "style_encoder"
        return copy
    x = images = keras.Input(free, name="images")
    for layer in preprocessing:
        x = layer(x)
    encoder = keras.Model(images, copy(x), name="style_encoder")
    encoder.trainable = False
    return encoder


def vgg19_encoder(weights="imagenet", value_range=(-1.0, 1.0)):
    """VGG-19 up to relu4_1, the encoder of the authors.

    Args:
        weights: "imagenet", for which Keras needs its file or the network, the path of a weights
            file without the dense layers, or `None` for random ones.
        value_range: closed interval of the pixels: red, green, blue.

    Returns:
        A functional model from images to four feature maps, fixed.

    Reference:
        Simonyan and Zisserman (2015), Very Deep Convolutional Networks for Large-Scale Image
        Recognition, arXiv:1409.1556.
    """
    vgg = keras.applications.VGG19(include_top=False, weights=weights)
    low, high = check_range(value_range)
    scale = 255.0 / (high - low)
    colors = layers.Conv2D(3, 1, name="blue_green_red", trainable=False)
    colors.build((None, None, None, 3))
    reversing = np.eye(3)[np.newaxis, np.newaxis, :, ::-1]
    colors.set_weights([scale * reversing, -scale * low - np.array(VGG_MEAN)])
    return tapped_encoder(vgg, VGG_TAPS, [colors])


def tap_scales(encoder):
    """By how much each of an encoder's taps is smaller than the image: a list of integers.

    Raises:
        ValueError: for a network that is no encoder of several taps, each coarser than the last or
            of the same size.
    """
    expected = "a built functional model from one batch of images to a list of feature maps"
    inputs, outputs = (getattr(encoder, name, None) or () for name in ("inputs", "outputs"))
    if len(inputs) != 1 or not outputs or any(len(each.shape) != 4 for each in (*inputs, *outputs)):
        raise argument_error("encoder", expected, encoder)
    height, width, channels = inputs[0].shape[1:]
    shape = (1, height or PROBE, width or PROBE, channels)
    shapes = encoder.compute_output_shape(shape)
    shapes = shapes if isinstance(shapes, list) else [shapes]
    scales = [shape[1] // each[1] for each in shapes]
    exact = all(
        s * each[1] == shape[1] and s * each[2] == shape[2] for s, each in zip(scales, shapes)
    )
    whole = all(coarse % fine == 0 for fine, coarse in itertools.pairwise(scales))
    if not (exact and whole):
        received = f"feature maps of {[each[1:3] for each in shapes]} for images of {shape[1:3]}"
        expected = (
            "an encoder that divides height and width by integers, each a multiple of the last"
        )
        raise argument_error("encoder", expected, received=received)
    return scales


def _reflected(x, maps, initializer="he_normal", **options):
    """A 3x3 convolution that keeps the size of its input, padded with the input's mirror image."""
    x = ReflectionPadding2D(1)(x)
    return layers.Conv2D(maps, 3, kernel_initializer=initializer, **options)(x)


def _enlarged(x, factor):
    return layers.UpSampling2D(factor)(x) if factor > 1 else x


def _scaled(x, from_range, to_range):
    """Values of one range in another."""
    (low, high), (start, end) = check_range(from_range), to_range
    scale = (end - start) / (high - low)
    return layers.Rescaling(scale, start - scale * low, dtype="float32")(x)
