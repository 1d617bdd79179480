"""The convolutional lower half of a classifier."""

import keras
from keras import layers

from keras_gen.arguments import number_from_zero, positive_integer, positive_integers, shape_of
from keras_gen.fused import FusedBatchNormalization


def feature_extractor(
    image_shape, filters=(32, 48), kernel_size=5, normalization=True, map_dropout=0.0
):
    """Convolutions and pooling: images to vectors, for a classifier (or two) on top.

        image -> [convolution, maximum of 2x2 pixels, batch normalization, ReLU] per filters entry
        -> flat

    The maps of all blocks but the first are left out at random in training.

    Args:
        image_shape: (height, width, channels).
        filters: feature maps of each convolution, which shrinks its image.
        kernel_size: side of the kernels.
        normalization: whether there is batch normalization.
        map_dropout: rate in [0, 1) at which whole feature maps are left out.

    Returns:
        A functional model from images to features (batch, units).

    Reference:
        Ganin et al. (2016), Domain-Adversarial Training of Neural Networks, arXiv:1505.07818,
        figure 4a, whose sizes are the defaults; it has neither normalization nor dropout.
    """
    image_shape = shape_of("image_shape", image_shape, "(height, width, channels)")
    filters = positive_integers("filters", filters)
    kernel_size = positive_integer("kernel_size", kernel_size)
    map_dropout = number_from_zero("map_dropout", map_dropout, end=1)
    x = images = keras.Input(image_shape, name="images")
    for index, maps in enumerate(filters):
        x = layers.Conv2D(maps, kernel_size, use_bias=not normalization)(x)
        x = layers.MaxPooling2D()(x)
        x = FusedBatchNormalization()(x) if normalization else x
        x = layers.ReLU()(x)
        x = layers.SpatialDropout2D(map_dropout)(x) if index > 0 and map_dropout else x
    return keras.Model(images, layers.Flatten()(x), name="feature_extractor")
