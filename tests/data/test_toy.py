import itertools

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


def test_points_of_the_plane_vary_as_declared_within_it_and_by_the_noise_across_it():
    points = toy.plane(20_000, spread=(1.0, 0.5), stddev=0.1)
    assert points.shape == (20_000, 3) and points.dtype == np.float32
    np.testing.assert_allclose(points.mean(axis=0), toy.PLANE_CENTRE, atol=0.03)
    axes = np.stack([*toy.PLANE_AXES, np.cross(*toy.PLANE_AXES)])
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    along_the_axes = np.cov(axes @ points.T)
    np.testing.assert_allclose(np.diag(along_the_axes), [1.01, 0.26, 0.01], rtol=0.04)
    np.testing.assert_allclose(along_the_axes, np.diag(np.diag(along_the_axes)), atol=0.02)


def test_bars_and_stripes_are_all_distinct_images_of_constant_rows_or_columns():
    images = toy.bars_and_stripes(3)
    assert images.shape == (14, 3, 3, 1) and images.dtype == np.float32
    every = np.array(list(itertools.product([0, 1], repeat=9))).reshape(-1, 3, 3)
    constant_rows = (every == every[:, :, :1]).all(axis=(1, 2))
    constant_columns = (every == every[:, :1]).all(axis=(1, 2))
    expected = every[constant_rows | constant_columns].reshape(-1, 9)
    np.testing.assert_array_equal(np.unique(images.reshape(-1, 9), axis=0), expected)
    assert len(toy.bars_and_stripes(1)) == 2 and len(toy.bars_and_stripes(4)) == 30


def test_the_seed_decides():
    np.testing.assert_array_equal(toy.plane(10, seed=1), toy.plane(10, seed=1))
    assert (toy.plane(10, seed=1) != toy.plane(10, seed=2)).any()
    np.testing.assert_array_equal(toy.ring(10, seed=1), toy.ring(10, seed=1))
    assert (toy.ring(10, seed=1) != toy.ring(10, seed=2)).any()


def test_bad_counts_are_named():
    with pytest.raises(ValueError, match="count=0"):
        toy.ring(0)
    with pytest.raises(ValueError, match="count=-1"):
        toy.plane(-1)
    with pytest.raises(ValueError, match="side=0"):
        toy.bars_and_stripes(0)
    with pytest.raises(ValueError, match="modes=0"):
        toy.ring(1, modes=0)
    with pytest.raises(ValueError, match=r"side=2\.5"):
        toy.grid(1, side=2.5)
