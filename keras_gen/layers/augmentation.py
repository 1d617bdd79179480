import keras
from keras import ops

from keras_gen.arguments import argument_error, number, number_from_zero


class Augmentation(keras.layers.Layer):
    """A random change of each image, differentiable with respect to it.

        y_i = T(x_i, u_i)  if u_i0 < strength,  else x_i,      u ~ U[0, 1)

    Whoever calls the layer owns the random numbers `shares` and the strength, the probability of a
    change; at 0 the images pass exactly as they are. A subclass states `changed` and `draws`.

    The arithmetic is in float32 under every dtype policy.

    Attributes:
        draws: how many numbers `u` an image takes, the first one included.

    Reference:
        Zhao, Liu, Lin, Zhu, Han (2020), Differentiable Augmentation for Data-Efficient GAN
        Training, arXiv:2006.10738; strength: Karras et al. (2020), Training Generative Adversarial
        Networks with Limited Data, arXiv:2006.06676, section 3.
    """

    draws = 1

    def __init__(self, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.autocast = False  # shares rounded to half precision would reach 1

    def call(self, images, shares, strength=1.0):
        """The changed images, float32.

        Args:
            images: tensor (batch, height, width, channels).
            shares: float32 tensor (draws, batch) of numbers in [0, 1).
            strength: probability of a change, a number or a scalar tensor.
        """
        images = ops.cast(images, "float32")
        first, *others = ops.unstack(shares, self.draws)
        chosen = _per_image(first < strength)
        return ops.where(chosen, self.changed(images, *others), images)

    def changed(self, images, *shares):
        """All images changed, each by its own numbers `(batch,)` in [0, 1)."""
        raise NotImplementedError

    def compute_output_shape(self, images_shape, shares_shape=None):
        return images_shape


@keras.saving.register_keras_serializable("keras_gen")
class RandomColors(Augmentation):
    """Brightness, saturation and contrast, in turn.

        x <- x + brightness (2 u_1 - 1)
        x <- m + (1 + saturation (2 u_2 - 1)) (x - m),    m the mean over a pixel's channels
        x <- m + (1 + contrast (2 u_3 - 1)) (x - m),      m the mean over the image

    Values may leave the range of the images, for real and generated ones alike.

    Args:
        brightness: largest shift, in units of the pixel values; 0.5 for images in [-1, 1].
        saturation, contrast: largest relative changes, in [0, 1].

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        That of the input.

    Reference:
        Zhao et al. (2020), arXiv:2006.10738; the defaults are those of the authors' code.
    """

    draws = 4

    def __init__(self, brightness=0.5, saturation=1.0, contrast=0.5, **kwargs):
        super().__init__(**kwargs)
        self.brightness = number_from_zero("brightness", brightness)
        self.saturation = _up_to_one("saturation", saturation)
        self.contrast = _up_to_one("contrast", contrast)

    def changed(self, images, shift, saturation, contrast):
        shift, saturation, contrast = (
            _per_image(2 * share - 1) for share in (shift, saturation, contrast)
        )
        images = images + self.brightness * shift
        images = _spread(images, 1 + self.saturation * saturation, axis=-1)
        return _spread(images, 1 + self.contrast * contrast, axis=(1, 2, 3))

    def get_config(self):
        numbers = ("brightness", "saturation", "contrast")
        return {**super().get_config(), **{name: getattr(self, name) for name in numbers}}


@keras.saving.register_keras_serializable("keras_gen")
class RandomShift(Augmentation):
    """Moves each image by whole pixels; what comes in from outside the frame is zero.

        y[i, j] = x[i - d, j - e],    d, e uniform on -n, ..., n,    n = round(share * side)

    Args:
        share: largest shift as a share of the side, in [0, 1].

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        That of the input.

    Reference:
        Zhao et al. (2020), arXiv:2006.10738; the default is that of the authors' code.
    """

    draws = 3

    def __init__(self, share=0.125, **kwargs):
        super().__init__(**kwargs)
        self.share = _up_to_one("share", share)

    def changed(self, images, down, right):
        """A product with two matrices of zeros and ones, whose gradient is exact."""
        _, height, width, channels = ops.shape(images)
        rows, columns = self._moved(height, down), self._moved(width, right)
        moved = ops.matmul(rows, ops.reshape(images, (-1, height, width * channels)))
        return ops.matmul(columns[:, None], ops.reshape(moved, (-1, height, width, channels)))

    def _moved(self, side, share):
        """For each image the matrix that moves a vector of `side` numbers."""
        most = _rounded(self.share, side)
        pixels = ops.floor(share * (2 * most + 1)) - most
        index = ops.arange(side, dtype="float32")
        source = index[None, :, None] - pixels[:, None, None]
        return ops.cast(source == index[None, None, :], "float32")

    def get_config(self):
        return {**super().get_config(), "share": self.share}


@keras.saving.register_keras_serializable("keras_gen")
class RandomCutout(Augmentation):
    """Sets a rectangle of each image to zero.

        y = x (1 - m),    m = 1 on the `share` of height and width around a random pixel

    The center is any pixel of the image, so a part of the rectangle may lie outside.

    Args:
        share: sides of the rectangle as a share of those of the image, in [0, 1].

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        That of the input.

    Reference:
        DeVries, Taylor (2017), Improved Regularization of Convolutional Neural Networks with
        Cutout, arXiv:1708.04552; Zhao et al. (2020), arXiv:2006.10738.
    """

    draws = 3

    def __init__(self, share=0.5, **kwargs):
        super().__init__(**kwargs)
        self.share = _up_to_one("share", share)

    def changed(self, images, down, right):
        _, height, width, _ = ops.shape(images)
        rows = self._cut(height, down)[:, :, None, None]
        columns = self._cut(width, right)[:, None, :, None]
        return ops.where(ops.logical_and(rows, columns), 0.0, images)

    def _cut(self, side, share):
        """For each image which of `side` rows are cut: a boolean tensor (batch, side)."""
        length = _rounded(self.share, side)
        half = ops.floor(length / 2)
        # An even length has its center between two pixels, and one more place to be.
        places = ops.cast(side, "float32") + 1 - (length - 2 * half)
        start = ops.floor(share * places) - half
        index = ops.arange(side, dtype="float32")[None, :]
        start = start[:, None]
        return ops.logical_and(index >= start, index < start + length)

    def get_config(self):
        return {**super().get_config(), "share": self.share}


@keras.saving.register_keras_serializable("keras_gen")
class RandomMirror(Augmentation):
    """Mirrors half of the images, left to right.

    The generator learns the mirrored images as well: use it where these could be real.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        That of the input.
    """

    draws = 2

    def changed(self, images, coin):
        return ops.where(_per_image(coin < 0.5), ops.flip(images, axis=2), images)


@keras.saving.register_keras_serializable("keras_gen")
class Augmentations(Augmentation):
    """Several augmentations, one after the other, each with numbers of its own.

    Args:
        steps: list of one or more augmentations.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        That of the input.
    """

    def __init__(self, steps, **kwargs):
        super().__init__(**kwargs)
        self.steps = [check_augmentation("steps", step) for step in steps]
        if not self.steps:
            raise argument_error("steps", "one augmentation or more", steps)

    @property
    def draws(self):
        return sum(step.draws for step in self.steps)

    def call(self, images, shares, strength=1.0):
        start = 0
        for step in self.steps:
            images = step(images, shares[start : start + step.draws], strength=strength)
            start += step.draws
        return images

    def get_config(self):
        steps = [keras.saving.serialize_keras_object(step) for step in self.steps]
        return {**super().get_config(), "steps": steps}

    @classmethod
    def from_config(cls, config):
        steps = [keras.saving.deserialize_keras_object(step) for step in config["steps"]]
        return cls(**{**config, "steps": steps})


def differentiable_augmentation(mirror=False):
    """Colors, shifts by an eighth and a cutout of half the sides: for images in [-1, 1].

    Args:
        mirror: whether half of the images are mirrored as well, left to right.

    Returns:
        `Augmentations`, for the argument `augment` of a GAN.

    Reference:
        Zhao et al. (2020), arXiv:2006.10738, section 4: all three for few images.
    """
    first = [RandomMirror()] if mirror else []
    return Augmentations([*first, RandomColors(), RandomShift(), RandomCutout()])


def check_augmentation(name, value):
    """Returns an augmentation, or raises the error."""
    if not isinstance(value, Augmentation):
        expected = "a `keras_gen.layers.Augmentation`, such as layers.differentiable_augmentation()"
        raise argument_error(name, expected, value)
    return value


def _up_to_one(name, value):
    if not 0 <= number(name, value) <= 1:
        raise argument_error(name, "a number in [0, 1]", value)
    return value


def _spread(images, factor, axis):
    """Images whose distance from a mean is multiplied."""
    mean = ops.mean(images, axis=axis, keepdims=True)
    return mean + factor * (images - mean)


def _per_image(values):
    return ops.reshape(values, (-1, 1, 1, 1))


def _rounded(share, side):
    """A share of a side, which may be known in the graph only, in whole pixels."""
    return ops.floor(share * ops.cast(side, "float32") + 0.5)
