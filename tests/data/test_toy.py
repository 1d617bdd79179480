import numpy as np
import pytest

from keras_gen.data import toy


def test_ring_centres_lie_on_the_circle():
    expected = [[2, 0], [0, 2], [-2, 0], [0, -2]]
    np.testing.assert_allclose(toy.ring_centres(modes=4, radius=2.0), expected, atol=1e-6)


def test_grid_centres_surround_zero():
    expected = [[-1.5, -1.5], [1.5, -1.5], [-1.5, 1.5], [1.5, 1.5]]
    np.testing.assert_allclose(toy.grid_centres(side=2, spacing=3.0), expected)
    assert toy.grid_centres().shape == (25, 2)


@pytest.mark.parametrize(
    "points, centres, stddev",
    [
        (toy.ring(20_000), toy.ring_centres(), 0.02),
        (toy.grid(20_000), toy.grid_centres(), 0.05),
    ],
)
def test_points_are_normal_around_equally_likely_centres(points, centres, stddev):
    assert points.dtype == np.float32
    distances = np.linalg.norm(points[:, None] - centres, axis=-1)
    counts = np.bincount(distances.argmin(axis=1), minlength=len(centres))
    expected = len(points) / len(centres)
    assert (np.abs(counts - expected) < 5 * np.sqrt(expected)).all()
    residual = points - centres[distances.argmin(axis=1)]
    np.testing.assert_allclose(residual.std(axis=0), stddev, rtol=0.03)


def test_the_seed_decides():
    np.testing.assert_array_equal(toy.ring(10, seed=1), toy.ring(10, seed=1))
    assert (toy.ring(10, seed=1) != toy.ring(10, seed=2)).any()


def test_bad_counts_are_named():
    with pytest.raises(ValueError, match="count=0"):
        toy.ring(0)
    with pytest.raises(ValueError, match="modes=0"):
        toy.ring(1, modes=0)
    with pytest.raises(ValueError, match=r"side=2\.5"):
        toy.grid(1, side=2.5)
