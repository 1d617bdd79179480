"""Every chapter script runs from end to end, writes its pictures and its models, and goes on."""

import pathlib
import subprocess
import sys

import pytest

from keras_gen import saved_models

CHAPTERS = pathlib.Path(__file__).resolve().parents[1] / "chapters"
SCRIPTS = sorted(CHAPTERS.glob("*/*.py"))
OTHER_DATA = {  # of scripts that learn no digits
    "boltzmann_machine": "bars_and_stripes",
    "mode_collapse": "grid",
    "modes": "digits, stacked",
}
WITH_CLASSIFIER = ("05_gans", "07_modern_gans")  # judged by a shipped LeNet
# A process of its own, because scripts ask for deterministic operations for good.
RUN_TWICE = """
import pathlib, runpy, sys
main = runpy.run_path(sys.argv[1])["main"]
for _ in range(2):  # the second time the training is already complete
    main(epochs=1, limit=330, output=pathlib.Path(sys.argv[2]))
"""


@pytest.mark.parametrize("script", SCRIPTS, ids=[script.stem for script in SCRIPTS])
def test_script_runs_and_writes_what_it_promises(script, tmp_path):
    if script.parent.name in WITH_CLASSIFIER and not saved_models.available():
        pytest.skip("installed without the shipped models")
    process = subprocess.run(
        [sys.executable, "-c", RUN_TWICE, str(script), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr[-3000:]
    assert str(tmp_path) in process.stdout.splitlines()[-1]
    names = {path.name for path in tmp_path.iterdir()}
    assert {"training.png", "saved_model"} <= names
    assert sum(name.endswith(".keras") for name in names) == 1
    assert sum(name.endswith(".state") for name in names) == 1
    expected = OTHER_DATA.get(script.stem, "digits")
    assert saved_models.read_card("saved_model", tmp_path)["data"] == expected
