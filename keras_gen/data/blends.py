"""Digits blended with photographs: another domain of the same digits."""

import numpy as np

from keras_gen.arguments import argument_error


def blended(images, photographs, seed, value_range=(-1.0, 1.0)):
    """Each image as the difference from a random patch of a random photograph.

        blend = low + |patch - image|

    A white stroke becomes the negative of what is below it, and the background what the photograph
    is. MNIST and photographs of natural scenes make MNIST-M.

    Args:
        images: array (count, height, width, 1 or 3) in `value_range`.
        photographs: array (number, at least height, at least width, 3) in `value_range`.
        seed: integer; equal seeds give equal blends.
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
    images, photographs = np.asarray(images), np.asarray(photographs)
    _check(images, photographs, value_range)
    count, height, width, _ = images.shape
    number, top, left, _ = photographs.shape
    random = np.random.default_rng(seed)
    chosen = random.integers(number, size=count)
    rows = random.integers(top - height + 1, size=count)
    columns = random.integers(left - width + 1, size=count)
    result = np.empty((count, height, width, 3), "float32")
    for index, (photograph, row, column) in enumerate(zip(chosen, rows, columns)):
        patch = photographs[photograph, row : row + height, column : column + width]
        result[index] = np.abs(patch - images[index])
    return result + np.float32(value_range[0])


def sample_photographs(value_range=(-1.0, 1.0)):
    """Two embedded photographs, a temple and a flower: float32 array (2, 427, 640, 3).

    They ship with scikit-learn, so that blends can be made without any download.
    """
    from sklearn.datasets import load_sample_images

    low, high = value_range
    fraction = np.stack(load_sample_images().images).astype("float32") / 255
    return (1 - fraction) * low + fraction * high


def _check(images, photographs, value_range):
    if images.ndim != 4 or images.shape[-1] not in (1, 3) or len(images) == 0:
        raise argument_error(
            "images",
            "at least one image in an array of shape [count, height, width, 1 or 3]",
            received=f"images.shape={images.shape}",
        )
    height, width = images.shape[1:3]
    fits = photographs.ndim == 4 and photographs.shape[-1] == 3 and len(photographs) > 0
    if not fits or photographs.shape[1] < height or photographs.shape[2] < width:
        raise argument_error(
            "photographs",
            f"at least one photograph in an array of shape [number, {height} or more, {width} "
            "or more, 3]",
            received=f"photographs.shape={photographs.shape}",
        )
    low, high = value_range
    for name, array in [("images", images), ("photographs", photographs)]:
        if not (array.min() >= low and array.max() <= high):  # a NaN is not, either
            raise argument_error(
                name,
                f"values in the declared range [{low}, {high}]",
                received=f"values from {array.min():g} to {array.max():g}",
            )
