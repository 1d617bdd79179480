"""Operations on whole arrays, once, before any training: shifted copies, patches, and blends."""

import numpy as np

from keras_gen.arguments import argument_error, positive_integer
from keras_gen.data.checks import float_array, seed_number
from keras_gen.data.pictures import in_range
from keras_gen.images import check_range, check_values

SHIFTS = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))  # rows down, columns right
_BLENDED = "at least one image in an array of shape (count, height, width, 1 or 3)"


def nudged(images):
    """Images and copies of them, moved by one pixel up, down, to the left and to the right.

    What leaves the frame is lost, and zeros come in. Split the data before nudging, or copies of
    one image end up on both sides of the split.

    Args:
        images: array (count, height, width, channels).

    Returns:
        Array (5 * count, height, width, channels): all images, then all of them moved up, and so
        on. `np.tile(labels, 5)` are their labels. float64 becomes Keras's default float type.

    Raises:
        ValueError: for arrays of another rank or without images.
    """
    images = float_array(images, "images", 4, "an array (count, height, width, channels)")
    if images.size == 0:
        raise argument_error("images", "at least one image", received=f"shape {images.shape}")
    height, width = images.shape[1:3]
    padded = np.pad(images, [(0, 0), (1, 1), (1, 1), (0, 0)])
    moved = [padded[:, 1 - y : 1 - y + height, 1 - x : 1 - x + width] for y, x in SHIFTS]
    return np.concatenate(moved)


def patches(images, count, size, seed):
    """Random square patches of random images.

    Args:
        images: array (number, height, width, channels).
        count: number of patches.
        size: height and width, at most those of the images.
        seed: non-negative integer; equal seeds give equal patches.

    Returns:
        Array (count, size, size, channels). float64 becomes Keras's default float type.

    Raises:
        ValueError: for arrays of another rank or without images, and for patches that do not fit.
    """
    count, size = positive_integer("count", count), positive_integer("size", size)
    random = np.random.default_rng(seed_number(seed))
    images = float_array(images, "images", 4, "an array (number, height, width, channels)")
    if len(images) == 0 or size > min(images.shape[1:3]):
        expected = f"images, at least one, with sides of {size} pixels or more"
        raise argument_error("images", expected, received=f"images.shape={images.shape}")
    return np.stack(list(_random_patches(images, count, size, size, random)))


def blended(images, photographs, seed, value_range=(-1.0, 1.0)):
    """Each image as the difference from a random patch of a random photograph.

        blend = low + |patch - image|

    A white stroke becomes the negative of what is below it, and the background what the photograph
    is. MNIST and photographs of natural scenes make MNIST-M.

    Args:
        images: array (count, height, width, 1 or 3) in `value_range`.
        photographs: array (number, at least height, at least width, 3) in `value_range`.
        seed: non-negative integer; equal seeds give equal blends.
        value_range: (low, high), the values of black and white.

    Returns:
        float32 array (count, height, width, 3) in `value_range`.

    Raises:
        ValueError: for shapes that do not fit, and for values that leave the range.

    Example:
        digits, labels = data.arrays(data.load("mnist", image_size=28, labels=True))
        photographs = data.arrays(data.load("cifar10"))
        mnist_m = data.blended(digits, photographs, seed=1)

    Reference:
        Ganin et al. (2016), Domain-Adversarial Training of Neural Networks, arXiv:1505.07818,
        section 5.2.4.
    """
    seed = seed_number(seed)
    images = float_array(images, "images", 4, _BLENDED)
    photographs = float_array(photographs, "photographs", 4)
    low, high = value_range = check_range(value_range)
    _check_blend(images, photographs, value_range)
    count, height, width, _ = images.shape
    random = np.random.default_rng(seed)
    below = _random_patches(photographs, count, height, width, random)
    result = np.empty((count, height, width, 3), "float32")
    for index, patch in enumerate(below):
        result[index] = np.abs(patch - images[index])
    return np.clip(result + np.float32(low), low, high)  # the check tolerates rounding


def sample_photographs(value_range=(-1.0, 1.0)):
    """Two embedded photographs, a temple and a flower: float32 array (2, 427, 640, 3).

    They ship with scikit-learn, so blends can be made without a download.
    """
    from sklearn.datasets import load_sample_images

    value_range = check_range(value_range)
    fraction = np.stack(load_sample_images().images).astype("float32") / 255
    return in_range(fraction, value_range)


def _random_patches(images, count, height, width, random):
    """Patches of that size at random places of random images, one after the other."""
    number, most_rows, most_columns, _ = images.shape
    chosen = random.integers(number, size=count)
    rows = random.integers(most_rows - height + 1, size=count)
    columns = random.integers(most_columns - width + 1, size=count)
    for image, row, column in zip(chosen, rows, columns):
        yield images[image, row : row + height, column : column + width]


def _check_blend(images, photographs, value_range):
    if images.ndim != 4 or images.shape[-1] not in (1, 3) or len(images) == 0:
        raise argument_error(
            "images",
            _BLENDED,
            received=f"images.shape={images.shape}",
        )
    height, width = images.shape[1:3]
    fits = photographs.ndim == 4 and photographs.shape[-1] == 3 and len(photographs) > 0
    if not fits or photographs.shape[1] < height or photographs.shape[2] < width:
        raise argument_error(
            "photographs",
            f"at least one photograph in an array of shape (number, {height} or more, {width} "
            "or more, 3)",
            received=f"photographs.shape={photographs.shape}",
        )
    check_values(images, "images", value_range)
    check_values(photographs, "photographs", value_range)
