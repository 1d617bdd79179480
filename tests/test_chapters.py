"""Every chapter script runs from end to end, writes its pictures and its models, and resumes."""

import ast
import json
import math
import pathlib
import re
import runpy
import subprocess
import sys

import processes
import pytest

from keras_gen import runs, saved_models

CHAPTERS = pathlib.Path(__file__).resolve().parents[1] / "chapters"
SCRIPTS = sorted(CHAPTERS.glob("*/*.py"))
JUDGED = [  # by a shipped LeNet
    script
    for script in SCRIPTS
    if re.search(r"shipped_extractor\(|run\.reader\(|run\.watch_images\(", script.read_text())
]
WITHOUT_TRAINING = ("cells", "convolution", "evaluation")
ARGUMENTS = {
    **{name: {} for name in WITHOUT_TRAINING},
    "adversarial_examples": {"epochs": 1, "test": "test[:200]"},
    "rbm": {"epochs": 1, "hidden": 20},
    "bound": {"dataset": "digits", "epochs": 1, "hidden": 20, "top": 64},
    "dbn": {"epochs": 1, "hidden": (20, 30), "tuning_epochs": 1},
    "dbm": {"epochs": 1, "hidden": (20, 20)},
    "captions": {"epochs": 1, "hidden": 20, "top": 30},
    "pretraining": {"epochs": 1, "steps": 20, "seeds": 1},
    # Larger images or more of them only take longer.
    "stacked": {"epochs": 1, "limit": 100},
    "convolutional": {"epochs": 1, "dataset": "digits"},
    "made": {"epochs": 1, "dataset": "digits"},
    "pixelcnn": {"epochs": 1, "image_size": 8},
    "recurrent": {"epochs": 1, "dataset": "digits"},
    "variational": {"epochs": 1, "dataset": "digits"},
    "losses": {"epochs": 1, "games": ["minimax", "Wasserstein"]},  # of seven
    "frontier": {"epochs": 1, "filters": 4, "games": ["Wasserstein", "relativistic"]},  # of three
    "pix2pix": {"epochs": 1, "filters": 4},
    "ablation": {"epochs": 1, "filters": 4, "variants": ["L1, severed", "L1 + GAN"], "limit": 40},
    "colorization": {"epochs": 1, "filters": 4, "limit": 80},
    "super_resolution": {"epochs": 1, "filters": 4, "limit": 80},
    "sketches": {"epochs": 1, "filters": 4, "limit": 80},
    "cyclegan": {"epochs": 1, "filters": 2, "blocks": 1},
    "cyclegan_ablation": {
        "epochs": 1,
        "variants": ["whole", "no pool"],  # of four
        "filters": 2,
        "blocks": 1,
    },
    "progan": {"epochs": 1, "filters": (4, 3)},  # of 8x8 pixels
    "stylegan": {"epochs": 1, "filters": (4, 4), "mapping": 2},
    "style_transfer": {"epochs": 1, "limit": 16, "image_size": 16},
    "style_encoder": {"epochs": 1, "filters": (4, 4, 5, 6)},
    "faces": {"epochs": 1, "filters": 4, "limit": 40},
    "faces_compare": {
        **{"epochs": 1, "filters": 4, "limit": 40},
        **{"games": ["DCGAN", "relativistic"], "augmentations": ["changes"]},  # of four each
    },
    "mode_collapse": {"epochs": 1, "remedies": ["experience replay", "slope penalty"]},  # of eight
}
SMALLER = {  # constants of a script, where its own only take longer
    "adversarial_examples": {"SMALL_STEPS": 2},
    "topologies": {"TEST_COUNT": 100},
    "vanishing_gradients": {"TEST_COUNT": 100, "STEPS": 20},
    "bound": {"TEMPERATURES": 100},
    "dbm": {"TEMPERATURES": 100},
    "features": {"ITERATIONS": 5},
    "rbm": {"TEMPERATURES": 100},
    "made": {"TIMES": 2},
    "pixelcnn": {"DILATIONS": (1, 2), "COMPLETED": 3, "TIMES": 2},
    "pretraining": {"HIDDEN": (30, 20), "CODE_UNITS": 20},
    "variational": {"IMPORTANCE_SAMPLES": 100},
    "evaluation": {"NOISE": (0.0, 0.4)},
    "mode_collapse": {"STEPS_PER_EPOCH": 400},
    "stylegan": {"PAIRS": 60},
    "style_mixing": {"FILTERS": (4, 4), "LATENT_DIM": 4, "COUNT": 60},
    "style_transfer": {"FILTERS": (3, 4), "TEST_PATTERNS": 3, "SHOWN": 2},
    "controllable": {
        **{"FILTERS": (4, 4), "LATENT_DIM": 4, "COUNT": 100, "EDITED": 20},
        **{"SEARCHED": 1, "SEARCH_STEPS": 2, "RESTARTS": 1},
    },
}
MOST_LINES, MOST_LINES_OF_COMPARISONS = 60, 80  # of the body of `main`
ABOUT_PROGRESS = re.compile("nothing is left to train|/step")
TENSORFLOW_SAYS = re.compile(r"[IWE]\d{4} \d\d:\d\d:\d\d")  # which a run from a shell does not show
ASK_FOR_HELP = """
import runpy, sys
for script in sys.argv[1:]:
    sys.argv = [script, "--help"]
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as ended:
        assert ended.code == 0, script
    for name in ("keras", "tensorflow"):
        assert type(sys.modules[name]).__name__ == "LaterModule", f"{script} loads {name}"
    for name in ("matplotlib", "scipy", "sklearn"):
        assert type(sys.modules.get(name)).__name__ != "module", f"{script} loads {name}"
"""


