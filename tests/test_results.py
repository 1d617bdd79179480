"""Results as data: what is written is read, READMEs say what was measured, figures are rerun."""

import ast
import dataclasses
import datetime
import json
import pathlib
import platform
import re
import shlex
import subprocess
import sys

import numpy as np
import pytest

from keras_gen import __main__
from keras_gen.results import (
    Reference,
    Result,
    archive,
    compare,
    fill,
    mean,
    pages,
    published,
    references,
)
from keras_gen.results.archive import reference_of
from keras_gen.results.reproduction import commands
from keras_gen.results.tables import duration, markdown, number

ROOT = pathlib.Path(__file__).resolve().parents[1]
CHAPTERS = ROOT / "chapters"
IN_SOURCE = CHAPTERS.is_dir()
in_source = pytest.mark.skipif(not IN_SOURCE, reason="these tests lie beside an installed package")
PUBLISHED = published() if IN_SOURCE else {}
FIELDS = {
    "name": "toy",
    "chapter": "01_toys",
    "system": "a toy",
    "command": "python chapters/01_toys/toy.py",
    "seed": 1,
    "data": "none",
    "measures": {"error": {"value": 0.25, "unit": "share"}},
    "seconds": 3.0,
    "processor": "two cores",
    "versions": {"python": "3.11"},
    "date": "2026-01-31",
}
SHARED = {"dataset", "epochs", "limit", "seed", "precision", "output"}  # of every script


def result(**changes):
    return Result(**{**FIELDS, **changes})


def measured(**measure):
    return result(measures={"error": {"value": 0.25, "unit": "share", **measure}})


# A result.


def test_a_result_comes_back_as_it_was_written(tmp_path):
    path = tmp_path / "new" / "results.json"
    numbers = {"value": np.float32(2), "unit": "", "values": [np.int64(1), 3.0], "what": "größer"}
    written = result(seed=(1, 2), measures={"z": numbers, "a": {"value": np.int64(7), "unit": ""}})
    written.write(path)
    assert Result.read(path) == written
    assert written.measures["z"] == {
        "value": 2.0,
        "unit": "",
        "values": [1, 3.0],
        "what": "größer",
        "low": 1,
        "high": 3.0,
        "draws": 2,
    }
    text = path.read_text("utf-8")
    content = json.loads(text)
    assert list(content) == sorted(content) and list(content["measures"]) == ["a", "z"]
    assert text.count("\n") > 20 and "größer" in text


def test_a_result_says_where_and_when_it_was_measured():
    kept = {name: FIELDS[name] for name in FIELDS if name not in ("processor", "versions", "date")}
    now = Result(**kept)
    assert "cores, " in now.processor and now.date == datetime.date.today().isoformat()
    assert now.versions["python"] == platform.python_version() and "tensorflow" in now.versions
    assert now.recorded == "run"


def test_an_older_file_stays_if_a_result_cannot_be_written(tmp_path):
    path = tmp_path / "results.json"
    result().write(path)
    with pytest.raises(TypeError, match="serializable"):
        result(versions={"python": object()}).write(path)
    assert Result.read(path) == result()
    assert [each.name for each in tmp_path.iterdir()] == ["results.json"]


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"name": " "}, "`name`.*text"),
        ({"command": None}, "`command`.*text.*command=None"),
        ({"seed": [1, 1]}, "`seed`.*different integers"),
        ({"seed": 1.5}, "`seed`"),
        ({"seconds": -1}, "`seconds`.*seconds=-1"),
        ({"seconds": float("nan")}, "`seconds`"),
        ({"date": "31.1.2026"}, "`date`.*2026-01-31"),
        ({"recorded": "rumour"}, "`recorded`.*'run'"),
        ({"versions": None}, "`versions`"),
        ({"measures": {}}, "`measures`.*at least one"),
        ({"measures": {"error": 0.25}}, "`measures`.*`error`"),
        ({"measures": {"error": {"unit": "share"}}}, "`measures`.*`value`"),
        ({"measures": {"error": {"value": 1, "unit": "", "units": ""}}}, "`measures`"),
    ],
)
def test_a_wrong_field_is_named(changes, message):
    with pytest.raises(ValueError, match=message):
        result(**changes)


