import numpy as np
import pytest
import tensorflow as tf
from scipy.spatial.distance import cdist
from sklearn.neighbors import NearestNeighbors

from keras_gen.metrics import (
    FeatureExtractor,
    ManifoldPrecision,
    ManifoldRecall,
    manifold_coverage,
    precision_recall,
)

RANGE = (-1.0, 1.0)


@pytest.fixture
def pixels():
    def flatten(images):
        return tf.reshape(images, [-1, 4])

    return FeatureExtractor("pixels", flatten, flatten, (2, 2, 1), (-1, 1))


def features(count, seed, dim=8, scale=1.0):
    return np.random.default_rng(seed).normal(0, scale, size=(count, dim))


def images(count, seed, low=-1.0, high=1.0):
    random = np.random.default_rng(seed)
    return random.uniform(low, high, (count, 2, 2, 1)).astype("float32")


def reference(references, queries, neighbours):
    """Without an argument, scikit-learn leaves a point out of its own neighbours."""
    tree = NearestNeighbors(n_neighbors=neighbours).fit(references)
    radii = tree.kneighbors()[0][:, -1]
    return (cdist(queries, references) <= radii).any(axis=1).mean()


@pytest.mark.parametrize("neighbours", [1, 3, 10])
def test_coverage_agrees_with_scikit_learn(neighbours):
    x, y = features(1300, 0), features(1200, 1, scale=1.3)
    expected = reference(x, y, neighbours)
    assert 0.05 < expected < 0.95
    assert manifold_coverage(x, y, neighbours) == expected


def test_points_on_a_line_by_hand():
    # With the nearest other point, the balls are [-1, 1], [0, 2] and [3, 7].
    x, y = np.array([[0.0], [1.0], [3.0]]), np.array([[-1.1], [-0.9], [2.5], [4.9], [5.1]])
    assert manifold_coverage(x, y, neighbours=1) == pytest.approx(3 / 5)


def test_equal_sets_are_precise_and_complete():
    x = features(300, 0)
    assert precision_recall(x, x) == (1, 1)


def test_collapsed_set_is_precise_and_not_complete():
    real = features(1000, 0)
    fake = real[0] + features(1000, 1, scale=1e-3)
    precision, recall = precision_recall(real, fake)
    assert precision == 1 and recall <= 0.002
    copies = np.repeat(real[:1], 1000, axis=0)
    assert precision_recall(real, copies) == (1, 0.001)


def test_scattered_set_is_complete_and_not_precise():
    precision, recall = precision_recall(features(1000, 0), features(1000, 1, scale=3.0))
    assert precision < 0.05 and recall > 0.9


def test_half_of_the_modes_is_half_of_the_recall():
    real, fake = features(1000, 0, 2), features(500, 1, 2)
    real[500:] += 100
    precision, recall = precision_recall(real, fake)
    assert precision > 0.95 and 0.45 < recall <= 0.5


@pytest.mark.parametrize("batch", [1, 7, 64])
def test_metrics_do_not_depend_on_the_batches(pixels, batch):
    real, fake = images(60, 0), images(40, 1, -0.3, 0.6)
    metrics = ManifoldPrecision(pixels, RANGE), ManifoldRecall(pixels, RANGE)
    for metric in metrics:
        for start in range(0, 60, batch):
            metric.update_state(real[start : start + batch])
            if start < 40:
                metric.update_state(None, fake[start : min(start + batch, 40)])
    expected = precision_recall(real.reshape(60, 4), fake.reshape(40, 4))
    assert tuple(metric.result() for metric in metrics) == expected
    assert expected[0] > 0.9 > 0.6 > expected[1]
    assert [metric.name for metric in metrics] == ["precision_pixels", "recall_pixels"]


def test_reset_fake_keeps_the_real_images(pixels):
    metric = ManifoldRecall(pixels, RANGE)
    metric.update_state(images(60, 0), images(60, 1, 0.9))
    assert metric.result() < 0.5
    metric.reset_fake()
    metric.update_state(None, images(60, 0))
    assert metric.result() == 1


def test_too_few_samples_are_refused(pixels):
    with pytest.raises(ValueError, match="`neighbours`.*at most 2.*neighbours=3"):
        manifold_coverage(features(3, 0), features(9, 1))
    with pytest.raises(ValueError, match="`neighbours`"):
        ManifoldPrecision(pixels, RANGE, neighbours=0)
    metric = ManifoldPrecision(pixels, RANGE)
    metric.update_state(images(3, 0), images(9, 1))
    with pytest.raises(ValueError, match="at least 4 real images"):
        metric.result()


def test_other_widths_and_ranges_are_refused(pixels):
    with pytest.raises(ValueError, match="`queries`.*width of `references`"):
        manifold_coverage(features(9, 0), features(9, 1, dim=7))
    with pytest.raises(ValueError, match="`images`"):
        ManifoldRecall(pixels, RANGE).update_state(2 * images(9, 0))
