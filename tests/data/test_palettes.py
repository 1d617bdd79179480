"""Pictures of classes."""

import numpy as np
import pytest

from keras_gen.data import palettes

COLOURS = [(0, 0, 0), (255, 0, 0), (255, 255, 255)]


def test_the_nearest_colour_is_the_class():
    images = np.zeros((1, 1, 4, 3), "float32")
    images[0, 0, :, 0] = [120, 130, 255, 250]
    images[0, 0, 3, 1:] = 250
    labels = palettes.to_labels(images, COLOURS, (0, 255))
    assert labels.dtype == np.int32
    np.testing.assert_array_equal(labels, [[[0, 1, 1, 2]]])


@pytest.mark.parametrize("value_range", [(-1, 1), (0, 255), (0.0, 1.0)])
def test_colours_of_classes_are_found_again(value_range):
    labels = np.random.default_rng(1).integers(0, 12, (3, 5, 7))
    images = palettes.to_colours(labels, palettes.FACADES, value_range)
    assert images.shape == (3, 5, 7, 3) and images.dtype == np.float32
    low, high = value_range
    assert images.min() == low and images.max() == high
    np.testing.assert_array_equal(palettes.to_labels(images, palettes.FACADES, value_range), labels)


def test_classes_of_facades_are_told_apart_in_spite_of_noise():
    labels = np.random.default_rng(1).integers(0, 12, (3, 20, 20))
    images = palettes.to_colours(labels, palettes.FACADES, (0, 255))
    noise = np.random.default_rng(2).uniform(-14, 14, images.shape)
    noisy = np.clip(images + noise, 0, 255).astype("float32")
    np.testing.assert_array_equal(palettes.to_labels(noisy, palettes.FACADES, (0, 255)), labels)


@pytest.mark.parametrize(
    "colours", ["red", [], [1, 2, 3], [(0, 0, 256)], [(0, -1, 0)], [(0, 0), (0,)], None]
)
def test_what_is_no_palette_is_named(colours):
    with pytest.raises(ValueError, match="argument `colours`.*palette.*Received"):
        palettes.to_labels(np.zeros((1, 2, 2, 3), "float32"), colours, (0, 1))


def test_images_and_labels_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match="argument `colours`.*images' 1 channels"):
        palettes.to_labels(np.zeros((1, 2, 2, 1), "float32"), COLOURS, (0, 1))
    with pytest.raises(ValueError, match="argument `images`.*declared range"):
        palettes.to_labels(np.full((1, 2, 2, 3), 7.0, "float32"), COLOURS, (0, 1))
    with pytest.raises(ValueError, match="argument `labels`.*from 0 to 2.*for each pixel"):
        palettes.to_colours(np.full((1, 2, 2), 3), COLOURS, (0, 1))
