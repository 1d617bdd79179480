"""How the latents of a generator are ordered, and what a change of them changes in images."""

import numpy as np

from keras_gen.metrics import PerceptualPathLength, linear_separability


def entanglement_report(extractor, make, first, second, path, value_range, space):
    """Path lengths and linear separability of a space of latents: small where they are in order.

    Attributes are the classes of the extractor. Compare equal numbers of latents only.

    Args:
        extractor: a `FeatureExtractor` with class probabilities.
        make: function from arrays like `first` to images; with noise, to the same row of noise for
            the same row of latents.
        first, second: latents at both ends of the paths, (n, d) or styles (n, layers, d).
        path: `metrics.slerp` or `metrics.lerp`.
        value_range: closed interval of the pixels.
        space: name of the space, such as "z" or "w".

    Returns:
        Dict with the keys `path_length_full_{extractor}_{space}_{n}`, `path_length_end_...` and
        `separability_{extractor}_{space}_{n}`.
    """
    lengths = {}
    for full in (True, False):
        metric = PerceptualPathLength(extractor, value_range, path, full)
        near, far = (make(points) for points in metric.points(first, second))
        metric.update_state(near, far)
        lengths[metric.name] = metric.result()
    # The paths that were taken last begin at `first`.
    points = np.reshape(first, (len(first), -1))[:, : np.shape(first)[-1]]
    classes = [lambda images: extractor.probabilities(images, value_range)]
    separability = linear_separability(points, near, classes)
    report = {**lengths, f"separability_{extractor.name}": separability}
    return {f"{name}_{space}_{len(first)}": value for name, value in report.items()}


def image_changes(extractor, before, after, value_range):
    """What was changed in images: their class, and their pixels.

    Args:
        extractor: a `FeatureExtractor` with class probabilities, which reads the classes.
        before, after: arrays of equally many images.
        value_range: closed interval of the pixels of both.

    Returns:
        Two floats in [0, 1]: the share of the images whose class is another one, and the mean
        absolute difference of pixels as a share of their range.
    """
    classes = [extractor.probabilities(x, value_range).argmax(axis=1) for x in (before, after)]
    low, high = value_range
    return float(np.mean(classes[0] != classes[1])), float(
        np.mean(np.abs(after - before)) / (high - low)
    )
