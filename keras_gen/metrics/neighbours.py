"""Which vectors of one set are nearest to those of another."""

import numpy as np

from keras_gen.arguments import integer
from keras_gen.distances import squared_distances
from keras_gen.images import check_images
from keras_gen.metrics.arguments import check_vectors


def nearest_neighbours(images, references, count=1, value_range=None):
    """The nearest references of each image: is a generated image a copy of a training image?

        d_ij = ||x_i - y_j||_2,    sorted over j

    Args:
        images: floats `(n, ...)`: images, or features of them.
        references: floats `(m, ...)` of the same shape and in the same range: training images, or
            features of them.
        count: number of neighbours of each image.
        value_range: pair, the range of both if they are images, which is checked; None for
            features.

    Returns:
        Indices into `references` and distances, two arrays `(n, count)`, the nearest first. The
        distances are in float64.

    Raises:
        ValueError: if there are fewer references than `count`, or shapes, types or ranges differ.
    """
    if value_range is not None:
        images = check_images(images, value_range)
        references = check_images(references, value_range, "references")
    images, references = check_vectors(1, images=_flat(images), references=_flat(references))
    count = integer("count", count, least=1, most=len(references))
    indices, distances = [], []
    for squared in squared_distances(images, references):
        if count == 1:
            nearest = squared.argmin(axis=1)[:, None]
        else:
            nearest = np.argpartition(squared, count - 1, axis=1)[:, :count]
        squared = np.take_along_axis(squared, nearest, axis=1)
        order = np.argsort(squared, axis=1)
        indices.append(np.take_along_axis(nearest, order, axis=1))
        distances.append(np.sqrt(np.take_along_axis(squared, order, axis=1)))
    return np.concatenate(indices), np.concatenate(distances)


def _flat(images):
    images = np.asarray(images)
    return images.reshape(len(images), -1) if images.ndim > 2 else images
