"""What a chapter says about its images, generated or translated."""

from keras_gen.arguments import argument_error
from keras_gen.metrics import (
    AbsoluteError,
    Colourfulness,
    FrechetDistance,
    Sharpness,
    SlicedWasserstein,
    StructuralSimilarity,
)

COLOUR = 3  # channels


def frechet_report(extractor, test, generated, train, value_range):
    """The Fréchet distance of generated images to the test images, and its floor.

    The floor is what perfect images would get: the distance of as many training images to the same
    test images.

    Args:
        extractor: a `FeatureExtractor`.
        test, generated, train: arrays of images in `value_range`; as many of `train` are used as of
            `generated`.
        value_range: closed interval of the pixels, such as the model's own `value_range`.

    Returns:
        Dict with the keys `fid_{extractor}_{count}` and `fid_{extractor}_{count}_training_images`.
    """
    fid = FrechetDistance(extractor, value_range)
    fid.update_state(test, None)
    report = {}
    for suffix, images in [("", generated), ("_training_images", train[: len(generated)])]:
        fid.reset_fake()
        fid.update_state(None, images)
        report[f"{fid.name}_{len(images)}{suffix}"] = float(fid.result())
    return report


def sliced_wasserstein_report(test, generated, train, value_range):
    """The sliced Wasserstein distances of generated images to the test images, and their floors.

    A distance for each level of the Laplacian pyramid, and their mean; the floor is what training
    images in place of generated ones get.

    Args:
        test, generated, train: arrays of images in `value_range`; of each as many are used as the
            smallest of them has.
        value_range: closed interval of the pixels.

    Returns:
        Dict with the keys `swd_{height}_{count}` of each level, `swd_mean_{count}`, and
        `swd_mean_{count}_training_images`.
    """
    swd = SlicedWasserstein(value_range)
    count = min(len(images) for images in (test, generated, train))
    swd.update_state(test[:count], generated[:count])
    report = {f"{name}_{count}": value for name, value in swd.levels().items()}
    swd.reset_fake()
    swd.update_state(None, train[:count])
    return report | {f"{swd.name}_{count}_training_images": swd.result()}


def translation_report(target, translated, value_range):
    """How near translated images are to their targets, and whether they look like them.

    Args:
        target: array of real images `(count, height, width, channels)`.
        translated: what was made of their sources, in the same order.
        value_range: closed interval of the pixels of both.

    Returns:
        Dict with the keys `l1` and `ssim`, means over pairs, and `sharpness`, a share of that of
        the targets; of colour images `colourfulness` and `colourfulness_of_targets` as well.
    """
    similar = [AbsoluteError(value_range), StructuralSimilarity(value_range)]
    alike = [Sharpness(value_range)]
    if target.shape[-1] == COLOUR:
        alike.append(Colourfulness(value_range))
    for metric in (*similar, *alike):
        metric.update_state(target, translated)
    report = {metric.name: float(metric.result()) for metric in (*similar, *alike)}
    return report | {f"{each.name}_of_targets": each.mean("real") for each in alike[1:]}


def rank_report(first, second):
    """Whether two quantities rise and fall together: Spearman's rank correlation.

        rho = correlation of the ranks, in [-1, 1]; 1 if one rises wherever the other does

    Args:
        first, second: equally many finite numbers, in the same order.

    Returns:
        Dict with the key `rank_correlation`, empty for fewer than three numbers, which say nothing,
        and for numbers that are all the same.

    Raises:
        ValueError: for different counts.
    """
    from scipy import stats  # scikit-learn brings it

    if len(first) != len(second):
        raise argument_error("second", f"{len(first)} numbers", received=f"{len(second)} numbers")
    if len(first) < 3 or len(set(first)) == 1 or len(set(second)) == 1:
        return {}
    return {"rank_correlation": float(stats.spearmanr(first, second).statistic)}
