"""The card of a model: what it is, what it was trained on, and how."""

import datetime
import functools
import json
import platform
import shlex
import sys

import keras
import tensorflow as tf

import keras_gen
from keras_gen.arguments import argument_error

CARD_FIELDS = ("what", "data", "value_range", "command", "seed", "metrics", "versions", "date")


def card(what, data, value_range, seed, metrics):
    """Describes a trained model; the command, the versions and the date are filled in.

    Args:
        what: one sentence, model and architecture.
        data: name of the data it was trained on.
        value_range: closed interval of the images that go in or come out, or `None` for other data.
        seed: integer, the seed of the training.
        metrics: dict from metric name, extractor and sample count included, to number.
    """
    return {
        "what": what,
        "data": data,
        "value_range": None if value_range is None else list(value_range),
        "command": shlex.join(["python", *sys.argv]),
        "seed": seed,
        "metrics": {name: float(value) for name, value in metrics.items()},
        "versions": {
            "keras_gen": keras_gen.__version__,
            "keras": keras.__version__,
            "tensorflow": tf.__version__,
            "python": platform.python_version(),
        },
        "date": datetime.date.today().isoformat(),
    }


def _is_text(value):
    return isinstance(value, str)


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_seed(value):
    return value is None or (_is_number(value) and isinstance(value, int))


def _is_range(value):
    pair = isinstance(value, (list, tuple)) and len(value) == 2 and all(map(_is_number, value))
    return value is None or (pair and value[0] < value[1])


def _is_table(value, of=_is_text):
    return isinstance(value, dict) and all(map(_is_text, value)) and all(map(of, value.values()))


KINDS = {  # what the entries of a card are: a check, and in words
    **dict.fromkeys(("what", "data", "command", "date"), (_is_text, "a text")),
    "value_range": (_is_range, "two increasing numbers or null"),
    "seed": (_is_seed, "an integer"),
    "metrics": (functools.partial(_is_table, of=_is_number), "numbers by name"),
    "versions": (_is_table, "texts by name"),
    "endpoints": (lambda names: isinstance(names, list) and all(map(_is_text, names)), "names"),
}


def check_card(card):
    """Refuses a card to be written whose entries are of other types than those of `card()`."""
    if not isinstance(card, dict):
        raise argument_error("card", "what `saved_models.card` returns, or None", card)
    damage = _wrong_entries(card)
    if damage is not None:
        raise argument_error(
            "card", "what `saved_models.card` returns", received=f"one that {damage}"
        )


def write_card(path, card, endpoints):
    """Writes the card of an exported model, with the names of its endpoints."""
    text = json.dumps({**card, "endpoints": sorted(endpoints)}, indent=2)
    path.write_text(text + "\n", "utf-8")


def examined(path):
    """The entries of a card, and what is wrong with the file.

    Returns:
        Dict with all of `CARD_FIELDS` and `endpoints`, `None` for those that the file lacks, and a
        verb phrase such as "is not JSON", or `None`.
    """
    facts, damage = {}, None
    try:
        facts = json.loads(path.read_text("utf-8"))
    except OSError as error:
        damage = f"cannot be read ({error.strerror})"
    except (ValueError, RecursionError) as error:
        damage = f"is not JSON ({error})"
    if not isinstance(facts, dict):
        facts, damage = {}, "is not a card but other JSON"
    return {**dict.fromkeys(KINDS), **facts}, damage or _wrong_entries(facts)


def is_card(path):
    """Whether a file is the card of an exported model."""
    return examined(path)[0]["endpoints"] is not None


def _wrong_entries(facts):
    """Which entries are not what they should be, in words, or `None`."""
    wrong = [name for name in facts if name in KINDS and not KINDS[name][0](facts[name])]
    texts = [f"{name}={facts[name]!r}, which is not {KINDS[name][1]}" for name in wrong]
    return f"has {'; '.join(texts)}" if wrong else None