def named(scripts):
    return pytest.mark.parametrize("script", scripts, ids=[script.stem for script in scripts])


def arguments_of(script):
    """The smallest training that shows whether a script works."""
    if script in JUDGED and not saved_models.available():
        pytest.skip("installed without the shipped models")
    arguments = ARGUMENTS.get(script.stem, {"epochs": 1})
    if script in JUDGED and "lenet_glyphs" not in saved_models.available():
        arguments = {"dataset": "digits", **arguments}
    return {"limit": 330, **arguments}


def command_line(arguments):
    """Arguments by name as the texts of a command line."""
    texts = []
    for name, value in arguments.items():
        values = value if isinstance(value, (list, tuple)) else [value]
        texts += [f"--{name.replace('_', '-')}", *map(str, values)]
    return texts


def run(script, arguments, folder):
    """Starts a script three times; returns what each start printed."""
    log, errors = folder / "stdout", folder / "stderr"
    texts = command_line({**arguments, "output": folder / "output"})
    smaller = SMALLER.get(script.stem)
    process = processes.start(processes.start_script, script, texts, errors, smaller, log=log)
    processes.finish(process, errors, seconds=None)
    lines = errors.read_text().splitlines()
    assert [line for line in lines if not TENSORFLOW_SAYS.match(line)] == []
    return log.read_text().split(processes.NEXT)


@named(SCRIPTS)
def test_script_keeps_its_promises(script, tmp_path):
    first, second, edited = run(script, arguments_of(script), tmp_path)
    output = tmp_path / "output"
    trains = script.stem not in WITHOUT_TRAINING

    result = json.loads((output / "results.json").read_text())
    assert result["measures"]
    for measure in result["measures"].values():
        assert math.isfinite(measure["value"]) and f"{measure['value']:.4g}" in first
    again = [line for line in second.splitlines() if line and not ABOUT_PROGRESS.search(line)]
    assert set(again) <= set(first.splitlines())  # the same measures
    look = re.fullmatch(r"Open (.+\.\w+): .{10,}", again[-1])
    assert look and pathlib.Path(look[1]).stat().st_size > 0
    assert len(list(output.rglob("*.png"))) > 1
    assert list(output.glob("*.keras")) == [output / f"{script.stem}.keras"] * trains
    if trains:
        assert "nothing is left to train" in second
        assert "nothing is left to train" not in first
        assert list(output.rglob("*.state"))
        card = saved_models.read_card("saved_model", output)
        assert card["data"] == result["data"]
        assert (output / "saved_model" / "samples.png").exists()
        assert "exit status 2" in edited and "is 'edited'" in edited


@named(SCRIPTS)
@pytest.mark.parametrize("texts", [["--limit", "0"], ["--epochs", "0"], ["--bogus"]], ids=str)
def test_a_wrong_argument_ends_with_one_sentence(script, texts, capfd):
    main = runpy.run_path(str(script))["main"]
    with pytest.raises(SystemExit) as ended:
        runs.start(main, texts)
    out, err = capfd.readouterr()
    assert ended.value.code == 2
    assert out == "" and "Traceback" not in err and texts[0].strip("-") in err


def test_help_loads_no_libraries():
    command = [sys.executable, "-c", ASK_FOR_HELP, *map(str, SCRIPTS)]
    told = subprocess.run(command, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert told.stderr == ""
    assert told.stdout.count("--epochs") >= len(SCRIPTS) - len(WITHOUT_TRAINING)


@named(SCRIPTS)
def test_main_fits_on_a_screen(script):
    text = script.read_text()
    functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    (main,) = (function for function in functions if function.name == "main")
    begin, end = main.body[1].lineno, main.end_lineno  # after the docstring
    body = [line.strip() for line in text.splitlines()[begin - 1 : end]]
    lines = [line for line in body if line and not line.startswith("#")]
    compares = "run.compare(" in text
    assert len(lines) <= (MOST_LINES_OF_COMPARISONS if compares else MOST_LINES)


@pytest.mark.skipif(not saved_models.available(), reason="installed without the shipped models")
@named(JUDGED)
def test_data_without_a_shipped_reader_are_refused_before_anything_is_trained(script, tmp_path):
    log = tmp_path / "log"
    texts = ["--dataset", "glyphs_letters", "--limit", "330", "--output", str(tmp_path / "new")]
    process = processes.start(processes.start_script, script, texts, log, log=log)
    process.join()
    assert process.exitcode == 2
    assert re.search("`dataset`.*'mnist'.*`extractor`.*dataset=glyphs_letters", log.read_text())
    assert not (tmp_path / "new").exists()
