"""Pixels as features, and how much a set of images varies."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from keras_gen.metrics import ComponentsExtractor, diversity

RANGE = (-1.0, 1.0)
IMAGES = np.random.default_rng(0).beta(0.5, 2, (80, 4, 5, 1)) * np.linspace(0.1, 2, 20).reshape(
    4, 5, 1
)
IMAGES = (IMAGES / IMAGES.max() * 2 - 1).astype("float32")


def test_features_are_the_projections_onto_the_largest_components_of_pixels_in_0_1():
    reader = ComponentsExtractor(IMAGES[:60], RANGE, 6)
    flat = (IMAGES.reshape(80, -1).astype("float64") + 1) / 2
    pca = PCA(6, svd_solver="full").fit(flat[:60])
    expected = pca.transform(flat[60:])
    features = reader.features(IMAGES[60:], RANGE)
    signs = np.sign((features * expected).sum(axis=0))
    np.testing.assert_allclose(features * signs, expected, atol=1e-6)
    assert reader.name == "pca_6"
    same = reader.features((IMAGES[60:] + 1) / 2)
    np.testing.assert_allclose(same, features, atol=1e-6)


def test_diversity_is_the_mean_distance_to_the_nearest_other():
    points = np.array([[0.0, 0], [3, 4], [3, 5], [10, 0]])
    assert diversity(points) == pytest.approx((5 + 1 + 1 + np.hypot(7, 4)) / 4)
    assert diversity(np.repeat(points, 2, axis=0)) == 0


@pytest.mark.parametrize(
    "make, name",
    [
        (lambda: ComponentsExtractor(IMAGES, RANGE, 21), "count"),
        (lambda: ComponentsExtractor(IMAGES, (0, 1), 3), "images"),
        (lambda: ComponentsExtractor(IMAGES, RANGE, 3).features(IMAGES[:, :3], RANGE), "images"),
        (lambda: diversity(np.zeros((1, 3))), "features"),
    ],
)
def test_wrong_arguments_are_named(make, name):
    with pytest.raises(ValueError, match=f"argument `{name}`.*Received"):
        make()
