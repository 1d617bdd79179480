"""Images of a folder: which files there are, their classes, and their pixels."""

import dataclasses
import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image, ImageOps

from keras_gen.arguments import argument_error

_SUFFIXES = (".png", ".jpg", ".jpeg")


@dataclasses.dataclass(frozen=True)
class Half:
    """One half of each picture of a folder; `left_half` and `right_half` make it."""

    folder: Path
    is_right: bool

    def cut(self, pixels, path):
        """The half of the picture (height, width, channels) that was read from `path`."""
        middle, odd = divmod(pixels.shape[1], 2)
        if odd or middle == 0:
            raise argument_error(
                "folder",
                "pictures of even width, two halves side by side",
                received=f"'{path}', {pixels.shape[1]} pixels wide",
            )
        return pixels[:, middle:] if self.is_right else pixels[:, :middle]


def left_half(folder):
    """The left halves of the pictures of a folder, for `load` and `load_pairs`.

    Args:
        folder: path of a folder of PNG or JPEG images of even widths.

    Example:
        photos = load(left_half("facades"), image_size=64)
    """
    return Half(Path(folder), is_right=False)


def right_half(folder):
    """The right halves of the pictures of a folder; otherwise as `left_half`."""
    return Half(Path(folder), is_right=True)


def image_files(root):
    """All PNG and JPEG files below a folder, in a fixed order that mixes the sub-folders."""
    files = [
        path
        for path in root.rglob("*")
        if path.suffix.lower() in _SUFFIXES and not path.name.startswith(".") and path.is_file()
    ]
    if not files:
        raise argument_error(
            "name", "a folder with PNG or JPEG images", received=f"'{root}', which has none"
        )

    # Mixed as TensorFlow Datasets does, so that a slice like train[90%:] has files of every folder.
    def mixed(path):
        return hashlib.sha256(path.relative_to(root).as_posix().encode()).digest()

    return sorted(files, key=mixed)


def class_labels(root, files):
    """For each file the index of its sub-folder of `root` among the sorted names: int32 array."""
    parents = [path.relative_to(root).parts[:-1] for path in files]
    if not all(parents):
        loose = files[parents.index(())]
        raise argument_error(
            "labels",
            "every image to lie in a sub-folder that names its class",
            received=f"labels=True and '{loose}'",
        )
    names = sorted({parts[0] for parts in parents})
    return np.array([names.index(parts[0]) for parts in parents], dtype="int32")


def read_files(files, rest, size, memory_limit, cut=None):
    """The pixels of image files, after every file has been decoded once.

    Args:
        files: Paths of images.
        rest: Tuple of arrays that go with the files, such as labels.
        size: `(height, width)` to resize to, or `None`.
        memory_limit: In bytes. Images that need more are read from disk in every pass.
        cut: Callable `(pixels, path) -> pixels` applied before the resizing, or `None`.

    Returns:
        Tuple of arrays `(images, *rest)`, or a `tf.data.Dataset` of such tuples; pixels are from
        0 to 255, with one channel if all files are grey, else three.

    Raises:
        ValueError: If a file cannot be read, or sizes differ and `size` is `None`.
    """
    grey = all(mode in ("1", "L", "LA") for mode in map(_mode, files))

    def read(path):
        return _decoded(path, "L" if grey else "RGB", size, cut)

    images, shape = _verified(files, read, memory_limit)
    if images is not None:
        return (images, *rest)

    def streamed(path, *rest):
        image = tf.numpy_function(
            lambda p: read(p.decode()).astype("float32"), [path], tf.float32, stateful=False
        )
        return (tf.ensure_shape(image, shape), *rest)

    paths = tf.data.Dataset.from_tensor_slices(([str(path) for path in files], *rest))
    return paths.map(streamed, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)


def resized(images, size):
    """Images, or one image, resized to `(height, width)`: bilinear, antialiased, float32."""
    return tf.image.resize(images, size, method="bilinear", antialias=True)


def in_range(fraction, value_range):
    """Fractions, 0 for black and 1 for white, as values in a range."""
    low, high = value_range
    # This form of the affine map, unlike low + (high - low) * t, is exact at both ends.
    return (1 - fraction) * low + fraction * high


def _verified(files, read, memory_limit):
    """All files decoded once: their images if they fit in memory, and their common shape."""
    images, total, shapes = [], 0, {}
    with ThreadPoolExecutor() as pool:
        for path, image in zip(files, pool.map(read, files)):
            shapes.setdefault(image.shape, path)
            total += image.nbytes
            images.append(image)
            if total > memory_limit:
                images.clear()
    if len(shapes) > 1:
        (shape, path), (other_shape, other_path) = list(shapes.items())[:2]
        raise argument_error(
            "image_size",
            f"a size, because the images differ: '{path}' is {shape[0]}x{shape[1]}, "
            f"'{other_path}' is {other_shape[0]}x{other_shape[1]}",
            received="image_size=None",
        )
    return (np.stack(images) if total <= memory_limit else None), next(iter(shapes))


def _mode(path):
    try:
        with Image.open(path) as image:
            return image.mode
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise _unreadable(path, error) from error


def _decoded(path, mode, size, cut):
    try:
        with Image.open(path) as image:
            if image.mode.startswith(("I", "F")):
                raise ValueError(f"its pixels have mode {image.mode}, not 8 bits")
            pixels = np.asarray(ImageOps.exif_transpose(image).convert(mode))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise _unreadable(path, error) from error
    if pixels.ndim == 2:
        pixels = pixels[..., np.newaxis]
    if cut is not None:
        pixels = cut(pixels, path)
    if size is None or pixels.shape[:2] == size:
        return pixels
    return resized(pixels, size).numpy()


def _unreadable(path, error):
    return argument_error(
        "name", "a folder of readable 8-bit PNG or JPEG images", received=f"'{path}' ({error})"
    )
