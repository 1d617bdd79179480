"""What a chapter says about its generated images."""

from keras_gen import saved_models
from keras_gen.metrics.extractors import LeNetExtractor
from keras_gen.metrics.frechet import FrechetDistance

FALLBACK = "lenet_mnist"


def shipped_extractor(dataset):
    """The shipped LeNet that was trained on a dataset, or on MNIST if there is none.

    Args:
        dataset: name of a dataset, or a folder.

    Returns:
        A `LeNetExtractor`, named after the shipped model, such as `lenet_fashion_mnist`.
    """
    name = f"lenet_{dataset}"
    name = name if name in saved_models.available() else FALLBACK
    return LeNetExtractor(saved_models.load(name), name)


def frechet_report(extractor, test, generated, train, value_range=(-1.0, 1.0)):
    """The Fréchet distance of generated images to the test images, and its floor.

    The floor is what perfect images would get: as many training images against the same test
    images.

    Args:
        extractor: a `FeatureExtractor`.
        test, generated, train: arrays of images in `value_range`; of `train` as many as of
            `generated` are used.
        value_range: closed interval of the pixels.

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
