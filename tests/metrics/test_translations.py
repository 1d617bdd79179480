"""What a translation changes, how varied it is, and what changing colours alone reaches."""

import numpy as np
import pytest
import scipy.linalg

from keras_gen.metrics import (
    matched_colors,
    matched_histograms,
    relative_change,
    relative_variance,
)

IMAGES = np.random.default_rng(1).uniform(-1, 1, (5, 4, 6, 2)).astype("float32")


def test_the_identity_changes_nothing_and_the_next_image_everything():
    assert relative_change(IMAGES, IMAGES) == 0
    assert relative_change(IMAGES, np.roll(IMAGES, -1, axis=0)) == pytest.approx(1)


def test_a_change_is_measured_by_the_distance_of_images_and_not_by_their_size():
    shades = np.array([1.0, 2.0, 4.0]).reshape(3, 1, 1, 1)  # 1, 2 and 3 apart in a ring
    assert relative_change(shades, shades + 0.5) == pytest.approx(0.5 / 2)
    assert relative_change(7 + 3 * shades, 7 + 3 * (shades + 0.5)) == pytest.approx(0.5 / 2)


def test_the_variance_is_over_images_and_not_over_pixels():
    assert relative_variance(np.repeat(IMAGES[:1], 5, axis=0), IMAGES) == 0
    assert relative_variance(IMAGES.mean() + (IMAGES - IMAGES.mean()) / 2, IMAGES) == pytest.approx(
        0.25
    )
    expected = IMAGES[:3].var(axis=0).sum() / IMAGES.var(axis=0).sum()
    assert relative_variance(IMAGES[:3], IMAGES) == pytest.approx(expected, rel=1e-5)


def test_histograms_are_matched_as_by_hand():
    """The k-th of 4 values has the share k/4; equal values have that of the last of them."""
    image = np.array([[3.0, -1.0], [0.0, 0.0]]).reshape(1, 2, 2, 1)
    target = np.array([10.0, 20.0, 30.0, 40.0]).reshape(1, 1, 4, 1)
    expected = np.array([[40.0, 10.0], [30.0, 30.0]])
    np.testing.assert_array_equal(matched_histograms(image, target)[0, ..., 0], expected)
    # Of a single target value for a half of the pixels: between its share and the next one's.
    target = np.array([10.0, 10.0, 20.0, 20.0]).reshape(2, 2, 1, 1)
    expected = np.array([[20.0, 10.0], [15.0, 15.0]])
    np.testing.assert_array_equal(matched_histograms(image, target)[0, ..., 0], expected)


def matched_by_definition(image, target):
    """v -> P_target^-1(P_image(v)) of one channel, number by number."""
    values = sorted(set(target.ravel().tolist()))
    shares = [np.mean(target <= value) for value in values]
    result = np.empty(image.shape)
    for place in np.ndindex(image.shape):
        result[place] = np.interp(np.mean(image <= image[place]), shares, values)
    return result


def test_every_image_and_channel_is_matched_by_itself_to_all_target_images():
    images = np.round(IMAGES, 1)  # with ties
    target = np.random.default_rng(2).normal(size=(3, 5, 5, 2)).round(1)
    matched = matched_histograms(images, target)
    for image, result in zip(images, matched):
        for channel in range(2):
            expected = matched_by_definition(image[..., channel], target[..., channel])
            np.testing.assert_allclose(result[..., channel], expected, atol=1e-12)
    shuffled = np.random.default_rng(3).permuted(images, axis=1)
    np.testing.assert_allclose(matched_histograms(images, shuffled[:1])[0].mean(), images[0].mean())


def test_images_of_the_target_distribution_stay_as_they_are():
    np.testing.assert_allclose(matched_histograms(IMAGES[:1], IMAGES[:1]), IMAGES[:1], rtol=1e-7)


def colors(seed, count, *size):
    """Images whose channels depend on each other, each in its own way."""
    chance = np.random.default_rng(seed)
    mixing, noise = chance.normal(size=(count, 1, 3, 3)), chance.normal(size=(count, *size, 3))
    return noise @ mixing + chance.normal(size=(count, 1, 1, 3))


def statistics(image):
    return image.mean(axis=(0, 1)), np.cov(image.reshape(-1, 3), rowvar=False)


def test_matched_colors_have_the_mean_and_the_covariance_of_each_target():
    images, target = colors(1, 3, 40, 30), colors(2, 3, 20, 60)
    for result, goal in zip(matched_colors(images, target), target):
        for found, expected in zip(statistics(result), statistics(goal)):
            np.testing.assert_allclose(found, expected, atol=1e-9)


def test_matched_colors_are_whitened_and_coloured_by_symmetric_roots():
    """Any rotation between the two roots would give the same covariance."""
    images, target = colors(1, 1, 40, 30), colors(2, 1, 20, 60)
    (mean, covariance), (goal_mean, goal) = statistics(images[0]), statistics(target[0])
    root = scipy.linalg.sqrtm(goal) @ np.linalg.inv(scipy.linalg.sqrtm(covariance))
    expected = (images - mean) @ root.T + goal_mean
    np.testing.assert_allclose(matched_colors(images, target), expected, atol=1e-9)
    np.testing.assert_allclose(matched_colors(images, images), images, atol=1e-9)


def test_matched_colors_of_grey_and_of_constant_images_are_finite():
    target = colors(2, 1, 20, 60)
    grey = np.repeat(colors(1, 1, 8, 8)[..., :1], 3, axis=-1)
    result = matched_colors(grey, target)
    assert np.isfinite(result).all() and np.max(np.abs(result)) < 1e2
    np.testing.assert_allclose(result.mean(axis=(1, 2)), target.mean(axis=(1, 2)))
    constant = matched_colors(np.full((1, 4, 4, 3), 0.3), target)
    np.testing.assert_allclose(constant[0, 2, 1], target.mean(axis=(0, 1, 2)))
    np.testing.assert_allclose(matched_colors(target, 0 * target + 0.3), 0.3)


@pytest.mark.parametrize(
    "call, name",
    [
        (lambda: relative_change(IMAGES, IMAGES[:, :2]), "translated"),
        (lambda: relative_change(IMAGES[:1], IMAGES[:1]), "images"),
        (lambda: relative_change(IMAGES[0], IMAGES[0]), "images"),
        (lambda: relative_variance(IMAGES[..., :1], IMAGES), "fake"),
        (lambda: relative_variance(IMAGES, np.repeat(IMAGES[:1], 2, axis=0)), "real"),
        (lambda: relative_variance(IMAGES[:0], IMAGES), "fake"),
        (lambda: matched_histograms(IMAGES, IMAGES[..., :1]), "target"),
        (lambda: matched_histograms(IMAGES * np.nan, IMAGES), "images"),
        (lambda: matched_histograms("images", IMAGES), "images"),
        (lambda: matched_colors(IMAGES, IMAGES[..., :1]), "target"),
        (lambda: matched_colors(IMAGES, IMAGES[:1]), "target"),
    ],
)
def test_images_that_do_not_fit_are_named(call, name):
    with pytest.raises(ValueError, match=f"argument `{name}`"):
        call()
