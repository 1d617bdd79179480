"""The players of progressive growing: networks of 4x4 pixels first, then of 8x8, 16x16 and so on.

Stage s is the network of images of 4 * 2^s pixels a side. Each stage adds one block of layers to
those of the stage before, and a layer of its own between features and pixels:

    generator:      h_0 = block_0(z),  h_s = block_s(enlarged(h_{s-1})),  image = to_image_s(h_s)
    discriminator:  h_s = from_image_s(image),  h_{s-1} = shrunken(block_s(h_s)),  ...
                    score = block_0(h_0)

A new block is faded in by a share alpha in [0, 1]: at 0 a network is that of the stage before, of
enlarged or shrunken images, and at 1 the new one alone.

Reference:
    Karras, Aila, Laine, Lehtinen (2018), Progressive Growing of GANs for Improved Quality,
    Stability, and Variation, arXiv:1710.10196, figure 2, table 2, section 4 and appendix A.1.
"""

import math

import keras
from keras import layers, ops

from keras_gen import layers as own
from keras_gen.arguments import (
    argument_error,
    integer,
    positive_integer,
    positive_integers,
    shape_of,
)
from keras_gen.fused import FusedLeakyReLU

SMALLEST = 4  # pixels a side of the first stage
LEAKY_SLOPE = 0.2  # appendix A.1
GROUP_SIZE = 4  # of the minibatch standard deviation, in the authors' code
FEATURES, MOST_FEATURES = 8192, 512  # min(8192 / 2^s, 512) in the authors' code, s = 1 for 4x4
LATENT_DIM = 512  # table 2


def progressive_generator(image_shape, filters=None, latent_dim=LATENT_DIM):
    """A generator that grows, see `ProgressiveGenerator`.

    Args:
        image_shape: (side, side, channels) of the last stage; the side is 4 * 2^k.
        filters: list of the feature maps at 4x4, 8x8, ..., one number for each of the k + 1
            resolutions; `None` for the authors' 512 up to 32 pixels, then half as many each time.
        latent_dim: length of the latent vector.

    Returns:
        A `ProgressiveGenerator`.
    """
    return ProgressiveGenerator(image_shape, filters, latent_dim, name="generator")


def progressive_discriminator(image_shape, filters=None):
    """A discriminator that grows, the mirror image of `progressive_generator`.

    Args:
        image_shape, filters: as for `progressive_generator`.

    Returns:
        A `ProgressiveDiscriminator`.
    """
    return ProgressiveDiscriminator(image_shape, filters, name="discriminator")


def enlarged(images, factor=2):
    """Each pixel as a square of factor x factor pixels."""
    if factor == 1:
        return images
    return ops.repeat(ops.repeat(images, factor, axis=1), factor, axis=2)


def shrunken(images, factor=2):
    """The means of squares of factor x factor pixels, taken in float32."""
    if factor == 1:
        return images
    x = ops.cast(images, "float32")
    return ops.cast(ops.average_pool(x, factor, factor, data_format="channels_last"), images.dtype)


class GrowingNetwork(keras.Model):
    """What the players have in common: blocks, one for each stage, made from numbers.

    A subclass makes as many `blocks` and as many `pixel_layers` as there are stages, lists of
    layers, and states `call(x, stage=None, alpha=None, training=None)`. The stage is an integer,
    `None` for the last one; `alpha` is a scalar or one number for each example, `None` where
    nothing is faded in. All stages share their weights, which are there from the beginning.

    Attributes:
        image_shape: (side, side, channels) of the last stage.
        filters: feature maps of each stage.
    """

    def __init__(self, image_shape, filters=None, **kwargs):
        super().__init__(**kwargs)
        self.autocast = False  # alpha stays in float32
        self.image_shape = _growing_shape(image_shape)
        self.filters = _filters_of(filters, self.image_shape[0])

    @property
    def stages(self):
        """The number of stages."""
        return len(self.filters)

    @property
    def resolutions(self):
        """Pixels a side of the images of each stage."""
        return [SMALLEST << stage for stage in range(self.stages)]

    def stage_of(self, stage):
        """The number of a stage, the last one for `None`, or the error of one that there is not."""
        last = self.stages - 1
        return last if stage is None else integer("stage", stage, 0, last)

    def variables_at(self, stage, fading=True):
        """The trainable variables of a stage: its own and, with `fading`, what it fades out."""
        first = max(stage - 1, 0) if fading else stage
        before, after = self.pixel_layers[:first], self.pixel_layers[stage + 1 :]
        absent = [*self.blocks[stage + 1 :], *before, *after]
        others = {id(variable) for layer in absent for variable in layer.variables}
        return [variable for variable in self.trainable_variables if id(variable) not in others]

    def build(self, input_shape):
        for stage in range(self.stages):
            self.call(keras.KerasTensor(self.shape_at(stage)), stage, 1.0)

    def shape_at(self, stage):
        """The shape of the input at a stage, with the batch axis."""
        raise NotImplementedError

    # What blocks are made of

    def sequence(self, name, *parts):
        """Layers one after the other, as one layer."""
        sequence = keras.Sequential(parts, name=name)
        sequence.dtype_policy = self.dtype_policy
        return sequence

    def convolution(self, width, kernel_size=3):
        """A convolution and its activation: a list of layers."""
        dtype = self.dtype_policy
        return [own.EqualizedConv2D(width, kernel_size, dtype=dtype), *self.activated()]

    def activated(self):
        """The activation, and what follows it in this network: a list of layers."""
        return [FusedLeakyReLU(LEAKY_SLOPE, dtype=self.dtype_policy)]

    def get_config(self):
        numbers = {"image_shape": self.image_shape, "filters": self.filters}
        return {**super().get_config(), **numbers}


