"""An extractor that was trained on nothing: random convolutions, the same everywhere."""

import keras
from keras import layers

from keras_gen.arguments import argument_error, integer, positive_integers, shape_of
from keras_gen.metrics.extractors import FeatureExtractor


class RandomExtractor(FeatureExtractor):
    """Features of a convolutional network with random weights, for images in [-1, 1].

        x <- ReLU(conv_3/2(x)) per entry of `filters`,    features = means of 2x2 regions

    For images that no shipped network knows, such as faces: it prefers no kind of image, knows
    textures and coarse shapes, and nothing of persons. Its name, such as `random_64_seed_0`, is
    part of each number measured with it; those of other sizes or seeds are not comparable.

    Args:
        image_shape: (height, width, channels) of the images, at least 4 pixels a side.
        filters: feature maps of each layer, which halves the sides.
        seed: integer that fixes the weights.

    Reference:
        Naeem et al. (2020), Reliable Fidelity and Diversity Metrics for Generative Models,
        arXiv:2002.09797: random embeddings for data unlike those of ImageNet.
    """

    def __init__(self, image_shape, filters=(32, 64, 128), seed=0):
        shape = shape_of("image_shape", image_shape, "(height, width, channels)")
        if min(shape[:2]) < 4:
            raise argument_error("image_shape", "height and width of at least 4", image_shape)
        seed = integer("seed", seed)
        images = x = keras.Input(shape, dtype="float32")
        for index, maps in enumerate(positive_integers("filters", filters)):
            start = keras.initializers.HeNormal(seed=seed + 1000 * index)
            options = {"padding": "same", "activation": "relu", "dtype": "float32"}
            x = layers.Conv2D(maps, 3, 2, kernel_initializer=start, **options)(x)
        sides = [-(-side // 2) for side in x.shape[1:3]]
        x = layers.AveragePooling2D(sides, padding="same", dtype="float32")(x)
        network = keras.Model(images, layers.Flatten(dtype="float32")(x))
        network.trainable = False
        name = f"random_{max(shape[:2])}_seed_{seed}"
        super().__init__(name, lambda x: network(x, training=False), _no_classes, shape, (-1, 1))
        self.network = network


def _no_classes(images):
    expected = "one that classifies: random weights know no classes"
    raise argument_error("extractor", expected, received="random weights")
