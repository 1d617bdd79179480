"""Drawn images as PNG files, which say who wrote them, so that no other picture is replaced."""

import pathlib

import numpy as np

from keras_gen.arguments import argument_error, positive_integer
from keras_gen.files import check_file, check_folder, replacing

WRITER = ("Software", "keras_gen sample")  # in the text of a PNG


def check_output(output, count):
    """Refuses a place where pictures of others would be lost, or a count that is none."""
    foreign = [each for each in _paths(output, count) if each.exists() and not _is_own(each)]
    if foreign:
        raise argument_error(
            "output",
            "a new file or folder, or pictures that this command wrote",
            received=f"output={output}, where {foreign[0].name} would be lost",
        )


def drawn(model, count, seed, label=None):
    """Images of a saved generator as integers from 0 to 255, (count, height, width, channels).

    Args:
        model: a shipped model's name, or the path of a SavedModel or of a `.keras` file.
        count: number of images.
        seed: integer that fixes them.
        label: integer, the class, for conditional models only.

    Raises:
        ValueError: if the model cannot be sampled in this way.
    """
    import tensorflow as tf

    from keras_gen.explorer.opening import arguments, endpoints
    from keras_gen.models.use import count_of, seed_of

    numbers = [count_of("count", count), seed_of(seed)]
    functions, _ = endpoints(model)
    if "sample_uint8" not in functions:
        names = ", ".join(sorted(functions)) or "none"
        expected = "a generator with the endpoint `sample_uint8`"
        raise argument_error("model", expected, received=f"model={model}, with {names}")
    sample = functions["sample_uint8"]
    conditional = len(arguments(sample)) == 3
    if conditional != (label is not None):
        expected = "the number of a class" if conditional else "none: the model has no classes"
        raise argument_error("label", expected, label)
    if conditional:
        numbers.insert(0, seed_of(label))
    try:
        return sample(*(tf.constant(each, tf.int32) for each in numbers)).numpy()
    except tf.errors.InvalidArgumentError as error:
        raise argument_error("label", "the number of a class of the model", label) from error


def save_pictures(images, output):
    """Writes images as a grid, if `output` ends in .png, or as single files in a folder.

    Args:
        images: integers from 0 to 255, (n, height, width, channels).
        output: path.

    Returns:
        The path.
    """
    check_output(output, len(images))
    paths = _paths(output, len(images))
    pictures = [_grid(images)] if _is_grid(output) else images
    for path, pixels in zip(paths, pictures, strict=True):
        with replacing(path, "output") as temporary:
            _write(pixels, temporary)
    return output


def _grid(images):
    """All images in a nearly square picture; places that are left over are black."""
    count, height, width, channels = images.shape
    columns = int(np.ceil(np.sqrt(count)))
    rows = -(-count // columns)
    places = np.zeros((rows * columns, height, width, channels), "uint8")
    places[:count] = images
    places = places.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    return places.reshape(rows * height, columns * width, channels)


def _is_grid(output):
    return pathlib.Path(output).suffix.lower() == ".png"


def _paths(output, count):
    count = positive_integer("count", count)
    if _is_grid(output):
        return [check_file(output, "output")]
    return [check_folder(output, "output") / f"{number:05}.png" for number in range(count)]


def _is_own(path):
    from PIL import Image

    try:
        with Image.open(path, formats=("PNG",)) as image:
            return image.info.get(WRITER[0]) == WRITER[1]
    except (OSError, SyntaxError, ValueError):
        return False


def _write(pixels, path):
    from PIL import Image, PngImagePlugin

    notes = PngImagePlugin.PngInfo()
    notes.add_text(*WRITER)
    grey = pixels.shape[-1] == 1
    Image.fromarray(pixels[..., 0] if grey else pixels).save(path, "PNG", pnginfo=notes)
