"""Folders of images: their splits, their classes, and the files of each split."""

import dataclasses
import hashlib
import os
import re
import warnings
from pathlib import Path

import numpy as np

from keras_gen.arguments import argument_error
from keras_gen.data import splits
from keras_gen.data.checks import folder_path, shown
from keras_gen.data.entries import is_any_image, is_hidden, is_image, is_note, regular_file, visible

_EXAMPLES = 3


@dataclasses.dataclass(frozen=True)
class Half:
    """One half of each picture of a folder; `left_half` and `right_half` make it."""

    folder: Path
    is_right: bool
    by_name = False
    group = None

    def cut(self, pixels, path):
        """The half of the picture (height, width, channels) that was read from `path`."""
        middle, odd = divmod(pixels.shape[1], 2)
        if odd or middle == 0:
            raise argument_error(
                "folder",
                "pictures of even width, two halves side by side",
                received=f"{shown(path)}, {pixels.shape[1]} pixels wide",
            )
        return pixels[:, middle:] if self.is_right else pixels[:, :middle]


def left_half(folder):
    """The left halves of the pictures of a folder, for `load` and `load_pairs`.

    Args:
        folder: path of a folder of PNG or JPEG images of even widths.

    Raises:
        ValueError: if there is no such folder.

    Example:
        photos = load(left_half("facades"), image_size=64)
    """
    return Half(folder_path("folder", folder), is_right=False)


def right_half(folder):
    """The right halves of the pictures of a folder; otherwise as `left_half`."""
    return Half(folder_path("folder", folder), is_right=True)


@dataclasses.dataclass(frozen=True)
class Whole:
    """A folder of pictures that are not cut, in the order of their names, in groups or mixed."""

    folder: Path
    by_name: bool = False
    group: str | None = None
    cut = None


def by_name(folder):
    """A folder whose images come in the order of their files' names, for `load` and `load_pairs`.

    Slices of a split then keep together what has similar names, such as the shots of one person,
    where the usual order mixes them.

    Args:
        folder: path of a folder of PNG or JPEG images.

    Raises:
        ValueError: if there is no such folder.

    Example:
        train = load(by_name("faces"), "train[:80%]")
        test = load(by_name("faces"), "train[80%:]")  # other persons
    """
    return Whole(folder_path("folder", folder), by_name=True)


def by_group(folder, pattern=r"(.+)[_-]"):
    r"""A folder whose splits keep groups together, such as all pictures of one person, for `load`.

    A slice such as `"train[:75%]"` or `"train[:30]"` then counts groups, in an order that mixes
    them, and never has a part of one: nobody is on both sides.

    Args:
        folder: path of a folder of PNG or JPEG images.
        pattern: regular expression that the beginnings of the files' names match, with one pair of
            parentheses around what names the group. By default that is all before the last `_` or
            `-`, such as `anna` of `anna_03.png`.

    Raises:
        ValueError: if there is no such folder, or the pattern is not of this form.

    Example:
        train = load(by_group("faces", r"(s\d+)_"), "train[:75%]")
        test = load(by_group("faces", r"(s\d+)_"), "train[75%:]")  # other persons
    """
    expected = "a regular expression with one group, such as '(.+)_'"
    try:
        groups = re.compile(pattern).groups
    except (re.error, TypeError) as error:
        raise argument_error("pattern", expected, pattern) from error
    if not isinstance(pattern, str) or groups != 1:
        raise argument_error("pattern", expected, pattern)
    return Whole(folder_path("folder", folder), group=pattern)


@dataclasses.dataclass
class Listing:
    """The files of one split of a folder.

    Attributes:
        root: folder that the names of files are relative to.
        files: paths of all PNG and JPEG files, by name or in an order that mixes the sub-folders.
        skipped: paths of visible files with other suffixes, except notes.
        beside: paths of images that lie outside the folders of the splits.
        starts: where each group of files begins, and their number, if they are in groups.
    """

    root: Path
    files: list = dataclasses.field(default_factory=list)
    skipped: list = dataclasses.field(default_factory=list)
    beside: list = dataclasses.field(default_factory=list)
    starts: list | None = None


