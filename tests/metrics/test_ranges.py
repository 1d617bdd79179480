"""The range of the images comes with them, and is never guessed."""

import numpy as np
import pytest

from keras_gen import metrics


@pytest.fixture
def pixels():
    def flat(images):
        return images[:, 0, :, 0]

    return metrics.FeatureExtractor("pixels", flat, flat, (1, 4, 1), (0, 1))


@pytest.mark.parametrize(
    "kind",
    [
        metrics.FrechetDistance,
        metrics.InceptionScore,
        metrics.KernelDistance,
        metrics.ManifoldPrecision,
        metrics.ManifoldRecall,
        metrics.StackedModes,
        lambda _, *given: metrics.SlicedWasserstein(*given),
        lambda _, *given: metrics.AbsoluteError(*given),
        lambda _, *given: metrics.PeakSignalToNoise(*given),
        lambda _, *given: metrics.StructuralSimilarity(*given),
        lambda _, *given: metrics.PixelAccuracy(*given, colours=[(0, 0, 0)]),
        lambda _, *given: metrics.Sharpness(*given),
        lambda _, *given: metrics.Colourfulness(*given),
    ],
)
def test_metrics_need_the_range_of_their_images(kind, pixels):
    with pytest.raises(TypeError, match="value_range"):
        kind(pixels)
    for bad in ((1, 0), (0, 0), (0, np.inf), None, 10):
        with pytest.raises(ValueError, match=r"`value_range`.*low < high"):
            kind(pixels, bad)
    assert kind(pixels, [0, 255]).value_range == (0.0, 255.0)


def test_scores_by_classifiers_need_the_range_of_their_images(pixels):
    images, labels = np.zeros((3, 1, 4, 1), "float32"), np.arange(3)
    with pytest.raises(TypeError, match="value_range"):
        metrics.gan_test(pixels, images, labels)
    with pytest.raises(TypeError, match="value_range"):
        metrics.gan_train(None, images, labels, images, labels)


def test_an_extractor_declares_the_range_of_its_own_images(pixels):
    images = np.zeros((3, 1, 4, 1), "float32")
    np.testing.assert_array_equal(pixels(images), pixels.features(images, (0, 1)))
    with pytest.raises(ValueError, match=r"`value_range`.*low < high"):
        pixels.features(images, ())