class GrowingGenerator(GrowingNetwork):
    """What generators that grow have in common: how features become images.

        image = (1 - alpha) enlarged(to_image_{s-1}(h_{s-1})) + alpha to_image_s(h_s)

    to_image is a 1x1 convolution of gain 1 without an activation, in float32.
    """

    def __init__(self, image_shape, filters=None, latent_dim=LATENT_DIM, **kwargs):
        super().__init__(image_shape, filters, **kwargs)
        self.latent_dim = positive_integer("latent_dim", latent_dim)
        self.fade_in = own.FadeIn(dtype="float32")

    def to_images(self):
        """The layers between features and pixels, one for each stage: a list."""
        channels = self.image_shape[2]
        return [
            own.EqualizedConv2D(channels, 1, gain=1.0, dtype="float32", name=f"to_image_{side}")
            for side in self.resolutions
        ]

    def image(self, h, before, stage, alpha):
        """The images of a stage, from its features and those of the stage before."""
        images = self.pixel_layers[stage](h)
        if stage == 0 or alpha is None:
            return images
        old = enlarged(self.pixel_layers[stage - 1](before))
        return self.fade_in([old, images, ops.convert_to_tensor(alpha, "float32")])

    def shape_at(self, stage):
        return None, self.latent_dim

    def get_config(self):
        return {**super().get_config(), "latent_dim": self.latent_dim}


@keras.saving.register_keras_serializable("keras_gen")
class ProgressiveGenerator(GrowingGenerator):
    """The generator of progressive growing.

        h_0     = block_0(start),    h_s = block_s(enlarged(h_{s-1}))
        image   = (1 - alpha) enlarged(to_image_{s-1}(h_{s-1})) + alpha to_image_s(h_s)

        start   = bias + dense(pixel norm(z)), as (4, 4, filters)
        block_0 = leaky ReLU, pixel norm -> layer
        block_s = layer -> layer
        layer   = 3x3 convolution, bias, leaky ReLU, pixel norm

    to_image is a 1x1 convolution without an activation, so values are not bounded. Weights start
    as standard normal numbers and are scaled in use, see `layers.EqualizedConv2D`.

    Args:
        image_shape, filters, latent_dim: see `progressive_generator`.

    Input shape:
        `(batch, latent_dim)`.

    Output shape:
        `(batch, side, side, channels)` of the stage, float32.
    """

    def __init__(self, image_shape, filters=None, latent_dim=LATENT_DIM, **kwargs):
        super().__init__(image_shape, filters, latent_dim, **kwargs)
        first = self.filters[0]
        self.normalization = own.PixelNorm(dtype=self.dtype_policy)
        # A 4x4 convolution of one pixel amid zeros, which has a fan-in of 16 times the latents.
        self.dense = own.EqualizedDense(
            16 * first, use_bias=False, gain=math.sqrt(2) / 4, dtype=self.dtype_policy
        )
        self.bias = self.add_weight((first,), "zeros", name="bias")
        self.blocks = [self.sequence("block_4", *self.activated(), *self.convolution(first))]
        for side, width in zip(self.resolutions[1:], self.filters[1:]):
            two = [*self.convolution(width), *self.convolution(width)]
            self.blocks.append(self.sequence(f"block_{side}", *two))
        self.pixel_layers = self.to_images()
        self.build(self.shape_at(0))

    def call(self, latents, stage=None, alpha=None, training=None):
        stage, before = self.stage_of(stage), None
        h = self.blocks[0](self.start(latents))
        for block in self.blocks[1 : stage + 1]:
            before, h = h, block(enlarged(h))
        return self.image(h, before, stage, alpha)

    def activated(self):
        return [*super().activated(), own.PixelNorm(dtype=self.dtype_policy)]

    def start(self, latents):
        """The first features (batch, 4, 4, filters), before their activation."""
        h = self.dense(self.normalization(latents))
        h = ops.reshape(h, (-1, SMALLEST, SMALLEST, self.filters[0]))
        return h + ops.cast(self.bias, h.dtype)


