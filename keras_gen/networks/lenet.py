"""LeNet: alternating convolution and pooling, then dense layers and a softmax."""

import keras
from keras import layers

from keras_gen.arguments import number_from_zero, positive_integer, positive_integers, shape_of


def lenet(image_shape, num_classes, filters=(6, 16), units=(120, 84), kernel_size=5, dropout=0.0):
    """A convolutional classifier; its last hidden layer is named `features`.

        image -> [convolution, ReLU, max pooling 2x2] per filters entry -> [dense, ReLU] per units
        entry -> softmax

    Args:
        image_shape: (height, width, channels).
        num_classes: number of classes.
        filters: feature maps of each convolution.
        units: widths of the dense layers; the last one's activations are the image's features.
        kernel_size: of the convolutions; the first keeps the size, the others shrink it.
        dropout: rate in [0, 1) of the dropout before every dense layer.

    Returns:
        A functional model from images to class probabilities (batch, num_classes).

    Reference:
        LeCun et al. (1998), Gradient-based learning applied to document recognition, figure 2
        (which has tanh units and average pooling; the defaults are its sizes).
    """
    image_shape = shape_of("image_shape", image_shape, "(height, width, channels)")
    num_classes = positive_integer("num_classes", num_classes)
    filters, units = positive_integers("filters", filters), positive_integers("units", units)
    kernel_size = positive_integer("kernel_size", kernel_size)
    dropout = number_from_zero("dropout", dropout, end=1)
    x = images = keras.Input(image_shape, name="images")
    for index, maps in enumerate(filters):
        padding = "same" if index == 0 else "valid"
        x = layers.Conv2D(maps, kernel_size, padding=padding, activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    for index, width in enumerate(units):
        x = layers.Dropout(dropout)(x)
        name = "features" if index == len(units) - 1 else None
        x = layers.Dense(width, activation="relu", name=name)(x)
    x = layers.Dropout(dropout)(x)
    x = layers.Dense(num_classes, activation="softmax", dtype="float32")(x)
    return keras.Model(images, x, name="lenet")
