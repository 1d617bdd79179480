"""Whether a plane in the space of the latents separates images by what is in them."""

import numpy as np

from keras_gen.arguments import argument_error, number
from keras_gen.metrics.arguments import check_vectors

KEPT = 0.5  # share of the most confident images, in the authors' code


def linear_separability(latents, images, classifiers, kept=KEPT):
    """How well a plane in the space of latents tells whether their images have an attribute.

        separability = 2^(sum_i H(Y_i | X_i))

    For each attribute i, Y_i is what a classifier says of the images, yes or no, and X_i the side
    of the plane of a linear support vector machine that is fitted to these answers, on the images
    of which the classifier is surest. H is the conditional entropy in bits: how much the side
    leaves open. So separability is 1 where planes separate all attributes, and an attribute that
    half of the images have, and whose plane tells nothing, doubles it. Compare equal numbers of
    images, and the same classifiers only.

    Args:
        latents: (n, d), such as z, or `gan.map(z)[:, 0]`.
        images: their images (n, height, width, channels).
        classifiers: list of functions from images to probabilities: (n,) of one attribute, or
            (n, attributes). Those of classes are an attribute for each class.
        kept: share of the images, in (0, 1], of which a classifier is surest.

    Returns:
        Float from 1 up.

    Raises:
        ValueError: if the numbers of latents and images differ, or for probabilities that are none.

    Reference:
        Karras, Laine, Aila (2019), A Style-Based Generator Architecture for GANs,
        arXiv:1812.04948, section 4.2: 40 attributes, 200,000 images.
    """
    (latents,) = check_vectors(2, latents=latents)
    if len(images) != len(latents):
        received = f"{len(images)} images, {len(latents)} latents"
        raise argument_error("images", "one image for each of the latents", received=received)
    if not 0 < number("kept", kept) <= 1:
        raise argument_error("kept", "a share in (0, 1]", kept)
    if not isinstance(classifiers, (list, tuple)) or not all(map(callable, classifiers or "0")):
        raise argument_error("classifiers", "a list of functions of images", classifiers)
    columns = [_probabilities(classifier, images) for classifier in classifiers]
    entropies = [attribute_entropy(latents, p, kept) for p in np.concatenate(columns, axis=1).T]
    return float(2 ** np.sum(entropies))


def attribute_entropy(latents, probabilities, kept=KEPT):
    """H(Y | X) of one attribute in bits, from 0 to 1; see `linear_separability`.

    Args:
        latents: (n, d).
        probabilities: (n,), those that the images have the attribute.
        kept: share of the images of which the classifier is surest.
    """
    from sklearn.svm import LinearSVC

    confidence = np.maximum(probabilities, 1 - probabilities)
    count = max(int(len(latents) * kept), 1)
    surest = np.argsort(-confidence, kind="stable")[:count]
    latents, has = latents[surest], probabilities[surest] > 0.5
    if has.all() or not has.any():
        return 0.0
    # `dual=False` finds the same plane as the authors' default, and without chance.
    side = LinearSVC(dual=False).fit(latents, has).predict(latents)
    return conditional_entropy(has, side)


def conditional_entropy(y, x):
    """H(Y | X) = -sum p(x, y) log2 p(y | x) in bits, of two arrays of yes and no.

    Args:
        y, x: boolean arrays (n,).
    """
    joint = np.array([[np.mean((x == a) & (y == b)) for b in (0, 1)] for a in (0, 1)])
    given = joint / np.maximum(joint.sum(axis=1, keepdims=True), np.finfo("float64").tiny)
    some = joint > 0
    return float(-np.sum(joint[some] * np.log2(given[some])))


def _probabilities(classifier, images):
    """What a classifier says, (n, attributes), or the error of what are no probabilities."""
    p = np.asarray(classifier(images), "float64")
    if p.ndim not in (1, 2) or len(p) != len(images) or not ((p >= 0) & (p <= 1)).all():
        received = f"an array of shape {p.shape}, from {p.min(initial=0)} to {p.max(initial=0)}"
        raise argument_error("classifiers", "probabilities for each image", received=received)
    return p.reshape(len(p), -1)