def listing(folder, split, argument="name", by_name=False, group=None):
    """All files of the split of that name: a `Listing`.

    Args:
        folder: `Path`.
        split: name of a split, without a slice.
        argument: the name of the argument for messages about the folder.
        by_name: whether files are in the order of their names.
        group: pattern of what names a file's group; files of a group are then neighbours.
    """
    parts = _parts(folder, argument)
    root = _part_of(folder, parts, split, argument)
    result = Listing(root)
    _walk(result, () if root != folder else parts, argument)
    if root != folder and not _train_is_the_rest(parts):
        result.beside = _images_beside(folder, parts)
    if not result.files:
        found = f", only {_examples(root, result.skipped)}" if result.skipped else ""
        there = f"; its splits are {sorted(parts)}" if parts and root == folder else ""
        raise argument_error(
            argument,
            "a folder with PNG or JPEG images",
            received=f"{shown(root)}, which has none{found}{there}",
        )

    # Mixed as TensorFlow Datasets does, so that a slice like train[90%:] has files of every folder.
    def mixed(path):
        return hashlib.sha256(os.fsencode(path.relative_to(root).as_posix())).digest()

    result.files.sort(key=None if by_name else mixed)
    if group is not None:
        _gather(result, group, argument)
    return result


def _gather(result, pattern, argument):
    """Puts the files of each group side by side, the groups in an order that mixes them."""
    groups = {}
    for path in result.files:
        match = re.match(pattern, path.name)
        if match is None or not match[1]:
            expected = f"files whose names begin with a match of the pattern {pattern!r}"
            raise argument_error(argument, expected, received=shown(path))
        groups.setdefault(match[1], []).append(path)

    def mixed(name):
        return hashlib.sha256(os.fsencode(name)).digest()

    names = sorted(groups, key=mixed)
    result.files = [path for name in names for path in groups[name]]
    result.starts = [0]
    for name in names:
        result.starts.append(result.starts[-1] + len(groups[name]))


def has_split(folder, split):
    """Whether a folder has a sub-folder for a split, under whatever name."""
    return splits.role(split) in map(splits.role, _parts(Path(folder), "folder"))


def warn_of_skipped(*listings):
    """One warning, if any files were skipped, that counts them and names some."""
    reasons = []
    for found in listings:
        if found.skipped:
            what = _examples(found.root, found.skipped)
            reasons.append(f"{what} in {shown(found.root)}, for not being PNG or JPEG files")
        if found.beside:
            home = found.root.parent
            what = _examples(home, found.beside)
            reasons.append(f"{what} in {shown(home)}, for lying outside the folders of its splits")
    if reasons:
        message = "Some files were skipped: " + "; ".join(dict.fromkeys(reasons)) + "."
        warnings.warn(message, stacklevel=4)


def class_names(folder, argument="name"):
    """The sorted names of the classes of a folder: a tuple of strings.

    They are the visible sub-folders of all splits, empty ones included. A folder that is itself
    one of several splits side by side shares its classes with the others.
    """
    parts = _parts(folder, argument)
    homes = list(parts.values())
    if not parts and splits.role(_name_of(folder)) is not None:
        parent = Path(os.path.abspath(folder)).parent
        siblings = _parts(parent, argument) if os.access(parent, os.R_OK) else {}
        homes = [path for path in siblings.values() if not path.samefile(folder)]
    if not parts or _train_is_the_rest(parts):
        homes.append(folder)
    names = {
        entry.name
        for home in homes
        for entry in visible(home, argument)
        if os.path.isdir(entry.path) and splits.role(entry.name) is None
    }
    return tuple(sorted(names))


def class_labels(root, files, names):
    """For each file the index of its sub-folder of `root` among the names: int32 array."""
    parents = [path.relative_to(root).parts[:-1] for path in files]
    if not all(parents):
        loose = files[parents.index(())]
        raise argument_error(
            "labels",
            "every image in a sub-folder that names its class",
            received=f"labels=True and {shown(loose)}",
        )
    numbers = {name: number for number, name in enumerate(names)}
    for (name, *_), path in zip(parents, files):
        if name not in numbers:
            raise argument_error(
                "class_names",
                "the name of every sub-folder with images",
                received=f"class_names={tuple(names)}, without {name!r} of {shown(path)}",
            )
    return np.array([numbers[parts[0]] for parts in parents], dtype="int32")


