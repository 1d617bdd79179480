"""Styles made by rules: seeded, varied, in range, and each true to its rule."""

import numpy as np
import pytest

from keras_gen.data import textures


def colours(picture):
    """How many colours there are, and how many pixels each has, most first."""
    _, counts = np.unique(picture.reshape(-1, 3).round(5), axis=0, return_counts=True)
    return np.sort(counts)[::-1]


@pytest.mark.parametrize("rule", textures.RULES)
def test_a_seed_gives_the_same_pictures_and_another_one_others(rule):
    first, again, other = (textures.textures(3, 24, seed, rules=[rule]) for seed in (1, 1, 2))
    assert first.shape == (3, 24, 24, 3) and first.dtype == np.float32
    np.testing.assert_array_equal(first, again)
    for picture in (first[1], other[0]):
        assert np.abs(first[0] - picture).mean() > 0.05
    assert np.all(first.std(axis=(1, 2)).max(axis=-1) > 0.05)


def test_all_rules_take_turns_and_more_pictures_begin_with_the_same():
    pictures = textures.textures(12, 16, 3)
    np.testing.assert_array_equal(pictures[:7], textures.textures(7, 16, 3))
    drawn = [textures.textures(1, 16, 3, rules=[rule])[0] for rule in textures.RULES]
    np.testing.assert_array_equal(pictures[0], drawn[0])


def test_values_fill_the_declared_range():
    dark = textures.textures(40, 16, 1, (0.0, 1.0))
    assert 0 <= dark.min() < 0.05 and 0.95 < dark.max() <= 1
    np.testing.assert_allclose(textures.textures(40, 16, 1), 2 * dark - 1, atol=1e-6)


@pytest.mark.parametrize("rule, most", [("stripes", 3), ("checks", 2), ("dots", 4), ("cells", 4)])
def test_patterns_have_few_colours_but_for_the_pixels_on_their_edges(rule, most):
    for picture in textures.textures(8, 64, 5, rules=[rule]):
        counts = colours(picture)
        assert 2 <= np.sum(counts > 64) and counts[:most].sum() > 0.5 * 64**2


def test_stripes_are_constant_along_a_line_and_checks_are_not():
    """The gradients of stripes have one direction, those of a chessboard two."""

    def share_of_one_direction(picture):
        gradients = np.stack(np.gradient(picture.mean(axis=-1)), axis=-1).reshape(-1, 2)
        values = np.linalg.eigvalsh(gradients.T @ gradients)
        return values[1] / values.sum()

    for rule, low, high in [("stripes", 0.95, 1.0), ("checks", 0.5, 0.7), ("dots", 0.5, 0.7)]:
        shares = [share_of_one_direction(p) for p in textures.textures(6, 96, 2, rules=[rule])]
        assert low <= np.mean(shares) <= high, rule


def test_clouds_are_smooth():
    """Hardly a step of one pixel is a third of the contrast, as those on edges of patterns are."""

    def large_steps(rule):
        pictures = textures.textures(6, 64, 2, rules=[rule])
        steps = np.abs(np.diff(pictures, axis=1)) / np.ptp(pictures, axis=(1, 2), keepdims=True)
        return np.mean(steps > 1 / 3)

    assert large_steps("clouds") < 0.01 < 0.05 < large_steps("checks")


@pytest.mark.parametrize(
    "argument, arguments",
    [
        ("count", {"count": 0}),
        ("size", {"size": 1.5}),
        ("seed", {"seed": -1}),
        ("rules", {"rules": ["brush"]}),
        ("rules", {"rules": []}),
        ("rules", {"rules": "dots"}),
        ("value_range", {"value_range": (1, 0)}),
    ],
)
def test_bad_arguments_are_refused(argument, arguments):
    with pytest.raises(ValueError, match=f"argument `{argument}`"):
        textures.textures(**{"count": 2, "size": 8, "seed": 1, **arguments})
