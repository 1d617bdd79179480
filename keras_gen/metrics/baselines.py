"""What a linear code of the same length achieves, and whether two such codes are the same."""

import numpy as np

from keras_gen.arguments import argument_error


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
