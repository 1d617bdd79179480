"""Importing the library is quiet and brings nothing heavy along."""

import os
import subprocess
import sys

import pytest

import keras_gen

QUIET = """
import sys
import tensorflow, keras
before = set(sys.modules)
import keras_gen
print(sorted({name.split(".")[0] for name in set(sys.modules) - before}))
"""

EVERYTHING = """
import os, pathlib, random, sys, warnings
import keras
import numpy as np

def state():
    return (
        dict(os.environ), os.getcwd(), sys.path[:], warnings.filters[:], random.getstate(),
        [str(each) for each in np.random.get_state()], keras.config.floatx(),
        keras.config.dtype_policy().name, keras.config.image_data_format(),
        sorted(pathlib.Path().iterdir()),
    )

before, loaded = state(), set(sys.modules)  # Keras itself brings what it finds installed
import keras_gen
for name in keras_gen.__all__:
    getattr(keras_gen, name)
assert set(keras_gen.__all__) <= set(dir(keras_gen))
changed = [index for index, (a, b) in enumerate(zip(before, state())) if a != b]
heavy = {"tensorflow_datasets", "sklearn", "matplotlib.pyplot", "scipy.stats", "tyro"}
print(changed, sorted(heavy & (set(sys.modules) - loaded)))
"""


def run(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
    )


def test_import_adds_no_package_but_itself_and_prints_nothing():
    process = run(QUIET)
    assert process.returncode == 0, process.stderr
    assert process.stdout.strip() == "['keras_gen']"


def test_models_on_another_backend_say_what_to_set():
    fake_backend = "import keras; keras.backend.backend = lambda: 'jax'\nimport keras_gen.models\n"
    process = run(fake_backend)
    assert process.returncode != 0
    assert "ImportError" in process.stderr and 'KERAS_BACKEND="tensorflow"' in process.stderr


def test_importing_every_sub_package_adds_modules_and_changes_nothing_else():
    process = run(EVERYTHING)
    assert process.returncode == 0, process.stderr
    assert process.stdout.strip() == "[] []"


def test_an_unknown_attribute_is_named():
    with pytest.raises(AttributeError, match="'keras_gen' has no attribute 'modles'"):
        _ = keras_gen.modles
