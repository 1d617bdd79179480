"""What chapters report."""

import pytest

from keras_gen import evaluation
from keras_gen.metrics import FrechetDistance

RANGE = (-1.0, 1.0)


def test_the_floor_is_that_of_as_many_training_images(pixels, digits):
    images, _ = digits
    test, train, generated = images[:300], images[300:], -images[:100]
    report = evaluation.frechet_report(pixels, test, generated, train, RANGE)
    assert list(report) == ["fid_pixels_100", "fid_pixels_100_training_images"]
    for value, fake in zip(report.values(), (generated, train[:100]), strict=True):
        fid = FrechetDistance(pixels, RANGE)
        fid.update_state(test, fake)
        assert value == fid.result()
    assert report["fid_pixels_100"] > report["fid_pixels_100_training_images"]


def test_the_range_is_given_and_checked(pixels, digits):
    images, _ = digits
    with pytest.raises(TypeError, match="value_range"):
        evaluation.frechet_report(pixels, images, images, images)
    with pytest.raises(ValueError, match=r"`images`.*declared range \[0.0, 1.0\]"):
        evaluation.frechet_report(pixels, images, images, images, (0, 1))
