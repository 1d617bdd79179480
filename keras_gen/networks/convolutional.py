"""Convolutional encoders and decoders: images to codes and back."""

import math

import keras
from keras import layers

from keras_gen.arguments import argument_error, positive_integer, positive_integers, shape_of


def convolutional_encoder(image_shape, filters, latent_dim, activation="relu", kernel_size=3):
    """A convolutional encoder: the feature maps grow in number while the image shrinks.

        image -> [convolution, activation, maximum of 2x2 pixels] * n -> flat -> code

    Args:
        image_shape: (height, width, channels); both sides divisible by 2^n.
        filters: feature maps of the n blocks, beginning next to the image.
        latent_dim: length of the code.
        activation: a Keras activation.
        kernel_size: side of the kernels.

    Returns:
        A functional model from images to unbounded codes (batch, latent_dim).

    Raises:
        ValueError: for an image that cannot be halved n times, or numbers of feature maps that are
            not positive.
    """
    filters = positive_integers("filters", filters, least=1)
    image_shape, _ = _shapes(image_shape, filters)
    latent_dim = positive_integer("latent_dim", latent_dim)
    kernel_size = positive_integer("kernel_size", kernel_size)
    x = images = keras.Input(image_shape, name="images")
    for maps in filters:
        x = layers.Conv2D(maps, kernel_size, padding="same", activation=activation)(x)
        x = layers.MaxPooling2D()(x)
    codes = layers.Dense(latent_dim, dtype="float32", name="codes")(layers.Flatten()(x))
    return keras.Model(images, codes, name="encoder")


def convolutional_decoder(
    latent_dim, filters, image_shape, activation="relu", kernel_size=4, output_activation=None
):
    """A convolutional decoder: the reverse of `convolutional_encoder` for the same `filters`.

        code -> dense, activation -> small image
        small image -> [transposed convolution of stride 2, activation] * n -> image

    Args:
        latent_dim: length of the code.
        filters: feature maps of the encoder's n blocks. The decoder goes through them backwards,
            from a small image of filters[-1] maps to an image of `image_shape`'s channels.
        image_shape: (height, width, channels); both sides divisible by 2^n.
        activation: a Keras activation of all layers but the last.
        kernel_size: side of the kernels; a multiple of the stride 2 avoids checkerboards.
        output_activation: a Keras activation of the last layer, or `None` for unbounded pixels.

    Returns:
        A functional model from codes (batch, latent_dim) to images.

    Raises:
        ValueError: as `convolutional_encoder`.
    """
    filters = positive_integers("filters", filters, least=1)
    image_shape, small_shape = _shapes(image_shape, filters)
    latent_dim = positive_integer("latent_dim", latent_dim)
    kernel_size = positive_integer("kernel_size", kernel_size)
    codes = keras.Input((latent_dim,), name="codes")
    x = layers.Dense(math.prod(small_shape), activation=activation)(codes)
    x = layers.Reshape(small_shape)(x)
    options = {"kernel_size": kernel_size, "strides": 2, "padding": "same"}
    for maps in reversed(filters[:-1]):
        x = layers.Conv2DTranspose(maps, activation=activation, **options)(x)
    x = layers.Conv2DTranspose(image_shape[-1], **options)(x)
    images = layers.Activation(output_activation, dtype="float32", name="images")(x)
    return keras.Model(codes, images, name="decoder")


def _shapes(image_shape, filters):
    """Shapes of the image and of the one next to the code: filters[-1] maps, halved n times."""
    image_shape = shape_of("image_shape", image_shape, "(height, width, channels)")
    factor, sides = 2 ** len(filters), image_shape[:2]
    if any(side % factor for side in sides):
        raise argument_error(
            "image_shape",
            f"(height, width, channels) with height and width divisible by {factor}, because "
            f"each of the {len(filters)} `filters` halves them",
            image_shape,
        )
    return image_shape, (sides[0] // factor, sides[1] // factor, filters[-1])
