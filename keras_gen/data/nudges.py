"""Images shifted by a pixel: five times the data, and no pixel means the same any more."""

import numpy as np

from keras_gen.arguments import argument_error

SHIFTS = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))  # rows down, columns right


def nudged(images):
    """Images and copies of them, moved by one pixel up, down, to the left and to the right.

    What leaves the frame is lost, and zeros come in. Split the data before nudging, or copies of
    one image sit on both sides of the split.

    Args:
        images: array (count, height, width, channels).

    Returns:
        Array (5 * count, height, width, channels): all images, then all of them moved up, and so
        on. `np.tile(labels, 5)` are their labels.

    Raises:
        ValueError: for arrays of another rank.
    """
    images = np.asarray(images)
    if images.ndim != 4:
        raise argument_error(
            "images",
            "an array (count, height, width, channels)",
            received=f"images of shape {images.shape}",
        )
    height, width = images.shape[1:3]
    padded = np.pad(images, [(0, 0), (1, 1), (1, 1), (0, 0)])
    moved = [padded[:, 1 - y : 1 - y + height, 1 - x : 1 - x + width] for y, x in SHIFTS]
    return np.concatenate(moved)