@keras.saving.register_keras_serializable("keras_gen")
class ProgressiveDiscriminator(GrowingNetwork):
    """The discriminator of progressive growing.

        h_{s-1} = (1 - alpha) from_image_{s-1}(shrunken(image))
                  + alpha shrunken(block_s(from_image_s(image)))
        h_{r-1} = shrunken(block_r(h_r)) for r < s,    score = block_0(h_0)

        block_s = layer -> layer, as wide as stage s - 1
        block_0 = minibatch standard deviation -> layer -> dense, leaky ReLU -> dense
        layer   = 3x3 convolution, bias, leaky ReLU

    from_image is a 1x1 convolution, bias and leaky ReLU. Weights start as the generator's do.

    Args:
        image_shape, filters: see `progressive_generator`.

    Input shape:
        `(batch, side, side, channels)` of the stage.

    Output shape:
        `(batch, 1)`, a logit, float32.
    """

    def __init__(self, image_shape, filters=None, **kwargs):
        super().__init__(image_shape, filters, **kwargs)
        first, dtype = self.filters[0], self.dtype_policy
        last = [
            own.MinibatchStdDev(GROUP_SIZE, dtype=dtype),
            *self.convolution(first),
            layers.Flatten(dtype=dtype),
            own.EqualizedDense(first, dtype=dtype),
            *self.activated(),
            own.EqualizedDense(1, gain=1.0, dtype="float32", name="score"),
        ]
        self.blocks = [self.sequence("block_4", *last)]
        for side, narrower, width in zip(self.resolutions[1:], self.filters, self.filters[1:]):
            self.blocks.append(self.sequence(f"block_{side}", *self.upper(width, narrower)))
        self.pixel_layers = [
            self.sequence(f"from_image_{side}", *self.convolution(width, 1))
            for side, width in zip(self.resolutions, self.filters)
        ]
        self.fade_in = own.FadeIn(dtype=dtype)
        self.build(self.shape_at(self.stages - 1))

    def call(self, images, stage=None, alpha=None, training=None):
        stage = self.stage_of(stage)
        self.check_size(images, stage)
        h = self.pixel_layers[stage](images)
        for level in range(stage, 0, -1):
            h = self.halved(h, level)
            if level == stage and alpha is not None:
                old = self.pixel_layers[stage - 1](shrunken(images))
                h = self.fade_in([old, h, ops.convert_to_tensor(alpha, "float32")])
        return self.blocks[0](h)

    def upper(self, width, narrower):
        """The layers of a block above the last, from `width` to `narrower` features: a list."""
        return [*self.convolution(width), *self.convolution(narrower)]

    def halved(self, h, level):
        """The features of half the side, behind the block of a level."""
        return shrunken(self.blocks[level](h))

    def check_size(self, images, stage):
        """Refuses images that are not of the size of a stage."""
        expected = self.shape_at(stage)[1:]
        if tuple(images.shape[1:]) != expected:
            text = f"images of shape {expected} at stage {stage}"
            raise argument_error("images", text, received=f"images.shape={tuple(images.shape)}")

    def shape_at(self, stage):
        side = self.resolutions[stage]
        return None, side, side, self.image_shape[2]


def _growing_shape(image_shape):
    """Returns (side, side, channels) with a side of 4 * 2^k, or raises the error."""
    shape = shape_of("image_shape", image_shape, "(height, width, channels)")
    side = shape[0]
    if shape[1] != side or side < SMALLEST or side & (side - 1):
        expected = "(side, side, channels) with a side of 4, 8, 16 and so on, 4 * 2^k"
        raise argument_error("image_shape", expected, shape)
    return shape


def _filters_of(filters, side):
    """The feature maps at 4x4, 8x8, ... as a tuple, or the error of another number of them."""
    stages = (side // SMALLEST).bit_length()
    if filters is None:
        return tuple(min(FEATURES >> level, MOST_FEATURES) for level in range(1, stages + 1))
    widths = tuple(positive_integers("filters", filters))
    if len(widths) != stages:
        expected = f"{stages} positive integers, one for each resolution from 4 to {side}"
        raise argument_error("filters", expected, filters)
    return widths
