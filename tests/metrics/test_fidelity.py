"""Metrics of pairs: closed forms, other implementations, and independence of the batches."""

import copy

import numpy as np
import pytest
import scipy.ndimage
import tensorflow as tf

from keras_gen import metrics

COLOURS = [(0, 0, 0), (255, 0, 0), (255, 255, 255)]
MAKE = {
    "l1": metrics.AbsoluteError,
    "psnr": metrics.PeakSignalToNoise,
    "ssim": metrics.StructuralSimilarity,
    "pixel_accuracy": lambda value_range: metrics.PixelAccuracy(value_range, COLOURS),
}


def images(seed, shape=(5, 18, 24, 3), blur=1.0):
    random = np.random.default_rng(seed).uniform(-1, 1, shape)
    smooth = scipy.ndimage.gaussian_filter(random, (0, blur, blur, 0))
    return np.clip(2 * smooth, -1, 1).astype("float32")


def measured(metric, real, fake):
    metric.update_state(real, fake)
    return metric.result()


@pytest.mark.parametrize("value_range", [(-1, 1), (0, 255), (0, 1)])
def test_psnr_of_a_known_error(value_range):
    """A tenth of the range everywhere is 20 decibels."""
    low, high = value_range
    real = np.full((2, 4, 5, 1), low, "float32")
    fake = real + np.float32(0.1 * (high - low))
    psnr = metrics.PeakSignalToNoise(value_range)
    assert measured(psnr, real, fake) == pytest.approx(20, abs=1e-4)


@pytest.mark.parametrize("value_range", [(-1, 1), (0, 255), (0, 1)])
def test_the_absolute_error_is_a_share_of_the_range_whatever_the_sign(value_range):
    low, high = value_range
    real = np.full((2, 4, 5, 1), (low + high) / 2, "float32")
    fake = real.copy()
    fake[0, :, :, 0] += 0.2 * (high - low)
    fake[1, :2, :, 0] -= 0.4 * (high - low)
    error = metrics.AbsoluteError(value_range)
    assert measured(error, real, fake) == pytest.approx(0.2, abs=1e-6)


def test_psnr_is_the_mean_over_images_and_not_that_of_the_mean_error():
    real = np.zeros((2, 4, 4, 1), "float32")
    fake = np.stack([np.full((4, 4, 1), 0.1), np.full((4, 4, 1), 0.01)]).astype("float32")
    assert measured(metrics.PeakSignalToNoise((0, 1)), real, fake) == pytest.approx(30, abs=1e-4)
    assert measured(metrics.PeakSignalToNoise((0, 1)), real, real) == np.inf


@pytest.mark.parametrize("noise", [0.05, 0.5])
def test_psnr_and_ssim_are_those_of_tensorflow(noise):
    real = images(1)
    fake = np.clip(real + noise * images(2, blur=0.3), -1, 1)
    shifted = [(each + 1) / 2 for each in (real, fake)]  # from black at 0
    expected = np.mean(tf.image.ssim(*shifted, max_val=1.0))
    ssim = metrics.StructuralSimilarity((-1, 1))
    assert measured(ssim, real, fake) == pytest.approx(expected, abs=2e-5)
    expected = np.mean(tf.image.psnr(*shifted, max_val=1.0))
    assert measured(metrics.PeakSignalToNoise((-1, 1)), real, fake) == pytest.approx(expected, 1e-5)


def test_ssim_is_that_of_scipys_filter_in_double_precision():
    real, fake = (images(seed).astype("float64") for seed in (1, 2))

    def mean(x):
        smooth = scipy.ndimage.gaussian_filter(x, (0, 1.5, 1.5, 0), radius=(0, 5, 5, 0))
        return smooth[:, 5:-5, 5:-5]

    x, y = (real + 1) / 2, (fake + 1) / 2
    s_xx, s_yy = mean(x**2) - mean(x) ** 2, mean(y**2) - mean(y) ** 2
    s_xy = mean(x * y) - mean(x) * mean(y)
    c_1, c_2 = 1e-4, 9e-4
    index = (2 * mean(x) * mean(y) + c_1) * (2 * s_xy + c_2)
    index /= (mean(x) ** 2 + mean(y) ** 2 + c_1) * (s_xx + s_yy + c_2)
    ssim = metrics.StructuralSimilarity((-1, 1))
    assert measured(ssim, real, fake) == pytest.approx(index.mean(), abs=1e-12)


