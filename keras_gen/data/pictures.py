"""The pixels of image files: read, laid on a background, resized to one size."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import tensorflow as tf
from PIL import Image, ImageOps

from keras_gen.arguments import argument_error
from keras_gen.data.checks import shown

# Recognized by their content: a file of one kind often has the suffix of another.
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
_GREY = ("1", "L", "LA")
_COLOUR = ("P", "PA", "RGB", "RGBA", "RGBX", "CMYK")
_TRANSPARENT = ("LA", "PA", "RGBA")
_LEVELS = {"L;2": 85, "L;4": 17}  # what one step of a pixel of 2 or 4 bits is in 8 bits


def checked_background(background):
    """A background as three fractions, 0 for black and 1 for white, or the error that names it."""
    colour = (background,) * 3 if np.ndim(background) == 0 else background
    try:
        red, green, blue = (float(part) for part in colour)
        valid = not any(isinstance(part, (bool, np.bool_, str)) for part in colour)
    except (TypeError, ValueError):
        valid = False
    if not valid or not all(0 <= part <= 1 for part in (red, green, blue)):
        raise argument_error(
            "background",
            "a number from 0 for black to 1 for white, or (red, green, blue) of such numbers",
            received=f"background={background!r}",
        )
    return red, green, blue


def read_files(files, rest, size, memory_limit, cut=None, background=(1.0,) * 3, argument="name"):
    """The pixels of image files, after every file has been decoded once.

    Args:
        files: paths of images.
        rest: tuple of arrays that go with the files, such as labels.
        size: (height, width) to resize to, or `None`.
        memory_limit: in bytes. Images that need more are read from disk in every pass.
        cut: callable `(pixels, path) -> pixels` applied before resizing, or `None`.
        background: what transparent pixels show: three fractions.
        argument: the name of the argument for messages.

    Returns:
        Tuple of arrays `(images, *rest)`, or a `tf.data.Dataset` of such tuples; pixels are from
        0 to 255, with one channel if all files are grey, else three.

    Raises:
        ValueError: if a file cannot be read, or sizes differ and `size` is `None`.
    """
    kinds = {_kind(path, argument) for path in files}
    grey = all(is_grey for is_grey, _ in kinds)
    if any(is_transparent for _, is_transparent in kinds):
        grey = grey and len(set(background)) == 1

    def read(path):
        pixels = _decoded(path, grey, background, argument)
        if cut is not None:
            pixels = cut(pixels, path)
        if size is None or pixels.shape[:2] == size:
            return pixels
        return resized(pixels, size).numpy()

    images, shape = _verified(files, read, memory_limit)
    if images is not None:
        return (images, *rest)

    def streamed(path, *rest):
        image = tf.numpy_function(
            lambda p: read(os.fsdecode(p)).astype("float32"), [path], tf.float32, stateful=False
        )
        return (tf.ensure_shape(image, shape), *rest)

    paths = tf.data.Dataset.from_tensor_slices(([os.fsencode(path) for path in files], *rest))
    return paths.map(streamed, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)


def resized(images, size):
    """Images, or one image, resized to (height, width): bilinear, antialiased, float32."""
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
            f"a size, because the images differ: {shown(path)} is {shape[0]}x{shape[1]}, "
            f"{shown(other_path)} is {other_shape[0]}x{other_shape[1]}",
            received="image_size=None",
        )
    return (np.stack(images) if total <= memory_limit else None), next(iter(shapes))


def _kind(path, argument):
    """Whether a picture is grey, and whether it may have transparent pixels."""
    try:
        with Image.open(path, formats=_FORMATS) as image:
            if image.tile and ";16B" in str(image.tile[0][3]):
                raise ValueError("its pixels have 16 bits per channel, not 8 bits")
            if image.mode not in (*_GREY, *_COLOUR):
                raise ValueError(f"its pixels have mode {image.mode}, not 8 bits")
            return image.mode in _GREY, _is_transparent(image)
    except Exception as error:  # damaged files raise nearly anything
        raise _unreadable(path, error, argument) from error


def _decoded(path, grey, background, argument):
    """The pixels of a file, turned upright, on a background: uint8 (height, width, 1 or 3)."""
    try:
        with Image.open(path, formats=_FORMATS) as image:
            step = _LEVELS.get(image.tile[0][3] if image.tile else None)
            if step is not None and "transparency" in image.info:
                image.load()
                image.info["transparency"] *= step
            image = ImageOps.exif_transpose(image)
            if not _is_transparent(image):
                return _with_channels(np.asarray(image.convert("L" if grey else "RGB")))
            pixels = np.asarray(image.convert("LA" if grey else "RGBA"), "float32")
    except Exception as error:  # damaged files raise nearly anything
        raise _unreadable(path, error, argument) from error
    below = 255 * np.array(background[:1] if grey else background, "float32")
    opacity = pixels[..., -1:] / 255
    return np.rint(opacity * pixels[..., :-1] + (1 - opacity) * below).astype("uint8")


def _is_transparent(image):
    return image.mode in _TRANSPARENT or "transparency" in image.info


def _with_channels(pixels):
    return pixels[..., np.newaxis] if pixels.ndim == 2 else pixels


def _unreadable(path, error, argument):
    if isinstance(error, Image.UnidentifiedImageError):
        error = "its content is not such an image"
    return argument_error(
        argument,
        "a folder of readable 8-bit PNG or JPEG images",
        received=f"{shown(path)} ({error})",
    )
