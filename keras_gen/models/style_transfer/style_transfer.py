"""Style transfer with adaptive instance normalization: any style, in one pass."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error, number_from_zero, positive_integer
from keras_gen.layers import AdaIN
from keras_gen.losses import weighted_mean
from keras_gen.metrics import matched_colors
from keras_gen.models.base import GenerativeModel
from keras_gen.models.endings import check_range_reached
from keras_gen.models.inputs import Images
from keras_gen.models.use import asserted, checked, in_batches
from keras_gen.networks import input_shapes, tap_scales

LEAST = 2  # pixels of the coarsest feature maps: one alone has no deviation


@keras.saving.register_keras_serializable("keras_gen")
class StyleTransfer(GenerativeModel):
    """Draws the content of one image in the style of another, as learned from any images.

        t = AdaIN(f(content), f(style))        f: the last tap of a fixed encoder
        image = g(t)                           g: the decoder, which alone is trained

        loss = mean |f(image) - t|^2
             + style_weight sum_i mean (mu(f_i(image)) - mu(f_i(style)))^2
                                + mean (sigma(f_i(image)) - sigma(f_i(style)))^2

    The style of an image is what its feature maps f_i, of all taps, have for means and deviations,
    wherever they have it. A decoder trained on many styles draws those it has never seen, and how
    much of it is chosen when an image is made:

        image = g((1 - alpha) f(content) + alpha sum_k w_k AdaIN(f(content), f(style_k)))

    Content and style may be of any sizes, each of its own. Content whose sides the encoder cannot
    divide is padded with its mirror image, and the result is cropped. Losses and statistics are
    float32 under every dtype policy. `sample_weight` weighs pairs.

    Args:
        encoder: functional Keras model from images in `value_range` to a list of feature maps, the
            finest first, such as `networks.style_encoder` or `networks.tapped_encoder`. It becomes
            untrainable, and always runs as in inference.
        decoder: functional Keras model from the last feature maps to images, such as
            `networks.mirrored_decoder`.
        style_weight: non-negative number.
        epsilon: added to variances inside the root.
        value_range: closed interval of the pixel values, or `None`.
        seed: integer or `None`.

    Example:
        encoder = saved_models.load_keras("encoder.keras")
        model = StyleTransfer(encoder, networks.mirrored_decoder(encoder))
        model.compile(keras.optimizers.Adam(1e-4))
        model.fit(contents, styles, batch_size=8)
        model.stylize(contents, styles[:1], alpha=0.8)

    Reference:
        Huang and Belongie (2017), Arbitrary Style Transfer in Real-time with Adaptive Instance
        Normalization, arXiv:1703.06868, equations 8 to 15. The weight 10 is that of Naoto Inoue's
        implementation.
    """

    tracked = ("loss", "content_loss", "style_loss")
    adjustable = GenerativeModel.adjustable | {"style_weight": number_from_zero}

    def __init__(
        self,
        encoder,
        decoder,
        style_weight=10.0,
        epsilon=1e-5,
        value_range=(-1.0, 1.0),
        seed=None,
        **kwargs,
    ):
        super().__init__(value_range=value_range, seed=seed, **kwargs)
        self.scale = tap_scales(encoder)[-1]
        self.image_shape = input_shapes(encoder)[0]
        _check_decoder(decoder, encoder, self.scale)
        check_range_reached("decoder", decoder, value_range)
        encoder.trainable = False
        self.encoder, self.decoder = encoder, decoder
        self.style_weight, self.epsilon = style_weight, epsilon
        self.adain = AdaIN(epsilon, dtype="float32")
        self.adain.build([tap.shape for tap in (encoder.outputs[-1],) * 2])
        self.built = True

    # Training

    def expects(self):
        images = LargeImages(self.image_shape, self.value_range, least=LEAST * self.scale)
        return images, images

    def takes(self):
        return list(self.expects())

    def parameters(self):
        return self.decoder.trainable_variables

    def constants(self, data, training):
        """The target t of the content, the statistics of the style, and the weights of pairs."""
        content, style, sample_weight = self.unpacked(data)
        styles = self.taps(style)
        target = self.adain([self.taps(self.padded(content))[-1], styles[-1]])
        return target, [self.adain.statistics(tap) for tap in styles], sample_weight

    def objective(self, constants, training):
        target, styles, sample_weight = constants
        taps = self.taps(self.decoder(target, training=training))
        content_loss = weighted_mean(tf.square(taps[-1] - target), sample_weight)
        style_loss = weighted_mean(self.style_distance(taps, styles), sample_weight)
        loss = content_loss + self.style_weight * style_loss
        losses = {"loss": loss, "content_loss": content_loss, "style_loss": style_loss}
        self.track(target, sample_weight, **losses)
        return loss

    def taps(self, images):
        """All feature maps of images, a list of float32 tensors, the finest first."""
        taps = self.encoder(images, training=False)
        return [tf.cast(tap, tf.float32) for tap in tf.nest.flatten(taps)]

    def style_distance(self, taps, statistics):
        """sum_i mean (mu - mu_i)^2 + mean (sigma - sigma_i)^2 for each image: a tensor (batch,)."""
        differences = [
            own - other
            for tap, others in zip(taps, statistics)
            for own, other in zip(self.adain.statistics(tap), others)
        ]
        return sum(tf.reduce_mean(tf.square(each), axis=(1, 2, 3)) for each in differences)

    def padded(self, images):
        """Images with sides that the encoder divides: padded below and on the right."""
        if None not in self.image_shape:
            return images
        height, width = [-tf.shape(images)[axis] % self.scale for axis in (1, 2)]
        return tf.pad(images, [[0, 0], [0, height], [0, width], [0, 0]], "REFLECT")

    # Use

    def call(self, inputs, training=False):
        """Images for `[content, style]`: what `predict` returns."""
        content, style = inputs
        return self.stylized(content, self.read(style))

    def read(self, style):
        """The style of images, mu and sigma of the last tap: float32 tensor (batch, 2, 1, maps)."""
        return tf.concat(self.adain.statistics(self.taps(style)[-1]), axis=1)

    def stylized(self, content, style, alpha=1.0):
        """The tensor of stylized images, float32, within the range.

        Args:
            content: images.
            style: what `read` returned, for each image or for all.
            alpha: scalar.
        """
        x = self.taps(self.padded(content))[-1]
        t = self.adain.with_statistics(x, style[:, :1], style[:, 1:])
        images = self.decoder((1.0 - alpha) * x + alpha * t, training=False)
        images = tf.cast(images, tf.float32)[:, : tf.shape(content)[1], : tf.shape(content)[2]]
        return images if self.value_range is None else tf.clip_by_value(images, *self.value_range)

    def stylize(self, content, style, alpha=1.0, weights=None, keep_color=False, batch_size=32):
        """Draws content in a style, or in a mixture of several.

        Args:
            content: array (count, height, width, channels) in `value_range`.
            style: array of as many images, one for each of `content`, or of one for all, in any
                size; or a list of such arrays, which are mixed.
            alpha: from 0, where content is only encoded and decoded, to 1.
            weights: of the styles in a list, non-negative numbers, which are divided by their sum;
                `None` for equal ones.
            keep_color: whether styles first get the mean and the covariance of the content's
                colours; see `metrics.matched_colors`.
            batch_size: images at a time.

        Returns:
            NumPy array of the shape of `content`, in `value_range`.
        """
        content = checked(self.expects()[0], content, "content")
        styles = style if isinstance(style, (list, tuple)) else [style]
        styles = [self._checked_style(each, len(content)) for each in styles]
        weights, alpha = _shares(weights, len(styles)), _share("alpha", alpha)
        batch_size = positive_integer("batch_size", batch_size)
        if keep_color:
            styles = [_recolored(each, content) for each in styles]
        read = [in_batches(self.graphs.read, [each], batch_size) for each in styles]
        mixture = sum(weight * each for weight, each in zip(weights, read))
        mixture = np.broadcast_to(mixture, (len(content), *mixture.shape[1:]))
        alpha = tf.constant(alpha, tf.float32)
        stylized = self.graphs.stylized
        return in_batches(
            lambda images, style: stylized(images, style, alpha), [content, mixture], batch_size
        )

    def distances(self, images, content, style, batch_size=32):
        """How far images are from content and from style, in the features of the encoder.

        content: mean |f(image) - f(content)|^2
        style: the style loss of the training

        Args:
            images: array of any images, stylized or not.
            content: array of as many images of the same size.
            style: array of as many images, or of one for all.
            batch_size: images at a time.

        Returns:
            Dict of two arrays (count,), `content` and `style`.
        """
        images, content = (
            checked(self.expects()[0], each, name)
            for each, name in ((images, "images"), (content, "content"))
        )
        if images.shape != content.shape:
            received = f"content.shape={content.shape}"
            raise argument_error("content", f"images of shape {images.shape}", received=received)
        style = self._checked_style(style, len(content))
        style = np.broadcast_to(style, (len(content), *style.shape[1:]))
        found = in_batches(self.graphs.measured, [images, content, style], batch_size)
        return {"content": found[:, 0], "style": found[:, 1]}

    def measured(self, images, content, style):
        """The two distances of `distances`, a tensor (batch, 2)."""
        taps, last = self.taps(self.padded(images)), self.taps(self.padded(content))[-1]
        statistics = [self.adain.statistics(tap) for tap in self.taps(style)]
        of_content = tf.reduce_mean(tf.square(taps[-1] - last), axis=(1, 2, 3))
        return tf.stack([of_content, self.style_distance(taps, statistics)], axis=1)

    def endpoints(self):
        """What `saved_models.export` writes: `stylize(content, style, alpha)`.

        `style` has an image for each of `content`, or one for all.
        """
        content, style = (
            tf.TensorSpec([None, *self.image_shape], tf.float32, name)
            for name in ("content", "style")
        )
        signature = [content, style, tf.TensorSpec([], tf.float32, "alpha")]

        def stylize(content, style, alpha):
            return self.stylized(content, self.read(style), alpha)

        return {"stylize": (asserted(stylize, signature, sides=LEAST * self.scale), signature)}

    def _checked_style(self, style, count):
        style = checked(self.expects()[1], style, "style")
        if len(style) not in (1, count):
            expected = f"one image for all, or {count}, one for each of `content`"
            raise argument_error("style", expected, received=f"{len(style)} images")
        return style


@dataclasses.dataclass(frozen=True)
class LargeImages(Images):
    """Images whose height and width are free, from a least one on.

    Attributes:
        least: number of pixels.
    """

    least: int = 1

    def described(self):
        text = super().described()
        return text if None not in self.shape else f"{text}, sides of at least {self.least} pixels"

    def _check_shape(self, received, name):
        super()._check_shape(received, name)
        if any(side is not None and side < self.least for side in received[1:3]):
            raise argument_error(name, self.described(), received=f"{name}.shape={tuple(received)}")


def _check_decoder(decoder, encoder, scale):
    """Refuses a decoder that does not lead from the encoder's last tap back to its images."""
    expected = "a built functional model from one batch of feature maps to one of images"
    inputs, outputs = (getattr(decoder, name, None) or () for name in ("inputs", "outputs"))
    if len(inputs) != 1 or len(outputs) != 1 or len(inputs[0].shape) != 4:
        raise argument_error("decoder", expected, decoder)
    height, width, channels = input_shapes(encoder)[0]
    side = LEAST * scale
    maps = encoder.outputs[-1].shape[-1]
    images = (1, height or side, width or side, channels)
    features = (1, images[1] // scale, images[2] // scale, maps)
    taken = decoder.inputs[0].shape[1:]
    fits = all(a is None or a == b for a, b in zip(taken, features[1:]))
    returned = tuple(decoder.compute_output_shape(features)) if fits else None
    if returned != images:
        received = f"a decoder that takes {tuple(taken)} and makes {returned} of {features}"
        expected = f"a network that makes images of shape {images} of feature maps {features}"
        raise argument_error("decoder", expected, received=received)


def _recolored(style, content):
    """A style for each content, in its colours."""
    style = np.broadcast_to(style, (len(content), *style.shape[1:]))
    return matched_colors(style, content).astype("float32")


def _shares(weights, count):
    """The weights of a mixture, float32, of sum 1."""
    weights = np.ones(count) if weights is None else weights
    expected = f"{count} non-negative numbers, one for each style and not all of them 0"
    try:
        array = np.asarray(weights, "float64")
    except (TypeError, ValueError):
        raise argument_error("weights", expected, weights) from None
    valid = array.shape == (count,) and np.isfinite(array).all() and np.all(array >= 0)
    if not valid or count == 0 or array.sum() == 0:
        raise argument_error("weights", expected, weights)
    return (array / array.sum()).astype("float32")


def _share(name, value):
    """A number from 0 to 1, or the error."""
    value = number_from_zero(name, value)
    if value > 1:
        raise argument_error(name, "a number from 0 to 1", value)
    return value
