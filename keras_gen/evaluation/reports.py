"""What a chapter says about its generated images."""

from keras_gen.metrics import FrechetDistance


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
