"""What a linear code of the same length would have reached."""

import numpy as np


def pca_error(train, held_out, components, seed=0):
    """The mean squared error of principal component analysis: the best linear autoencoder.

        mean((x - x')^2),  x' = projection of x onto the first components of the training images

    Args:
        train: array of the images whose components are taken, first axis images.
        held_out: array of the images that are reconstructed.
        components: number of components, the length of the code.
        seed: integer, of scikit-learn's randomized solver.

    Returns:
        The error per pixel, a float.
    """
    from sklearn.decomposition import PCA

    train, held_out = (np.reshape(x, (len(x), -1)) for x in (train, held_out))
    pca = PCA(components, random_state=seed).fit(train)
    return float(np.mean((held_out - pca.inverse_transform(pca.transform(held_out))) ** 2))
