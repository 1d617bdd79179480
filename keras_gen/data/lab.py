"""Colours as lightness and two opponent colours: the colour space CIE L*a*b*, from sRGB and back.

    f_c = cbrt(XYZ_c / white_c), near black a straight line,    white = D65
    L = 116 f_Y - 16,   a = 500 (f_X - f_Y),   b = 200 (f_Y - f_Z)

L runs from 0 for black to 100 for white; a from green to red and b from blue to yellow, 0 for grey.
A picture can be colorized by keeping L and learning a and b.

Reference:
    CIE 15:2004, Colorimetry, section 8.2.1; sRGB: IEC 61966-2-1:1999.
"""

import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error
from keras_gen.data.checks import floats

# From linear red, green and blue to X, Y and Z. White is the sum of the three, so that what has
# equal parts of them is grey without rounding.
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
TO_XYZ /= TO_XYZ.sum(axis=1, keepdims=True)
FROM_XYZ = np.linalg.inv(TO_XYZ)
DELTA = 6 / 29  # below its third power f is a straight line
LARGEST = 110.0  # a and b of sRGB lie between -107.9 and 98.3
HALVINGS = 20  # of the interval in which the displayable share of a colour lies


def to_lab(image):
    """L, a and b of an image.

    Args:
        image: float tensor (..., 3) of red, green and blue from 0 to 1.

    Returns:
        Float tensor (..., 3): L in [0, 100], a and b within +-110.
    """
    xyz = _mapped(_linear(_checked(image, "image", 3)), TO_XYZ)
    line = xyz / (3 * DELTA**2) + 4 / 29
    f = tf.where(xyz > DELTA**3, tf.maximum(xyz, DELTA**3) ** (1 / 3), line)
    x, y, z = tf.unstack(f, axis=-1)
    return tf.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def to_rgb(lab):
    """Red, green and blue of L, a and b; what no screen can show is clipped to [0, 1].

    Args:
        lab: float tensor (..., 3).

    Returns:
        Float tensor (..., 3) of values from 0 to 1, equal to the image that `to_lab` was given.
    """
    linear = tf.clip_by_value(_linear_of(_checked(lab, "lab", 3)), 0.0, 1.0)
    curve = 1.055 * tf.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055
    return tf.where(linear > 0.0031308, curve, 12.92 * linear)


def split(image):
    """The lightness and the colours of an image, both in [-1, 1]: source and target of a network.

        L / 50 - 1,   (a, b) / 110

    Args:
        image: float tensor (..., 3) of red, green and blue from 0 to 1.

    Returns:
        Float tensors (..., 1) and (..., 2).

    Example:
        pairs = data.load("cifar10", value_range=(0, 1)).map(data.lab.split)
    """
    lab = to_lab(image)
    return lab[..., :1] / 50 - 1, lab[..., 1:] / LARGEST


def joined(lightness, colours):
    """The image of a lightness and of colours, the inverse of `split`; the lightness is kept.

        t = max {t <= 1: red, green and blue of (L, t a, t b) lie within [0, 1]}

    A colour that no screen can show at its lightness is made greyer until one can, while clipping
    would make it lighter or darker.

    Args:
        lightness: float tensor (..., 1) in [-1, 1].
        colours: float tensor (..., 2) in [-1, 1].

    Returns:
        Float tensor (..., 3) of red, green and blue from 0 to 1.
    """
    lightness, colours = _checked(lightness, "lightness", 1), _checked(colours, "colours", 2)
    if not lightness.shape[:-1].is_compatible_with(colours.shape[:-1]):
        expected = f"colours of shape {(*lightness.shape[:-1], 2)}, one pair for each lightness"
        raise argument_error("colours", expected, received=f"colours of shape {colours.shape}")
    luminance, opponents = 50 * (lightness + 1), LARGEST * colours

    def lab(share):
        return tf.concat([luminance, share * opponents], axis=-1)

    def is_shown(share):
        linear, slack = _linear_of(lab(share)), 1e-6
        return tf.reduce_all((linear >= -slack) & (linear <= 1 + slack), axis=-1, keepdims=True)

    low, high = tf.zeros_like(luminance), tf.ones_like(luminance)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        shown = is_shown(middle)
        low, high = tf.where(shown, middle, low), tf.where(shown, high, middle)
    return to_rgb(lab(tf.where(is_shown(tf.ones_like(low)), 1.0, low)))


def _linear(rgb):
    curve = ((tf.maximum(rgb, 0.04045) + 0.055) / 1.055) ** 2.4
    return tf.where(rgb > 0.04045, curve, rgb / 12.92)


def _linear_of(lab):
    """Linear red, green and blue, which lie outside [0, 1] where no screen can show them."""
    luminance, a, b = tf.unstack(lab, axis=-1)
    y = (luminance + 16) / 116
    f = tf.stack([y + a / 500, y, y - b / 200], axis=-1)
    return _mapped(tf.where(f > DELTA, f**3, 3 * DELTA**2 * (f - 4 / 29)), FROM_XYZ)


def _mapped(image, matrix):
    return tf.einsum("...c,dc->...d", image, tf.constant(matrix, image.dtype))


def _checked(image, name, channels):
    expected = f"a float tensor with {channels} channel(s) in its last axis"
    image = floats(image, name, expected)
    if image.shape.rank == 0 or image.shape[-1] != channels:
        raise argument_error(name, expected, received=f"{name}.shape={image.shape}")
    return image
