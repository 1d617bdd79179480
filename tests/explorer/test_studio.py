"""From a state to a picture, without a browser."""

import dataclasses
import io

import numpy as np
import pytest
import toy_model
from PIL import Image

from keras_gen.explorer import History, Studio
from keras_gen.explorer.studio import MOST_BYTES


def state_with(studio, **changes):
    return dataclasses.replace(studio.start, **changes)


def strokes(studio, index, value):
    return tuple(value if i == index else 0.0 for i in range(len(studio.directions)))


def file_of(size, kind="PNG", color=255):
    stream = io.BytesIO()
    Image.new("L", size, color).save(stream, kind)
    return stream.getvalue()


@pytest.mark.parametrize("make", [toy_model.plain, toy_model.styled])
def test_a_slider_changes_the_picture_and_zero_does_not(make):
    studio = Studio(make())
    first = studio.picture(studio.start)
    assert first.shape == (3, 3, 1) and first.dtype == "uint8"
    moved = studio.picture(state_with(studio, strokes=strokes(studio, 0, 1.0)))
    assert (moved != first).any()
    np.testing.assert_array_equal(studio.picture(studio.start), first)


def test_a_step_along_a_latent_changes_that_latent_by_so_much():
    studio = Studio(toy_model.plain())
    before = studio.latents(studio.start)
    after = studio.latents(state_with(studio, strokes=strokes(studio, 4, -2.5)))
    np.testing.assert_allclose(after - before, -2.5 * np.eye(9)[[4]], atol=1e-6)


def test_truncation_0_gives_one_picture_for_all_seeds():
    studio = Studio(toy_model.styled())
    pictures = [
        studio.picture(state_with(studio, seed=seed, truncation=psi))
        for psi in (0.0, 1.0)
        for seed in range(4)
    ]
    assert len(np.unique(pictures[:4], axis=0)) == 1
    assert len(np.unique(pictures[4:], axis=0)) == 4
    expected = np.round(127.5 * (1 + np.tanh([0.1, 0.2, 0.3])))
    np.testing.assert_array_equal(pictures[0][0, :, 0], expected)


def test_only_the_layers_of_the_range_change():
    studio = Studio(toy_model.styled())
    changed = state_with(studio, strokes=strokes(studio, 0, 1.0), layers=(1, 1))
    difference = studio.latents(changed) - studio.latents(studio.start)
    np.testing.assert_allclose(difference[0, 1], studio.directions[0], atol=1e-5)
    assert not difference[0, [0, 2]].any()


@pytest.mark.parametrize("make", [toy_model.plain, toy_model.styled])
def test_interpolation_ends_at_both_seeds(make):
    studio = Studio(make())
    for blend, seed in ((0.0, 1), (1.0, 2)):
        there = studio.latents(state_with(studio, blend=blend))
        alone = studio.latents(state_with(studio, seed=seed))
        np.testing.assert_allclose(there, alone, atol=1e-5)
    half = studio.latents(state_with(studio, blend=0.5))
    assert np.linalg.norm(half) > 0.5 * np.linalg.norm(there) or studio.has_styles


def test_the_label_changes_the_picture():
    studio = Studio(toy_model.plain(num_classes=3))
    pictures = [studio.picture(state_with(studio, label=label)) for label in range(3)]
    assert len(np.unique(pictures, axis=0)) == 3


def test_the_grid_shows_the_seeds_from_that_of_the_state_on():
    studio = Studio(toy_model.plain())
    grid = studio.grid(state_with(studio, seed=5, blend=0.7))
    assert grid.shape == (16, 3, 3, 1)
    np.testing.assert_array_equal(grid[2], studio.picture(state_with(studio, seed=7)))


def test_undo_goes_back_state_by_state_and_visitors_do_not_disturb_each_other():
    studio = Studio(toy_model.plain())
    one, two = History(studio.start), History(studio.start)
    one.change(seed=3)
    one.change(seed=3)
    for blend in (0.1, 0.3, 0.5):
        one.change("blend", blend=blend)
    assert two.state == studio.start
    one.undo()
    assert one.state == state_with(studio, seed=3)
    one.undo()
    one.undo()
    assert one.state == studio.start


def test_an_uploaded_picture_is_encoded_in_the_range_of_the_model():
    studio = Studio(toy_model.plain())
    for color, value in ((255, 1.0), (0, -1.0), (51, -0.6)):
        code = studio.code_of(file_of((20, 10), color=color))
        np.testing.assert_allclose(code, 9 * [value], atol=1e-6)
    shown = studio.picture(state_with(studio, code=code))
    np.testing.assert_array_equal(shown, np.full((3, 3, 1), round(127.5 * (1 + np.tanh(-0.6)))))


@pytest.mark.parametrize(
    "upload, reason",
    [
        (b"<svg></svg>", "a PNG or JPEG"),
        (b"", "a PNG or JPEG"),
        (file_of((50, 50))[:60], "a PNG or JPEG"),
        (file_of((5, 5), "GIF"), "a PNG or JPEG"),
        (bytes(MOST_BYTES + 1), "at most 10000000 bytes"),
        (file_of((5001, 5000)), "at most 25000000 pixels"),
    ],
)
def test_what_is_no_picture_or_too_large_is_refused(upload, reason):
    with pytest.raises(ValueError, match=f"`upload`.*{reason}"):
        Studio(toy_model.plain()).code_of(upload)


def test_the_sliders_of_styles_are_their_principal_directions_as_long_as_a_deviation():
    studio = Studio(toy_model.styled())
    points = studio.model.map(studio._normal(0, 1000))[:, 0]
    spread = np.std((points - points.mean(axis=0)) @ studio.directions.T, axis=0)
    lengths = np.linalg.norm(studio.directions, axis=1)
    np.testing.assert_allclose(spread, lengths**2, rtol=1e-4)
    products = studio.directions @ studio.directions.T
    np.testing.assert_allclose(products, np.diag(lengths**2), atol=1e-5)
    assert all(np.diff(lengths) < 0)
