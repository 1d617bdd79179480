import numpy as np
import pytest
from scipy import stats

from keras_gen.metrics import FeatureExtractor, InceptionScore, inception_score


def reference(probabilities):
    divergences = [stats.entropy(row, probabilities.mean(axis=0)) for row in probabilities]
    return np.exp(np.mean(divergences))


@pytest.fixture
def predictions():
    return np.random.default_rng(0).dirichlet(np.full(5, 0.3), size=60)


@pytest.fixture
def extractor():
    """Images that are themselves probabilities of four classes."""

    def pixels(images):
        return images[:, 0, :, 0]

    return FeatureExtractor("pixels", pixels, pixels, (1, 4, 1), (0, 1))


def test_undecided_classifier_scores_one():
    np.testing.assert_allclose(inception_score(np.full((50, 10), 0.1)), 1, rtol=1e-6)


def test_one_class_only_scores_one():
    np.testing.assert_allclose(inception_score(np.eye(10)[np.zeros(50, int)]), 1, rtol=1e-6)


def test_certain_and_balanced_scores_the_number_of_classes():
    np.testing.assert_allclose(inception_score(np.eye(10)[np.arange(50) % 10]), 10, rtol=1e-6)


def test_score_is_the_mean_divergence(predictions):
    np.testing.assert_allclose(inception_score(predictions), reference(predictions), rtol=1e-9)


def test_splits_are_averaged(predictions):
    expected = np.mean([reference(predictions[i : i + 20]) for i in (0, 20, 40)])
    np.testing.assert_allclose(inception_score(predictions, splits=3), expected, rtol=1e-9)


@pytest.mark.parametrize("batch", [1, 7, 60])
def test_metric_is_the_score_of_all_images(extractor, batch):
    probabilities = np.random.default_rng(1).dirichlet(np.full(4, 0.3), size=60)
    images = probabilities.astype("float32")[:, None, :, None]
    metric = InceptionScore(extractor, value_range=(0, 1))
    for start in range(0, 60, batch):
        metric.update_state(images[start : start + batch])
    exact = inception_score(images[:, 0, :, 0])
    np.testing.assert_allclose(metric.result(), exact, rtol=1e-9)
    assert metric.name == "inception_score_pixels"
    metric.reset_state()
    with pytest.raises(ValueError, match="at least one image"):
        metric.result()


@pytest.mark.parametrize(
    "bad", [np.array([[2.0, -1.0]]), np.array([[3.0, 4.0]]), np.array([[np.nan, 1]]), np.ones(4)]
)
def test_logits_and_other_shapes_are_refused(bad):
    with pytest.raises(ValueError, match="`probabilities`"):
        inception_score(bad)


@pytest.mark.parametrize("splits", [0, 61])
def test_more_splits_than_samples_are_refused(predictions, splits):
    with pytest.raises(ValueError, match="`splits`"):
        inception_score(predictions, splits=splits)
