"""Styles made by rules: patterns of a few colours, each drawn with chances of its own.

    stripes    parallel bands
    checks     squares of a chessboard
    dots       discs on a grid
    cells      polygons, the places nearest to each of some points, with lines between them
    clouds     smooth noise, from one colour to the next

Angles, sizes and colours differ from picture to picture.
"""

import numpy as np

from keras_gen.arguments import argument_error, positive_integer
from keras_gen.data.checks import seed_number
from keras_gen.data.pictures import in_range
from keras_gen.images import check_range

FINER = 2  # pictures are drawn at this many times their size, and averaged
PERIODS = (5, 16)  # pixels, of what is repeated
LIGHTEST, DARKEST = 0.65, 0.35  # the first colour is lighter on average, the second darker


def textures(count, size, seed, value_range=(-1.0, 1.0), rules=None):
    """Pictures of patterns, of all rules in turn.

    Args:
        count: number of pictures.
        size: height and width in pixels.
        seed: non-negative integer; equal seeds give equal pictures.
        value_range: (low, high), the values of black and white.
        rules: names from `RULES`, or `None` for all.

    Returns:
        float32 array (count, size, size, 3).
    """
    count, size = positive_integer("count", count), positive_integer("size", size)
    value_range, names = check_range(value_range), list(RULES) if rules is None else rules
    if (
        not isinstance(names, (list, tuple))
        or not names
        or any(n not in list(RULES) for n in names)
    ):
        raise argument_error("rules", f"a list of names from {', '.join(RULES)}", rules)
    chance = np.random.default_rng(seed_number(seed))
    drawn = [_drawn(RULES[names[index % len(names)]], size, chance) for index in range(count)]
    return in_range(np.stack(drawn), value_range).astype("float32")


def _stripes(x, y, colours, chance):
    """Bands of two or three colours: the number of a band is floor(x' / width)."""
    x, _ = _turned(x, y, chance)
    return colours[_steps(x, chance) % chance.integers(2, 4)]


def _checks(x, y, colours, chance):
    """A chessboard: light where the numbers of row and column are both even or both odd."""
    x, y = _turned(x, y, chance)
    width = chance.uniform(*PERIODS)
    return colours[(np.floor(x / width) + np.floor(y / width)).astype(int) % 2]


def _dots(x, y, colours, chance):
    """Discs in the middles of squares, each of one of the other colours."""
    x, y = _turned(x, y, chance)
    width, radius = chance.uniform(*PERIODS), chance.uniform(0.2, 0.45)
    row, column = np.floor(y / width).astype(int), np.floor(x / width).astype(int)
    inside = np.hypot(x / width - column - 0.5, y / width - row - 0.5) < radius
    return colours[np.where(inside, 1 + (row + column) % (len(colours) - 1), 0)]


def _cells(x, y, colours, chance):
    """Polygons of all colours but the second, which is that of the lines between them."""
    side = np.sqrt(x.size) / FINER
    count = max(3, int((side / chance.uniform(*PERIODS)) ** 2))
    points = chance.uniform(0, side, (count, 2))
    squares = (x[..., None] - points[:, 0]) ** 2 + (y[..., None] - points[:, 1]) ** 2
    nearest = np.argmin(squares, axis=-1)
    first, second = np.moveaxis(np.sqrt(np.partition(squares, 1, axis=-1)[..., :2]), -1, 0)
    filled = np.array([0, *range(2, len(colours))])[chance.integers(len(colours) - 1, size=count)]
    return colours[np.where(second - first < 1.5, 1, filled[nearest])]


def _clouds(x, y, colours, chance):
    """Waves of random directions and lengths, summed; the sum chooses the colour, mixed."""
    total = np.zeros_like(x)
    for length in chance.uniform(1.0, 5.0, 12) * PERIODS[0]:
        along, _ = _turned(x, y, chance)
        total += np.sin(2 * np.pi * along / length + chance.uniform(0, 2 * np.pi)) * length
    total = (total - total.min()) / max(np.ptp(total), 1e-6) * (len(colours) - 1)
    below = np.minimum(total.astype(int), len(colours) - 2)
    share = (total - below)[..., None]
    return (1 - share) * colours[below] + share * colours[below + 1]


RULES = {f.__name__[1:]: f for f in (_stripes, _checks, _dots, _cells, _clouds)}


def _drawn(rule, size, chance):
    """A picture, float64 (size, size, 3), from 0 to 1."""
    place = (np.arange(FINER * size) + 0.5) / FINER
    x, y = np.meshgrid(place, place)
    picture = rule(x, y, _colours(chance), chance)
    return picture.reshape(size, FINER, size, FINER, 3).mean(axis=(1, 3))


def _colours(chance):
    """Four colours; the first is light, the second dark."""
    colours = chance.uniform(0, 1, (4, 3))
    colours[0] = LIGHTEST + (1 - LIGHTEST) * colours[0]
    colours[1] *= DARKEST
    return colours


def _turned(x, y, chance):
    """Coordinates along and across a random direction, from a random place on."""
    angle, shift = chance.uniform(0, np.pi), chance.uniform(0, 100, 2)
    cos, sin = np.cos(angle), np.sin(angle)
    return cos * x + sin * y + shift[0], cos * y - sin * x + shift[1]


def _steps(x, chance):
    """The numbers of the bands that places lie in."""
    return np.floor(x / chance.uniform(*PERIODS)).astype(int)
