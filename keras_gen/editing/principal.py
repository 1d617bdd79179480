"""Directions that need no attribute: those in which the space, or what is made of it, varies most.

Of styles there are two kinds: the principal directions of w itself, and those of the weights of the
layers that turn w into scales and biases. A plain generator draws z from a ball, which has no
principal directions of its own. Those of the features of one of its layers are carried back to z.
"""

import numpy as np

from keras_gen.arguments import argument_error, integer
from keras_gen.editing.directions import finite_numbers, in_deviations


def principal_directions(points, count, space):
    """The directions in which points of a space vary most, the first one most of all.

        C u_i = lambda_i u_i,   C = covariance of the points,   vector_i = sqrt(lambda_i) u_i

    Args:
        points: points of the space, (n, ...), such as those of `W(model).sample`.
        count: number of directions.
        space: the space's name.

    Returns:
        List of `Direction`s with `measures["share"]`, that of the variance. The largest number of
        each vector is positive.

    Reference:
        Harkonen, Hertzmann, Lehtinen, Paris (2020), GANSpace: Discovering Interpretable GAN
        Controls, arXiv:2004.02546, section 2.
    """
    points = _checked(points)
    vectors = points.reshape(len(points), -1)
    centred = vectors - vectors.mean(axis=0)
    return _directions(centred.T @ centred, count, points, space, "principal direction")


def feature_directions(latents, features, count, space="z"):
    """The directions of z that move features along their principal directions.

        x_i    = coordinate of the features along their i-th principal direction, by deviations
        u_i    = E[x_i z],   the least-squares solution of  z = sum_i x_i u_i

    Args:
        latents: latents (n, d).
        features: what a layer of the generator makes of them, (n, ...).
        count: number of directions.
        space: the space's name.

    Returns:
        List of `Direction`s with `measures["share"]`, that of the variance of the features.

    Reference:
        Harkonen et al. (2020), arXiv:2004.02546, section 2.1, for BigGAN.
    """
    latents, features = _checked(latents), finite_numbers("features", features)
    if len(features) != len(latents):
        received = f"{len(features)} features, {len(latents)} latents"
        raise argument_error("features", "those of each of the latents", received=received)
    features = features.reshape(len(features), -1).astype("float64")
    most = min(len(features) - 1, features.shape[1], latents[0].size)
    count = integer("count", count, 1, most)
    left, singular, _ = np.linalg.svd(features - features.mean(axis=0), full_matrices=False)
    coordinates = left[:, :count] * np.sqrt(len(latents))
    vectors = latents.reshape(len(latents), -1)
    moves = coordinates.T @ (vectors - vectors.mean(axis=0)) / len(latents)
    shares = singular**2 / np.sum(singular**2)
    return [
        in_deviations(f"feature direction {i}", space, _signed(move), latents, {"share": share})
        for i, (move, share) in enumerate(zip(moves, shares.tolist()), start=1)
    ]


def weight_directions(weights, points, count, space="w"):
    """The directions in which what layers make of styles varies most.

        A^T A u_i = lambda_i u_i,   A = the weights, each row of length 1

    Args:
        weights: rows of weights (rows, d), such as those of `style_weights`.
        points: points of the space, (n, d), of which a length is one standard deviation.
        count: number of directions.
        space: the space's name.

    Returns:
        List of `Direction`s with `measures["share"]`, that of the sum of all lambda.

    Reference:
        Shen and Zhou (2021), Closed-Form Factorization of Latent Semantics in GANs,
        arXiv:2007.06600, equation 4, and the authors' code.
    """
    points, weights = _checked(points), finite_numbers("weights", weights).astype("float64")
    if weights.ndim != 2 or weights.shape[1:] != points.shape[1:]:
        received = f"weights of shape {weights.shape}, points of shape {points.shape}"
        raise argument_error("weights", "rows as long as a point", received=received)
    lengths = np.linalg.norm(weights, axis=1, keepdims=True)
    rows = weights / np.where(lengths > 0, lengths, 1)
    return _directions(rows.T @ rows, count, points, space, "weight direction")


def style_weights(model, layers=None):
    """The weights of the affine maps from w to the scales and biases of layers, one below another.

    Args:
        model: a `StyleGAN`; a SavedModel does not tell its weights.
        layers: list of layers, 0 the coarsest; by default all.

    Returns:
        Float array (numbers, d).
    """
    sampler = getattr(model, "sampler", None)
    if not hasattr(sampler, "styled_layers"):
        expected = "a StyleGAN as a Keras model; the principal directions of w need no weights"
        raise argument_error("model", expected, received=type(model).__name__)
    styled = [layer for block in sampler.blocks for layer in (block.first, block.second)]
    last = len(styled) - 1
    layers = range(last + 1) if layers is None else layers
    chosen = [styled[integer("layers", layer, 0, last)] for layer in layers]
    return np.concatenate([np.asarray(each.modulation.affine.kernel).T for each in chosen])


def _directions(matrix, count, points, space, name):
    """The `Direction`s of the eigenvectors of a symmetric matrix, largest eigenvalue first."""
    count = integer("count", count, 1, len(matrix))
    values, vectors = np.linalg.eigh(matrix)
    shares = np.clip(values, 0, None) / np.sum(values)
    order = np.argsort(-values, kind="stable")[:count]
    return [
        in_deviations(
            f"{name} {i}", space, _signed(vectors[:, k]), points, {"share": float(shares[k])}
        )
        for i, k in enumerate(order, start=1)
    ]


def _signed(vector):
    """A vector or its opposite, whichever has a positive largest number."""
    return vector * np.sign(vector[np.argmax(np.abs(vector))])


def _checked(points):
    points = finite_numbers("points", points).astype("float64")
    if points.ndim < 2 or len(points) < 2:
        received = f"points of shape {points.shape}"
        raise argument_error("points", "at least two, (n, ...)", received=received)
    return points
