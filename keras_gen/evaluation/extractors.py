"""The feature extractors that ship with the library."""

from keras_gen import saved_models
from keras_gen.metrics import LeNetExtractor

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
