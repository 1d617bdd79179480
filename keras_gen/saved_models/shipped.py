"""The registry of shipped models: folders with a SavedModel, its card and its samples."""

import errno
import os
import pathlib

from keras_gen.arguments import argument_error
from keras_gen.files import recover
from keras_gen.saved_models.cards import examined

_PACKAGE = pathlib.Path(__file__).resolve().parents[1]
_SOURCE, _INSTALLED = _PACKAGE.parent / "saved_models", _PACKAGE / "shipped_models"
FOLDER = _INSTALLED if _INSTALLED.is_dir() else _SOURCE
GRAPH, CARD, SAMPLES = "saved_model.pb", "card.json", "samples.png"
SHOWN = ("what", "data", "endpoints", "metrics", "command")  # in the table


def available(folder=FOLDER):
    """Names of the models shipped in a folder, sorted; also those whose card cannot be read.

    Raises:
        ValueError: for a folder that cannot be read.
    """
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        received = f"folder={folder} ({error.strerror})"
        raise argument_error("folder", "a folder that can be read", received=received) from None
    names = [name for name in names if not name.startswith(".")]  # those are being written
    return sorted(name for name in names if _may_be_there(pathlib.Path(folder) / name / CARD))


def read_card(name, folder=FOLDER):
    """The card of a shipped model: a dict with the keys `CARD_FIELDS` and `endpoints`.

    An entry that the file lacks is `None`.

    Raises:
        ValueError: if there is no such model, or its card is damaged.
        FileNotFoundError: if it has no card.
    """
    path = located(name, folder) / CARD
    if not os.path.lexists(path):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    facts, damage = examined(path)
    if damage is not None:
        expected = f"a model with an intact {CARD}"
        raise argument_error("name", expected, received=f"{path}, which {damage}")
    return facts


def table(folder=FOLDER):
    """The shipped models as a Markdown table made from their cards; a damaged card is named."""
    rows = ["| name | what | data | endpoints | measured | made by |", "|---|---|---|---|---|---|"]
    rows += [_row(name, pathlib.Path(folder) / name) for name in available(folder)]
    return "\n".join(rows) + "\n"


def _row(name, path):
    """The row of a model in the table."""
    recover(path)
    facts, damage = examined(path / CARD)
    lacking = [key for key in SHOWN if facts[key] is None]
    if damage is None and lacking:
        damage = f"lacks {', '.join(lacking)}"
    if damage is None and not os.path.isfile(path / GRAPH):
        damage = f"is there without {GRAPH}"
    if damage is not None:
        return f"| {name} | {_cell(f'{path / CARD} {damage}')} | | | | |"
    metrics = ", ".join(f"{key} {value:.4g}" for key, value in facts["metrics"].items())
    endpoints = ", ".join(f"`{endpoint}`" for endpoint in facts["endpoints"])
    return (
        f"| [{name}]({name}/{SAMPLES}) | {_cell(facts['what'])} | {_cell(facts['data'])} "
        f"| {endpoints} | {_cell(metrics)} | `{_cell(facts['command'])}` (seed {facts['seed']}) |"
    )


def _cell(text):
    """A text as the cell of a Markdown table, whose end is a bar and whose row is one line."""
    return " ".join(text.split()).replace("|", "\\|")


def _may_be_there(path):
    """Whether a file exists, as far as its folder can be read."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def located(name, folder=FOLDER):
    """The folder of a shipped model, or of a SavedModel anywhere, by its path.

    Raises:
        ValueError: if there is no such model.
    """
    if not isinstance(name, (str, os.PathLike)) or not os.fspath(name):
        raise argument_error("name", "a name or a path, a string or `pathlib.Path`", repr(name))
    for path in (pathlib.Path(folder) / name, pathlib.Path(name)):
        recover(path)
        if (path / GRAPH).is_file():
            return path
    elsewhere = ""
    if pathlib.Path(folder) == _INSTALLED:
        elsewhere = (
            "; the other shipped models are in the folder `saved_models` of the source of "
            "keras_gen: give its path as `folder`"
        )
    raise argument_error(
        "name",
        f"one of {available(folder)} in {folder}, or the path of a SavedModel{elsewhere}",
        name,
    )
