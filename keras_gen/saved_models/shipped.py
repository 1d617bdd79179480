"""The registry of shipped models: folders with a SavedModel, its card and its samples."""

import json
import os
import pathlib

from keras_gen.arguments import argument_error
from keras_gen.files import recover

_PACKAGE = pathlib.Path(__file__).resolve().parents[1]
_SOURCE, _INSTALLED = _PACKAGE.parent / "saved_models", _PACKAGE / "shipped_models"
FOLDER = _INSTALLED if _INSTALLED.is_dir() else _SOURCE
GRAPH, CARD, SAMPLES = "saved_model.pb", "card.json", "samples.png"


def available(folder=FOLDER):
    """Names of the models shipped in a folder, sorted."""
    names = [path.parent.name for path in pathlib.Path(folder).glob(f"*/{CARD}")]
    return sorted(name for name in names if not name.startswith("."))  # those are being written


def read_card(name, folder=FOLDER):
    """The card of a shipped model, as a dict with the keys `CARD_FIELDS` and `endpoints`."""
    return json.loads((located(name, folder) / CARD).read_text())


def table(folder=FOLDER):
    """The shipped models as a Markdown table made from their cards."""
    rows = ["| name | what | data | endpoints | measured | made by |", "|---|---|---|---|---|---|"]
    for name in available(folder):
        facts = read_card(name, folder)
        metrics = ", ".join(f"{key} {value:.4g}" for key, value in facts["metrics"].items())
        endpoints = ", ".join(f"`{endpoint}`" for endpoint in facts["endpoints"])
        rows.append(
            f"| [{name}]({name}/{SAMPLES}) | {facts['what']} | {facts['data']} | {endpoints} "
            f"| {metrics} | `{facts['command']}` (seed {facts['seed']}) |"
        )
    return "\n".join(rows) + "\n"


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
