"""The players of StyleGAN: a generator that is told at every layer what to draw, and its opponent.

A mapping network turns latents z into styles w. The synthesis network begins with a constant, grows
it from 4x4 pixels to the image, and takes from w the mean and the deviation of every feature map:

    w       = dense layers(pixel norm(z)),   the same for all layers, or another one for each
    h_0     = second_0(first_0(constant)),   h_s = second_s(first_s(enlarged(h_{s-1})))
    layer   = style(leaky ReLU(f(h) + strength noise + bias), w)

There are two such layers at each resolution: 2 log2(side) - 2 of them. Stages, fading and images
are those of `networks.progressive`.

Reference:
    Karras, Laine, Aila (2019), A Style-Based Generator Architecture for Generative Adversarial
    Networks, arXiv:1812.04948, section 2 and appendix C.
"""

import keras
from keras import layers, ops

from keras_gen import layers as own
from keras_gen.arguments import integer, positive_number
from keras_gen.fused import FusedLeakyReLU
from keras_gen.networks.progressive import (
    LATENT_DIM,
    LEAKY_SLOPE,
    SMALLEST,
    GrowingGenerator,
    ProgressiveDiscriminator,
    enlarged,
)

MAPPING_DEPTH, MAPPING_MULTIPLIER = 8, 0.01  # section 2, appendix C
STYLE_EPSILON = 1e-8  # of the instance normalization, in the authors' code


def style_generator(
    image_shape,
    filters=None,
    latent_dim=LATENT_DIM,
    mapping_depth=MAPPING_DEPTH,
    mapping_multiplier=MAPPING_MULTIPLIER,
    noise=True,
):
    """The generator of StyleGAN, see `StyleGenerator`.

    Args:
        image_shape: (side, side, channels) of the last stage; the side is 4 * 2^k.
        filters: list of the feature maps at 4x4, 8x8, ..., one number for each of the k + 1
            resolutions; `None` for the authors' 512 up to 32 pixels, then half as many each time.
        latent_dim: length of the latent vector, and of the styles.
        mapping_depth: number of dense layers from latents to styles; with 0 styles are latents.
        mapping_multiplier: learning rate of these layers relative to that of the others.
        noise: whether each layer adds noise.

    Returns:
        A `StyleGenerator`.
    """
    numbers = (image_shape, filters, latent_dim, mapping_depth, mapping_multiplier, noise)
    return StyleGenerator(*numbers, name="generator")


def style_discriminator(image_shape, filters=None):
    """The discriminator of StyleGAN, see `StyleDiscriminator`.

    Args:
        image_shape, filters: as for `style_generator`.

    Returns:
        A `StyleDiscriminator`.
    """
    return StyleDiscriminator(image_shape, filters, name="discriminator")


class StyledLayer(keras.layers.Layer):
    """A layer of the synthesis: what it computes, then noise, bias, leaky ReLU and a style.

        y = style(leaky ReLU(f(x) + strength noise + bias), w)

    Args:
        filters: feature maps of f.
        *parts: the layers of f, one after the other.
        noise: whether there is noise; its strength starts at 0.
    """

    def __init__(self, filters, *parts, noise=True, **kwargs):
        super().__init__(**kwargs)
        dtype = self.dtype_policy
        self.parts = list(parts)
        self.noise = own.NoiseInjection(dtype=dtype) if noise else None
        self.bias = self.add_weight((filters,), "zeros", name="bias")
        self.activation = FusedLeakyReLU(LEAKY_SLOPE, dtype=dtype)
        self.modulation = own.StyleModulation(STYLE_EPSILON, dtype=dtype)

    def call(self, x, style, noise=None, training=None):
        for part in self.parts:
            x = part(x)
        if self.noise is not None:
            x = self.noise(x if noise is None else [x, noise], training=training)
        return self.modulation([self.activation(x + self.bias), style])


class StyledBlock(keras.layers.Layer):
    """The two layers of a resolution: `first` and `second`, each a `StyledLayer`."""

    def __init__(self, first, second, **kwargs):
        super().__init__(**kwargs)
        self.first, self.second = first, second

    def call(self, x, styles, first_noise=None, second_noise=None, training=None):
        x = self.first(x, styles[:, 0], first_noise, training=training)
        return self.second(x, styles[:, 1], second_noise, training=training)


