"""What an edit of one attribute changes in the others."""

import numpy as np

from keras_gen.arguments import argument_error, number
from keras_gen.editing.directions import edit


def entanglement_matrix(space, directions, measure, points, step=1.0):
    """What edits change: row i an edit along direction i, column j the change in attribute j.

        E_ij = mean(attribute_j(x + step d_i) - attribute_j(x)) / std(attribute_j(x))

    over images x of points. In a space in good order only the diagonal is large.

    Args:
        space: a `Space`.
        directions: list of its `Direction`s.
        measure: function from images to their attributes, (n, attributes).
        points: points of the space, (n, ...), at least two.
        step: length of the edits, in standard deviations of the space.

    Returns:
        Float64 array (directions, attributes), in standard deviations of the attributes.

    Raises:
        ValueError: for directions of another space, and attributes that are the same for all.
    """
    step = number("step", step)
    for each in directions:
        if each.space != space.name:
            received = f"{each.name!r} of {each.space!r}"
            raise argument_error("directions", f"directions of {space.name!r}", received=received)
    before = np.asarray(measure(space.images(points)), "float64")
    deviation = before.std(axis=0)
    if before.ndim != 2 or not (deviation > 0).all():
        received = f"attributes of shape {before.shape} with deviations {deviation}"
        raise argument_error("measure", "attributes (n, m) that vary", received=received)
    after = [measure(space.images(edit(points, each, [step])[:, 0])) for each in directions]
    return np.stack([np.mean(np.asarray(each) - before, axis=0) / deviation for each in after])


def entanglement_share(matrix):
    """The share of what edits change that was not to change: 0 where they change one thing only.

        1 - sum_i |E_ii| / sum_ij |E_ij|

    Args:
        matrix: square matrix of `entanglement_matrix`, attributes in the order of the directions.

    Returns:
        Float from 0 to 1.
    """
    matrix = np.abs(np.asarray(matrix, "float64"))
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.sum() > 0:
        received = f"a matrix of shape {matrix.shape} with the sum {matrix.sum():g}"
        raise argument_error("matrix", "a square one that is not 0", received=received)
    return float(1 - np.trace(matrix) / matrix.sum())
