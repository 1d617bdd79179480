"""Outlines of characters in the fonts that come with matplotlib, and the distances to them."""

import functools
import pathlib

import numpy as np

# Where a font has further alphabets: the code points of their digit 0 and of their letter A.
_ALPHABETS = {
    "": (ord("0"), ord("A")),
    "sans": (0x1D7E2, 0x1D5A0),
    "sans bold": (0x1D7EC, 0x1D5D4),
    "typewriter": (0x1D7F6, 0x1D670),
}
_FONT_SIZE = 100  # curves become polygons as exact as a tenth of such a unit
_BOX = np.array([17.0, 20.0])  # width and height into which a character fits
REACH = 13  # distances are known up to here, to each side of the middle
_CELLS = 3  # points per unit of length


def polygons(font, character):
    """The outlines of a character as closed polygons, all in the direction that its font has.

    Args:
        font: name of a file of matplotlib without its suffix, such as `"cmr10"`, or this, a space
            and one of the further alphabets in it: `"STIXGeneral sans"`.
        character: a digit or a capital letter.

    Returns:
        List of arrays (points, 2) whose first and last points are the same; y points upwards. The
        whole just fits into a box of 17 by 20 around zero.
    """
    import matplotlib
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    file, _, alphabet = font.partition(" ")
    path = pathlib.Path(matplotlib.get_data_path(), "fonts", "ttf", f"{file}.ttf")
    zero, a = _ALPHABETS[alphabet]
    code = zero + int(character) if character.isdigit() else a + ord(character) - ord("A")
    text = TextPath((0, 0), chr(code), _FONT_SIZE, prop=FontProperties(fname=path))
    found = text.to_polygons()
    corners = np.concatenate(found)
    low, high = corners.min(axis=0), corners.max(axis=0)
    scale = np.min(_BOX / (high - low))
    return [scale * (polygon - (low + high) / 2) for polygon in found]


@functools.cache
def distances(font, character):
    """How far every point of a grid is from the outline of a character, positive inside.

        distance = +-min |point - segment|,   inside where the polygons wind around the point

    Args:
        font, character: as for `polygons`.

    Returns:
        float32 array (n, n), read-only. Rows run from `REACH` down to -`REACH`, columns from
        -`REACH` up to `REACH`.
    """
    found = polygons(font, character)
    start = np.concatenate([polygon[:-1] for polygon in found]).astype("float32")
    end = np.concatenate([polygon[1:] for polygon in found]).astype("float32")
    x = np.linspace(-REACH, REACH, 2 * REACH * _CELLS + 1, dtype="float32")
    y = x[::-1]
    distance = np.sqrt(_squared_distances(x, y, start, end))
    signed = np.where(_windings(x, y, start, end) != 0, distance, -distance)
    signed.setflags(write=False)
    return signed


def sampled(fields, which, x, y):
    """Distances between the points of the grid, bilinear; outside the grid those of its border.

    Args:
        fields: what `distances` returned, stacked: (characters, n, n).
        which: for each image the index of its character.
        x, y: float32 arrays (images, height, width), the places to sample.

    Returns:
        float32 array (images, height, width).
    """
    side = fields.shape[-1]
    column = np.clip((x + REACH) * _CELLS, 0, side - 1.001)
    row = np.clip((REACH - y) * _CELLS, 0, side - 1.001)
    left, top = column.astype("int32"), row.astype("int32")
    across, down = column - left, row - top
    first = (which[:, None, None] * side + top) * side + left
    values = fields.reshape(-1)
    above = values[first] + across * (values[first + 1] - values[first])
    first += side
    below = values[first] + across * (values[first + 1] - values[first])
    return above + down * (below - above)


def _squared_distances(x, y, start, end):
    """The squared distance of each point (y, x) to the nearest of the segments."""
    along = end - start
    length = np.sum(along**2, axis=1)
    keep = length > 0
    nearest = np.full((len(y), len(x)), np.inf, "float32")
    for (ax, ay), (dx, dy), squared in zip(start[keep], along[keep], length[keep]):
        right, up = (x - ax)[None], (y - ay)[:, None]
        part = np.clip((right * dx + up * dy) / squared, 0, 1)
        np.minimum(nearest, (right - part * dx) ** 2 + (up - part * dy) ** 2, out=nearest)
    return nearest


def _windings(x, y, start, end):
    """How often the polygons wind around each point (y, x)."""
    (ax, ay), (bx, by) = start.T, end.T
    level = y[:, None]
    crosses = (ay <= level).astype("int8") - (by <= level)  # +1 up, -1 down, 0 not at all
    with np.errstate(divide="ignore", invalid="ignore"):
        where = ax + (level - ay) / (by - ay) * (bx - ax)
    lies_left = x[None, :, None] < where[:, None, :]
    return np.sum(lies_left * crosses[:, None, :], axis=-1)
