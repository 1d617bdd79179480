"""The measures of images, all at once, are those of the metrics one by one."""

import numpy as np
import pytest

from keras_gen import data, evaluation, metrics

RANGE = (-1.0, 1.0)


@pytest.fixture(scope="module")
def sets(digits):
    """Real images, and noisy other ones."""
    images, _ = digits
    noise = np.random.default_rng(0).normal(0, 0.3, images[:200].shape)
    return images[:200], np.clip(images[200:400] + noise, -1, 1).astype("float32")


def measured(metric, real, fake):
    metric.update_state(real, fake)
    return metric.result()


def test_measures_of_images_are_those_of_the_metrics(pixels, sets):
    measures = evaluation.image_measures(pixels, *sets, RANGE)
    score = metrics.InceptionScore(pixels, RANGE)
    score.update_state(sets[1])
    expected = {
        "fid_pixels_200": measured(metrics.FrechetDistance(pixels, RANGE), *sets),
        "kid_pixels_200": measured(metrics.KernelDistance(pixels, RANGE), *sets),
        "inception_score_pixels_200": score.result(),
        "precision_pixels_200": measured(metrics.ManifoldPrecision(pixels, RANGE), *sets),
        "recall_pixels_200": measured(metrics.ManifoldRecall(pixels, RANGE), *sets),
        "swd_8_200": measured(metrics.SlicedWasserstein(RANGE), *sets),
        "swd_mean_200": measured(metrics.SlicedWasserstein(RANGE), *sets),
    }
    assert list(measures) == list(expected)
    for name, value in expected.items():
        assert measures[name] == pytest.approx(value, rel=1e-6), name


def test_measures_of_stacks_are_their_modes_and_patches(pixels, sets):
    real, fake = (data.stacked(images, seed=1) for images in sets)
    measures = evaluation.stack_measures(pixels, real, fake, RANGE)
    modes = metrics.StackedModes(pixels, RANGE)
    modes.update_state(None, fake)
    assert measures["modes_of_1000_pixels_200"] == modes.result()
    assert measures["kl_modes_of_1000_pixels_200"] == modes.divergence()
    swd = measured(metrics.SlicedWasserstein(RANGE), real, fake)
    assert measures["swd_8_200"] == measures["swd_mean_200"] == pytest.approx(swd, rel=1e-6)


def test_the_same_images_in_another_range_have_the_same_measures(pixels, sets):
    one = evaluation.image_measures(pixels, *sets, RANGE)
    two = evaluation.image_measures(pixels, *((images + 1) / 2 for images in sets), (0, 1))
    for name, value in one.items():
        assert two[name] == pytest.approx(value, rel=1e-3), name


@pytest.mark.parametrize("measures", [evaluation.image_measures, evaluation.stack_measures])
def test_the_range_is_given_and_checked(measures, pixels, sets):
    with pytest.raises(TypeError, match="value_range"):
        measures(pixels, *sets)
    with pytest.raises(ValueError, match=r"`images`.*declared range \[0.*1"):
        measures(pixels, *(np.repeat(images, 3, axis=-1) for images in sets), (0, 1))
