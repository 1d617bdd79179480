import numpy as np
import pytest

from keras_gen.metrics import pca_copies, pca_error, principal_components, subspace_angle


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
