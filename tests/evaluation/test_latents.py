"""Reports on latents, with a linear generator whose images are read by their brightest pixel."""

import numpy as np
import pytest

from keras_gen import evaluation, metrics

rng = np.random.default_rng(3)
MATRIX = rng.normal(size=(4, 3))


def flat(images):
    return images[:, 0, :, 0]


def brightest(images):
    import tensorflow as tf

    return tf.one_hot(tf.argmax(flat(images), axis=1), 4)


@pytest.fixture(scope="module")
def reader():
    return metrics.FeatureExtractor("pixels", flat, brightest, (1, 4, 1), (-100, 100))


def make(points):
    points = points if points.ndim == 2 else points[:, 0]
    return (points @ MATRIX.T)[:, None, :, None].astype("float32")


def test_lengths_and_separability_are_those_of_the_metrics(reader):
    first, second = rng.normal(size=(2, 400, 3))
    report = evaluation.entanglement_report(
        reader, make, first, second, metrics.lerp, (-100, 100), "w"
    )
    names = [
        "path_length_full_pixels_w_400",
        "path_length_end_pixels_w_400",
        "separability_pixels_w_400",
    ]
    assert list(report) == names
    lengths = np.sum(((second - first) @ MATRIX.T) ** 2, axis=1)
    trimmed = np.sort(lengths)[3:-3].mean()  # below and above the nearest ones to 1 % and 99 %
    assert report[names[0]] == pytest.approx(trimmed, rel=0.02)
    assert report[names[1]] == pytest.approx(trimmed, rel=0.02)
    classes = [lambda images: np.eye(4)[flat(images).argmax(1)]]
    expected = metrics.linear_separability(first, make(first), classes)
    assert 1 < report[names[2]] < 8 and report[names[2]] == pytest.approx(expected, rel=1e-6)


def test_styles_of_several_layers_count_once(reader):
    first, second = rng.normal(size=(2, 300, 3))
    alone, layered = (
        evaluation.entanglement_report(reader, make, *pair, metrics.lerp, (-100, 100), "w")
        for pair in ((first, second), (np.stack([x] * 5, axis=1) for x in (first, second)))
    )
    assert alone == pytest.approx(layered)


def test_changes_of_classes_and_of_pixels(reader):
    before = np.zeros((4, 1, 4, 1), "float32")
    before[:, 0, 2] = 10
    after = before.copy()
    after[0, 0, 1] = 50  # another pixel is the brightest
    after[1, 0, 2] = 30  # the same one
    share, change = evaluation.image_changes(reader, before, after, (-100, 100))
    assert share == 0.25
    assert change == pytest.approx((50 + 20) / 16 / 200)
