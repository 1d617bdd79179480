"""The card of a model, whole and damaged."""

import json
import os
import re
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen import __main__ as command_line
from keras_gen import networks, saved_models
from keras_gen.saved_models import cards, shipped


def test_card_is_plain_json():
    card = saved_models.card("x", "y", (0, 1), 1, {"a": np.float32(0.5)})
    assert json.loads(json.dumps(card)) == card


def test_card_has_the_command_and_the_versions(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["chapters/x.py", "--output", "a folder"])
    card = saved_models.card("x", "y", (0, 1), 1, {})
    assert card["command"] == "python chapters/x.py --output 'a folder'"
    assert card["versions"]["keras"] == keras.__version__
    assert card["versions"]["tensorflow"] == tf.__version__


CARD = {**saved_models.card("a sum", "numbers", (0, 1), 1, {"error": 0.5}), "endpoints": ["serve"]}
DAMAGED = {  # the content of a card, and what is said of it
    "nothing": ("", "is not JSON"),
    "half": (json.dumps(CARD)[:40], "is not JSON"),
    "bytes": (b"\xff\xfe\x00", "is not JSON"),
    "nested": ("[" * 100_000, "is not JSON"),
    "list": ("[1, 2]", "is not a card but other JSON"),
    "null": ("null", "is not a card but other JSON"),
    "lacking": (json.dumps({"what": "a sum"}), "lacks data, endpoints, metrics, command"),
    **{
        f"{name}_{number}": (json.dumps({**CARD, name: value}), f"has {name}=.*which is not")
        for name, values in {
            "what": [3],
            "value_range": [[1], [1, 0], "01"],
            "seed": ["1", 0.5],
            "metrics": [[0.5], {"error": "small"}],
            "endpoints": ["serve", [3]],
        }.items()
        for number, value in enumerate(values)
    },
}


@pytest.fixture
def folder(tmp_path):
    """One whole model, the others damaged."""
    for name, (content, _) in {**DAMAGED, "whole": (json.dumps(CARD), "")}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / shipped.GRAPH).touch()
        raw = content if isinstance(content, bytes) else content.encode()
        (tmp_path / name / shipped.CARD).write_bytes(raw)
    (tmp_path / "folder" / shipped.CARD).mkdir(parents=True)
    (tmp_path / "loop").mkdir()
    os.symlink(shipped.CARD, tmp_path / "loop" / shipped.CARD)
    (tmp_path / "alone").mkdir()
    (tmp_path / "alone" / shipped.CARD).write_text(json.dumps(CARD))
    return tmp_path


def test_a_damaged_card_is_named_and_the_others_are_listed(folder, monkeypatch, capsys):
    monkeypatch.setattr(saved_models.table, "__defaults__", (folder,))
    command_line.main(["models"])
    lines = capsys.readouterr().out.splitlines()[2:]
    assert len(lines) == len(DAMAGED) + 4 and all(line.count("|") == 7 for line in lines)
    rows = {line.split(" | ")[0].lstrip("| "): line for line in lines}
    assert "| a sum | numbers | `serve` | error 0.5 |" in rows["[whole](whole/samples.png)"]
    others = {"folder": "cannot be read", "loop": "cannot be read", "alone": "without saved_model"}
    for name, message in {**{n: m for n, (_, m) in DAMAGED.items()}, **others}.items():
        path = folder / name / shipped.CARD
        assert re.search(f"{path} .*{message}", rows[name]), rows[name]


@pytest.mark.parametrize("name", [name for name in DAMAGED if name != "lacking"])
def test_reading_a_damaged_card_names_the_file(name, folder):
    message = f"argument `name`.*intact card.json.*{folder / name / shipped.CARD}, which "
    with pytest.raises(ValueError, match=message + DAMAGED[name][1]):
        saved_models.read_card(name, folder)


def test_what_a_card_lacks_is_none(folder):
    card = saved_models.read_card("lacking", folder)
    assert set(card) == {*saved_models.CARD_FIELDS, "endpoints"}
    assert card["what"] == "a sum" and card["metrics"] is None


def test_a_folder_that_cannot_be_read_is_named(folder, monkeypatch):
    def forbidden(path, *rest):
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(os, "lstat", forbidden)
        assert "list" in saved_models.available(folder)  # there may be a card in it
    with monkeypatch.context() as patch:
        patch.setattr(os, "listdir", forbidden)
        with pytest.raises(ValueError, match=rf"`folder`.*{folder} \(Permission denied\)"):
            saved_models.available(folder)


@pytest.mark.parametrize("damage", [{"seed": "1"}, {"metrics": {"error": None}}, {"what": 3}])
def test_a_card_that_could_not_be_read_again_is_not_written(damage, tmp_path):
    (name,) = damage
    for card in ({**CARD, **damage}, 3):
        with pytest.raises(ValueError, match=f"argument `card`.*{name if card != 3 else 'None'}"):
            saved_models.export(networks.mlp(2, [], 1), tmp_path / "new", card)
    assert not list(tmp_path.iterdir())


def test_bars_and_lines_of_a_card_stay_in_their_cell(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / shipped.GRAPH).touch()
    cards.write_card(tmp_path / "a" / shipped.CARD, {**CARD, "what": "p(x|z)\nand more"}, ["serve"])
    assert r"| p(x\|z) and more | numbers |" in saved_models.table(tmp_path)
