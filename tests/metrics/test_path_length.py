"""The perceptual path length, against what can be derived for linear generators."""

import copy

import numpy as np
import pytest

from keras_gen import metrics
from keras_gen.metrics import PerceptualPathLength, lerp, slerp

PIXELS = 12
rng = np.random.default_rng(5)


def flat(images):
    return images[:, 0, :, 0]


@pytest.fixture(scope="module")
def pixels():
    return metrics.FeatureExtractor("pixels", flat, flat, (1, PIXELS, 1), (-100, 100))


def length(extractor, matrix, first, second, path, **options):
    """The length of a linear generator g(z) = matrix z, whose images have a line of pixels."""
    options = {"trim": 0, "epsilon": 1e-2, **options}
    metric = PerceptualPathLength(extractor, (-100, 100), path, **options)
    for half in np.array_split(np.arange(len(first)), 2):
        near, far = metric.points(first[half], second[half])
        images = [(each @ matrix.T)[:, None, :, None].astype("float32") for each in (near, far)]
        metric.update_state(*images)
    return metric.result()


def normal(count, width):
    return rng.normal(size=(count, width))


def unit(points):
    return points / np.linalg.norm(points, axis=1, keepdims=True)


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("width", [3, 8])
def test_of_a_linear_generator_lines_are_twice_the_squared_frobenius_norm_long(pixels, full, width):
    """E |A (w' - w)|^2 = 2 |A|_F^2 for w, w' ~ N(0, I), wherever on the path."""
    matrix = rng.normal(size=(PIXELS, width))
    found = length(pixels, matrix, normal(20_000, width), normal(20_000, width), lerp, full=full)
    assert found == pytest.approx(2 * np.sum(matrix**2), rel=0.03)


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize(
    "width, squared_angle", [(2, np.pi**2 / 3), (3, (np.pi**2 - 4) / 2), (8, 2.606), (64, 2.484)]
)
def test_on_the_unit_sphere_the_speed_is_the_angle(pixels, full, width, squared_angle):
    """|d/dt p(t)| is the angle, in a direction that is uniform: E[angle^2] |A|_F^2 / d."""
    matrix = rng.normal(size=(PIXELS, width)) * 3
    first, second = unit(normal(20_000, width)), unit(normal(20_000, width))
    expected = squared_angle * np.sum(matrix**2) / width
    found = length(pixels, matrix, first, second, slerp, full=full)
    assert found == pytest.approx(expected, rel=0.03)


def test_the_step_of_the_authors_is_long_enough_for_float32(pixels):
    matrix = rng.normal(size=(PIXELS, 8))
    first, second = normal(500, 8), normal(500, 8)
    exact = np.mean(np.sum(((second - first) @ matrix.T) ** 2, axis=1))
    assert length(pixels, matrix, first, second, lerp, epsilon=1e-4) == pytest.approx(
        exact, rel=5e-3
    )


def test_the_shortest_and_the_longest_pairs_are_left_out(pixels):
    """Of 200 pairs two at each end, in lengths 1, 4, 9, ...: the squares."""
    matrix = np.zeros((PIXELS, 1))
    matrix[0] = 1
    first, second = np.zeros((200, 1)), np.arange(1.0, 201.0)[:, None] / 10
    squares = np.arange(1.0, 201.0) ** 2 / 100
    all_of_them = length(pixels, matrix, first, second, lerp, full=False)
    assert all_of_them == pytest.approx(squares.mean(), rel=1e-3)
    trimmed = length(pixels, matrix, first, second, lerp, full=False, trim=0.01)
    assert trimmed == pytest.approx(squares[1:-1].mean(), rel=1e-3)  # numpy's lower and higher
    half = length(pixels, matrix, first, second, lerp, full=False, trim=0.25)
    assert half == pytest.approx(squares[49:-49].mean(), rel=1e-3)


def test_paths_begin_and_end_at_their_latents():
    first, second = normal(6, 4), normal(6, 4)
    for path in (lerp, slerp):
        np.testing.assert_allclose(path(first, second, 0), first, atol=1e-12)
        np.testing.assert_allclose(path(first, second, 1), second, atol=1e-12)
        t = rng.uniform(size=6)
        each = [path(first[i : i + 1], second[i : i + 1], t[i])[0] for i in range(6)]
        np.testing.assert_allclose(path(first, second, t), each, atol=1e-12)


def test_great_circles_turn_at_a_constant_rate_and_change_their_length_evenly():
    found = slerp([[2.0, 0.0]], [[0.0, 4.0]], 1 / 3)
    angle = np.pi / 6
    np.testing.assert_allclose(found, [[8 / 3 * np.cos(angle), 8 / 3 * np.sin(angle)]])
    same = slerp([[1.0, 2.0]], [[2.0, 4.0]], 0.5)
    np.testing.assert_allclose(same, [[1.5, 3.0]], atol=1e-12)
    small = slerp([[1.0, 0.0]], [[1.0, 1e-9]], 0.5)
    np.testing.assert_allclose(small, [[1.0, 5e-10]], rtol=1e-6)


def test_styles_of_several_layers_have_lines():
    first, second = rng.normal(size=(2, 5, 4, 3))
    near, far = PerceptualPathLength(FAKE, (0, 1), full=False).points(first, second)
    np.testing.assert_array_equal(near, first)
    np.testing.assert_allclose(far - near, 1e-4 * (second - first), atol=1e-12)


class FAKE:
    name = "fake"


def test_t_is_uniform_and_comes_from_the_seed():
    first, second = np.zeros((2000, 1)), np.ones((2000, 1))
    points = [PerceptualPathLength(FAKE, (0, 1), seed=s).points(first, second) for s in (1, 1, 2)]
    np.testing.assert_array_equal(points[0], points[1])
    assert not np.array_equal(points[0], points[2])
    np.testing.assert_allclose(
        np.quantile(points[0][0], [0.25, 0.5, 0.75]), [0.25, 0.5, 0.75], atol=0.04
    )
    np.testing.assert_allclose(points[0][1] - points[0][0], 1e-4, atol=1e-12)


def test_names_say_what_is_measured(pixels):
    assert PerceptualPathLength(pixels, (0, 1)).name == "path_length_full_pixels"
    end = PerceptualPathLength(pixels, (0, 1), slerp, full=False)
    assert end.name == "path_length_end_pixels"
    assert copy.deepcopy(end).extractor is pixels


def test_bad_arguments_are_refused(pixels):
    for name, bad in [
        ("path", ["slerp", None]),
        ("epsilon", [0, -1e-4, None]),
        ("trim", [-0.1, 0.5, "0"]),
        ("value_range", [(1, 0), None]),
    ]:
        for value in bad:
            with pytest.raises(ValueError, match=f"argument `{name}`"):
                PerceptualPathLength(**{"extractor": pixels, "value_range": (0, 1), name: value})
    metric = PerceptualPathLength(pixels, (0, 1))
    with pytest.raises(ValueError, match="argument `near`.*at least one pair"):
        metric.result()
    with pytest.raises(ValueError, match="argument `second`.*shape of `first`"):
        metric.points(np.zeros((3, 2)), np.zeros((2, 2)))
    images = np.zeros((3, 1, PIXELS, 1), "float32")
    with pytest.raises(ValueError, match="argument `far`.*3 and 2"):
        metric.update_state(images, images[:2])
    metric.update_state(images, images)
    assert metric.result() == 0
    metric.reset_state()
    with pytest.raises(ValueError, match="argument `near`"):
        metric.result()
