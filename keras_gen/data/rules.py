"""Rules that make the other image of a pair: grey, edges, fewer pixels, and a hole.

Each is a function of an image (height, width, channels), or a batch of them, whose values lie
between 0 for black and 1 for white, and so do those of its result.
"""

import functools

import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error, number_from_zero, positive_integer
from keras_gen.data.checks import floats

RED, BLUE = 0.299, 0.114  # ITU-R BT.601, as in JPEG files; the rest is green


def grey(image):
    """A colour image as the weighted mean of its channels; grey images stay as they are.

        grey = .299 red + .587 green + .114 blue

    Args:
        image: float tensor (..., height, width, 1 or 3).

    Returns:
        Float tensor (..., height, width, 1), exactly v where all channels are v.

    Raises:
        ValueError: for another number of channels.

    Reference:
        Recommendation ITU-R BT.601, the luma of gamma-corrected colours.
    """
    image = _checked(image)
    if image.shape[-1] == 1:
        return image
    if image.shape[-1] != 3:
        raise argument_error(
            "image", "an image with 1 or 3 channels", received=f"{image.shape[-1]} channels"
        )
    red, green, blue = tf.split(image, 3, axis=-1)
    return green + RED * (red - green) + BLUE * (blue - green)


def edges(image):
    """The length of the gradient of the grey image, white edges on black, by Sobel's kernels.

        g_x = (1 2 1)^T (-1 0 1) / 4 * grey,   g_y its transpose
        edge = min(1, sqrt(g_x^2 + g_y^2))

    A straight step from black to white is 1 in the two pixels next to it. The image is reflected at
    its borders, which are therefore no edges, and mirror images have mirrored edges, bit for bit.

    Args:
        image: float tensor (..., height, width, 1 or 3), at least 2x2.

    Returns:
        Float tensor (..., height, width, 1).

    Reference:
        Sobel, Feldman (1968), An Isotropic 3x3 Image Gradient Operator.
    """
    image = grey(image)
    if min(image.shape[-3:-1]) < 2:
        raise argument_error("image", "an image of at least 2x2", received=f"{image.shape}")
    around = [[0, 0]] * (image.shape.rank - 3) + [[1, 1], [1, 1], [0, 0]]
    padded = tf.pad(image, around, "REFLECT")
    across = _smoothed(padded, axis=-3)
    down = _smoothed(padded, axis=-2)
    g_x = (across[..., :, 2:, :] - across[..., :, :-2, :]) / 4
    g_y = (down[..., 2:, :, :] - down[..., :-2, :, :]) / 4
    return tf.minimum(tf.sqrt(g_x**2 + g_y**2), 1.0)


def box(x):
    """The kernel whose downscaling is the mean of a block and whose upscaling is its copies."""
    x = _distances(x)
    return ((-0.5 <= x) & (x < 0.5)).astype("float64")


def triangle(x):
    """The kernel of linear interpolation: 1 - |x| up to 1."""
    return np.maximum(1 - np.abs(_distances(x)), 0)


def cubic(x):
    """The kernel of bicubic interpolation with a = -1/2, as in Pillow and MATLAB.

        1.5 |x|^3 - 2.5 |x|^2 + 1 up to 1,   -.5 |x|^3 + 2.5 |x|^2 - 4 |x| + 2 up to 2

    Reference:
        Keys (1981), Cubic Convolution Interpolation for Digital Image Processing.
    """
    x = np.abs(_distances(x))
    near, far = (1.5 * x - 2.5) * x**2 + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


