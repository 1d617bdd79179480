"""What all pictures share: their resolution and how they reach the disk."""

import io
import pathlib

import matplotlib.figure
import numpy as np

from keras_gen.arguments import argument_error
from keras_gen.files import replacing
from keras_gen.images import check_values

# A power of two, so that pixels / dpi * dpi gives back the number of pixels exactly.
DPI = 128


class Figure(matplotlib.figure.Figure):
    """A figure of matplotlib that a notebook shows by itself, without pyplot's global state."""

    def _repr_png_(self):
        buffer = io.BytesIO()
        self.savefig(buffer, dpi=DPI, format="png")
        return buffer.getvalue()


def saved(figure, path):
    """The figure, after writing it to `path` unless that is `None`.

    The suffix says the format; without one, or with an unknown one, it is PNG.
    """
    if path is not None:
        suffix = pathlib.Path(path).suffix.lower().removeprefix(".")
        known = suffix in figure.canvas.get_supported_filetypes()
        with replacing(path) as temporary, open(temporary, "wb") as file:
            figure.savefig(file, dpi=DPI, format=suffix if known else "png")
    return figure


def checked_points(points, name):
    """Points in the plane as an array `(n, 2)` of finite floats, or an error with that name."""
    points = np.asarray(points, "float64")
    if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
        raise argument_error(
            name, "points of shape (n, 2), at least one", received=f"shape={points.shape}"
        )
    check_values(points, name)
    return points
