"""Directions in a space of latents: what they are, steps along them, and their files."""

import dataclasses
import json
import pathlib

import numpy as np

from keras_gen.arguments import argument_error, array_of_numbers, integer
from keras_gen.files import replacing
from keras_gen.images import check_values


@dataclasses.dataclass(frozen=True, eq=False)
class Direction:
    """A direction in a space of latents, whose length is one standard deviation of the space.

        vector = std(points . n) n,   |n| = 1

    So a step of 3 is as unusual in one space as in another, and along one direction as another.

    Attributes:
        name: what changes along it, such as "slant".
        space: name of the space, such as "w".
        vector: float32 array, of the shape of a point or, for styles, of the style of one layer.
        measures: dict from names to numbers: how good the direction is.
    """

    name: str
    space: str
    vector: np.ndarray
    measures: dict = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        vector = finite_numbers("vector", self.vector).astype("float32")
        if vector.ndim == 0 or not vector.any():
            raise argument_error("vector", "numbers that are not all 0", self.vector)
        object.__setattr__(self, "vector", vector)

    @property
    def normal(self):
        """The vector at length 1, float64, in one row of numbers."""
        flat = self.vector.astype("float64").reshape(-1)
        return flat / np.linalg.norm(flat)


def in_deviations(name, space, normal, points, measures=None):
    """The `Direction` of a vector, scaled to one standard deviation of points.

    Args:
        name, space, measures: see `Direction`.
        normal: vector of any length but 0, as many numbers as a point has.
        points: float64 array (n, ...) of points of the space.
    """
    normal = normal / np.linalg.norm(normal)
    deviation = np.std(points.reshape(len(points), -1) @ normal)
    if not deviation > 0:
        raise argument_error("points", "points that differ along the direction", received="equal")
    return Direction(name, space, (deviation * normal).reshape(points.shape[1:]), measures or {})


def edit(latents, direction, steps, layers=None):
    """Latents moved along a direction, once for each step.

        edited = latents + step direction       at the chosen layers, and latents elsewhere

    A step of 0 gives the latents themselves, bit by bit.

    Args:
        latents: points (n, d), or styles (n, layers, d).
        direction: a `Direction` of that space; one of a single style moves all layers alike.
        steps: list of numbers, in standard deviations of the space.
        layers: of styles, a list of the layers to move; 0 is the coarsest. By default all.

    Returns:
        Float32 array (n, steps, ...).

    Raises:
        ValueError: if shapes do not fit, or there are no such layers.
    """
    latents = finite_numbers("latents", latents).astype("float32", copy=False)
    steps = finite_numbers("steps", steps)
    shape, vector = latents.shape[1:], direction.vector
    if steps.ndim != 1 or len(steps) == 0:
        raise argument_error("steps", "a list of numbers", steps)
    if not shape or vector.shape not in (shape, shape[-1:]):
        expected = f"a direction for latents of shape {shape}"
        received = f"the direction {direction.name!r} of shape {vector.shape}"
        raise argument_error("direction", expected, received=received)
    moves = steps.reshape(-1, *[1] * len(shape)).astype("float32") * np.broadcast_to(vector, shape)
    if layers is not None:
        moves = np.where(_chosen(layers, shape), moves, np.float32(0))
    latents = latents[:, np.newaxis]
    return np.where(moves == 0, latents, latents + moves)


def save_directions(path, directions):
    """Writes directions as a JSON file; an older one stays whole until the new one is.

    Args:
        path: the file.
        directions: list of `Direction`s, of one or several spaces.

    Raises:
        ValueError: if there is none, two have the same space and name, or the file cannot be
            written.
    """
    directions = list(directions)
    names = [(each.space, each.name) for each in directions]
    if not directions or len(set(names)) < len(names):
        raise argument_error("directions", "some, each with a name of its own", names)
    entries = [{**vars(each), "vector": each.vector.tolist()} for each in directions]
    text = json.dumps({"directions": entries}, indent=1)
    with replacing(path) as temporary:
        temporary.write_text(text + "\n")


def load_directions(path):
    """The directions of a file that `save_directions` wrote: a list, bit by bit what was saved.

    Raises:
        ValueError: if there is no such file, or it is none of directions.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise argument_error("path", "an existing file of directions", path)
    try:
        return [Direction(**entry) for entry in json.loads(path.read_text())["directions"]]
    except (ValueError, TypeError, KeyError) as error:
        received = f"path={path}, which is damaged or another file ({error})"
        raise argument_error("path", "a file of directions", received=received) from error


def finite_numbers(name, value):
    """Returns numbers as an array of floats, or raises the error of what is none or not finite."""
    array = array_of_numbers(name, value)
    array = array.astype("float64") if array.dtype.kind in "iub" else array
    check_values(array, name)
    return array


def _chosen(layers, shape):
    """Which layers of styles (layers, d) are meant: booleans (layers, 1)."""
    if len(shape) != 2:
        received = f"latents of shape {shape}"
        raise argument_error("layers", "None for latents that are not styles", received=received)
    numbers = [integer("layers", layer, 0, shape[0] - 1) for layer in layers]
    return np.isin(np.arange(shape[0]), numbers)[:, np.newaxis]
