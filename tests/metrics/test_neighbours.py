import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.neighbors import NearestNeighbors

from keras_gen.distances import squared_distances
from keras_gen.metrics import nearest_neighbours


def vectors(count, seed, dim=5):
    return np.random.default_rng(seed).normal(size=(count, dim))


def test_blocks_are_the_distances_in_order():
    # Far from zero, where sums of squares lose digits unless they are centred.
    x, y = 1e4 + vectors(2100, 0), 1e4 + vectors(300, 1)
    blocks = list(squared_distances(x, y))
    assert len(blocks) == 3
    np.testing.assert_allclose(np.concatenate(blocks), cdist(x, y, "sqeuclidean"), rtol=1e-6)


def test_blocks_of_many_references_stay_small():
    blocks = list(squared_distances(vectors(3, 0, 1), vectors(2**22, 1, 1)))
    assert [block.shape for block in blocks] == [(2, 2**22), (1, 2**22)]


def test_equal_rows_have_no_distance_and_close_ones_have():
    x = 5 + vectors(500, 0, 128)
    distances = np.concatenate(list(squared_distances(x, x)))
    assert (np.diag(distances) == 0).all() and (distances + np.eye(500) > 0).all()
    distances = np.concatenate(list(squared_distances(x * (1 + 1e-5), x)))
    np.testing.assert_allclose(np.diag(distances), 1e-10 * (x**2).sum(axis=1), rtol=1e-2)


@pytest.mark.parametrize("count", [1, 4, 300])
def test_neighbours_agree_with_scikit_learn(count):
    x, y = vectors(1500, 0), vectors(300, 1)
    indices, distances = nearest_neighbours(x, y, count)
    expected = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(y).kneighbors(x)
    np.testing.assert_allclose(distances, expected[0], rtol=1e-7)
    np.testing.assert_array_equal(indices, expected[1])


def test_copies_are_found_among_the_training_images():
    random = np.random.default_rng(0)
    training = random.uniform(-1, 1, (200, 8, 8, 1)).astype("float32")
    generated = training[[17, 3]] + np.array([0.0, 0.01], "float32").reshape(2, 1, 1, 1)
    generated = np.clip(generated, -1, 1)
    indices, distances = nearest_neighbours(generated, training, 2, value_range=(-1, 1))
    assert indices.shape == distances.shape == (2, 2)
    assert list(indices[:, 0]) == [17, 3]
    assert distances[0, 0] == 0 and 0 < distances[1, 0] <= 0.01 * 8 * 1.001
    assert (distances[:, 1] > 1).all()


def test_bad_arguments_are_refused():
    x, y = vectors(4, 0), vectors(3, 1)
    with pytest.raises(ValueError, match="`count`.*at most 3.*count=4"):
        nearest_neighbours(x, y, 4)
    with pytest.raises(ValueError, match="`count`"):
        nearest_neighbours(x, y, 0)
    with pytest.raises(ValueError, match="`references`.*width of `images`"):
        nearest_neighbours(x, y[:, :4])
    with pytest.raises(ValueError, match="`references`.*uint8"):
        nearest_neighbours(np.zeros((2, 4, 4, 1)), np.zeros((9, 4, 4, 1), "uint8"))
    with pytest.raises(ValueError, match=r"`references`.*declared range \[-1\.0, 1\.0\]"):
        nearest_neighbours(
            np.zeros((2, 4, 4, 1)), np.full((9, 4, 4, 1), 255.0), value_range=(-1, 1)
        )
