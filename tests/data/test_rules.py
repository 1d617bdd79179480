"""Rules that make the other image of a pair."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from scipy import ndimage

from keras_gen.data import rules

NOISE = np.random.default_rng(3).random((2, 12, 18, 3)).astype("float32")


def pillow(image, size, method):
    channels = [
        Image.fromarray(channel).resize(size[::-1], method) for channel in np.moveaxis(image, -1, 0)
    ]
    return np.stack([np.asarray(channel) for channel in channels], axis=-1)


def test_grey_weighs_the_channels_as_jpeg_does():
    colours = np.eye(3, dtype="float32").reshape(1, 3, 3)
    np.testing.assert_allclose(rules.grey(colours)[0, :, 0], [0.299, 0.587, 0.114], atol=1e-7)
    expected = NOISE @ np.array([[0.299], [0.587], [0.114]])
    np.testing.assert_allclose(rules.grey(NOISE), expected, atol=1e-6)


def test_grey_keeps_what_is_grey_already_to_the_bit():
    values = np.linspace(0, 1, 256, dtype="float32").reshape(16, 16, 1)
    np.testing.assert_array_equal(rules.grey(np.repeat(values, 3, axis=-1)), values)
    np.testing.assert_array_equal(rules.grey(values), values)
    with pytest.raises(ValueError, match=r"`image`.*1 or 3.*Received: 2 channels"):
        rules.grey(NOISE[..., :2])


def test_a_straight_step_is_one_in_the_two_pixels_beside_it():
    step = np.zeros((5, 6, 1), "float32")
    step[:, 3:] = 1
    expected = np.tile([0, 0, 1, 1, 0, 0], (5, 1))
    np.testing.assert_array_equal(rules.edges(step)[..., 0], expected)
    np.testing.assert_array_equal(rules.edges(step.swapaxes(0, 1))[..., 0], expected.T)
    np.testing.assert_array_equal(rules.edges(0.5 * step)[..., 0], 0.5 * expected)


def test_edges_equal_those_of_another_library():
    image = NOISE[0, ..., :1] / 2  # so that nothing is cut off
    gradients = [ndimage.sobel(image[..., 0], axis, mode="mirror") / 4 for axis in (0, 1)]
    np.testing.assert_allclose(rules.edges(image)[..., 0], np.hypot(*gradients), atol=1e-6)


def test_a_corner_of_full_contrast_stays_within_the_range():
    corner = np.zeros((6, 6, 1), "float32")
    corner[3:, 3:] = 1
    assert np.max(rules.edges(corner)) == 1  # 3 sqrt(2) / 4 = 1.06 without the limit


@pytest.mark.parametrize("axis", [1, 2])
def test_mirror_images_have_mirrored_edges_to_the_bit(axis):
    mirrored = np.flip(NOISE, axis)
    np.testing.assert_array_equal(rules.edges(mirrored), np.flip(rules.edges(NOISE), axis))


def test_one_image_and_a_batch_of_it_have_the_same_edges():
    np.testing.assert_array_equal(rules.edges(NOISE)[1], rules.edges(NOISE[1]))


@pytest.mark.parametrize(
    "kernel, method",
    [
        (rules.cubic, Image.Resampling.BICUBIC),
        (rules.triangle, Image.Resampling.BILINEAR),
        (rules.box, Image.Resampling.BOX),
    ],
)
@pytest.mark.parametrize("factor", [2, 3])
def test_resampling_equals_pillows(kernel, method, factor):
    image = 0.3 + 0.4 * NOISE[0]  # room for what bicubic overshoots
    small = rules.downscaled(factor, kernel)(image)
    size = (12 // factor, 18 // factor)
    np.testing.assert_allclose(small, pillow(image, size, method), atol=1e-5)
    large = rules.upscaled(factor, kernel)(image)
    np.testing.assert_allclose(large, pillow(image, (12 * factor, 18 * factor), method), atol=1e-5)


def test_boxes_are_means_of_blocks_and_copies():
    small = rules.downscaled(3, rules.box)(NOISE)
    blocks = NOISE.reshape(2, 4, 3, 6, 3, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(small, blocks, atol=1e-6)
    copies = NOISE.repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_array_equal(rules.upscaled(2, rules.box)(NOISE), copies)


@pytest.mark.parametrize("kernel", [rules.cubic, rules.triangle, rules.box])
def test_there_and_back_is_not_shifted(kernel):
    """The centre of a symmetric blob stays where it is, for even and odd factors."""
    rows, columns = np.mgrid[:24, :24]
    blob = np.exp(-((rows - 13.5) ** 2 + (columns - 10.5) ** 2) / 18).astype("float32")[..., None]
    for factor in (2, 3, 4):
        there = rules.upscaled(factor, kernel)(rules.downscaled(factor, kernel)(blob)).numpy()
        for axis in (rows, columns):
            before, after = ((b[..., 0] * axis).sum() / b.sum() for b in (blob, there))
            assert after == pytest.approx(before, abs=0.12)  # half a pixel is the usual mistake


def test_a_fine_checkerboard_becomes_grey_and_values_stay_in_the_range():
    board = (np.indices((16, 16)).sum(axis=0) % 2).astype("float32")[..., None]
    inner = rules.downscaled(2)(board)[2:-2, 2:-2]
    np.testing.assert_allclose(inner, 0.5, atol=0.01)
    edge = np.zeros((8, 8, 1), "float32")
    edge[:, 4:] = 1
    large = rules.upscaled(2)(edge).numpy()
    assert large.min() == 0 and large.max() == 1


def test_factors_that_do_not_divide_are_named():
    with pytest.raises(ValueError, match="`factor`.*12 and 18.*factor=5"):
        rules.downscaled(5)(NOISE)
    for rule in (rules.downscaled, rules.upscaled):
        with pytest.raises(ValueError, match="`factor`. Expected a positive integer.*factor=0"):
            rule(0)


def test_rules_work_in_a_graph():
    dataset = tf.data.Dataset.from_tensor_slices(NOISE)
    for rule in (rules.grey, rules.edges, rules.downscaled(2), rules.upscaled(2)):
        for image, made in zip(NOISE, dataset.map(rule)):
            np.testing.assert_allclose(made, rule(image), atol=1e-6)


@pytest.mark.parametrize(
    "share, rows, columns",
    [
        (0.5, (3, 9), (4, 13)),
        (1, (0, 12), (0, 18)),
        (0.01, (5, 6), (8, 9)),
        (0.25, (4, 7), (7, 11)),
    ],
)
def test_the_middle_is_taken_away_and_nothing_else(share, rows, columns):
    expected = NOISE.copy()
    expected[:, slice(*rows), slice(*columns)] = 0.25
    np.testing.assert_array_equal(rules.masked(share, 0.25)(NOISE), expected)
    np.testing.assert_array_equal(rules.masked(share, 0.25)(NOISE[0]), expected[0])


@pytest.mark.parametrize(
    "name, value", [("share", 0), ("share", 1.1), ("share", "1"), ("value", -0.1), ("value", 2)]
)
def test_a_hole_that_cannot_be_is_named(name, value):
    with pytest.raises(ValueError, match=f"argument `{name}`.*Received: {name}={value}"):
        rules.masked(**{name: value})