def downscaled(factor, kernel=cubic):
    """The rule that keeps one pixel out of `factor` in each direction, antialiased.

        small_i = sum_j w_ij large_j,   w_ij ~ kernel((j + 1/2) / factor - (i + 1/2)),  sum_j w = 1

    and the same for the columns; values beyond black and white are clipped. The kernel is wider by
    the factor by which the image is smaller. At the borders, what lies outside has no weight.

    Args:
        factor: positive integer.
        kernel: callable of a float64 array, in pixels of the result: `cubic`, `triangle`, `box`.

    Returns:
        A function of a float tensor (..., height, width, channels) with sides that are multiples of
        `factor`, which returns (..., height / factor, width / factor, channels).

    Example:
        pairs = load_pairs("cifar10", rule=rules.downscaled(2))
    """
    factor, kernel = positive_integer("factor", factor), _checked_kernel(kernel)

    def smaller(image):
        image = _checked(image)
        height, width = image.shape[-3:-1]
        if height % factor or width % factor:
            raise argument_error("factor", f"a divisor of the sides, {height} and {width}", factor)
        return _resampled(image, (height // factor, width // factor), kernel)

    return smaller


def upscaled(factor, kernel=cubic):
    """The rule that makes `factor` pixels out of one in each direction, by interpolation.

    As `downscaled`, with 1 / factor in place of `factor` and a kernel in pixels of the image.

    Example:
        blurred = lambda image: rules.upscaled(4)(rules.downscaled(4)(image))
        pairs = load_pairs("faces", rule=blurred)
    """
    factor, kernel = positive_integer("factor", factor), _checked_kernel(kernel)

    def larger(image):
        image = _checked(image)
        height, width = image.shape[-3:-1]
        return _resampled(image, (height * factor, width * factor), kernel)

    return larger


def masked(share=0.5, value=0.5):
    """The rule that removes the middle of an image, to be filled in again.

        image_p = value for p in the middle rectangle, whose sides are shares of the image's

    Args:
        share: of each side, above 0 and at most 1, rounded to whole pixels, at least one.
        value: what is there instead, from 0 for black to 1 for white.

    Returns:
        A function of a float tensor (..., height, width, channels) that returns one of its shape.

    Example:
        pairs = load_pairs("cifar10", rule=rules.masked())

    Reference:
        Pathak et al. (2016), Context Encoders: Feature Learning by Inpainting, arXiv:1604.07379,
        section 3.3.
    """
    if number_from_zero("share", share) == 0 or share > 1:
        raise argument_error("share", "a number above 0 and at most 1", share)
    if number_from_zero("value", value) > 1:
        raise argument_error("value", "a number from 0 for black to 1 for white", value)

    def holed(image):
        image = _checked(image)
        rows, columns = (_middle(side, share) for side in image.shape[-3:-1])
        hole = (rows[:, None] & columns)[..., None]
        return tf.where(hole, tf.cast(value, image.dtype), image)

    return holed


def _middle(side, share):
    """Which pixels of a side are in the middle part."""
    width = max(1, round(share * side))
    first = (side - width) // 2
    return (np.arange(side) >= first) & (np.arange(side) < first + width)


def _checked(image):
    expected = "a float tensor (..., height, width, channels)"
    image = floats(image, "image", expected)
    if image.shape.rank is None or image.shape.rank < 3:
        raise argument_error("image", expected, received=f"image.shape={image.shape}")
    return image


def _distances(x):
    expected = "an array of numbers"
    try:
        array = np.asarray(x)
    except ValueError:  # rows of different lengths
        raise argument_error("x", expected, x) from None
    if array.dtype.kind not in "fiu":
        raise argument_error("x", expected, x)
    return array


def _checked_kernel(kernel):
    if not callable(kernel):
        raise argument_error("kernel", "a callable of an array of distances", kernel)
    return kernel


def _smoothed(image, axis):
    # The outer two are added first: mirrored images then give exactly the same sums.
    size = image.shape[axis]
    before, at, after = (
        tf.gather(image, range(start, start + size - 2), axis=axis) for start in range(3)
    )
    return (before + after) + 2 * at


def _resampled(image, size, kernel):
    rows, columns = (
        tf.constant(_weights(old, new, kernel), image.dtype)
        for old, new in zip(image.shape[-3:-1], size)
    )
    result = tf.einsum("ih,jw,...hwc->...ijc", rows, columns, image)
    return tf.clip_by_value(result, 0.0, 1.0)


@functools.lru_cache(maxsize=64)
def _weights(old, new, kernel):
    stretch = max(1.0, old / new)
    centres = (np.arange(new)[:, None] + 0.5) * old / new
    weights = np.asarray(kernel((np.arange(old) + 0.5 - centres) / stretch))
    total = weights.sum(axis=1) if weights.shape == (new, old) else np.zeros(1)
    if not (np.all(np.isfinite(total)) and np.all(total != 0)):
        expected = "a function that gives each distance a finite weight, not all of them 0"
        raise argument_error("kernel", expected, kernel)
    return weights / weights.sum(axis=1, keepdims=True)
