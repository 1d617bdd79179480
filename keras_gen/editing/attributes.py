"""The direction in which an attribute of the images grows, alone or with others held still."""

import numpy as np

from keras_gen.arguments import argument_error, integer, number
from keras_gen.editing.directions import finite_numbers, in_deviations

CLEAREST = 0.1  # the authors take 2 % of 500,000 images; fewer images need a larger share
TRAINING_SHARE = 0.7  # of the clearest, in the authors' experiments


def attribute_direction(points, scores, name, space, clearest=CLEAREST, seed=1):
    """The direction in which an attribute grows: the normal of a plane between little and much.

        n = weights of a linear support vector machine,   vector = std(points . n) n / |n|

    The machine separates the points whose images have the highest scores from those with the
    lowest; what lies between says little. It is fitted to 70 % of them, and `measures["accuracy"]`
    is its accuracy on the others.

    Args:
        points: points of the space, (n, ...).
        scores: the attribute of their images, (n,), such as those of `editing.slant` or a
            classifier's probability of a class.
        name: the attribute's name.
        space: the space's name.
        clearest: share of the points, in (0, .5], at each of the two ends.
        seed: of the choice of the 70 %.

    Returns:
        A `Direction`, towards higher scores.

    Raises:
        ValueError: if the numbers of points and scores differ, either is not finite, there are
            too few points, or the scores of both ends are the same.

    Reference:
        Shen, Gu, Tang, Zhou (2020), Interpreting the Latent Space of GANs for Semantic Face
        Editing, arXiv:1907.10786, sections 3 and 4.1.
    """
    from sklearn.svm import LinearSVC

    points = finite_numbers("points", points).astype("float64")
    scores = finite_numbers("scores", scores)
    if scores.shape != points.shape[:1]:
        received = f"scores of shape {scores.shape} for {len(points)} points"
        raise argument_error("scores", "one number for each point", received=received)
    vectors, much = _clearest(points.reshape(len(points), -1), scores, clearest)
    order = np.random.default_rng(integer("seed", seed, 0)).permutation(len(vectors))
    vectors, much = vectors[order], much[order]
    fitted = round(TRAINING_SHARE * len(vectors))
    # One scale for all numbers, so that the regularization does not depend on that of the space.
    scale = np.sqrt(np.mean(np.var(vectors, axis=0)))
    plane = LinearSVC(dual=False).fit(vectors[:fitted] / scale, much[:fitted])
    accuracy = plane.score(vectors[fitted:] / scale, much[fitted:])
    measures = {"accuracy": float(accuracy), "examples": len(vectors)}
    return in_deviations(name, space, plane.coef_[0], points, measures)


def conditional(direction, others, points):
    """A direction without its part along others, so that those attributes stay what they are.

        n' = n - N (N^+ n),   N = the other normals as columns

    What is left is orthogonal to all others.

    Args:
        direction: a `Direction`.
        others: list of `Direction`s of the same space.
        points: points of the space, (n, ...), of which the length is one standard deviation.

    Returns:
        A `Direction` of the same name.

    Raises:
        ValueError: if the spaces differ, or nothing is left.

    Reference:
        Shen, Gu, Tang, Zhou (2020), arXiv:1907.10786, section 3.2.
    """
    points = finite_numbers("points", points).astype("float64")
    others = list(others)
    for each in others:
        if (each.space, each.vector.shape) != (direction.space, direction.vector.shape):
            expected = f"directions of {direction.space!r} and shape {direction.vector.shape}"
            received = f"{each.name!r} of {each.space!r} and shape {each.vector.shape}"
            raise argument_error("others", expected, received=received)
    if not others or points.shape[1:] != direction.vector.shape:
        received = f"{len(others)} others, points of shape {points.shape}"
        raise argument_error("others", "at least one, and points of the space", received=received)
    normals = np.stack([each.normal for each in others], axis=1)
    rest = direction.normal - normals @ (np.linalg.pinv(normals) @ direction.normal)
    if np.linalg.norm(rest) < 1e-6:
        names = [each.name for each in others]
        received = f"{direction.name!r}, which lies in the span of {names}"
        raise argument_error("direction", "one that the others do not span", received=received)
    measures = {"kept": float(np.linalg.norm(rest))}
    return in_deviations(direction.name, direction.space, rest, points, measures)


def _clearest(vectors, scores, share):
    """The points with the lowest and with the highest scores, and which of them have much."""
    if not 0 < number("clearest", share) <= 0.5:
        raise argument_error("clearest", "a share in (0, .5]", share)
    count = int(share * len(vectors))
    if count < 4:
        received = f"clearest={share} of {len(vectors)} points"
        raise argument_error("clearest", "at least four points at each end", received=received)
    order = np.argsort(scores, kind="stable")
    little, much = order[:count], order[-count:]
    if not scores[little[-1]] < scores[much[0]]:
        received = f"{scores[little[-1]]:g} among the lowest and {scores[much[0]]:g} among the rest"
        raise argument_error("scores", "scores that differ between the ends", received=received)
    return vectors[np.concatenate([little, much])], np.repeat([False, True], count)
