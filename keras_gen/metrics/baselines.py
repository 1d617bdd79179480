"""What linear maps reach: codes of principal components, and translations pixel by pixel."""

import numpy as np

from keras_gen.arguments import argument_error, positive_integer

_BLOCK = 256  # images whose neighbourhoods are in memory at once


def principal_components(x, count):
    """The directions in which data vary most, the largest variance first.

        x = mean + sum_i a_i component_i,  the a_i uncorrelated, of falling variance

    Args:
        x: array whose first axis is examples.
        count: number of components.

    Returns:
        `(mean, components)`: float64 arrays (size of an example,) and (count, size of an example).
        The components have length 1.
    """
    from sklearn.decomposition import PCA

    pca = PCA(count, svd_solver="full").fit(np.reshape(x, (len(x), -1)).astype("float64"))
    return pca.mean_, pca.components_


def subspace_angle(first, second):
    """The largest principal angle between two subspaces.

        max over u in the first of min over v in the second of the angle between u and v

    Args:
        first, second: arrays whose rows span the subspaces, independent and equally many.

    Returns:
        The angle in radians, from 0 for the same subspace to pi / 2.
    """
    from scipy.linalg import subspace_angles

    first, second = (np.asarray(rows, "float64") for rows in (first, second))
    if first.ndim != 2 or first.shape != second.shape:
        raise argument_error(
            "second", f"rows of shape {first.shape}", received=f"second.shape={second.shape}"
        )
    return float(subspace_angles(first.T, second.T).max())


def pca_copies(train, held_out, components, seed=0):
    """What principal component analysis keeps of images: the output of the best linear autoencoder.

        x' = projection of x onto the first components of the training images

    Args:
        train: array of the images whose components are computed, first axis images.
        held_out: array of the images that are copied.
        components: number of components, the length of the code.
        seed: integer, of scikit-learn's randomized solver.

    Returns:
        Array of the shape of `held_out`.
    """
    from sklearn.decomposition import PCA

    pca = PCA(components, random_state=seed).fit(np.reshape(train, (len(train), -1)))
    codes = pca.transform(np.reshape(held_out, (len(held_out), -1)))
    return pca.inverse_transform(codes).reshape(np.shape(held_out))


def pca_error(train, held_out, components, seed=0):
    """The mean squared error per pixel of `pca_copies`, a float."""
    return float(np.mean((held_out - pca_copies(train, held_out, components, seed)) ** 2))


def neighbourhood_regression(source, target, held_out, side=3):
    """What linear regression makes of images: each pixel from the source's pixels around it.

        y'_p = b_p + sum_q in N(p) w_pq x_q,    w_p, b_p = argmin sum_images (y_p - y'_p)^2

    Every place p of the image has weights of its own, so the mean of the target images is within
    reach. N(p) is a square around p; beyond the border there is nothing.

    Args:
        source, target: arrays of pairs of images `(count, height, width, channels)` of one height
            and width.
        held_out: array of the source images that are translated.
        side: odd number of pixels of the square's side.

    Returns:
        float32 array `[images held out, height, width, channels of the target]`, the squared error
        of whose like is least for the pairs; values may leave the range of the target.
    """
    side = positive_integer("side", side)
    if side % 2 == 0:
        raise argument_error("side", "an odd number", side)
    if np.shape(source)[:3] != np.shape(target)[:3]:
        expected = f"the count, height and width of `source`, {np.shape(source)[:3]}"
        raise argument_error("target", expected, received=f"target.shape={np.shape(target)}")
    squares, products = 0.0, 0.0
    for first in range(0, len(source), _BLOCK):
        around = _neighbourhoods(source[first : first + _BLOCK], side)
        squares += np.einsum("nhwi,nhwj->hwij", around, around, optimize=True)
        aimed = np.asarray(target[first : first + _BLOCK], "float64")
        products += np.einsum("nhwi,nhwc->hwic", around, aimed, optimize=True)
    weights = np.linalg.pinv(squares, hermitian=True) @ products
    blocks = [held_out[first : first + _BLOCK] for first in range(0, len(held_out), _BLOCK)]
    parts = [np.einsum("nhwi,hwic->nhwc", _neighbourhoods(each, side), weights) for each in blocks]
    return np.concatenate(parts).astype("float32")


def _neighbourhoods(images, side):
    """For each pixel those around it, and a one: float64 `(count, height, width, numbers)`."""
    reach = side // 2
    images = np.asarray(images, "float64")
    framed = np.pad(images, [(0, 0), (reach, reach), (reach, reach), (0, 0)])
    height, width = images.shape[1:3]
    around = [
        framed[:, row : row + height, column : column + width]
        for row in range(side)
        for column in range(side)
    ]
    return np.concatenate([*around, np.ones((*images.shape[:3], 1))], axis=-1)
