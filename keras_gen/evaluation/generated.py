"""Where images to be judged come from: a SavedModel that draws them, or a folder of pictures."""

import pathlib

import numpy as np
import tensorflow as tf
import tqdm

from keras_gen import data, saved_models
from keras_gen.arguments import argument_error
from keras_gen.data.entries import is_image
from keras_gen.evaluation.measures import NEIGHBOURS
from keras_gen.images import check_range
from keras_gen.saved_models.shipped import GRAPH
from keras_gen.saved_models.signatures import specs_of

_CHUNK = 1000  # images sampled at a time


def opened(model, value_range=None):
    """What `evaluate` judges: a `Generator` or a `PictureFolder`.

    Args:
        model: as for `evaluate`.
        value_range: range of the pixels, or `None`.

    Raises:
        ValueError: if `model` is neither, its endpoint `sample` has another form, or the range is
            neither declared nor given, or both and different.
    """
    if _is_picture_folder(model):
        value_range = (-1.0, 1.0) if value_range is None else value_range
        return PictureFolder(model, check_range(value_range))
    loaded = saved_models.load(model)
    conditional = _is_conditional(loaded, model)
    return Generator(loaded, conditional, _value_range(loaded, model, value_range))


class Generator:
    """A SavedModel with an endpoint `sample(count, seed)` or `sample(label, count, seed)`.

    Attributes:
        conditional: whether it makes images of a class.
        value_range: of the pixels.
    """

    most, draws_anew = None, True  # as many images as one likes, and others with another seed

    def __init__(self, loaded, conditional, value_range):
        self.loaded = loaded
        self.conditional = conditional
        self.value_range = value_range

    def draw(self, count, seed, classes=None, verbose=False):
        """Images and their target labels, as `samples` returns them."""
        return samples(self.loaded, count, seed, classes, verbose)


class PictureFolder:
    """A folder of PNG or JPEG pictures that some generator, perhaps not one of ours, has made.

    Attributes:
        value_range: in which their pixels are read.
        most: the number of pictures.
    """

    conditional = draws_anew = False

    def __init__(self, folder, value_range):
        self.images = data.load(data.by_name(folder), "train", value_range=value_range)
        self.value_range = value_range
        self.most = int(self.images.cardinality())
        if self.most <= NEIGHBOURS:
            expected = f"a folder of more than {NEIGHBOURS} pictures"
            raise argument_error("model", expected, received=f"model={folder}, with {self.most}")

    def draw(self, count, seed, classes=None, verbose=False):
        """`count` of the pictures, which `seed` chooses if there are more, and no labels."""
        images = data.arrays(self.images)
        chosen = np.random.default_rng(seed).permutation(self.most)[:count]
        return images[np.sort(chosen)], None


def samples(generator, count, seed, classes=None, verbose=False):
    """Images of a loaded generator, and their target labels.

    Args:
        generator: SavedModel with an endpoint `sample(count, seed)`, or, with `classes`,
            `sample(label, count, seed)`.
        count: number of images.
        seed: integer; other seeds give other images throughout.
        classes: number of classes, which share the images evenly.
        verbose: whether progress is shown, on the standard error stream.

    Returns:
        Floats `(count, height, width, channels)` and integers `(count,)`; without classes `None`.
    """
    shares = [count] if classes is None else np.bincount(np.arange(count) % classes)
    jobs = [
        (label, min(_CHUNK, share - start))
        for label, share in enumerate(shares)
        for start in range(0, share, _CHUNK)
    ]
    seeds = np.random.default_rng(seed).integers(2**31, size=len(jobs))
    images = []
    with tqdm.tqdm(total=count, desc="Sampling", unit="image", disable=not verbose) as bar:
        for (label, part), part_seed in zip(jobs, seeds, strict=True):
            numbers = (part, part_seed) if classes is None else (label, part, part_seed)
            images.append(generator.sample(*(tf.constant(n, tf.int32) for n in numbers)).numpy())
            bar.update(part)
    labels = None if classes is None else np.repeat(np.arange(len(shares)), shares)
    return np.concatenate(images), labels


def _is_conditional(generator, model):
    """Whether `sample` takes a label; an error if it is neither of the two forms."""
    names = None
    if hasattr(generator, "sample"):
        names = [each.name for each in specs_of(generator.sample)]
    forms = (["count", "seed"], ["label", "count", "seed"])
    if names not in forms:
        received = "none" if names is None else f"sample({', '.join(names)})"
        raise argument_error(
            "model",
            "a SavedModel with the endpoint `sample(count, seed)` or `sample(label, count, "
            "seed)` of integers",
            received=f"model={model}, with {received}",
        )
    return names == forms[1]


def _value_range(generator, model, given):
    """The range that the card or model declares or that was given; an error for none or two."""
    try:
        declared = saved_models.read_card(model)["value_range"]
    except FileNotFoundError:
        declared = None
    declared = saved_models.declared_range(generator) if declared is None else declared
    if declared is None and given is None:
        raise argument_error(
            "value_range",
            "the range (low, high) of the generated pixels, such as (-1, 1), because neither the "
            "model nor a card declares it",
            given,
        )
    declared, given = (None if each is None else check_range(each) for each in (declared, given))
    if None not in (declared, given) and declared != given:
        raise argument_error("value_range", f"{declared}, as the model or its card declares", given)
    return declared or given


def _is_picture_folder(model):
    """Whether `model` is a folder, with pictures in it, and no SavedModel."""
    if isinstance(model, str) and model in saved_models.available():
        return False
    try:
        path = pathlib.Path(model)
    except TypeError:
        return False
    return path.is_dir() and not (path / GRAPH).exists() and _has_pictures(path)


def _has_pictures(folder):
    return any(is_image(each.name) for each in folder.rglob("*"))
