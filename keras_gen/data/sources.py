"""Images from scikit-learn, TensorFlow Datasets or a folder, all in one form."""

import math
import re
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error, positive_integer_pair
from keras_gen.data.examples import arrays
from keras_gen.data.folders import Half, class_labels, image_files, in_range, read_files, resized
from keras_gen.images import check_range

_MEMORY_LIMIT = 2**30
_READ_SIZE = 512
_DIGITS_TRAINING_COUNT = 1437
_KNOWN = (
    "'digits' (embedded, needs no download), 'mnist', 'fashion_mnist', 'cifar10', 'celeb_a', any "
    "other image dataset of TensorFlow Datasets, or the path of a folder of PNG or JPEG images"
)


def load(name, split="train", image_size=None, value_range=(-1.0, 1.0), labels=False):
    """Images as a `tf.data.Dataset` of single examples with pixels in a declared range.

        image = low + (high - low) * pixel / brightest

    where `brightest` is 255, or 16 for `digits`: black is exactly `low` and white exactly `high`.
    Images are resized, bilinearly and antialiased, before that. Datasets of up to 1 GiB are held in
    memory as they are read; larger ones are read from disk in every pass.

    Args:
        name: `"digits"` (scikit-learn's handwritten digits, 8x8, always available), the name of an
            image dataset of TensorFlow Datasets, or the path of a folder of PNG or JPEG images,
            sub-folders included. A folder with a sub-folder named as the split is read from there;
            otherwise all of it is the split `train`. Nothing but grey images gives one channel,
            anything else three. The order of files is fixed and mixes the sub-folders.
            `left_half(folder)` and `right_half(folder)` are halves of the pictures of a folder.
        split: `"train"`, `"test"` or a slice as in TensorFlow Datasets: `"train[:1000]"`,
            `"train[90%:]"`.
        image_size: Integer or `(height, width)` to resize to; `None` keeps the size.
        value_range: `(low, high)`, the values of black and white.
        labels: Whether examples are `(image, label)`. The label of a file is the index of its
            sub-folder among the sorted names of sub-folders.

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
    brightest = 255.0
    if isinstance(name, Half):
        examples = _folder(name.folder, split, size, labels, name.cut)
    elif name == "digits":
        examples, brightest = _digits(split, labels), 16.0
    elif _is_folder(name):
        examples = _folder(Path(name), split, size, labels)
    else:
        examples = _prepared(str(name), split, size, labels)
    return finished(examples, brightest, size, value_range)


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


def files_of(folder, split):
    """The files of a split of a folder, all of them, and the folder they lie below.

    Returns:
        `(root, files, chosen)`; `files[chosen]` are those of the slice that `split` names.
    """
    name, part = _parsed_split(split)
    root = folder / name if (folder / name).is_dir() else folder
    if root == folder and name != "train":
        raise argument_error(
            "split",
            f"a slice of 'train', such as 'train[90%:]', because '{folder}' has no sub-folder "
            f"'{name}'",
            split,
        )
    files = image_files(root)
    return root, files, _slice_of(len(files), part, split)


def pixels_of(files, rest, size, cut=None):
    """The pixels of files as `finished` takes them: held in memory up to 1 GiB."""
    return read_files(files, rest, size, _MEMORY_LIMIT, cut)


def checked_size(image_size):
    """`image_size` as `(height, width)` or `None`, or the error that names it."""
    return None if image_size is None else positive_integer_pair("image_size", image_size)


def _digits(split, labels):
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = digits.images.astype("uint8")[..., np.newaxis]
    name, part = _parsed_split(split)
    first, last = (0, _DIGITS_TRAINING_COUNT) if name == "train" else (_DIGITS_TRAINING_COUNT, None)
    images, targets = images[first:last], digits.target[first:last]
    chosen = _slice_of(len(images), part, split)
    return (images[chosen], targets[chosen]) if labels else (images[chosen],)


def _is_folder(name):
    path = Path(name)
    if not path.is_dir():
        return False
    if not isinstance(name, str) or name != path.name:
        return True
    import tensorflow_datasets as tfds

    return name not in tfds.list_builders(with_community_datasets=False)


def _folder(folder, split, size, labels, cut=None):
    root, files, chosen = files_of(folder, split)
    targets = (class_labels(root, files),) if labels else ()
    return pixels_of(files[chosen], tuple(target[chosen] for target in targets), size, cut)


def _prepared(name, split, size, labels):
    builder = _builder(name)
    shape = _image_shape(builder, size)
    if labels and "label" not in builder.info.features:
        raise argument_error(
            "labels", f"False, because dataset '{name}' has no feature 'label'", labels
        )
    _ensure_prepared(builder)
    import tensorflow_datasets as tfds

    stream = builder.as_dataset(split=split, read_config=tfds.ReadConfig(try_autocache=False)).map(
        lambda features: (features["image"], *((features["label"],) if labels else ())),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )
    count = int(stream.cardinality())
    if count == 0:
        raise _empty_split(split)
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


def _builder(name):
    import tensorflow_datasets as tfds

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


def _parsed_split(split):
    match = re.fullmatch(r"(train|test)(?:\[(-?\d+%?)?:(-?\d+%?)?\])?", str(split))
    if match is None:
        raise argument_error(
            "split",
            "'train', 'test' or a slice of them, such as 'train[:1000]' or 'train[90%:]'",
            split,
        )
    return match[1], match.groups()[1:]


def _slice_of(count, part, split):
    def position(bound):
        if bound is None or not bound.endswith("%"):
            return None if bound is None else int(bound)
        return round(count * int(bound[:-1]) / 100)

    chosen = slice(*map(position, part))
    if not range(count)[chosen]:
        raise _empty_split(split)
    return chosen


def _empty_split(split):
    return argument_error("split", "at least one image", received=f"split={split}, which is empty")
