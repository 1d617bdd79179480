"""Images: embedded ones, those of TensorFlow Datasets and those of folders, all in one form."""

import os
from pathlib import Path

import tensorflow as tf

from keras_gen.arguments import argument_error, positive_integer_pair
from keras_gen.data import embedded, folders, prepared, splits
from keras_gen.data.checks import boolean, folder_path
from keras_gen.data.folders import Half, Whole
from keras_gen.data.pictures import checked_background, in_range, read_files, resized
from keras_gen.images import check_range

_MEMORY_LIMIT = 2**30
_READ_SIZE = 512
_KNOWN = (
    "'digits', 'glyphs', 'glyphs_letters', styles of glyphs such as 'glyphs_bold' (embedded, need "
    "no download), 'mnist', 'fashion_mnist', 'cifar10', 'celeb_a', any other image dataset of "
    "TensorFlow Datasets, or the path of a folder of PNG or JPEG images"
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
    leave behind, are ignored. Other files are skipped and counted in one warning, except for notes
    such as `.txt`, `.csv`, `.json`, `.xml` and `.md`. If all images are grey there is one channel,
    otherwise, palettes included, there are three. Pictures are turned upright as their EXIF data
    say; the first frame of an animation is read. Pictures of 16 bits per channel are refused.

    **Splits of folders.** The sub-folders `train`, `training`, `test`, `testing`, `val`, `valid`,
    `validation`, `dev`, `eval` and `evaluation`, in upper or lower case, are splits and never
    classes; so are names such as `test_set` and `trainA`. A split is read from the sub-folder of
    its name, or of a name that means the same, as `training` and `train` do. Without a sub-folder
    for `train`, that split is whatever is in no other.

    Args:
        name: an embedded dataset, always available: `"digits"` (scikit-learn's handwritten digits,
            8x8), `"glyphs"` (digits of many fonts, 28x28, whose test images are of other fonts) or
            `"glyphs_letters"` (capital letters likewise, 26 classes), or digits in one of the
            `styles` that make pairs, such as `"glyphs_bold"`; the name of an image dataset of
            TensorFlow Datasets; or the path of a folder of PNG or JPEG images.
            `left_half(folder)` and `right_half(folder)` are halves of the pictures of a folder, and
            `by_name(folder)` is one in the order of the names, and the splits of `by_group(folder)`
            keep together all pictures of one person or another group.
        split: `"train"`, `"test"`, any of the names above for folders, or a slice as in TensorFlow
            Datasets: `"train[:1000]"`, `"train[90%:]"`.
        image_size: integer or (height, width) to resize to; `None` keeps the size.
        value_range: (low, high), the values of black and white.
        labels: whether examples are `(image, label)`. The label of a file is the number of its
            sub-folder among `class_names`.
        class_names: names of the sub-folders of a folder, in the order of their numbers. `None`
            means `data.class_names(name)`, the same for all splits.
        background: what transparent pixels of files show: a number from 0 for black to 1 for
            white, or (red, green, blue) of such numbers. White by default.

    Returns:
        A `tf.data.Dataset` of float32 images (height, width, channels), or of pairs of those and
        int32 labels, with known cardinality.

    Raises:
        ValueError: if the name is unknown, the dataset is neither prepared nor downloadable, a file
            cannot be read, the split is empty, sizes differ and no `image_size` is given, or labels
            are requested and there are none.

    Example:
        images = load("mnist", split="train[:1000]", image_size=32, value_range=(0.0, 1.0))
    """
    size = checked_size(image_size)
    value_range = check_range(value_range)
    background = checked_background(background)
    brightest, source = 255.0, name if isinstance(name, (Half, Whole)) else None
    if source is None and is_folder(name):
        source = Whole(Path(name))
    class_names = _checked_names(class_names, boolean("labels", labels), source)
    if source is not None:
        examples = _of_folder(source, split, size, labels, class_names, background)
    elif embedded.is_embedded(name):
        examples = embedded.examples(name, split, labels)
        brightest = embedded.DATASETS[name].brightest
    else:
        examples = prepared.examples(_prepared(name), split, size, labels, _MEMORY_LIMIT)
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
        ValueError: if the name is unknown, or there are no classes.

    Example:
        data.class_names("flowers")  # ("daisy", "rose")
    """
    if isinstance(name, (Half, Whole)):
        names = folders.class_names(name.folder)
    elif embedded.is_embedded(name):
        names = tuple(embedded.DATASETS[name].class_names)
    elif is_folder(name):
        names = folders.class_names(Path(name))
    else:
        names = prepared.class_names(_prepared(name))
    if not names:
        raise argument_error("name", "a dataset or a folder with classes", name)
    return names


def finished(examples, brightest, size, value_range):
    """Images as they were read, resized and in a range, as `load` returns them.

    Args:
        examples: tuple of arrays, images first, or a `tf.data.Dataset` of such tuples.
        brightest: the value of white.
        size: (height, width), or `None` to keep the size.
        value_range: (low, high), the values of black and white.
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


def files_of(folder, split, argument="name", by_name=False, group=None):
    """The files of a split of a folder.

    Args:
        folder: `Path` of a folder.
        split: name of a split, or a slice of one.
        argument: the name of the argument for the folder.
        by_name: whether they are in the order of their names.
        group: pattern of what names a file's group, or `None`; a slice then counts groups.

    Returns:
        `(found, chosen)`, a `folders.Listing` and the slice of its files that `split` names.
    """
    name, bounds = splits.parsed(split)
    found = folders.listing(folder, name, argument, by_name, group)
    if group is None:
        return found, splits.slice_of(len(found.files), bounds, split)
    first, last, _ = splits.slice_of(len(found.starts) - 1, bounds, split).indices(
        len(found.starts) - 1
    )
    return found, slice(found.starts[first], found.starts[last])


def pixels_of(files, rest, size, cut=None, background=(1.0,) * 3, argument="name"):
    """The pixels of files as `finished` takes them: held in memory up to 1 GiB."""
    return read_files(files, rest, size, _MEMORY_LIMIT, cut, background, argument)


def checked_size(image_size):
    """`image_size` as (height, width) or `None`, or the error that names it."""
    return None if image_size is None else positive_integer_pair("image_size", image_size)


def is_folder(name):
    """Whether a name is the path of a folder; raises for what cannot be a name at all."""
    if embedded.is_embedded(name):
        return False
    if not isinstance(name, (str, os.PathLike)) or not os.fspath(name):
        raise argument_error("name", _KNOWN, received=f"name={name!r}")
    path = Path(name)
    if not path.is_dir():
        if path.is_file():
            folder_path("name", name)
        return False
    if not isinstance(name, str) or name != path.name:
        return True
    return name not in prepared.names()


def _prepared(name):
    """The name of a dataset of TensorFlow Datasets; raises for any other name."""
    if not prepared.is_known(name):
        raise argument_error("name", _KNOWN, name)
    return name


def _checked_names(class_names, labels, source):
    """The names of classes as the user gives them, for a folder whose labels are requested."""
    if class_names is None:
        return None
    if source is None or not labels:
        why = "without `labels=True`" if source is not None else "for anything but a folder"
        raise argument_error("class_names", f"None {why}", class_names)
    return folders.checked_class_names(class_names)


def _of_folder(source, split, size, labels, class_names, background):
    found, chosen = files_of(source.folder, split, by_name=source.by_name, group=source.group)
    targets = ()
    if labels:
        names = folders.class_names(source.folder) if class_names is None else class_names
        targets = (folders.class_labels(found.root, found.files, names)[chosen],)
    folders.warn_of_skipped(found)
    return pixels_of(found.files[chosen], targets, size, source.cut, background)
