"""How alike small patches of real and of generated images are, at every scale."""

import concurrent.futures

import numpy as np

from keras_gen.arguments import argument_error, positive_integer
from keras_gen.images import check_images, rescale
from keras_gen.metrics.image_sets import ImageSets

PATCH = 7
_BINOMIAL = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)
_CHUNK = 16  # directions at a time
_NO_VARIATION = 1e-6  # deviation of values in [-1, 1] that is rounding error


def sliced_wasserstein(x, y, directions):
    """The mean Wasserstein-1 distance of two equally large samples along directions.

        W = mean_u mean_i |sort(X u)_i - sort(Y u)_i|

    Args:
        x: floats `(n, d)`.
        y: floats `(n, d)`.
        directions: unit vectors u, `(count, d)`.

    Returns:
        Float. The projections have the arguments' precision, the means are in float64.

    Reference:
        Rabin et al. (2011), Wasserstein Barycenter and its Application to Texture Mixing.
    """
    if x.shape != y.shape:
        raise argument_error(
            "y", "the shape of `x`", received=f"x.shape={x.shape}, y.shape={y.shape}"
        )

    columns = [np.ascontiguousarray(each.T) for each in (x, y)]  # which products read in order

    def distance(chunk):
        x_sorted, y_sorted = (chunk @ each for each in columns)
        x_sorted.sort(axis=1)
        y_sorted.sort(axis=1)
        x_sorted -= y_sorted
        return np.abs(x_sorted, out=x_sorted).mean(axis=1, dtype="float64")

    directions = np.asarray(directions, x.dtype)
    chunks = [directions[start : start + _CHUNK] for start in range(0, len(directions), _CHUNK)]
    # NumPy sorts on one core, but lets other threads sort meanwhile.
    with concurrent.futures.ThreadPoolExecutor() as pool:
        return float(np.concatenate(list(pool.map(distance, chunks))).mean())


def laplacian_pyramid(images):
    """The images' details from the finest scale on, and what is left at the coarsest.

        level_0 = image - up(down(image)), the next from down(image), ..., and the last down(...)

    `down` blurs with the binomial filter (1, 4, 6, 4, 1) / 16 along both axes, mirrored at the
    border, and takes every second pixel; `up` puts zeros between, blurs, and multiplies by 4.
    Sides are halved while both are even and their halves are 14 or more, twice a patch: levels
    of 64 pixels are 64, 32 and 16; those of 28 pixels are 28 and 14.

    Args:
        images: floats `(n, height, width, channels)`.

    Returns:
        List of arrays, whose sum after `up` is the images again.

    Reference:
        Burt and Adelson (1983), The Laplacian Pyramid as a Compact Image Code.
    """
    levels = []
    while all(side % 2 == 0 and side // 2 >= 2 * PATCH for side in images.shape[1:3]):
        coarse = _blurred(images)[:, ::2, ::2]
        levels.append(images - _enlarged(coarse))
        images = coarse
    return [*levels, images]


def _blurred(images):
    for axis in (1, 2):
        padding = [(2, 2) if each == axis else (0, 0) for each in range(4)]
        padded, side = np.pad(images, padding, "reflect"), images.shape[axis]
        shifted = (padded.take(range(start, start + side), axis) for start in range(5))
        images = sum(weight * each for weight, each in zip(_BINOMIAL, shifted, strict=True))
    return images


def _enlarged(images):
    count, height, width, channels = images.shape
    spread = np.zeros((count, 2 * height, 2 * width, channels), images.dtype)
    spread[:, ::2, ::2] = images
    return 4 * _blurred(spread)


def patch_descriptors(images, rows, columns):
    """Patches of 7x7 pixels as vectors, normalized over all of them.

        (p - mean_c) / deviation_c    for each channel c

    A channel without variation is zero.

    Args:
        images: floats `(n, height, width, channels)`, of about [-1, 1].
        rows: integers `(n, count)`, each patch's upper row.
        columns: integers `(n, count)`, each patch's left column.

    Returns:
        Array `(n * count, channels * 49)`.
    """
    windows = np.lib.stride_tricks.sliding_window_view(images, (PATCH, PATCH), axis=(1, 2))
    patches = windows[np.arange(len(images))[:, None], rows, columns]
    channels = patches.shape[2]
    patches = patches.reshape(-1, channels, PATCH * PATCH)
    mean = patches.mean(axis=(0, 2), keepdims=True, dtype="float64")
    patches -= mean.astype(patches.dtype)
    squares = np.einsum("ncp,ncp->c", patches, patches, dtype="float64")
    deviation = np.sqrt(squares * channels / patches.size)[None, :, None]
    patches *= np.where(deviation > _NO_VARIATION, 1 / np.maximum(deviation, _NO_VARIATION), 0)
    return patches.reshape(len(patches), -1)


class SlicedWasserstein(ImageSets):
    """The sliced Wasserstein distance between patches of real and of generated images, x 1000.

    Of each image, random patches of 7x7 pixels are taken from every level of its Laplacian
    pyramid and normalized per channel, separately for real and for generated images. Each level's
    distance is the mean over random directions; the result is the mean over the levels. A large
    distance at the coarsest level means other shapes, at the finest other edges and noise. It uses
    no network. It keeps all images, and needs as many generated as real ones.

    Args:
        value_range: pair, the range in which the images' values lie.
        patches: number of patches of each image and level.
        directions: number of directions.
        seed: integer that fixes patches and directions.
        name: the metric's name.

    Reference:
        Karras et al. (2018), Progressive Growing of GANs for Improved Quality, Stability, and
        Variation, arXiv:1710.10196, section 5.
    """

    def __init__(self, value_range, patches=128, directions=512, seed=0, name="swd_mean"):
        super().__init__(value_range, name)
        self.patches = positive_integer("patches", patches)
        self.directions = positive_integer("directions", directions)
        self.seed = seed

    def read(self, images):
        """The images in [-1, 1]."""
        images = check_images(images, self.value_range)
        if min(images.shape[1:3]) < PATCH:
            raise argument_error(
                "images",
                f"sides of {PATCH} pixels or more",
                received=f"images.shape={images.shape}",
            )
        return rescale(images, self.value_range, (-1, 1)).astype("float32")

    def result(self):
        """The mean over the levels, x 1000, a float."""
        return self.levels()[self.name]

    def levels(self):
        """Dict from `swd_{height}` of each level, and from this metric's name, to distances.

        Raises:
            ValueError: if the numbers of real and of generated images differ or are zero.
        """
        real, fake = self.collected(least=1)
        if len(real) != len(fake):
            raise argument_error(
                "fake",
                "as many fake as real images",
                received=f"{len(fake)} fake and {len(real)} real images",
            )
        random = np.random.default_rng(self.seed)
        distances = {
            f"swd_{level[0].shape[1]}": 1000 * self._distance(level, random)
            for level in zip(laplacian_pyramid(real), laplacian_pyramid(fake), strict=True)
        }
        return {**distances, self.name: float(np.mean(list(distances.values())))}

    def _distance(self, level, random):
        x, y = (self._descriptors(images, random) for images in level)
        directions = random.standard_normal((self.directions, x.shape[1]))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        return sliced_wasserstein(x, y, directions)

    def _descriptors(self, images, random):
        count, height, width, _ = images.shape
        rows, columns = (
            random.integers(side - PATCH + 1, size=(count, self.patches))
            for side in (height, width)
        )
        return patch_descriptors(images, rows, columns)
