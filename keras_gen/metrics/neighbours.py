"""Distances between two sets of vectors, and which are nearest to which."""

import numpy as np

from keras_gen.metrics.arguments import check_integer, check_vectors
from keras_gen.metrics.extractors import check_images

_ENTRIES = 2**23  # of a block of distances: 64 MiB
_MOST_ROWS = 1024


def nearest_neighbours(images, references, count=1, value_range=None):
    """The nearest references of each image: is a generated image a copy of a training image?

        d_ij = ||x_i - y_j||_2,    sorted over j

    Args:
        images: Floats `[n, ...]`: images, or features of them.
        references: Floats `[m, ...]` of the same shape and in the same range: training images, or
            features of them.
        count: Number of neighbours of each image.
        value_range: Pair, the range of both if they are images, which is checked; None for
            features.

    Returns:
        Indices into `references` and distances, two arrays `[n, count]`, the nearest first. The
        distances are in float64.

    Raises:
        ValueError: if there are fewer references than `count`, or shapes, types or ranges differ.
    """
    if value_range is not None:
        images, references = (check_images(each, value_range) for each in (images, references))
    images, references = check_vectors(1, images=_flat(images), references=_flat(references))
    check_integer("count", count, most=len(references))
    indices, distances = [], []
    for squared in squared_distances(images, references):
        nearest = np.argpartition(squared, count - 1, axis=1)[:, :count]
        squared = np.take_along_axis(squared, nearest, axis=1)
        order = np.argsort(squared, axis=1)
        indices.append(np.take_along_axis(nearest, order, axis=1))
        distances.append(np.sqrt(np.take_along_axis(squared, order, axis=1)))
    return np.concatenate(indices), np.concatenate(distances)


def squared_distances(x, y):
    """Squared Euclidean distances between the rows of two matrices, in blocks of rows of `x`.

        ||x_i - y_j||^2 = ||x_i - c||^2 + ||y_j - c||^2 - 2 (x_i - c)^T (y_j - c),   c = mean(y)

    Equal rows have no distance: what could be the rounding error of the sums is zero. So are
    distances below about a millionth of the rows' length, where features in float32 round.

    Args:
        x: float64 array `[n, d]`.
        y: float64 array `[m, d]`.

    Yields:
        Arrays `[rows, m]`, of 64 MiB at most unless a single row is longer.
    """
    centre = y.mean(axis=0)
    y = y - centre
    y_norms = np.einsum("md,md->m", y, y)
    rounding = y.shape[1] * np.finfo("float64").eps
    rows = int(np.clip(_ENTRIES // len(y), 1, _MOST_ROWS))
    for start in range(0, len(x), rows):
        block = x[start : start + rows] - centre
        squared = block @ y.T
        squared *= -2
        norms = np.einsum("nd,nd->n", block, block)[:, None] + y_norms
        squared += norms
        norms *= rounding
        squared[squared <= norms] = 0
        yield squared


def _flat(images):
    images = np.asarray(images)
    return images.reshape(len(images), -1) if images.ndim > 2 else images
