"""Images of TensorFlow Datasets, prepared on this machine or downloaded."""

import math
import os
import re

import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error
from keras_gen.data import splits
from keras_gen.data.examples import arrays

_BY_HAND = {
    "celeb_a": ". The files of celeb_a lie on Google Drive, which often refuses programs: download "
    "img_align_celeba.zip with a browser, unpack it, and use `--dataset FOLDER`",
}


def names():
    """The names of all datasets, without their configurations."""
    import tensorflow_datasets as tfds

    return tfds.list_builders(with_community_datasets=False)


def is_known(name):
    """Whether a name, perhaps with a configuration or a version, is that of a dataset."""
    return re.split("[/:]", os.fspath(name))[0] in names()


def examples(name, split, size, labels, limit):
    """The images of a split as tuples, with their labels if requested.

    Args:
        name: name of an existing dataset.
        split: name of a split, or a slice of one.
        size: (height, width) to which images will be resized, or `None`.
        labels: whether the tuples contain labels.
        limit: the most bytes of pixels that are held in memory.

    Returns:
        Tuple of arrays, images first, or, above the limit, a `tf.data.Dataset` of such tuples.
    """
    if not isinstance(split, str):
        raise argument_error("split", "the name of a split, or a slice of one", split)
    builder = _builder(name)
    shape = _image_shape(builder, size)
    if labels and "label" not in builder.info.features:
        raise argument_error(
            "labels", f"False, because dataset '{name}' has no feature 'label'", labels
        )
    _ensure_prepared(builder)
    stream = _stream(builder, split, labels)
    count = int(stream.cardinality())
    if count == 0:
        raise splits.empty_split(split)
    if None in shape or count * math.prod(shape) > limit:
        return stream
    try:
        return arrays(stream)
    except tf.errors.DataLossError as error:
        raise argument_error(
            "name",
            "a dataset with intact files",
            received=f"name={name}, which is damaged in '{builder.data_dir}' ({error.message})",
        ) from error


def class_names(name):
    """The names of the classes of an existing dataset, in the order of their numbers."""
    builder = _builder(name)
    if "label" not in builder.info.features:
        return ()
    _ensure_prepared(builder)  # before that, many datasets know only how many classes there are
    return tuple(getattr(builder.info.features["label"], "names", ()))


def _stream(builder, split, labels):
    import tensorflow_datasets as tfds

    config = tfds.ReadConfig(try_autocache=False)
    try:
        stream = builder.as_dataset(split=split, read_config=config)
    except (AssertionError, KeyError, ValueError) as error:
        there = ", ".join(f"'{name}'" for name in builder.info.splits)
        received = f"split={split} ({error})"
        raise argument_error("split", f"{there}, or a slice", received=received) from error
    return stream.map(
        lambda features: (features["image"], *((features["label"],) if labels else ())),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )


def _builder(name):
    import tensorflow_datasets as tfds

    return tfds.builder(os.fspath(name))


def _ensure_prepared(builder):
    if builder.is_prepared():
        return
    try:
        _check_reachable(builder)
        builder.download_and_prepare()
    except Exception as error:
        by_hand = _BY_HAND.get(builder.name, "")
        raise argument_error(
            "name",
            "a dataset that is prepared or can be downloaded",
            received=f"name={builder.name}, which is not in '{builder.data_dir}' and whose "
            f"download failed ({type(error).__name__}: {error}). Set TFDS_DATA_DIR to the folder "
            "that has it, or use `--dataset digits` or `--dataset glyphs`, which need no download"
            + by_hand,
        ) from error


def _check_reachable(builder):
    # Without a network TensorFlow Datasets retries for minutes before it says so.
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