@pytest.mark.parametrize(
    "measure, message",
    [
        ({"value": float("nan")}, "finite numbers in `error`"),
        ({"value": "0.25"}, "finite numbers in `error`"),
        ({"low": 0.1}, "`low` and `high` or neither"),
        ({"low": 0.3, "high": 0.4}, "low <= value <= high"),
        ({"values": [0.25, 0.35]}, "the mean of its values, 0.3"),
        ({"what": 1}, "text as `unit`, `what`"),
    ],
)
def test_a_wrong_measure_is_named(measure, message):
    with pytest.raises(ValueError, match=message):
        measured(**measure)


@pytest.mark.parametrize(
    "text, message",
    [
        (None, "an existing file"),
        ("{", "valid JSON"),
        ("[]", "fields"),
        (json.dumps({**FIELDS, "name": ""}), "results.json.*`name`"),
        (json.dumps({**FIELDS, "mood": "good"}), "fields.*'seconds'"),
        (json.dumps({k: v for k, v in FIELDS.items() if k != "seed"}), "fields"),
    ],
)
def test_a_damaged_file_is_named(text, message, tmp_path):
    path = tmp_path / "results.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ValueError, match=message):
        Result.read(path)


def test_the_headline_of_several_seeds_is_their_mean_and_never_the_best():
    runs = [
        dataclasses.replace(measured(value=value), seed=seed, seconds=seconds)
        for seed, value, seconds in [(3, 0.1, 10), (1, 0.2, 20), (2, 0.6, 60)]
    ]
    together = mean(runs)
    assert together.measures["error"]["value"] == pytest.approx(0.3)
    assert (together.measures["error"]["low"], together.measures["error"]["high"]) == (0.1, 0.6)
    assert together.measures["error"]["unit"] == "share"
    assert (together.seed, together.seconds) == ([3, 1, 2], 30)
    assert mean(runs[:1]) is runs[0]
    other = result(measures={"other": {"value": 1, "unit": ""}, **FIELDS["measures"]})
    assert list(mean([other, dataclasses.replace(result(), seed=2)]).measures) == ["error"]


# A reference.


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"tolerance": {"absolute": 1}}, "`tolerance`.*why"),
        ({"tolerance": {"absolute": 1, "relative": 1, "why": "x"}}, "`tolerance`.*at most one"),
        ({"tolerance": {"absolute": -1, "why": "x"}}, "`tolerance`"),
        ({"better": "bigger"}, "`better`.*'lower'"),
        ({"targets": [{"value": 1}]}, "`targets`"),
        ({"targets": [{"value": 1, "measure": "m", "source": "x"}]}, "`targets`"),
    ],
)
def test_a_wrong_reference_is_named(changes, message):
    fields = {"tolerance": {"absolute": 1, "why": "x"}, "better": "lower"}
    with pytest.raises(ValueError, match=message):
        Reference(**{**fields, **changes})


def test_a_tolerance_is_absolute_or_relative():
    assert Reference({"absolute": 0.5, "why": "x"}).allowed(-80) == 0.5
    assert Reference({"relative": 0.01, "why": "x"}).allowed(-80) == pytest.approx(0.8)


def test_a_figure_that_no_rerun_gives_is_named_and_not_compared(course):
    path = course / "chapters" / "01_toys" / "references.json"
    path.write_text(json.dumps({"toy": {"error": {"tolerance": {"why": "read off a curve"}}}}))
    (figure,) = compare(result(), measured(value=0.9), references(course))
    assert str(figure) == "not compared: error, recorded 25 %: read off a curve" and figure.holds


def test_numbers_and_durations_read_well():
    assert markdown(["a"], [["p(x|y)"]]).splitlines()[-1] == r"| p(x\|y) |"
    assert number(0.9978, "share") == "99.78 %"
    assert number(85.63805, "nats") == "85.64 nats"
    assert number(81400, "") == "81,400" and number(9.5e-7, "") == "9.5e-07"
    assert [duration(each) for each in (None, 101, 150, 2040, 7200)] == [
        "",
        "101 s",
        "2.5 min",
        "34 min",
        "2 h",
    ]


# A course of one script, which writes what `value.txt` says, and fails where it says so.

