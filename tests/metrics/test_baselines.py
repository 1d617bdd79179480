import numpy as np
import pytest

from keras_gen.metrics import pca_error


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
