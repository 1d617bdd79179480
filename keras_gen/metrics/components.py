"""Pixels as features: a space of images that no network has learned."""

import numpy as np

from keras_gen.arguments import argument_error, integer
from keras_gen.images import check_images, check_range, rescale
from keras_gen.metrics.frechet import Moments
from keras_gen.metrics.neighbours import nearest_neighbours


class ComponentsExtractor:
    """The first principal components of images: features without a network, for images in [0, 1].

        f(x) = components (x - mean),    the directions in which training images vary most

    A classifier sees what tells classes apart; this sees where the ink is. Where both call one of
    two generators the better, it is not the taste of one network.

    Args:
        images: training images `(n, height, width, channels)`.
        value_range: pair, their range.
        count: number of components, fewer than there are images.
    """

    def __init__(self, images, value_range, count=64):
        images = _flat(rescale(check_images(images, value_range), value_range, (0.0, 1.0)))
        count = integer("count", count, least=1, most=min(images.shape[1], len(images) - 1))
        moments = Moments()
        moments.append(images)
        vectors = np.linalg.eigh(moments.covariance("real"))[1]
        self.mean, self.components = moments.mean, vectors[:, ::-1][:, :count].T
        self.name, self.value_range = f"pca_{count}", (0.0, 1.0)

    def features(self, images, value_range=None):
        """Features `(batch, count)` as a NumPy array.

        Args:
            images: float images of the shape of the training images.
            value_range: their range, which is checked; [0, 1] by default.
        """
        value_range = check_range(self.value_range if value_range is None else value_range)
        images = _flat(rescale(check_images(images, value_range), value_range, self.value_range))
        if images.shape[1] != len(self.mean):
            raise argument_error(
                "images", f"images of {len(self.mean)} numbers", received=f"{images.shape[1]}"
            )
        return (images - self.mean) @ self.components.T


def diversity(features):
    """How far the vectors of a set are from one another.

        mean over i of min over j != i of ||f_i - f_j||_2

    Sets of equal size are comparable: among more vectors the nearest one is nearer.

    Args:
        features: array (n, d) of at least two vectors.
    """
    integer("features", len(features), least=2)
    return float(np.mean(nearest_neighbours(features, features, 2)[1][:, 1]))


def _flat(images):
    return np.reshape(np.asarray(images, "float64"), (len(images), -1))
