import numpy as np
import pytest

from keras_gen.metrics import (
    baselines,
    neighbourhood_regression,
    pca_copies,
    pca_error,
    principal_components,
    subspace_angle,
)


def test_error_is_the_variance_outside_of_the_components():
    random = np.random.default_rng(0)
    x = random.normal(size=(500, 2, 3)) * [[[5.0, 4.0, 3.0], [1.0, 0.5, 0.2]]]
    eigenvalues = np.linalg.eigvalsh(np.cov(x.reshape(500, 6), rowvar=False, bias=True))
    for components in (1, 3, 5):
        expected = eigenvalues[: 6 - components].sum() / 6
        assert pca_error(x, x, components) == pytest.approx(expected, rel=1e-6)


def test_components_come_from_the_training_images_alone():
    train = np.array([[1.0, 0.0], [-1.0, 0.0], [2.0, 0.0]])
    assert pca_error(train, np.array([[0.0, 3.0]]), 1) == pytest.approx(4.5)


def test_copies_keep_the_mean_and_what_lies_along_the_components():
    train = np.array([[[1.0, 5.0]], [[-1.0, 5.0]], [[3.0, 5.0]]])
    copies = pca_copies(train, np.array([[[7.0, 8.0]]]), 1)
    np.testing.assert_allclose(copies, [[[7.0, 5.0]]], atol=1e-12)


def test_components_are_the_directions_of_most_variance_in_order():
    random = np.random.default_rng(0)
    x = 7 + random.normal(size=(4000, 3)) * [1.0, 3.0, 0.1]
    mean, components = principal_components(x, 2)
    np.testing.assert_allclose(mean, x.mean(axis=0))
    np.testing.assert_allclose(np.abs(components), [[0, 1, 0], [1, 0, 0]], atol=0.03)
    np.testing.assert_allclose(np.linalg.norm(components, axis=1), 1)


def test_an_angle_is_the_largest_between_two_subspaces_and_knows_no_axes():
    x, y, z = np.eye(3)
    tilted = np.cos(1e-5) * y + np.sin(1e-5) * z
    assert subspace_angle([x, y], [x + y, x - 3 * y]) == pytest.approx(0, abs=1e-12)
    assert subspace_angle([x, y], [2 * x, tilted]) == pytest.approx(1e-5, rel=1e-6)
    assert subspace_angle([x, y], [x, z]) == pytest.approx(np.pi / 2)
    with pytest.raises(ValueError, match=r"`second`.*\(2, 3\).*\(1, 3\)"):
        subspace_angle([x, y], [x])


def test_regression_finds_a_linear_map_of_neighbours_that_differs_from_place_to_place():
    random = np.random.default_rng(1)
    source = random.normal(size=(90, 5, 6, 2))
    weights, bias = random.normal(size=(5, 6)), random.normal(size=(5, 6))
    right = np.pad(source, [(0, 0), (0, 0), (0, 1), (0, 0)])[:, :, 1:, 1]
    target = np.stack([bias + weights * right, source[..., 0]], axis=-1)
    made = neighbourhood_regression(source[:60], target[:60], source[60:])
    np.testing.assert_allclose(made, target[60:], atol=1e-5)
    assert made.dtype == np.float32
    alone = neighbourhood_regression(source[:60], target[:60], source[60:], side=1)
    assert np.abs(alone - target[60:])[:, :, :-1, 0].mean() > 0.5
    np.testing.assert_allclose(alone[..., 1], target[60:, ..., 1], atol=1e-5)


def test_regression_is_that_of_scikit_learn_for_a_pixel_and_blocks_do_not_matter(monkeypatch):
    from sklearn.linear_model import LinearRegression

    random = np.random.default_rng(2)
    source, target = random.normal(size=(80, 4, 4, 1)), random.normal(size=(80, 4, 4, 1))
    around = source[:, 0:3, 1:4].reshape(80, 9)  # of the pixel in row 1, column 2
    line = LinearRegression().fit(around[:50], target[:50, 1, 2, 0])
    monkeypatch.setattr(baselines, "_BLOCK", 7)
    made = neighbourhood_regression(source[:50], target[:50], source[50:])
    np.testing.assert_allclose(made[:, 1, 2, 0], line.predict(around[50:]), atol=1e-5)


def test_regression_on_nothing_is_the_mean_image():
    target = np.random.default_rng(3).normal(size=(20, 3, 3, 1))
    made = neighbourhood_regression(np.zeros((20, 3, 3, 1)), target, np.ones((2, 3, 3, 1)))
    np.testing.assert_allclose(made, np.repeat(target.mean(axis=0)[None], 2, 0), atol=1e-6)


def test_regression_needs_pairs_and_a_middle():
    images = np.zeros((2, 3, 3, 1))
    with pytest.raises(ValueError, match="`side`.*odd.*side=2"):
        neighbourhood_regression(images, images, images, side=2)
    with pytest.raises(ValueError, match=r"`target`.*\(2, 3, 3\)"):
        neighbourhood_regression(images, images[:1], images)
