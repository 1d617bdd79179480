"""What chapters report."""

import numpy as np
import pytest

from keras_gen import evaluation, metrics
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


def test_sliced_distances_have_a_floor_too(digits):
    images, _ = digits
    test, train, generated = images[:90], images[300:400], -images[:80]
    report = evaluation.sliced_wasserstein_report(test, generated, train, RANGE)
    assert list(report) == ["swd_8_80", "swd_mean_80", "swd_mean_80_training_images"]
    for name, fake in (("swd_mean_80", generated), ("swd_mean_80_training_images", train[:80])):
        swd = metrics.SlicedWasserstein(RANGE)
        swd.update_state(test[:80], fake)
        assert report[name] == swd.result()
    assert report["swd_mean_80"] > report["swd_mean_80_training_images"]


def test_the_range_is_given_and_checked(pixels, digits):
    images, _ = digits
    with pytest.raises(TypeError, match="value_range"):
        evaluation.frechet_report(pixels, images, images, images)
    with pytest.raises(ValueError, match=r"`images`.*declared range \[0.0, 1.0\]"):
        evaluation.frechet_report(pixels, images, images, images, (0, 1))


def test_translations_are_compared_with_their_own_targets_and_with_the_looks_of_all():
    random = np.random.default_rng(1)
    target, fake = (random.uniform(-1, 1, (6, 12, 12, 3)).astype("float32") for _ in range(2))
    report = evaluation.translation_report(target, 0.5 * fake, RANGE)
    names = ["l1", "ssim", "sharpness", "colourfulness", "colourfulness_of_targets"]
    assert list(report) == names
    assert report["l1"] == pytest.approx(np.abs(target - 0.5 * fake).mean() / 2, rel=1e-5)
    assert report["sharpness"] == pytest.approx(0.25, rel=0.1)
    assert report["colourfulness"] == pytest.approx(report["colourfulness_of_targets"] / 2, rel=0.1)
    ssim = metrics.StructuralSimilarity(RANGE)
    ssim.update_state(target, 0.5 * fake)
    assert report["ssim"] == ssim.result()
    same = evaluation.translation_report(target[..., :1], target[..., :1], RANGE)
    assert same == {"l1": 0, "ssim": pytest.approx(1), "sharpness": 1}


def test_ranks_compare_the_order_and_not_the_size():
    rising = evaluation.rank_report([1.0, 2.0, 3.0, 4.0], [1.0, 10.0, 100.0, 1e9])
    assert rising == {"rank_correlation": pytest.approx(1)}
    # The ranks 1 2 3 4 and 1 3 2 4: 1 - 6 (1 + 1) / (4 * 15)
    swapped = evaluation.rank_report([1.0, 2.0, 3.0, 4.0], [0.0, 9.0, 8.0, 10.0])
    assert swapped == {"rank_correlation": pytest.approx(0.8)}
    assert evaluation.rank_report([1.0, 2.0], [1.0, 2.0]) == {}
    assert evaluation.rank_report([1.0, 2.0, 3.0], [7.0, 7.0, 7.0]) == {}
    with pytest.raises(ValueError, match="`second`"):
        evaluation.rank_report([1.0, 2.0, 3.0], [1.0, 2.0])
