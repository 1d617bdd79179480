"""What surrounds a training: arguments, folders, comparisons, console, modules that load later."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from keras_gen import callbacks, console, runs
from keras_gen.runs import later, scripts

BATCH_SIZE = 32


def main(run: runs.Run = runs.Run(epochs=5), filters: int = 8, hidden: tuple[int, ...] = (3,)):
    """A script that notes what it was started with.

    Args:
        run: what all scripts have.
        filters: a number of its own.
        hidden: numbers of its own.
    """
    STARTED.append((run, filters, hidden))


STARTED = []
STARTED_WITHOUT_DATA = []


def without_data(run: runs.Run = runs.Run(dataset=None, epochs=None)):
    """A script that makes its data and trains nothing."""
    STARTED_WITHOUT_DATA.append(run)


def started(texts, function=main, notes=STARTED):
    notes.clear()
    runs.start(function, texts)
    (note,) = notes
    return note


def refusal(capsys, texts, function=main):
    with pytest.raises(SystemExit) as ended:
        runs.start(function, texts)
    assert ended.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    # Some errors come in a frame: without it, and without line ends, they are a sentence.
    return " ".join(word for word in err.split() if word != "│")


# Arguments


def test_a_run_has_what_the_command_line_says_and_the_scripts_own_defaults_else():
    run, filters, hidden = started(["--dataset", "mnist", "--hidden", "4", "5"])
    assert (run.dataset, run.epochs, run.limit, run.seed) == ("mnist", 5, None, 1)
    assert (filters, hidden) == (8, (4, 5))


@pytest.mark.parametrize(
    "name, value",
    [
        ("epochs", 0),
        ("epochs", 2.5),
        ("limit", -1),
        ("limit", True),
        ("seed", -1),
        ("seed", 2**31),
        ("precision", "float16"),
    ],
)
def test_a_run_refuses_what_makes_no_sense(name, value):
    with pytest.raises(ValueError, match=rf"Invalid value for argument `{name}`. Expected .*Rec"):
        runs.Run(**{name: value})


def test_a_wrong_argument_ends_with_status_2(capsys):
    assert "argument `limit`. Expected a positive integer" in refusal(capsys, ["--limit", "0"])
    assert "--filterz" in refusal(capsys, ["--filterz", "3"])


def test_a_script_has_no_data_sets_and_no_epochs_where_it_names_none(capsys):
    assert started([], without_data, STARTED_WITHOUT_DATA).dataset is None
    message = refusal(capsys, ["--dataset", "mnist"], without_data)
    assert "argument `dataset`. Expected None: this script makes its own data" in message
    message = refusal(capsys, ["--epochs", "3"], without_data)
    assert "argument `epochs`. Expected None: this script has no training" in message


def test_a_script_needs_the_data_that_it_has(capsys):
    assert "argument `dataset`. Expected a value" in refusal(capsys, ["--dataset", "None"])


def test_an_error_of_the_script_is_no_error_of_its_arguments():
    def broken(run: runs.Run = runs.Run()):
        raise ValueError("the script itself")

    with pytest.raises(ValueError, match="the script itself"):
        runs.start(broken, [])


# Folders


def test_a_folder_is_named_after_what_differs_from_the_defaults():
    assert started([])[0].output == pathlib.Path("outputs/test_runs")
    run, *_ = started(["--filters", "16", "--dataset", "/data/my pictures", "--epochs", "5"])
    assert run.output == pathlib.Path("outputs/test_runs-dataset_data_my_pictures-filters_16")
    assert started(["--hidden", "4", "5"])[0].output.name == "test_runs-hidden_4_5"
    assert started(["--output", "elsewhere"])[0].output == pathlib.Path("elsewhere")


def test_folders_of_different_arguments_differ():
    texts = [[], ["--seed", "2"], ["--filters", "2"], ["--limit", "2"], ["--epochs", "2"]]
    assert len({started(each)[0].output for each in texts}) == len(texts)


def checked(output, texts, constants=None):
    """Starts, checks the folder and records the run, as `begin` and `watch` do."""
    run, *_ = started(["--output", str(output), *texts])
    script = scripts.Script(run.script.path, run.script.arguments, constants or {}, "")
    script.check(output)
    script.write(output)


def test_a_folder_takes_the_same_run_again_also_with_more_epochs(tmp_path):
    checked(tmp_path, ["--filters", "16"])
    checked(tmp_path, ["--filters", "16", "--epochs", "50"])


def test_a_folder_refuses_a_run_with_other_arguments_or_constants(tmp_path):
    checked(tmp_path, [], {"RATE": "0.1", "OLD": "1"})
    with pytest.raises(ValueError, match="`output`.*filters was 8, is 16$"):
        checked(tmp_path, ["--filters", "16"], {"RATE": "0.1", "OLD": "1"})
    with pytest.raises(ValueError, match="OLD was 1, is absent; RATE was 0.1, is 0.2$"):
        checked(tmp_path, [], {"RATE": "0.2"})


def test_a_folder_refuses_the_run_of_another_script(tmp_path):
    checked(tmp_path, [])
    record = tmp_path / scripts.RECORD
    record.write_text(json.dumps({**json.loads(record.read_text()), "script": "vae"}))
    with pytest.raises(ValueError, match="which holds a run of vae$"):
        checked(tmp_path, [])


def test_a_folder_with_states_of_nobody_is_refused(tmp_path):
    (tmp_path / "training.state").touch()
    with pytest.raises(ValueError, match="states without a record of their run"):
        checked(tmp_path, [])


def test_constants_are_the_names_in_capitals_that_show_their_value():
    constants = scripts.constants_of(main)
    assert constants["BATCH_SIZE"] == "32"
    assert "main" not in constants
    function = eval("lambda run: None", {"RATE": 1.5, "OBJECT": object(), "lower": 1})
    assert scripts.constants_of(function) == {"RATE": "1.5"}


def test_the_command_is_what_was_typed():
    run, *_ = started(["--dataset", "my pictures", "--epochs", "3"])
    assert run.script.command.endswith("test_runs.py --dataset 'my pictures' --epochs 3")
    assert run.script.chapter == "runs"


# Comparisons


def test_a_comparison_means_over_the_trainings_of_a_variant():
    table = runs.Comparison("loss")
    for fid, speed in [(2.0, 10), (4.0, 30)]:
        table.add("minimax", fid=fid, speed=speed)
    table.add("Wasserstein", fid=np.float32(1.5))
    assert table.mean("minimax", "fid") == 3
    assert table.best("fid") == "Wasserstein"
    assert table.best("fid", higher=True) == "minimax"
    assert table.measures() == {
        "fid_minimax": {"value": 3.0, "low": 2.0, "high": 4.0, "draws": 2},
        "speed_minimax": {"value": 20.0, "low": 10.0, "high": 30.0, "draws": 2},
        "fid_Wasserstein": {"value": 1.5, "low": 1.5, "high": 1.5, "draws": 1},
    }


def test_a_comparison_prints_as_a_table():
    table = runs.Comparison("loss")
    table.add("minimax", inception_score=2.0, speed=10)
    table.add("minimax", inception_score=4.0, speed=10)
    table.add("W", inception_score=1 / 3)
    assert str(table).splitlines() == [
        "loss     inception score  speed",
        "minimax  3 (2 to 4)       10 (10 to 10)",
        "W        0.3333",
    ]


def test_compare_gives_every_variant_every_seed_a_folder_and_the_seeds_random_numbers(tmp_path):
    run = runs.Run(seed=4, limit=9, output=tmp_path)
    parts, drawn = [], []
    for name, variant, part in run.compare({"with l1": 1, "none": 2}, seeds=2):
        parts.append((name, variant, part.seed, part.limit, part.output.relative_to(tmp_path)))
        drawn.append(np.random.rand())
    assert parts == [
        ("with l1", 1, 4, 9, pathlib.Path("seed_4/with_l1")),
        ("none", 2, 4, 9, pathlib.Path("seed_4/none")),
        ("with l1", 1, 5, 9, pathlib.Path("seed_5/with_l1")),
        ("none", 2, 5, 9, pathlib.Path("seed_5/none")),
    ]
    assert drawn[0] == drawn[1] and drawn[2] == drawn[3] and drawn[0] != drawn[2]
    assert run.seed == 4 and run.output == tmp_path


def test_compare_refuses_no_seeds(tmp_path):
    with pytest.raises(ValueError, match="argument `seeds`"):
        list(runs.Run(output=tmp_path).compare({"a": 1}, seeds=0))


def test_compare_refuses_to_compare_nothing(tmp_path):
    with pytest.raises(ValueError, match="argument `variants`"):
        list(runs.Run(output=tmp_path).compare({}))


# Data and time


def test_images_are_cut_to_the_limit_in_both_parts_or_in_one():
    train, test = runs.Run(dataset="digits", limit=7).images(value_range=(0, 1))
    assert train.shape == (7, 8, 8, 1) and test.shape == (7, 8, 8, 1)
    assert train.min() == 0 and train.max() == 1
    train, test = runs.Run(dataset="digits", limit=7).images(12, limit_test=False)
    assert train.shape == (7, 12, 12, 1) and len(test) > 7 and train.min() < -0.9
    (_, labels), _ = runs.Run(dataset="digits", limit=7).images(labels=True)
    assert labels.shape == (7,)


def test_the_last_training_images_are_held_out():
    (images, labels), _ = runs.Run(dataset="digits").images(labels=True)
    (train, _), (held_out, targets) = runs.Run(dataset="digits").images(labels=True, validation=40)
    np.testing.assert_array_equal(train, images[:-40])
    np.testing.assert_array_equal(held_out, images[-40:])
    np.testing.assert_array_equal(targets, labels[-40:])
    train, held_out = runs.Run(dataset="digits", limit=7).images(validation=40)
    np.testing.assert_array_equal(train, images[:7])
    np.testing.assert_array_equal(held_out, images[-40:-33])
    with pytest.raises(ValueError, match="`validation`.*positive integer"):
        runs.Run(dataset="digits").images(validation=0)


def side_by_side(path, left, right):
    path.parent.mkdir(parents=True, exist_ok=True)
    halves = [np.full((4, 4), value, "uint8") for value in (left, right)]
    Image.fromarray(np.concatenate(halves, axis=1)).save(path)


def test_pairs_of_a_folder_lead_from_the_right_half_to_the_left(tmp_path):
    for number in range(6):
        side_by_side(tmp_path / "train" / f"{number}.png", number, 100 + number)
    side_by_side(tmp_path / "test" / "a.png", 50, 150)
    run = runs.Run(dataset=str(tmp_path), limit=4)
    (source, target), (test_source, test_target) = run.pairs(2, (0, 255))
    assert source.shape == target.shape == (4, 2, 2, 1)
    np.testing.assert_allclose(source, target + 100, atol=1e-4)
    np.testing.assert_allclose([test_source.mean(), test_target.mean()], [150, 50], atol=1e-4)
    (source, target), _ = run.pairs(2, (0, 255), reverse=True)
    np.testing.assert_allclose(source, target - 100, atol=1e-4)


def test_pairs_by_a_rule_hold_the_last_names_out_where_there_is_no_test_folder(tmp_path):
    for number in range(10):
        side_by_side(tmp_path / f"{number}.png", number, number)
    run = runs.Run(dataset=str(tmp_path))
    (x, y), (x_test, y_test) = run.pairs(value_range=(0, 255), rule=lambda image: 1 - image)
    np.testing.assert_allclose(y[:, 0, 0, 0], range(8), atol=1e-4)
    np.testing.assert_allclose(y_test[:, 0, 0, 0], [8, 9], atol=1e-4)
    np.testing.assert_allclose(np.concatenate([x, x_test])[:, 0, 0, 0], 255 - np.arange(10.0))
    side_by_side(tmp_path / "test" / "a.png", 50, 50)
    _, (_, y_test) = run.pairs(value_range=(0, 255), rule=lambda image: 1 - image)
    assert np.round(y_test[:, 0, 0, 0]).tolist() == [50]


def test_pairs_of_embedded_images_have_their_own_test_images():
    run = runs.Run(dataset="digits", limit=5)
    (x, y), (x_test, y_test) = run.pairs(rule=lambda image: 1 - image)
    np.testing.assert_allclose(x, -y, atol=1e-6)
    assert len(x_test) == len(y_test) == 5 and not np.array_equal(y, y_test)
    _, test = run.images()
    np.testing.assert_array_equal(y_test, test)


def test_moments_of_a_training_are_at_least_one_epoch_apart():
    assert [runs.Run(epochs=epochs).every(4) for epochs in (1, 4, 11, 40)] == [1, 1, 2, 10]
    assert runs.Run(epochs=1).moments(4) == [1]
    assert runs.Run(epochs=11).moments(4) == [2, 4, 6, 8, 10, 11]  # the last epoch always counts
    assert runs.Run(epochs=40).moments(4) == [10, 20, 30, 40]


def test_a_stopwatch_counts_over_an_interruption(monkeypatch):
    now = iter([0.0, 100.0, 107.0, 1000.0, 2000.0, 2003.0])
    monkeypatch.setattr("time.monotonic", lambda: next(now))
    first = callbacks.Stopwatch()
    first.on_train_begin()  # at 100
    saved = first.get_state()  # at 107
    second = callbacks.Stopwatch()
    second.on_train_begin()  # at 2000, in another process
    second.set_state(saved)
    assert (saved, second.seconds) == (7, 10)


def test_a_run_takes_the_seconds_of_all_its_processes(monkeypatch):
    now = [50.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    run = runs.Run()
    now[0] = 58.0
    assert run.seconds() == 8
    run._clock = callbacks.Stopwatch()
    run._clock.on_train_begin()
    run._clock.set_state(100.0)
    assert run.seconds() == 108


def test_a_comparison_takes_the_seconds_of_all_its_trainings(monkeypatch, tmp_path):
    now = [50.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    run = runs.Run(output=tmp_path)
    for _, earlier, part in run.compare({"a": 100.0, "b": 20.0}):
        part._clock = callbacks.Stopwatch()
        part._clock.on_train_begin()
        part._clock.set_state(earlier)
        now[0] += 4.0
    assert run.seconds() == 128


# The console


def test_a_quiet_start_says_nothing(capfd, monkeypatch):
    monkeypatch.delenv(console.LEVEL, raising=False)
    with console.quiet_start():
        os.write(2, b"devices found")
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"


def test_a_quiet_start_that_fails_shows_what_was_said(capfd, monkeypatch):
    monkeypatch.delenv(console.LEVEL, raising=False)
    with pytest.raises(ImportError), console.quiet_start():
        os.write(2, b"no such device")
        raise ImportError
    os.write(2, b", after")
    assert capfd.readouterr().err == "no such device, after"


def test_a_user_who_asks_tensorflow_to_talk_is_shown_all(capfd, monkeypatch):
    monkeypatch.setenv(console.LEVEL, "0")
    with console.quiet_start():
        os.write(2, b"devices found")
    assert capfd.readouterr().err == "devices found"
    assert os.environ[console.LEVEL] == "0"


# Modules that load later


@pytest.fixture
def modules(tmp_path, monkeypatch):
    """A package `slow` with a module `part`, and a module `broken`, that can be imported."""
    (tmp_path / "slow").mkdir()
    (tmp_path / "slow" / "__init__.py").write_text("LOADED = True\n")
    (tmp_path / "slow" / "part.py").write_text("import slow\nNUMBER = 7\n")
    (tmp_path / "broken.py").write_text("raise RuntimeError('broken indeed')\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in ("slow", "slow.part", "broken"):
        sys.modules.pop(name, None)


def is_waiting(name):
    return type(sys.modules[name]) is later.LaterModule


def test_a_module_loads_when_a_name_of_it_is_used(modules):
    later.load_later("slow", "slow.part")
    import slow
    from slow import part

    assert is_waiting("slow") and is_waiting("slow.part")
    assert part.NUMBER == 7
    assert is_waiting("slow") and not is_waiting("slow.part")
    assert slow.LOADED and slow.part is part


def test_a_module_that_is_loaded_stays(modules):
    import slow

    later.load_later("slow")
    assert sys.modules["slow"] is slow and not is_waiting("slow")


def test_all_waiting_modules_can_be_loaded_at_once(modules):
    later.load_later("slow", "slow.part")
    later.load_all()
    assert not is_waiting("slow") and not is_waiting("slow.part")


def test_a_module_that_fails_tells_why_and_is_not_there(modules):
    later.load_later("broken")
    import broken

    with pytest.raises(RuntimeError, match="broken indeed"):
        print(broken.ANYTHING)
    assert "broken" not in sys.modules


def test_a_missing_name_is_an_attribute_error(modules):
    later.load_later("slow")
    import slow

    with pytest.raises(AttributeError, match="ABSENT"):
        print(slow.ABSENT)


def test_runs_waits_with_tensorflow_and_keras():
    code = "import sys; from keras_gen import runs; import keras; print(*map(type, map("
    code += "sys.modules.get, ('keras', 'tensorflow', 'keras_gen.models', 'matplotlib'))))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    waiting = "<class 'keras_gen.runs.later.LaterModule'>"
    assert told.stdout.strip() == f"{waiting} {waiting} {waiting} <class 'NoneType'>"