SCRIPT = '''
"""A toy: it measures what it is told. And more."""
import argparse, json, pathlib

parser = argparse.ArgumentParser()
parser.add_argument("--output", type=pathlib.Path)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--trained", type=pathlib.Path)
arguments = parser.parse_args()
arguments.output.mkdir(parents=True, exist_ok=True)
begun = arguments.output / "begun"
if not begun.exists():
    begun.touch()
    if pathlib.Path("fail").exists():
        raise SystemExit(3)
fields = json.loads(pathlib.Path("fields.json").read_text())
fields["seed"] = arguments.seed
fields["measures"]["error"]["value"] *= arguments.seed
(arguments.output / "results.json").write_text(json.dumps(fields))
if arguments.trained is not None:
    assert (arguments.trained / "results.json").is_file()
'''


@pytest.fixture
def course(tmp_path, monkeypatch):
    """The root of a source tree with one published result, 0.25 with a tolerance of 0.05."""
    chapter = tmp_path / "chapters" / "01_toys"
    chapter.mkdir(parents=True)
    (chapter / "toy.py").write_text(SCRIPT)
    target = {"value": 0.5, "source": "Nobody (1999)"}
    tolerance = {"absolute": 0.05, "why": "a toy"}
    reference = {"better": "lower", "targets": [target], "tolerance": tolerance, "headline": True}
    reference["differs"] = "Toys are not models."
    (chapter / "references.json").write_text(json.dumps({"toy": {"error": reference}}))
    result().write(chapter / "results" / "toy.json")
    (tmp_path / "fields.json").write_text(json.dumps(FIELDS))
    monkeypatch.setattr(archive, "SOURCE", tmp_path)
    return tmp_path


def publish(course, **changes):
    result(**changes).write(course / "chapters" / "01_toys" / "results" / "toy.json")


def reruns(course, value, unit="share"):
    measure = {"value": value} if unit is None else {"value": value, "unit": unit}
    fields = {**FIELDS, "measures": {"error": measure}}
    (course / "fields.json").write_text(json.dumps(fields))


def command(*words):
    """The exit status of a command."""
    with pytest.raises(SystemExit) as ended:
        __main__.main([*words])
    return ended.value.code


@pytest.mark.parametrize(
    "value, unit, status, line",
    [
        (0.29, "share", 0, "holds: error, recorded 25 %, now 29 %, tolerance 5 %"),
        (0.31, "share", 1, "DOES NOT HOLD: error, recorded 25 %, now 31 %, tolerance 5 %"),
        (0.19, "share", 1, "DOES NOT HOLD: error, recorded 25 %, now 19 %, tolerance 5 %"),
        (0.29, None, 0, "holds: error, recorded 25 %, now 29 %, tolerance 5 %"),
        (0.25, "nats", 1, "DOES NOT HOLD: error, recorded 25 %, now not measured, tolerance 5 %"),
    ],
)
def test_reproduce_says_whether_figures_hold(course, capfd, value, unit, status, line):
    reruns(course, value, unit)
    assert command("reproduce", "toy") == status
    first, forecast, *last = capfd.readouterr().out.splitlines()
    assert first == FIELDS["command"] and "3 s" in forecast and last == [line]
    assert (course / "outputs" / "reproduce" / "toy" / "results.json").is_file()


def test_an_interrupted_reproduction_resumes_in_its_folder(course, capfd):
    (course / "fail").touch()
    assert command("reproduce", "toy") == 1
    assert capfd.readouterr().err.splitlines()[-1] == (
        "`python chapters/01_toys/toy.py --output outputs/reproduce/toy` ended with status 3."
    )
    assert (course / "outputs" / "reproduce" / "toy" / "begun").exists()
    assert command("reproduce", "toy") == 0  # it fails only where nothing has begun


def test_what_an_earlier_run_wrote_is_not_taken_for_this_one(course, capfd):
    assert command("reproduce", "toy") == 0
    (course / "chapters" / "01_toys" / "toy.py").write_text("import argparse")
    assert command("reproduce", "toy") == 1
    assert "wrote no" in capfd.readouterr().err


def test_an_unknown_name_is_answered_with_the_list(course, capsys):
    assert command("reproduce", "tyo") == 2
    assert capsys.readouterr().err.split("\n")[:2] == [
        "There is no published result tyo. The published ones are:",
        "toy",
    ]


