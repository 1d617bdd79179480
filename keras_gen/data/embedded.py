"""The datasets that need no download: handwritten digits, and characters drawn from fonts.

    digits           8x8, from scikit-learn: 1,437 images for training and 360 for testing
    glyphs          28x28, digits drawn by `glyphs`: 10,000 and 2,000
    glyphs_letters  28x28, capital letters drawn by `glyphs`: 10,400 and 2,080
    glyphs_bold ... 28x28, digits in the styles of `styles`, for pairs: 10,000 and 2,000 of each

Characters are drawn once, which takes a few seconds, and then read from files in the folder
`KERAS_GEN_DATA_DIR`, an environment variable, or else in `datasets/keras_gen` of Keras's own folder
(`KERAS_HOME`, or `~/.keras`). A file is written whole or not at all; a damaged one is replaced.
Where nothing can be written, they are drawn every time.
"""

import contextlib
import dataclasses
import functools
import os
import pathlib
from collections.abc import Callable

import numpy as np

from keras_gen.data import glyphs, splits, styles
from keras_gen.files import replacing

RECIPE = 2  # of the drawn images, in the names of their files; the next one for other images

_DIGITS_TRAINING_COUNT = 1437
_PER_CHARACTER = {"train": 1000, "test": 200}
_PER_LETTER = {"train": 400, "test": 80}


@dataclasses.dataclass(frozen=True)
class Embedded:
    """A dataset of this module.

    Args:
        class_names: string or sequence, in the order of the labels.
        brightest: the value of white.
        read: function of `"train"` or `"test"` that returns `(images, labels)`.
    """

    class_names: str
    brightest: float
    read: Callable


def is_embedded(name):
    """Whether a name, which may be anything, is that of a dataset of this module."""
    return isinstance(name, str) and name in DATASETS


def examples(name, split, labels):
    """The images of a split, and their labels if they are asked for: a tuple of arrays."""
    role, bounds = splits.parsed(split, ("train", "test"))
    images, targets = DATASETS[name].read(role)
    chosen = splits.slice_of(len(images), bounds, split)
    return (images[chosen], targets[chosen]) if labels else (images[chosen],)


def _digits(role):
    from sklearn.datasets import load_digits

    digits, count = load_digits(), _DIGITS_TRAINING_COUNT
    part = slice(count) if role == "train" else slice(count, None)
    return digits.images.astype("uint8")[part, ..., np.newaxis], digits.target[part]


def _glyphs(name, per_character, role):
    """The images of a file, if it is whole; otherwise drawn, and written if that is possible."""
    style = styles.STYLES[name]
    path = _folder() / f"{name}-{role}-{RECIPE}.npz"
    count = len(style.characters) * per_character[role]
    kept = _kept(path, (count, glyphs.SIZE, glyphs.SIZE, style.channels))
    if kept is not None:
        return kept
    images, labels = style.drawn(role, per_character[role])
    with contextlib.suppress(OSError, ValueError), replacing(path) as temporary:
        np.savez_compressed(temporary, images=images, labels=labels)
    return images, labels


def _kept(path, shape):
    """Images and labels of a file; `None` if it does not hold images of this shape."""
    try:
        with np.load(path) as file:
            images, labels = file["images"], file["labels"]
    except Exception:  # a damaged file can make NumPy and zipfile raise any
        return None
    whole = images.shape == shape and images.dtype == np.uint8
    whole = whole and labels.shape == shape[:1] and labels.dtype == np.int32
    return (images, labels) if whole else None


def _folder():
    folder = os.environ.get("KERAS_GEN_DATA_DIR")
    if folder:
        return pathlib.Path(folder)
    home = os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")
    return pathlib.Path(home, "datasets", "keras_gen")


def _drawn(name, style):
    letters = style.characters == glyphs.CAPITALS
    per_character = _PER_LETTER if letters else _PER_CHARACTER
    return Embedded(style.characters, 255.0, functools.partial(_glyphs, name, per_character))


DATASETS = {
    "digits": Embedded(glyphs.DIGITS, 16.0, _digits),
    **{name: _drawn(name, style) for name, style in styles.STYLES.items()},
}
