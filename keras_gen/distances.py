"""Squared distances between two sets of vectors, in blocks that fit in memory."""

import numpy as np

_ENTRIES = 2**23  # of a block of distances: 64 MiB
_MOST_ROWS = 1024


def squared_distances(x, y):
    """Squared Euclidean distances between the rows of two matrices, in blocks of rows of `x`.

        ||x_i - y_j||^2 = ||x_i - c||^2 + ||y_j - c||^2 - 2 (x_i - c)^T (y_j - c),   c = mean(y)

    Equal rows have distance zero: what could be the rounding error of the sums is set to zero. So
    are distances below about a millionth of the rows' length, where float32 features round.

    Args:
        x: float64 array (n, d).
        y: float64 array (m, d).

    Yields:
        Arrays (rows, m), of 64 MiB at most unless a single row is longer.
    """
    centre = y.mean(axis=0)
    y = y - centre
    y_norms = np.einsum("md,md->m", y, y)
    rounding = y.shape[1] * np.finfo("float64").eps
    rows = int(np.clip(_ENTRIES // len(y), 1, _MOST_ROWS))
    for start in range(0, len(x), rows):
        block = x[start : start + rows] - centre
        norms = np.einsum("nd,nd->n", block, block)
        squared = (-2 * block) @ y.T
        squared += y_norms
        squared += norms[:, None]
        small = np.nonzero(squared <= rounding * (norms + y_norms.max())[:, None])
        equal = squared[small] <= rounding * (norms[small[0]] + y_norms[small[1]])
        squared[tuple(index[equal] for index in small)] = 0
        yield squared


def nearest_rows(x, y):
    """For each row of `x` the index of the nearest row of `y`, the first of several: int32 (n,).

    Args:
        x: float64 array (n, d).
        y: float64 array (m, d).
    """
    return np.concatenate([block.argmin(axis=1) for block in squared_distances(x, y)]).astype(
        "int32"
    )
