"""A StyleGAN and its growth, made from the number of images that a training shows."""

from keras_gen.arguments import (
    argument_error,
    positive_integer,
    positive_integers,
    positive_number,
)
from keras_gen.models.adversarial.stylegan import StyleGAN
from keras_gen.networks.style import MAPPING_DEPTH, style_discriminator, style_generator


def growing_style_gan(
    image_shape, filters, latent_dim, images, half_lives, mapping_depth=MAPPING_DEPTH, **options
):
    """A StyleGAN whose training begins with 8x8 pixels, with phases of equal length.

        stabilize = [0, n, n, ...],   fade = [0, n, n, ...],   n = images / (2 (k - 1))

    for k resolutions: the last one, after it has been faded in, is left with 2 n images.

    Args:
        image_shape, filters, latent_dim: see `networks.style_generator`; there is a number in
            `filters` for each resolution.
        images: number of images that the training shows, epochs times training images.
        half_lives: number of half-lives of the averaged weights in the training.
        mapping_depth: layers from latents to styles, see `networks.style_generator`.
        options: further arguments of `StyleGAN`.

    Returns:
        A `StyleGAN`, to be compiled.

    Raises:
        ValueError: if there are fewer than two resolutions, or for numbers that are not positive.
    """
    filters = positive_integers("filters", filters)
    if len(filters) < 2:
        raise argument_error("filters", "numbers for 4x4, 8x8 pixels and so on", filters)
    images = positive_integer("images", images)
    stages = len(filters) - 1
    later = [images // (2 * stages)] * (stages - 1)
    return StyleGAN(
        style_generator(image_shape, filters, latent_dim, mapping_depth),
        style_discriminator(image_shape, filters),
        stabilize=[0, *later],
        fade=[0, *later],
        ema_half_life=images / positive_number("half_lives", half_lives),
        **options,
    )
