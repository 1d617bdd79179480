"""What callbacks check before the first step."""

import inspect
import os
import pathlib

import numpy as np

from keras_gen.arguments import argument_error, array_of_numbers, check_some, class_labels


def labels_of(labels, count):
    """Labels as an array (count,), one for all repeated, or `None`; or raises the error."""
    if labels is None:
        return None
    array = np.asarray(labels)
    one_for_all = array.ndim == 0 and array.dtype.kind in "iu"
    return class_labels("labels", np.full(count, array) if one_for_all else labels, count=count)


def examples_of(name, value):
    """One example or more as an array, or raises the error; `model.check` tells if they fit."""
    array = array_of_numbers(name, value)
    check_some(name, array)
    return array


def model_with(model, *names):
    """Raises the error for a model without these methods and attributes."""
    missing = [name for name in names if not hasattr(model, name)]
    if missing:
        received = f"a {type(model).__name__}, which has no {', '.join(missing)}"
        raise argument_error("model", f"a model with {', '.join(names)}", received=received)


def check_unlabeled(model, **images):
    """Raises the error for a game with labels, and for images by name that are not of its kind."""
    expected, labels = model.expects()
    if labels is not None:
        received = f"a {type(model).__name__} with labels"
        raise argument_error("model", "a game without labels", received=received)
    for name, array in images.items():
        expected.check(array, name)


def check_generates(model, seed, labels=None):
    """Generates one example for each label, or a single one, before training, and returns them.

    Args:
        model: the model.
        seed: integer; with one, generating leaves the model's random numbers as they are.
        labels: array of labels, or `None`.

    Raises:
        ValueError: for a model that cannot generate, and for labels that do not fit it.
    """
    model_with(model, "generate")
    if labels is None:
        return model.generate(1, seed=seed)
    if "labels" not in inspect.signature(model.generate).parameters:
        expected = f"None, as a {type(model).__name__} generates without labels"
        raise argument_error("labels", expected, received=f"{len(labels)} labels")
    shown = np.unique(labels)
    return model.generate(len(shown), seed=seed, labels=shown)


def check_folder(name, path):
    """Raises the error for a folder that is a file, or that cannot be written to."""
    path = pathlib.Path(path).absolute()
    parent = next(each for each in [path, *path.parents] if each.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise argument_error(name, "a folder that can be written to", received=f"{name}={path}")