def checked_class_names(names):
    """The names that a user gives to classes as a tuple of strings, none of them twice."""
    expected = "a list of names of sub-folders, none of them twice"
    if isinstance(names, (str, bytes)) or not hasattr(names, "__len__"):
        raise argument_error("class_names", expected, received=f"class_names={names!r}")
    valid = len(names) > 0 and all(isinstance(name, str) and name for name in names)
    if not valid or len(set(names)) < len(names):
        raise argument_error("class_names", expected, received=f"class_names={names!r}")
    return tuple(str(name) for name in names)


def _parts(folder, argument):
    """The folders of splits that lie directly in a folder, by their names."""
    return {
        entry.name: Path(entry.path)
        for entry in visible(folder, argument)
        if splits.role(entry.name) is not None and os.path.isdir(entry.path)
    }


def _train_is_the_rest(parts):
    return "train" not in map(splits.role, parts)


def _part_of(folder, parts, split, argument):
    """The folder of a split: the one of its name, else the one of a name that means the same."""
    split_role = splits.role(split)
    for agrees in (
        lambda name: name == split,
        lambda name: name.lower() == split.lower(),
        lambda name: splits.role(name) == split_role,
    ):
        names = [name for name in parts if agrees(name)]
        if len(names) > 1:
            raise argument_error(
                argument,
                f"one folder of the split '{split}'; load the one you mean by its own path",
                received=f"{shown(folder)}, with {' and '.join(map(repr, sorted(names)))}",
            )
        if names:
            return parts[names[0]]
    if split_role == "train":
        return folder
    others = f", only {', '.join(sorted(parts))}" if parts else ""
    raise argument_error(
        "split",
        f"a slice of 'train', such as 'train[90%:]', because {shown(folder)} has no sub-folder "
        f"'{split}'{others}",
        split,
    )


def _walk(result, apart, argument):
    """Sorts what lies below `result.root` into files and skipped files; links are followed.

    Args:
        result: a `Listing`.
        apart: names of sub-folders of the root that are left out.
        argument: the name of the argument for messages.
    """
    waiting = [(result.root, ())]
    while waiting:
        folder, above = waiting.pop()
        status = os.stat(folder)
        identity = status.st_dev, status.st_ino
        if identity in above:
            raise argument_error(
                argument,
                "a folder without a link to a folder that holds the link",
                received=f"{shown(folder)}, a link to a folder it lies in",
            )
        for entry in visible(folder, argument):
            if os.path.isdir(entry.path):
                if folder == result.root and entry.name in apart:
                    continue
                if splits.role(entry.name) is not None:
                    raise _nested(folder, entry.name, argument)
                waiting.append((Path(entry.path), (*above, identity)))
            elif is_image(entry.name):
                result.files.append(regular_file(entry, argument))
            elif not is_note(entry.name):
                result.skipped.append(Path(entry.path))


def _nested(folder, name, argument):
    return argument_error(
        argument,
        "a folder in which the folders of splits, such as 'train' and 'test', lie side by side "
        "at the top",
        received=f"{shown(folder / name)}; load {shown(folder)}, or rename what is not a split",
    )


def _images_beside(folder, parts):
    """Images of all kinds that lie in a folder but in none of the folders of its splits."""
    found = []
    for path, folders, files in os.walk(folder):
        at_the_top = path == os.fspath(folder)
        folders[:] = sorted(
            name for name in folders if not (is_hidden(name) or (at_the_top and name in parts))
        )
        found += [
            Path(path, name) for name in sorted(files) if is_any_image(name) and not is_hidden(name)
        ]
    return found


def _name_of(folder):
    return os.path.basename(os.path.abspath(folder))


def _examples(root, paths):
    names = ", ".join(shown(path.relative_to(root)) for path in sorted(paths)[:_EXAMPLES])
    count = f"{len(paths)} file" + ("s" if len(paths) > 1 else "")
    return f"{count}, such as {names}," if len(paths) > _EXAMPLES else f"{count}, {names},"