def test_ssim_of_constants_is_the_luminance_term():
    """(2 m_x m_y + c) / (m_x^2 + m_y^2 + c) with m_x = .2 and m_y = .6."""
    real, fake = (np.full((1, 11, 11, 1), value, "float32") for value in (0.2, 0.6))
    expected = (0.24 + 1e-4) / (0.4 + 1e-4)
    ssim = metrics.StructuralSimilarity((0, 1))
    assert measured(ssim, real, fake) == pytest.approx(expected, abs=1e-6)
    assert measured(metrics.StructuralSimilarity((0, 1)), real, real) == pytest.approx(1)


def test_pixel_accuracy_counts_pixels_of_the_same_nearest_colour():
    real = np.zeros((1, 1, 4, 3), "float32")
    real[0, 0, :, 0] = [0, 255, 255, 255]
    real[0, 0, 3] = 255
    fake = real.copy()
    fake[0, 0, 0, 0] = 100  # still black
    fake[0, 0, 1, 0] = 130  # still red
    fake[0, 0, 2, 0] = 120  # black now
    fake[0, 0, 3] = 100  # black now
    accuracy = metrics.PixelAccuracy((0, 255), COLOURS)
    assert measured(accuracy, real, fake) == 0.5
    unit = metrics.PixelAccuracy((0, 1), COLOURS)
    assert measured(unit, real / 255, fake / 255) == 0.5


@pytest.mark.parametrize("name", MAKE)
@pytest.mark.parametrize("size", [1, 3])
def test_batches_do_not_matter(name, size):
    real, fake = images(1), images(2)
    whole, parts = (MAKE[name]((-1, 1)) for _ in range(2))
    assert whole.name == name
    whole.update_state(real, fake)
    for start in range(0, 5, size):
        parts.update_state(real[start : start + size], fake[start : start + size])
    assert parts.result() == pytest.approx(whole.result(), rel=1e-12)
    other = copy.deepcopy(whole)
    other.reset_state()
    other.update_state(real, real)
    assert other.result() != whole.result() == pytest.approx(parts.result(), rel=1e-12)


@pytest.mark.parametrize("name", MAKE)
def test_bad_pairs_are_refused_and_leave_the_state_as_it_was(name):
    metric, real, fake = MAKE[name]((-1, 1)), images(1), images(2)
    with pytest.raises(ValueError, match="argument `real`.*at least 1 pair"):
        metric.result()
    metric.update_state(real, fake)
    before = metric.result()
    for pair, message in [
        ((real, fake[:4]), r"`fake`.*shape of `real`.*\(4, 18, 24, 3\)"),
        ((real, fake[..., :1]), r"`fake`.*shape of `real`"),
        ((255 * real, fake), "`real`.*declared range"),
        ((real, 255 * fake), "`fake`.*declared range"),
        ((real, fake * np.nan), "`fake`.*finite"),
        ((real[0], fake[0]), r"`real`.*\(batch, height, width, channels\)"),
    ]:
        with pytest.raises(ValueError, match=f"argument {message}"):
            metric.update_state(*pair)
    assert metric.result() == before


def test_images_that_a_metric_cannot_measure_are_named():
    small = np.zeros((1, 10, 12, 1), "float32")
    with pytest.raises(ValueError, match="argument `real`.*11 pixels or more"):
        metrics.StructuralSimilarity((0, 1)).update_state(small, small)
    with pytest.raises(ValueError, match="argument `real`.*3 channels, as the palette"):
        metrics.PixelAccuracy((0, 1), COLOURS).update_state(small, small)
    for bad in ([1, 2], [(0, 0, 300)]):
        with pytest.raises(ValueError, match="argument `colours`.*palette"):
            metrics.PixelAccuracy((0, 1), bad)
