"""Importing the library is quiet and brings nothing heavy along."""

import os
import subprocess
import sys

QUIET = """
import sys
import tensorflow, keras
before = set(sys.modules)
import keras_gen
print(sorted({name.split(".")[0] for name in set(sys.modules) - before}))
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
