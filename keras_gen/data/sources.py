"""Images from scikit-learn, TensorFlow Datasets or a folder, all in one form."""

import math
import os
import re
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error, positive_integer_pair
from keras_gen.data import folders, splits
from keras_gen.data.checks import boolean, folder_path
from keras_gen.data.examples import arrays
from keras_gen.data.folders import Half
from keras_gen.data.pictures import checked_background, in_range, read_files, resized
from keras_gen.images import check_range

_MEMORY_LIMIT = 2**30
_READ_SIZE = 512
_DIGITS_TRAINING_COUNT = 1437
_KNOWN = (
    "'digits' (embedded, needs no download), 'mnist', 'fashion_mnist', 'cifar10', 'celeb_a', any "
    "other image dataset of TensorFlow Datasets, or the path of a folder of PNG or JPEG images"
)


def load(
    name,
    split="train",
    image_size=None,
    value_range=(-1.0, 1.0),
    labels=False,
    class_names=None,
    background=1.0,
):
    """Images as a `tf.data.Dataset` of single examples with pixels in a declared range.

        image = low + (high - low) * pixel / brightest

    where `brightest` is 255, or 16 for `digits`: black is exactly `low` and white exactly `high`.
    Images are resized, bilinearly and antialiased, before that. Datasets of up to 1 GiB are held in
    memory as they are read; larger ones are read from disk in every pass.

    **Folders.** All PNG and JPEG files are read, sub-folders included and links followed, in a
    fixed order that mixes the sub-folders. Hidden files and folders, and what operating systems
    leave behind, do not count. Other files are skipped and counted in one warning, except for notes
    such as `.txt`, `.csv`, `.json`, `.xml` and `.md`. Nothing but grey images gives one channel,
    anything else, palettes included, three. Pictures are turned upright as their EXIF data say; of
    animations the first frame is read. Pictures of 16 bits per channel are refused.

    **Splits of folders.** The sub-folders `train`, `training`, `test`, `testing`, `val`, `valid`,
    `validation`, `dev`, `eval` and `evaluation`, in upper or lower case, are splits and never
    classes; so are names such as `test_set` and `trainA`. A split is read from the sub-folder of
    its name, or of a name that means the same, as `training` and `train` do. Without a sub-folder
    for `train`, that split is whatever lies in no other.

    Args:
        name: `"digits"` (scikit-learn's handwritten digits, 8x8, always available), the name of an
            image dataset of TensorFlow Datasets, or the path of a folder of PNG or JPEG images.
            `left_half(folder)` and `right_half(folder)` are halves of the pictures of a folder.
        split: `"train"`, `"test"`, for folders any of the names above, or a slice as in TensorFlow
            Datasets: `"train[:1000]"`, `"train[90%:]"`.
        image_size: Integer or `(height, width)` to resize to; `None` keeps the size.
        value_range: `(low, high)`, the values of black and white.
        labels: Whether examples are `(image, label)`. The label of a file is the number of its
            sub-folder among `class_names`.
        class_names: Names of the sub-folders of a folder, in the order of their numbers. `None`
            stands for `data.class_names(name)`, the same for all splits.
        background: What transparent pixels of files show: a number from 0 for black to 1 for
            white, or `(red, green, blue)` of such numbers. White unless something else is given.

    Returns:
        A `tf.data.Dataset` of float32 images `[height, width, channels]`, or of pairs of those with
        int32 labels, with known cardinality.

    Raises:
        ValueError: If the name is unknown, the dataset is neither prepared nor downloadable, a file
            cannot be read, the split is empty, sizes differ and no `image_size` is given, or there
            are no labels where they are asked for.

    Example:

        images = load("mnist", split="train[:1000]", image_size=32, value_range=(0.0, 1.0))
    """
    size = checked_size(image_size)
    value_range = check_range(value_range)
    background = checked_background(background)
    brightest, cut, folder = 255.0, None, None
    if isinstance(name, Half):
        folder, cut = name.folder, name.cut
    elif name != "digits" and _is_folder(name):
        folder = Path(name)
    class_names = _checked_names(class_names, boolean("labels", labels), folder)
    if folder is not None:
        examples = _of_folder(folder, split, size, labels, class_names, cut, background)
    elif name == "digits":
        examples, brightest = _digits(split, labels), 16.0
    else:
        examples = _prepared(name, split, size, labels)
    return finished(examples, brightest, size, value_range)


