"""The card of a model: what it is, what it was trained on, and how."""

import datetime
import json
import platform
import shlex
import sys

import keras
import tensorflow as tf

import keras_gen

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


def write_card(path, card, endpoints):
    """Writes the card of an exported model, with the names of its endpoints."""
    text = json.dumps({**card, "endpoints": sorted(endpoints)}, indent=2)
    path.write_text(text + "\n")


def is_card(path):
    """Whether a file is the card of an exported model."""
    try:
        facts = json.loads(path.read_text())
    except (OSError, ValueError):
        return False
    return isinstance(facts, dict) and "endpoints" in facts
