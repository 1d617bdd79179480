"""What counts in a folder: images and notes, without what operating systems leave behind."""

import os
import re
from pathlib import Path

from keras_gen.arguments import argument_error
from keras_gen.data.checks import shown

_SUFFIXES = (".png", ".jpg", ".jpeg")
_OTHER_IMAGES = (
    ".avif .bmp .gif .heic .jfif .jp2 .jpe .pbm .pgm .ppm .svg .tga .tif .tiff .webp"
).split()
_NOTES = ".csv .htm .html .json .jsonl .md .rst .tsv .txt .xml .yaml .yml".split()
_NOTE_NAMES = ("copying", "license", "readme")
# What operating systems and storage devices leave behind, and names that begin with a dot.
_LEFTOVERS = re.compile(
    r"\..*|__macosx|__pycache__|thumbs\.db|ehthumbs\.db|desktop\.ini|icon\r|@eadir|"
    r"#recycle|\$recycle\.bin|system volume information|lost\+found",
    re.IGNORECASE | re.DOTALL,
)


def visible(folder, argument):
    """The entries of a folder, by name, without hidden ones and leftovers.

    Args:
        folder: its path.
        argument: the name of the argument for the error for a folder that cannot be read.
    """
    try:
        with os.scandir(folder) as entries:
            return sorted(
                (entry for entry in entries if not is_hidden(entry.name)),
                key=lambda entry: entry.name,
            )
    except OSError as error:
        raise argument_error(
            argument, "a folder that can be read", received=f"{shown(folder)} ({error})"
        ) from error


def is_hidden(name):
    """Whether a name is that of a hidden file or folder, or of a leftover."""
    return _LEFTOVERS.fullmatch(name) is not None


def is_image(name):
    """Whether a name is that of an image that is read, PNG or JPEG."""
    return _suffix(name) in _SUFFIXES


def is_any_image(name):
    """Whether a name is that of an image, even one that is not read."""
    return is_image(name) or _suffix(name) in _OTHER_IMAGES


def is_note(name):
    """Whether a name is that of a text or a table such as those that come with images."""
    return _suffix(name) in _NOTES or name.lower() in _NOTE_NAMES


def regular_file(entry, argument):
    """The path of an entry, or the error for a broken link, a pipe or a device."""
    if not os.path.isfile(entry.path):
        what = "a broken link" if entry.is_symlink() else "not a regular file"
        raise argument_error(
            argument, "a folder of readable images", received=f"{shown(entry.path)}, {what}"
        )
    return Path(entry.path)


def _suffix(name):
    return os.path.splitext(name)[1].lower()