def class_names(name):
    """The names of the classes, in the order of their numbers.

    Args:
        name: as for `load`. The classes of a folder are the sorted names of its visible
            sub-folders, those of all splits together, empty ones included. A folder that is itself
            one of several splits side by side, such as `flowers/test`, shares them with the others.

    Returns:
        A tuple of strings.

    Raises:
        ValueError: If the name is unknown, or there are no classes.

    Example:

        data.class_names("flowers")  # ("daisy", "rose")
    """
    if isinstance(name, Half) or (name != "digits" and _is_folder(name)):
        folder = name.folder if isinstance(name, Half) else Path(name)
        names = folders.class_names(folder)
    elif name == "digits":
        names = tuple(map(str, range(10)))
    else:
        names = _prepared_class_names(name)
    if not names:
        raise argument_error("name", "a dataset or a folder with classes", name)
    return names


def finished(examples, brightest, size, value_range):
    """Images as they were read, resized and in a range, as `load` returns them.

    Args:
        examples: Tuple of arrays, images first, or a `tf.data.Dataset` of such tuples.
        brightest: The value of white.
        size: `(height, width)`, or `None` to keep the size.
        value_range: `(low, high)`, the values of black and white.
    """

    def one(image, *label):
        image = tf.cast(image, tf.float32)
        if size is not None and tuple(image.shape[-3:-1]) != size:
            image = resized(image, size)
        image = in_range(tf.clip_by_value(image / brightest, 0.0, 1.0), value_range)
        return (image, *(tf.cast(x, tf.int32) for x in label)) if label else image

    if isinstance(examples, tf.data.Dataset):
        return examples.map(one, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    with tf.device("CPU:0"):
        dataset = tf.data.Dataset.from_tensor_slices(examples).batch(_READ_SIZE)
    dataset = dataset.map(one, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    return dataset.unbatch().apply(tf.data.experimental.assert_cardinality(len(examples[0])))


def files_of(folder, split, argument="name"):
    """The files of a split of a folder.

    Args:
        folder: `Path` of a folder.
        split: name of a split, or a slice of one.
        argument: the name of the argument that the folder is.

    Returns:
        `(found, chosen)`, a `folders.Listing` and the slice of its files that `split` names.
    """
    name, bounds = splits.parsed(split)
    found = folders.listing(folder, name, argument)
    return found, splits.slice_of(len(found.files), bounds, split)


def pixels_of(files, rest, size, cut=None, background=(1.0,) * 3, argument="name"):
    """The pixels of files as `finished` takes them: held in memory up to 1 GiB."""
    return read_files(files, rest, size, _MEMORY_LIMIT, cut, background, argument)


def checked_size(image_size):
    """`image_size` as `(height, width)` or `None`, or the error that names it."""
    return None if image_size is None else positive_integer_pair("image_size", image_size)


def _digits(split, labels):
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = digits.images.astype("uint8")[..., np.newaxis]
    name, bounds = splits.parsed(split, ("train", "test"))
    first, last = (0, _DIGITS_TRAINING_COUNT) if name == "train" else (_DIGITS_TRAINING_COUNT, None)
    images, targets = images[first:last], digits.target[first:last]
    chosen = splits.slice_of(len(images), bounds, split)
    return (images[chosen], targets[chosen]) if labels else (images[chosen],)


def _is_folder(name):
    """Whether a name is the path of a folder; raises for what cannot be a name at all."""
    if not isinstance(name, (str, os.PathLike)) or not os.fspath(name):
        raise argument_error("name", _KNOWN, received=f"name={name!r}")
    path = Path(name)
    if not path.is_dir():
        if path.is_file():
            folder_path("name", name)
        return False
    if not isinstance(name, str) or name != path.name:
        return True
    import tensorflow_datasets as tfds

    return name not in tfds.list_builders(with_community_datasets=False)


def _checked_names(class_names, labels, folder):
    """The names of classes as the user gives them, for a folder whose labels are asked for."""
    if class_names is None:
        return None
    if folder is None or not labels:
        why = "without `labels=True`" if folder is not None else "for what is no folder"
        raise argument_error("class_names", f"None {why}", class_names)
    return folders.checked_class_names(class_names)


def _of_folder(folder, split, size, labels, class_names, cut, background):
    found, chosen = files_of(folder, split)
    targets = ()
    if labels:
        names = folders.class_names(folder) if class_names is None else class_names
        targets = (folders.class_labels(found.root, found.files, names)[chosen],)
    folders.warn_of_skipped(found)
    return pixels_of(found.files[chosen], targets, size, cut, background)


def _prepared(name, split, size, labels):
    if not isinstance(split, str):
        raise argument_error("split", "the name of a split, or a slice of one", split)
    builder = _builder(name)
    shape = _image_shape(builder, size)
    if labels and "label" not in builder.info.features:
        raise argument_error(
            "labels", f"False, because dataset '{name}' has no feature 'label'", labels
        )
    _ensure_prepared(builder)
    import tensorflow_datasets as tfds

    config = tfds.ReadConfig(try_autocache=False)
    try:
        stream = builder.as_dataset(split=split, read_config=config)
    except (AssertionError, KeyError, ValueError) as error:
        there = ", ".join(f"'{name}'" for name in builder.info.splits)
        received = f"split={split} ({error})"
        raise argument_error("split", f"{there}, or a slice", received=received) from error
    stream = stream.map(
        lambda features: (features["image"], *((features["label"],) if labels else ())),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )
    count = int(stream.cardinality())
    if count == 0:
        raise splits.empty_split(split)
    if None in shape or count * math.prod(shape) > _MEMORY_LIMIT:
        return stream
    try:
        return arrays(stream)
    except tf.errors.DataLossError as error:
        raise argument_error(
            "name",
            "a dataset with whole files",
            received=f"name={name}, which is damaged in '{builder.data_dir}' ({error.message})",
        ) from error


def _prepared_class_names(name):
    builder = _builder(name)
    if "label" not in builder.info.features:
        return ()
    _ensure_prepared(builder)  # many datasets know only the number of their classes before
    return tuple(getattr(builder.info.features["label"], "names", ()))


def _builder(name):
    import tensorflow_datasets as tfds

    name = os.fspath(name)
    if re.split("[/:]", name)[0] not in tfds.list_builders(with_community_datasets=False):
        raise argument_error("name", _KNOWN, name)
    return tfds.builder(name)


def _ensure_prepared(builder):
    if builder.is_prepared():
        return
    try:
        _check_reachable(builder)
        builder.download_and_prepare()
    except Exception as error:
        raise argument_error(
            "name",
            "a dataset that is prepared or can be downloaded",
            received=f"name={builder.name}, which is not in '{builder.data_dir}' and whose "
            f"download failed ({type(error).__name__}: {error}). Set TFDS_DATA_DIR to the folder "
            "that has it, or use `--dataset digits`, which works without any download",
        ) from error


def _check_reachable(builder):
    # Without a network TensorFlow Datasets tries again for minutes before it says so.
    import requests

    for url in list(builder.url_infos)[:1]:
        requests.head(url, timeout=10)


def _image_shape(builder, size):
    features = builder.info.features
    feature = features["image"] if "image" in features else None
    shape = getattr(feature, "shape", None)
    if shape is None or len(shape) != 3 or feature.np_dtype != np.uint8:
        raise argument_error(
            "name",
            "a dataset with a feature 'image' of 8-bit pixels",
            received=f"name={builder.name}, with features {sorted(features)}",
        )
    if None in shape and size is None:
        raise argument_error(
            "image_size",
            f"a size, because the images of dataset '{builder.name}' differ in size",
            received="image_size=None",
        )
    return shape
