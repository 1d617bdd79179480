"""Attributes of drawn characters that need no classifier: how much ink, how slanted, how wide.

Ink is bright on a dark ground. p says where it is and sums to 1. It is square, so that a grey haze
on the ground, which generated images may have, hardly counts:

    p = ink^2 / sum(ink^2),   ink = (image - low) / (high - low)
"""

import numpy as np

from keras_gen.images import check_images, rescale

_TINY = 1e-6  # so that an empty image has no slant and no width


def ink(images, value_range):
    """The mean ink of each image, from 0 to 1: thin and small, or bold and large.

    Args:
        images: grey or coloured images (n, height, width, channels).
        value_range: closed interval of the pixels.

    Returns:
        Float64 array (n,).
    """
    return _ink(images, value_range).mean(axis=(1, 2))


def slant(images, value_range):
    """How far to the right a character leans, in pixels for each pixel upwards.

        slant = -cov(row, column) / var(row)        under p; rows count downwards

    Args:
        images, value_range: see `ink`.

    Returns:
        Float64 array (n,).
    """
    rows, columns, p = _deviations(images, value_range)
    return -np.sum(p * rows * columns, axis=(1, 2)) / (np.sum(p * rows**2, axis=(1, 2)) + _TINY)


def width(images, value_range):
    """How wide a character is: the standard deviation of its ink from its own upright, in pixels.

        width = std(column + slant row)        under p, as if it were upright

    Args:
        images, value_range: see `ink`.

    Returns:
        Float64 array (n,).
    """
    rows, columns, p = _deviations(images, value_range)
    upright = columns + slant(images, value_range)[:, np.newaxis, np.newaxis] * rows
    return np.sqrt(np.sum(p * upright**2, axis=(1, 2)))


def _ink(images, value_range):
    images = check_images(images, value_range).astype("float64")
    return np.clip(rescale(images, value_range, (0.0, 1.0)), 0, 1).mean(axis=-1)


def _deviations(images, value_range):
    """Rows and columns as distances from the centre of the ink, and p."""
    p = _ink(images, value_range) ** 2
    p /= p.sum(axis=(1, 2), keepdims=True) + _TINY
    rows, columns = np.mgrid[: p.shape[1], : p.shape[2]].astype("float64")
    of_centre = [np.sum(p * axis, axis=(1, 2), keepdims=True) for axis in (rows, columns)]
    return rows - of_centre[0], columns - of_centre[1], p
