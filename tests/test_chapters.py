"""Every chapter script runs from end to end, writes its pictures and its models, and goes on."""

import pathlib

import processes
import pytest

from keras_gen import saved_models

CHAPTERS = pathlib.Path(__file__).resolve().parents[1] / "chapters"
SCRIPTS = sorted(CHAPTERS.glob("*/*.py"))
OTHER_DATA = {  # of scripts that learn no digits
    "boltzmann_machine": "bars_and_stripes",
    "encoder_decoder": "encoder_decoder",
    "many_to_many": "many_to_many",
    "many_to_one": "many_to_one",
    "mode_collapse": "grid",
    "modes": "digits, stacked",
    "text_generation": "pydoc_topics",
    "vanishing_gradients": "adding_problem",
}
WITH_CLASSIFIER = ("05_gans", "07_modern_gans")  # judged by a shipped LeNet
WITHOUT_TRAINING = ("cells", "convolution", "evaluation")
JUDGED = [script for script in SCRIPTS if "shipped_extractor(" in script.read_text()]
# Several trainings, or phases of one, each with a state of its own in a folder below.
STATES_IN_FOLDERS = ("losses", "domain_adversarial", "adversarial_examples", "captions", "dbn")
ARGUMENTS = {
    **{name: {} for name in WITHOUT_TRAINING},
    "rbm": {"epochs": 1, "hidden": 20},
    "bound": {"epochs": 1, "hidden": 20, "top": 64},
    "dbn": {"epochs": 1, "hidden": (20, 30), "tuning_epochs": 1},
    "dbm": {"epochs": 1, "hidden": (20, 20)},
    "pretraining": {"epochs": 1, "steps": 20, "seeds": 1},
    "losses": {"epochs": 1, "games": ["minimax", "Wasserstein"]},  # of seven
    "mode_collapse": {"epochs": 1, "remedies": ["experience replay", "slope penalty"]},  # of eight
}
# Of scripts that train several models, each in a folder of its own.
FOLDERS = {"topologies": ["one_to_many", "many_to_one", "many_to_many", "encoder_decoder"]}


@pytest.mark.parametrize("script", SCRIPTS, ids=[script.stem for script in SCRIPTS])
def test_script_runs_and_writes_what_it_promises(script, tmp_path):
    if script.parent.name in WITH_CLASSIFIER and not saved_models.available():
        pytest.skip("installed without the shipped models")
    # A process of its own, because scripts ask for deterministic operations for good.
    log = tmp_path.with_suffix(".log")
    arguments = {"limit": 330, "output": tmp_path, **ARGUMENTS.get(script.stem, {"epochs": 1})}
    # The second time the training is already complete.
    times = 1 if script.stem in WITHOUT_TRAINING else 2
    process = processes.start(processes.run_script, script, times, arguments, log=log)
    processes.finish(process, log, seconds=None)
    assert str(tmp_path) in log.read_text().splitlines()[-1]
    for folder in FOLDERS.get(script.stem, [""]):
        names = {path.name for path in (tmp_path / folder).iterdir()}
        if script.stem in WITHOUT_TRAINING:
            assert len(names) > 1 and all(name.endswith(".png") for name in names)
            continue
        assert {"training.png", "saved_model"} <= names
        assert sum(name.endswith(".keras") for name in names) == 1
        if script.stem in STATES_IN_FOLDERS:
            assert len(list(tmp_path.rglob("*.state"))) > 1
        else:
            assert sum(name.endswith(".state") for name in names) == 1
        expected = OTHER_DATA.get(folder or script.stem, "digits")
        assert saved_models.read_card("saved_model", tmp_path / folder)["data"] == expected


@pytest.mark.skipif(not saved_models.available(), reason="installed without the shipped models")
@pytest.mark.parametrize("script", JUDGED, ids=[script.stem for script in JUDGED])
def test_data_without_a_shipped_classifier_are_refused_before_anything_is_trained(script, tmp_path):
    log = tmp_path.with_suffix(".log")
    arguments = {"dataset": "cifar10", "output": tmp_path / "new"}
    process = processes.start(processes.run_script, script, 1, arguments, log=log)
    with pytest.raises(AssertionError, match="`dataset`.*'mnist'.*`extractor`.*dataset=cifar10"):
        processes.finish(process, log)
    assert not (tmp_path / "new").exists()
