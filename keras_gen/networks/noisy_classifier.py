"""A convolutional classifier with noise: for few labels, or as a player of a GAN."""

import keras
from keras import layers

from keras_gen.arguments import number_from_zero, positive_integer, positive_integers, shape_of
from keras_gen.fused import FusedLeakyReLU

LEAKY_SLOPE = 0.1


def noisy_classifier(
    image_shape,
    num_classes,
    filters=(16, 32, 64),
    units=128,
    noise=0.3,
    map_dropout=0.2,
    unit_dropout=0.5,
    pooling=False,
    view=None,
    dtype=None,
):
    """A convolutional classifier that never sees the same image twice; inference has no noise.

        view of the image + noise -> [convolution, stride 2, leaky ReLU, dropout of whole maps] per
        filters entry -> [dense, leaky ReLU] `features` -> dropout -> logits

    There is no batch normalization: a batch of a semi-supervised GAN has images of several kinds,
    each with statistics of its own.

    Args:
        image_shape: (height, width, channels).
        num_classes: number of classes.
        filters: feature maps of each convolution; the first has a 5x5 kernel, the others 3x3.
        units: width of the dense layer, whose activations are the image's features.
        noise: standard deviation of the Gaussian noise on the image, in units of its pixels.
        map_dropout: rate in [0, 1) at which feature maps are left out.
        unit_dropout: rate in [0, 1) at which features are left out.
        pooling: whether sides are halved by the maximum of 2x2 outputs of a convolution without
            strides: four times the work, fewer errors.
        view: layer that redraws images in training and passes them through in inference, such as
            `layers.RandomAffine` or a `keras.Sequential` of several, or `None`. A layer has random
            numbers of its own: use one for each network.
        dtype: Keras dtype policy of the convolutions and the dense layer, such as
            "mixed_bfloat16", or `None` for the global one. View, noise and logits stay float32.

    Returns:
        A functional model from images to logits (batch, num_classes).
    """
    image_shape = shape_of("image_shape", image_shape, "(height, width, channels)")
    num_classes = positive_integer("num_classes", num_classes)
    filters, units = positive_integers("filters", filters), positive_integer("units", units)
    noise = number_from_zero("noise", noise)
    map_dropout = number_from_zero("map_dropout", map_dropout, end=1)
    unit_dropout = number_from_zero("unit_dropout", unit_dropout, end=1)
    images = keras.Input(image_shape, name="images")
    x = images if view is None else view(images)
    x = layers.GaussianNoise(noise, dtype="float32")(x)
    for index, maps in enumerate(filters):
        x = layers.Conv2D(
            maps,
            5 if index == 0 else 3,
            strides=1 if pooling else 2,
            padding="same",
            kernel_initializer="he_normal",
            dtype=dtype,
        )(x)
        if pooling:
            x = layers.MaxPooling2D(padding="same", dtype=dtype)(x)
        x = FusedLeakyReLU(LEAKY_SLOPE, dtype=dtype)(x)
        x = layers.SpatialDropout2D(map_dropout, dtype=dtype)(x)
    x = layers.Flatten(dtype=dtype)(x)
    x = layers.Dense(units, kernel_initializer="he_normal", dtype=dtype)(x)
    x = FusedLeakyReLU(LEAKY_SLOPE, dtype=dtype, name="features")(x)
    x = layers.Dropout(unit_dropout, dtype=dtype)(x)
    logits = layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return keras.Model(images, logits, name="classifier")