def test_several_seeds_are_run_one_after_the_other_and_averaged(course, capfd):
    publish(
        course,
        seed=[1, 3],
        measures={"error": {"unit": "share", "values": [0.2, 0.6]} | {"value": 0.4}},
    )
    reruns(course, 0.21)  # times the seed: .21 and .63
    assert command("reproduce", "toy") == 0
    assert "2 times 3 s" in (text := capfd.readouterr().out)
    assert "recorded 40 %, now 42 %" in text


def test_a_second_run_finds_what_the_first_one_left(course):
    script = "python chapters/01_toys/toy.py"
    both = f"{script} --output outputs/first && {script} --trained outputs/first"
    publish(course, command=both)
    assert command("reproduce", "toy") == 0
    folder = course / "outputs" / "reproduce" / "toy"
    assert (folder / "first" / "begun").exists() and (folder / "begun").exists()
    assert not (course / "outputs" / "first").exists()


def test_seeds_that_a_command_counts_itself_are_one_run():
    folder = pathlib.Path("outputs/x")
    once = commands(result(seed=[1, 2], command="python toy.py --seeds 2"), folder)
    assert once == [[["python", "toy.py", "--seeds", "2", "--output", "outputs/x"]]]
    twice = commands(result(seed=[1, 2]), folder)
    assert [run[0][-4:] for run in twice] == [
        ["--output", f"outputs/x/seed_{seed}", "--seed", str(seed)] for seed in (1, 2)
    ]


def test_a_measure_without_a_reference_is_an_error(course):
    publish(course, measures={"other": {"value": 1, "unit": ""}})
    with pytest.raises(ValueError, match=r"references.json says nothing about the measure other"):
        compare(published(course)["toy"], result(), references(course))


def test_blocks_are_filled_from_results(course):
    page = course / "chapters" / "README.md"
    blocks = ["results: headline", "differs: 01_toys", "results: 01_toys", "results: toy"]
    page.write_text("".join(f"before\n<!-- {block} -->\nstale\n<!-- end -->\n" for block in blocks))
    __main__.main(["results", "--write"])
    text = page.read_text("utf-8")
    assert text == fill(text, course) and "stale" not in text and text.count("before") == 4
    rows = [line for line in text.splitlines() if line.startswith(("|", "-"))]
    assert rows[2] == (
        "| [toy.py](01_toys/toy.py) | A toy: it measures what it is told. And more | none | 3 s "
        "| error | 25 % | ≤ 50 % |"
    )
    assert rows[3] == "- a toy: Toys are not models."
    link = "[a toy](results/toy.json)"
    assert rows[6] == f"| {link} | error | 25 % | ≤ 50 % | Nobody (1999) | 3 s |"
    page.write_text("<!-- results: tyo -->\n<!-- end -->\n")
    with pytest.raises(ValueError, match="`results`.*headline.*'toy'.*results=tyo"):
        fill(page.read_text(), course)


def test_a_result_in_the_wrong_place_is_named(course):
    publish(course, chapter="02_toys")
    with pytest.raises(ValueError, match=r"toy\.json.*Received: toy, 02_toys"):
        published(course)


def test_without_the_source_a_command_says_so(course, capsys):
    (course / "chapters").rename(course / "elsewhere")
    for words in [("results",), ("reproduce", "toy"), ("results", "--write")]:
        assert command(*words) == 2
        assert "the source tree of keras_gen" in capsys.readouterr().err


LIGHT = """
import sys
for name in ("tensorflow", "keras", "numpy"):
    sys.modules[name] = None  # importing it is an error
from keras_gen.__main__ import main
try:
    main(sys.argv[1:])
finally:
    print(sys.modules["numpy"])
"""


