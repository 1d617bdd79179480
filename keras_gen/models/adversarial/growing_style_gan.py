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
    image_shape,
    filters,
    latent_dim,
    images,
    half_lives,
    mapping_depth=MAPPING_DEPTH,
    noise=True,
    **options,
):
    """A StyleGAN whose training begins with 8x8 pixels and stays there for half of the images.

        stabilize = [0, images / 2, n, n, ...],   fade = [0, n, n, ...],   n = images / (4 (k - 2))

    for k resolutions. What classes look like is learned with 8x8 pixels, where a step costs a tenth
    of one with 32x32; in a training without much time there, all images stay alike.

    Args:
        image_shape, filters, latent_dim: see `networks.style_generator`; there is a number in
            `filters` for each resolution.
        images: number of images that the training shows, epochs times training images.
        half_lives: number of half-lives of the averaged weights in the training.
        mapping_depth, noise: see `networks.style_generator`.
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
    growths = len(filters) - 2
    fade = [images // (4 * growths)] * growths if growths else []
    stabilize = [images // 2, *fade[1:]] if growths else []
    return StyleGAN(
        style_generator(image_shape, filters, latent_dim, mapping_depth, noise=noise),
        style_discriminator(image_shape, filters),
        stabilize=[0, *stabilize],
        fade=[0, *fade],
        ema_half_life=images / positive_number("half_lives", half_lives),
        **options,
    )
