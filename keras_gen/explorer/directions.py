"""What the sliders move along: this is the one place that chooses directions."""

import numpy as np


def principal_directions(points, count):
    """The directions in which points vary most, as long as one standard deviation.

        points - mean = U S V^T,    direction i = S_i V_i / sqrt(n - 1)

    The sign is that which makes the largest entry positive, so equal points give equal directions.

    Args:
        points: array (n, d), at least two points.
        count: number of directions, at most d.

    Returns:
        Array (count, d), the largest first.
    """
    centred = points - points.mean(axis=0)
    _, scales, rows = np.linalg.svd(centred, full_matrices=False)
    largest = rows[np.arange(len(rows)), np.abs(rows).argmax(axis=1)]
    directions = np.sign(largest)[:, None] * scales[:, None] * rows / np.sqrt(len(points) - 1)
    return directions[:count].astype("float32")


def axes(size, count):
    """The first coordinates of standard normal latents, which have no other principal ones."""
    return np.eye(size, dtype="float32")[:count]
