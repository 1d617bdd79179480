"""How much images change along a path between two latents: a measure of entanglement."""

import keras
import numpy as np

from keras_gen.arguments import argument_error, number_from_zero, positive_number
from keras_gen.copies import SharingCopies
from keras_gen.images import check_range
from keras_gen.metrics.arguments import check_vectors

EPSILON = 1e-4  # of the step along the path, appendix C of the paper's first version
TRIM = 0.01  # in the authors' code


def lerp(first, second, t):
    """The points at t on the straight lines between vectors.

        (1 - t) first + t second

    Args:
        first, second: arrays (n, d), or of more axes.
        t: a number, or n of them.

    Returns:
        Float64 array of their shape.
    """
    first, second = np.asarray(first, "float64"), np.asarray(second, "float64")
    t = np.reshape(t, (-1, *[1] * (first.ndim - 1)))
    return (1 - t) * first + t * second


def slerp(first, second, t):
    """The points at t on the great circles between vectors; their lengths are interpolated.

        direction = cos(t angle) a + sin(t angle) c,   a = first / |first|,   c orthogonal to a
        length    = (1 - t) |first| + t |second|

    Args:
        first, second: arrays (n, d), without zeros.
        t: a number, or n of them.

    Returns:
        Float64 array (n, d).

    Reference:
        Shoemake (1985), Animating Rotation with Quaternion Curves, SIGGRAPH 19(3).
    """
    first, second = check_vectors(1, first=first, second=second)
    lengths = [np.linalg.norm(each, axis=1, keepdims=True) for each in (first, second)]
    a, b = first / lengths[0], second / lengths[1]
    across = b - np.sum(a * b, axis=1, keepdims=True) * a
    height = np.linalg.norm(across, axis=1, keepdims=True)
    c = across / np.maximum(height, np.finfo("float64").tiny)
    angle = np.arctan2(height, np.sum(a * b, axis=1, keepdims=True))
    t = np.reshape(t, (-1, 1))
    return lerp(*lengths, t) * (np.cos(t * angle) * a + np.sin(t * angle) * c)


class PerceptualPathLength(SharingCopies, keras.metrics.Metric):
    """How much the features of an image change with a small step between two latents.

        length = E[|| f(g(p(t + epsilon))) - f(g(p(t))) ||^2 / epsilon^2]

    p is the path from one latent to the next, a great circle (`slerp`) between normal latents z and
    a straight line (`lerp`) between styles w. Of whole paths t is uniform in [0, 1]; `full=False`
    looks at their beginnings only, t = 0, where styles are surely those of images. A long path in
    few of the latents means that something appears and vanishes on it.

    `points` says which latents to make images of, `update_state` takes the images. Both images of a
    pair must be made with the same noise.

        metric = PerceptualPathLength(extractor, gan.value_range, lerp)
        near, far = metric.points(gan.map(first), gan.map(second))
        metric.update_state(gan.synthesize(near), gan.synthesize(far))
        metric.result()

    Args:
        extractor: a `FeatureExtractor`, f. Lengths of different extractors cannot be compared.
        value_range: pair, the range in which the images' values lie.
        path: function of the first and the second latents and t, `lerp` or `slerp`.
        full: whether t is uniform in [0, 1], or else 0.
        epsilon: length of the step as a share of the path.
        trim: share of the shortest pairs, and of the longest ones, that are left out, from 0 to
            less than 0.5.
        seed: integer, of the draws of t.
        name: defaults to `"path_length_full_"` or `"path_length_end_"` and the extractor's name.

    Reference:
        Karras, Laine, Aila (2019), A Style-Based Generator Architecture for GANs,
        arXiv:1812.04948, section 4.1. The features of its numbers are those of VGG16 with the
        weights of Zhang et al. (2018), arXiv:1801.03924.
    """

    shared = ("extractor",)

    def __init__(
        self,
        extractor,
        value_range,
        path=lerp,
        full=True,
        epsilon=EPSILON,
        trim=TRIM,
        seed=0,
        name=None,
    ):
        kind = "full" if full else "end"
        super().__init__(name=name or f"path_length_{kind}_{extractor.name}", dtype="float32")
        if not callable(path):
            raise argument_error("path", "a function, lerp or slerp", path)
        self.extractor, self.path, self.full = extractor, path, bool(full)
        self.value_range = check_range(value_range)
        self.epsilon = positive_number("epsilon", epsilon)
        self.trim = number_from_zero("trim", trim, end=0.5)
        self.random = np.random.default_rng(seed)
        self.reset_state()

    def points(self, first, second):
        """The two ends of a step on each path, at t and at t + epsilon.

        Args:
            first, second: latents (n, d), or styles of more axes.

        Returns:
            Two float64 arrays of that shape.
        """
        if np.shape(first) != np.shape(second):
            received = f"{np.shape(first)} and {np.shape(second)}"
            raise argument_error("second", "the shape of `first`", received=received)
        t = self.random.uniform(size=len(first)) if self.full else np.zeros(len(first))
        return self.path(first, second, t), self.path(first, second, t + self.epsilon)

    def update_state(self, near, far):
        """Adds pairs of images: those of both results of `points`, (n, height, width, channels)."""
        f_near, f_far = (
            self.extractor.features(images, self.value_range).astype("float64")
            for images in (near, far)
        )
        if len(f_near) != len(f_far):
            received = f"{len(f_near)} and {len(f_far)}"
            raise argument_error("far", "as many images as `near`", received=received)
        squared = np.sum((f_far - f_near) ** 2, axis=tuple(range(1, f_near.ndim)))
        self._lengths.append(squared / self.epsilon**2)

    def result(self):
        """The mean length, without the shortest and the longest ones: a float in float64.

        Raises:
            ValueError: if there is no pair.
        """
        if not self._lengths:
            raise argument_error("near", "at least one pair before `result()`", received="0")
        lengths = np.concatenate(self._lengths)
        low = np.quantile(lengths, self.trim, method="lower")
        high = np.quantile(lengths, 1 - self.trim, method="higher")
        return float(lengths[(low <= lengths) & (lengths <= high)].mean())

    def reset_state(self):
        """Forgets all pairs."""
        self._lengths = []
