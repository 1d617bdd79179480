"""Sharpness and colourfulness: closed forms, and what they are for."""

import colorsys

import numpy as np
import pytest
import scipy.ndimage

from keras_gen import metrics

KINDS = [metrics.Sharpness, metrics.Colourfulness]


def images(seed, blur=1.0, count=6):
    random = np.random.default_rng(seed).uniform(0, 1, (count, 16, 20, 3))
    return scipy.ndimage.gaussian_filter(random, (0, blur, blur, 0)).astype("float32")


def test_gradient_energy_of_a_step():
    """One of three steps along a row has the height h, and none along a column: h^2 / 3."""
    step = np.zeros((1, 4, 4, 1), "float32")
    step[:, :, 2:] = 1
    sharpness = metrics.Sharpness((0, 1))
    np.testing.assert_allclose(sharpness.measure(3 * step), [3])
    sharpness.update_state(step, 0.5 * step)
    assert sharpness.result() == pytest.approx(0.25)
    sharpness.update_state(None, step)  # (1/4 + 1) / 2
    assert sharpness.result() == pytest.approx(0.625)


def test_blur_lowers_sharpness_and_noise_raises_it():
    real = images(1)
    results = []
    for fake in (images(2, blur=1.5), images(2), images(2, blur=0.7)):
        sharpness = metrics.Sharpness((0, 1))
        sharpness.update_state(real, fake)
        results.append(sharpness.result())
    assert results[0] < 0.6 and results[1] == pytest.approx(1, abs=0.1) and results[2] > 1.5


def test_sharpness_does_not_depend_on_the_range():
    real, fake = images(1), images(2, blur=2)
    results = []
    for low, high in [(0, 1), (-1, 1), (0, 255)]:
        sharpness = metrics.Sharpness((low, high))
        sharpness.update_state(*(low + (high - low) * each for each in (real, fake)))
        results.append(sharpness.result())
    np.testing.assert_allclose(results, results[0], rtol=1e-4)


def test_colourfulness_by_hand():
    """Half red and half blue: r is 255 and 0, y is 127.5 and -255."""
    picture = np.zeros((1, 2, 2, 3), "float32")
    picture[0, 0, :, 0], picture[0, 1, :, 2] = 1, 1
    expected = np.hypot(127.5, 191.25) + 0.3 * np.hypot(127.5, -63.75)
    metric = metrics.Colourfulness((0, 1))
    metric.update_state(None, picture)
    assert metric.result() == pytest.approx(expected, rel=1e-6)
    red = np.float32([1, 0, 0]) * np.ones((1, 3, 3, 1), "float32")
    metric.reset_state()
    metric.update_state(None, red)
    assert metric.result() == pytest.approx(0.3 * np.hypot(255, 127.5), rel=1e-6)


def test_grey_images_are_not_colourful_and_saturation_is():
    grey = np.repeat(images(1)[..., :1], 3, axis=-1)
    values = []
    for saturation in (0.0, 0.3, 1.0):
        hues = np.random.default_rng(1).uniform(size=(8, 8))
        picture = np.array([[colorsys.hsv_to_rgb(h, saturation, 0.8) for h in row] for row in hues])
        metric = metrics.Colourfulness((0, 1))
        metric.update_state(grey, picture[None].astype("float32"))
        assert metric.mean("real") == pytest.approx(0, abs=1e-4)
        values.append(metric.result())
    assert values[0] == pytest.approx(0, abs=1e-4) and 15 < values[1] < values[2] / 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1, 4])
def test_batches_and_kinds_come_in_any_order(kind, size):
    real, fake = images(1), images(2, blur=2)
    whole, parts = kind((0, 1)), kind((0, 1))
    whole.update_state(real, fake)
    for start in range(0, 6, size):
        parts.update_state(None, fake[start : start + size])
    parts.update_state(real)
    assert parts.result() == pytest.approx(whole.result(), rel=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_bad_images_are_refused_and_leave_the_state_as_it_was(kind):
    metric = kind((0, 1))
    with pytest.raises(ValueError, match="argument `fake`.*at least 1 fake image"):
        metric.result()
    metric.update_state(images(1), images(2))
    before = metric.result()
    for bad, message in [
        ({"real": images(1), "fake": 255 * images(2)}, "`fake`.*declared range"),
        ({"real": np.nan * images(1)}, "`real`.*finite"),
        ({"fake": images(1)[0]}, "`fake`.*batch, height"),
    ]:
        with pytest.raises(ValueError, match=f"argument {message}"):
            metric.update_state(**bad)
    assert metric.result() == before
    wrong = images(1)[:, :1] if kind is metrics.Sharpness else images(1)[..., :1]
    with pytest.raises(ValueError, match="argument `images`.*Received: images.shape"):
        metric.update_state(wrong)
