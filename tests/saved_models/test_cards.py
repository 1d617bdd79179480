"""The card of a model."""

import json
import sys

import keras
import numpy as np
import tensorflow as tf

from keras_gen import saved_models


def test_card_is_plain_json():
    card = saved_models.card("x", "y", (0, 1), 1, {"a": np.float32(0.5)})
    assert json.loads(json.dumps(card)) == card


def test_card_has_the_command_and_the_versions(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["chapters/x.py", "--output", "a folder"])
    card = saved_models.card("x", "y", (0, 1), 1, {})
    assert card["command"] == "python chapters/x.py --output 'a folder'"
    assert card["versions"]["keras"] == keras.__version__
    assert card["versions"]["tensorflow"] == tf.__version__
