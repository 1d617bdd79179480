"""The feature extractors that ship with the library."""

from keras_gen import saved_models
from keras_gen.arguments import argument_error
from keras_gen.metrics import LeNetExtractor

PREFIX = "lenet_"
READ_AS = {"digits": "mnist"}  # also digits, by other writers and of 8x8 pixels
STACKS = ", stacked"  # after the name of the data on a card


def shipped_extractor(dataset):
    """The shipped LeNet that was trained on a dataset.

    Two kinds of data have no LeNet of their own and use another one: the embedded 8x8 `digits` are
    read by MNIST's, which recognizes 74 % of them, and stacks, such as `mnist, stacked`, channel by
    channel by that of their images.

    Args:
        dataset: name of a dataset.

    Returns:
        A `LeNetExtractor`, named after the shipped model, such as `lenet_fashion_mnist`, and
        `lenet_mnist` for `digits`: a number shows which network measured it.

    Raises:
        ValueError: for data that no shipped LeNet was trained on. A network trained on other data
            would give numbers that mean nothing.
    """
    data = str(dataset).removesuffix(STACKS)
    name = PREFIX + READ_AS.get(data, data)
    known = [each for each in saved_models.available() if each.startswith(PREFIX)]
    if name not in known:
        names = sorted({*READ_AS, *(each.removeprefix(PREFIX) for each in known)}) if known else []
        raise argument_error(
            "dataset",
            f"one of {names}, whose LeNet ships with the library, or an `extractor` of your own, "
            "such as `metrics.LeNetExtractor(classifier, name)`",
            dataset,
        )
    return LeNetExtractor(saved_models.load(name), name)