@pytest.mark.parametrize(
    "words", [["--help"], ["reproduce", "--help"], ["results", "--help"], ["sample", "--help"]]
)
def test_help_loads_neither_tensorflow_nor_numpy(words):
    process = subprocess.run([sys.executable, "-c", LIGHT, *words], capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    assert process.stdout.startswith("usage: keras_gen")


@in_source
def test_tables_are_printed_without_tensorflow_and_numpy():
    process = subprocess.run(
        [sys.executable, "-c", LIGHT, "results"], capture_output=True, text=True
    )
    assert process.returncode == 0, process.stderr
    assert "DCGAN, Fashion-MNIST" in process.stdout


# The published results.


@in_source
@pytest.mark.parametrize("page", pages() if IN_SOURCE else [], ids=lambda page: page.parent.name)
def test_pages_say_what_the_results_say(page):
    text = page.read_text("utf-8")
    assert fill(text) == text, "python -m keras_gen results --write brings it up to date"


@in_source
def test_every_chapter_has_a_page_that_can_be_read_at_once():
    for folder in ["", *{each.chapter for each in PUBLISHED.values()}]:
        text = (CHAPTERS / folder / "README.md").read_text("utf-8")
        assert f"<!-- results: {folder or 'headline'} -->" in text
        assert not folder or f"<!-- differs: {folder} -->" in text
        assert len(text.splitlines()) <= 80, folder


@in_source
def test_links_of_the_pages_lead_somewhere():
    for page in CHAPTERS.rglob("*.md"):
        text = page.read_text("utf-8")
        for target in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (page.parent / target).exists(), f"{page}: {target}"
        for target in re.findall(r"`((?:chapters|keras_gen|tests)/[^`*{]+\.py)`", text):
            assert (ROOT / target).exists(), f"{page}: {target}"


@in_source
def test_every_measure_has_a_tolerance_and_every_reference_a_measure():
    found = references()
    for name, each in PUBLISHED.items():
        assert re.fullmatch("[a-z0-9_]+", name)
        for measure, fields in each.measures.items():
            assert "unit" in fields
            reference = reference_of(found, name, measure)
            for target in reference.targets:
                assert target.get("measure", measure) in each.measures
    for name, measure in found:
        assert measure == "*" or measure in PUBLISHED[name].measures, (name, measure)


@in_source
def test_every_script_has_exactly_one_headline():
    scripts = sorted(path.relative_to(ROOT).as_posix() for path in CHAPTERS.glob("*/*.py"))
    measured = {script for each in PUBLISHED.values() for script in scripts_of(each)}
    headlines = [
        scripts_of(PUBLISHED[name])[-1] for (name, _), each in references().items() if each.headline
    ]
    assert sorted(headlines) == sorted(set(headlines) & set(scripts))
    assert set(headlines) == measured


def scripts_of(each):
    return re.findall(r"chapters/\S+\.py", each.command)


def options(script):
    """The options of a script's `main`, without running it."""
    main = next(
        node
        for node in ast.parse(script.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name == "main"
    )
    arguments = [*main.args.posonlyargs, *main.args.args, *main.args.kwonlyargs]
    names = {each.arg for each in arguments} | SHARED
    booleans = {each.arg for each in arguments if "bool" in ast.unparse(each.annotation)}
    return {name.replace("_", "-") for name in names | {f"no_{each}" for each in booleans}}


@in_source
@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_command_can_be_typed(name):
    for part in PUBLISHED[name].command.split(" && "):
        python, script, *words = shlex.split(part)
        assert python == "python" and (ROOT / script).is_file()
        given = {word.removeprefix("--") for word in words if word.startswith("--")}
        assert given <= options(ROOT / script), part
    assert PUBLISHED[name].chapter in script


@in_source
def test_an_unknown_option_of_a_command_would_be_noticed():
    known = options(CHAPTERS / "05_gans" / "conditional.py")
    assert {"no-batch-normalization", "filters", "dataset", "seed"} <= known
    assert "no-filters" not in known and "batch_normalization" not in known


@in_source
def test_of_six_draws_the_mean_is_published():
    fid = PUBLISHED["dcgan_fashion_mnist"].measures["fid_lenet_fashion_mnist_10000"]
    assert (fid["value"], fid["low"], fid["high"], fid["draws"]) == (1.28, 1.16, 1.50, 6)
    errors = PUBLISHED["semi_supervised_mnist"].measures["errors_of_10000"]
    assert errors["value"] == pytest.approx((73 + 71 + 86) / 3)


@in_source
def test_results_agree_with_the_cards_of_the_shipped_models():
    compared = 0
    for path in (ROOT / "saved_models").glob("*/card.json"):
        card = json.loads(path.read_text())
        each = PUBLISHED.get(path.parent.name)
        for name, value in card["metrics"].items() if each else []:
            if name in each.measures:
                measure = each.measures[name]
                slack = 0.005 * abs(value)  # tables have fewer digits
                low, high = (measure.get(key, measure["value"]) for key in ("low", "high"))
                assert low - slack <= value <= high + slack, (path.parent.name, name)
                compared += 1
    assert compared > 25
