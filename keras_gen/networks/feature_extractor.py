"""The convolutional lower half of a classifier."""

import keras
from keras import layers


def feature_extractor(image_shape, filters=(32, 48), kernel_size=5, normalization=True):
    """Convolutions and pooling: images to vectors, for a classifier (or two) on top.

        image -> [convolution, maximum of 2x2 pixels, batch normalization, ReLU] per filters entry
        -> flat

    Args:
        image_shape: (height, width, channels).
        filters: feature maps of each convolution, which shrinks its image.
        kernel_size: side of the kernels.
        normalization: whether there is batch normalization.

    Returns:
        A functional model from images to features (batch, units).

    Reference:
        Ganin et al. (2016), arXiv:1505.07818, figure 4a, whose sizes are the defaults; it has no
        normalization.
    """
    x = images = keras.Input(image_shape, name="images")
    for maps in filters:
        x = layers.Conv2D(maps, kernel_size, use_bias=not normalization)(x)
        x = layers.MaxPooling2D()(x)
        x = layers.BatchNormalization()(x) if normalization else x
        x = layers.ReLU()(x)
    return keras.Model(images, layers.Flatten()(x), name="feature_extractor")