@keras.saving.register_keras_serializable("keras_gen")
class StyleGenerator(GrowingGenerator):
    """The generator of StyleGAN: `synthesize(map(latents))`.

        w        = depth x [dense, leaky ReLU] (pixel norm(z))
        first_0  = styled(constant),  first_s = styled(blur(conv(enlarged(h)))),
        second_s = styled(conv(h)),
        styled   = noise -> bias -> leaky ReLU -> instance norm -> style 1 + scale, bias
        image    = (1 - alpha) enlarged(to_image_{s-1}(h_{s-1})) + alpha to_image_s(h_s)

    Weights start as standard normal numbers and are scaled in use, with gain sqrt(2) before leaky
    ReLUs and 1 elsewhere; the constant starts at ones, biases and strengths of the noise at zeros.
    The mapping computes in float32 under every dtype policy.

    Styles are an array (batch, layers, latent_dim). Noise is an array (batch, numbers) that holds
    the pixels of the noise of all layers in turn, or of the first layers only. Without it each
    layer takes its stored noise, and in training fresh noise.

    Args:
        image_shape, filters, latent_dim, mapping_depth, mapping_multiplier, noise: see
            `style_generator`.

    Input shape:
        `(batch, latent_dim)`.

    Output shape:
        `(batch, side, side, channels)` of the stage, float32.
    """

    def __init__(
        self,
        image_shape,
        filters=None,
        latent_dim=LATENT_DIM,
        mapping_depth=MAPPING_DEPTH,
        mapping_multiplier=MAPPING_MULTIPLIER,
        noise=True,
        **kwargs,
    ):
        super().__init__(image_shape, filters, latent_dim, **kwargs)
        self.mapping_depth = integer("mapping_depth", mapping_depth, least=0)
        self.mapping_multiplier = positive_number("mapping_multiplier", mapping_multiplier)
        self.noise = bool(noise)
        self.mapping = self.mapping_layers()
        first = self.filters[0]
        constant = own.LearnedConstant((SMALLEST, SMALLEST, first), dtype=self.dtype_policy)
        self.blocks = [self.block(first, constant)]
        for width in self.filters[1:]:
            blur = own.Blur2D(dtype=self.dtype_policy)
            self.blocks.append(self.block(width, self.unbiased(width), blur))
        self.pixel_layers = self.to_images()
        self.build(self.shape_at(0))

    # What it is made of

    def mapping_layers(self):
        """The layers from latents to styles: a list."""
        mapping = [own.PixelNorm(dtype="float32")]
        for _ in range(self.mapping_depth):
            dense = {"lr_multiplier": self.mapping_multiplier, "dtype": "float32"}
            mapping.append(own.EqualizedDense(self.latent_dim, **dense))
            mapping.append(FusedLeakyReLU(LEAKY_SLOPE, dtype="float32"))
        return mapping

    def block(self, width, *parts):
        """The two layers of a resolution; `parts` are those of the first one."""
        options = {"noise": self.noise, "dtype": self.dtype_policy}
        first = StyledLayer(width, *parts, **options)
        second = StyledLayer(width, self.unbiased(width), **options)
        return StyledBlock(first, second, dtype=self.dtype_policy)

    def unbiased(self, width):
        """A convolution whose bias comes after the noise."""
        return own.EqualizedConv2D(width, 3, use_bias=False, dtype=self.dtype_policy)

    # What it computes

    def call(self, latents, stage=None, alpha=None, training=None):
        return self.synthesize(self.map(latents), None, stage, alpha, training)

    def map(self, latents):
        """The styles of latents (batch, latent_dim): (batch, layers, latent_dim), all layers alike.

        Float32.
        """
        w = latents
        for layer in self.mapping:
            w = layer(w)
        return ops.repeat(w[:, None], self.styled_layers(), axis=1)

    def synthesize(self, styles, noise=None, stage=None, alpha=None, training=None):
        """The images of styles.

        Args:
            styles: (batch, layers, latent_dim), for all layers or for those of the stage.
            noise: (batch, numbers) or (1, numbers) for all layers or for those of the stage, or
                `None`.
            stage, alpha, training: as in a call.
        """
        stage, before = self.stage_of(stage), None
        h, noises = styles[:, 0], self.split(noise, stage)
        for level, block in enumerate(self.blocks[: stage + 1]):
            of_level = slice(2 * level, 2 * level + 2)
            before, h = h, enlarged(h) if level else h
            h = block(h, styles[:, of_level], *noises[of_level], training=training)
        return self.image(h, before, stage, alpha)

    # Layers and their noise

    def styled_layers(self, stage=None):
        """The number of layers of a stage that take a style."""
        return 2 * (self.stage_of(stage) + 1)

    def noise_sides(self, stage=None):
        """Pixels a side of the noise of each layer of a stage: a list, empty without noise."""
        sides = self.resolutions[: self.stage_of(stage) + 1]
        return [side for side in sides for _ in range(2)] if self.noise else []

    def noise_dim(self, stage=None):
        """How many numbers the noise of a stage's layers has."""
        return sum(side * side for side in self.noise_sides(stage))

    def split(self, noise, stage=None):
        """The noise of each layer of a stage as images (batch, side, side, 1), or `None`s."""
        if noise is None:
            return [None] * self.styled_layers(stage)
        images, start = [], 0
        for side in self.noise_sides(stage):
            numbers = noise[:, start : start + side * side]
            images.append(ops.reshape(numbers, (-1, side, side, 1)))
            start += side * side
        return images

    def stored_noise(self):
        """The noise that is used where none is given: float32 (1, numbers)."""
        if not self.noise:
            return ops.zeros((1, 0))
        styled = [layer for block in self.blocks for layer in (block.first, block.second)]
        return ops.concatenate([ops.reshape(each.noise.noise, (1, -1)) for each in styled], axis=1)

    def get_config(self):
        names = ("mapping_depth", "mapping_multiplier", "noise")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable("keras_gen")
class StyleDiscriminator(ProgressiveDiscriminator):
    """The discriminator of StyleGAN: that of progressive growing, which blurs before it shrinks.

        h_{s-1} = leaky ReLU(shrunken(conv(blur(layer(h_s)))))

    Args:
        image_shape, filters: see `style_generator`.

    Input shape:
        `(batch, side, side, channels)` of the stage.

    Output shape:
        `(batch, 1)`, a logit, float32.
    """

    def upper(self, width, narrower):
        dtype = self.dtype_policy
        return [
            *self.convolution(width),
            own.Blur2D(dtype=dtype),
            own.EqualizedConv2D(narrower, 3, dtype=dtype),  # with a bias, which shrinking keeps
            layers.AveragePooling2D(2, data_format="channels_last", dtype="float32"),
            *self.activated(),
        ]

    def halved(self, h, level):
        return self.blocks[level](h)
