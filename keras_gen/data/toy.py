"""The smallest data on which a model can fail: Gaussians, a plane in space, bars and stripes."""

import numpy as np

from keras_gen.arguments import (
    argument_error,
    integer,
    number_from_zero,
    positive_integer,
    positive_number,
)
from keras_gen.data.checks import seed_number

PLANE_CENTRE = np.array([0.5, 0.5, 0.5])
PLANE_AXES = np.array([[2.0, -1.0, 2.0], [2.0, 2.0, -1.0]]) / 3.0  # at right angles, of length 1

_LONGEST_SIDE = 16  # twice as many images for each pixel more: 131,070, or 134 MB


def ring(count, modes=8, radius=2.0, stddev=0.02, seed=0):
    """Points from equally likely Gaussians whose centres lie evenly on a circle.

        x = radius * (cos t, sin t) + stddev * n,   t = 2 pi k / modes,   n ~ N(0, I)

    Args:
        count: number of points.
        modes: number of Gaussians.
        radius: radius of the circle.
        stddev: standard deviation of each Gaussian, per axis.
        seed: non-negative integer.

    Returns:
        float32 array (count, 2).

    Reference:
        Metz, Poole, Pfau, Sohl-Dickstein (2017), Unrolled Generative Adversarial Networks,
        arXiv:1611.02163, section 3.1.
    """
    return _mixture(count, ring_centres(modes, radius), stddev, seed)


def grid(count, side=5, spacing=1.0, stddev=0.05, seed=0):
    """Points from equally likely Gaussians whose centres form a square grid around zero.

        x = spacing * (i, j) + stddev * n,   i, j in -(side - 1) / 2 ... (side - 1) / 2

    Args:
        count: number of points.
        side: Gaussians per side, `side ** 2` in all.
        spacing: distance between neighbouring centres.
        stddev: standard deviation of each Gaussian, per axis.
        seed: non-negative integer.

    Returns:
        float32 array (count, 2).

    Reference:
        Lin, Khetan, Fanti, Oh (2018), PacGAN: The power of two samples in generative adversarial
        networks, arXiv:1712.04086, section 4.1 (2D-grid).
    """
    return _mixture(count, grid_centres(side, spacing), stddev, seed)


def plane(count, spread=(1.0, 0.5), stddev=0.2, seed=0):
    """Points in space near a plane: three numbers that are nearly two.

        x = PLANE_CENTRE + spread_1 u_1 a_1 + spread_2 u_2 a_2 + stddev * n,   u, n ~ N(0, I)

    where a_1, a_2 are the rows of `PLANE_AXES`. As long as both spreads are positive, the plane is
    what the first two principal components span, and `stddev ** 2` is what they miss.

    Args:
        count: number of points.
        spread: standard deviations within the plane, along its two axes.
        stddev: standard deviation of the noise, per axis of space.
        seed: non-negative integer.

    Returns:
        float32 array (count, 3).
    """
    count, stddev = positive_integer("count", count), number_from_zero("stddev", stddev)
    random = np.random.default_rng(seed_number(seed))
    spread = _pair("spread", spread)
    within = random.standard_normal((count, 2)) * spread @ PLANE_AXES
    return (PLANE_CENTRE + within + stddev * random.standard_normal((count, 3))).astype("float32")


def bars_and_stripes(side=3):
    """All images of bars (each column of one colour) or of stripes (each row of one colour).

        2 ** side + 2 ** side - 2 images: all black and all white are both, and occur once

    Args:
        side: height and width of an image, at most 16.

    Returns:
        float32 array (count, side, side, 1) of zeros and ones: first the stripes in counting
        order, then the bars.

    Reference:
        MacKay (2003), Information Theory, Inference, and Learning Algorithms, chapter 43.
    """
    side = integer("side", side, least=1, most=_LONGEST_SIDE)
    choices = np.arange(2**side)[:, None] >> np.arange(side) & 1
    stripes = np.repeat(choices[:, :, None], side, axis=2)
    bars = stripes.swapaxes(1, 2)
    return np.concatenate([stripes, bars[1:-1]])[..., None].astype("float32")


def ring_centres(modes=8, radius=2.0):
    """The centres of `ring`, counter-clockwise from the positive x axis: float32 (modes, 2)."""
    modes, radius = positive_integer("modes", modes), positive_number("radius", radius)
    angles = 2 * np.pi * np.arange(modes) / modes
    return (radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)).astype("float32")


def grid_centres(side=5, spacing=1.0):
    """The centres of `grid`, row by row from the lower left: float32 (side ** 2, 2)."""
    side, spacing = positive_integer("side", side), positive_number("spacing", spacing)
    steps = spacing * (np.arange(side) - (side - 1) / 2)
    y, x = np.meshgrid(steps, steps, indexing="ij")
    return np.stack([x.ravel(), y.ravel()], axis=1).astype("float32")


def _pair(name, value):
    try:
        first, second = (number_from_zero(name, part) for part in value)
    except (TypeError, ValueError):
        raise argument_error(name, "two finite non-negative numbers", value) from None
    return first, second


def _mixture(count, centres, stddev, seed):
    count, stddev = positive_integer("count", count), number_from_zero("stddev", stddev)
    random = np.random.default_rng(seed_number(seed))
    chosen = centres[random.integers(len(centres), size=count)]
    return (chosen + stddev * random.standard_normal((count, 2))).astype("float32")
