"""What a run measured, with all that is needed to run it again."""

import contextlib
import dataclasses
import datetime
import importlib.metadata
import json
import math
import numbers
import os
import pathlib
import platform
import statistics

import keras_gen
from keras_gen.results.checks import check, is_date, is_integer, is_number, is_text, read_json

SOURCES = ("run", "table")
MEASURE_KEYS = {"value", "unit", "what", "of", "low", "high", "draws", "values"}


def this_processor():
    """The cores that this process may use, and the processor's name."""
    with contextlib.suppress(AttributeError):  # Linux only
        return f"{len(os.sched_getaffinity(0))} cores, {_processor_name()}"
    return f"{os.cpu_count()} cores, {_processor_name()}"


def these_versions():
    """Versions of what computes the numbers; nothing is loaded to find them."""
    versions = {"keras_gen": keras_gen.__version__, "python": platform.python_version()}
    for package in ("keras", "tensorflow"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    return versions


def today():
    """The date as `"YYYY-MM-DD"`."""
    return datetime.date.today().isoformat()


@dataclasses.dataclass(frozen=True)
class Result:
    """What a run measured, with all that is needed to run it again.

    Args:
        name: such as `"dcgan_mnist"`; unique for a published result, and the name of its file.
        chapter: the chapter's folder, such as `"05_gans"`; empty outside the course.
        system: title of the model and its data, such as `"DCGAN, MNIST"`.
        command: what a user types in the source tree; empty if nothing was typed. ` && ` joins two
            runs of which the second needs the first.
        seed: an integer; a list if `measures` are means over the seeds; `None` if nothing is drawn.
        data: what it was trained and measured on.
        measures: dict from name to a dict with

            value: a number; for several draws or seeds their mean.
            unit: optional, such as `"nats"`; `"share"` for a number in [0, 1] that is shown in per
                cent.
            what: optional, a short title.
            of: optional, the variant that was measured, if a run compares several.
            low, high: optional, the smallest and the largest of the draws.
            draws: optional, how many there were.
            values: optional, the draws themselves; `low`, `high` and `draws` follow from them.
        seconds: how long the command took with one seed, or `None` if that is not known.
        processor: what it ran on; by default this one.
        versions: dict from package to version; by default those of this process.
        date: `"YYYY-MM-DD"`, or `None` if it is not known; by default today.
        recorded: `"run"`, or `"table"` for numbers taken from an older table of results.
        notes: what else should be known.

    Raises:
        ValueError: if an argument does not fit; the message names it.
    """

    name: str
    chapter: str
    system: str
    command: str
    seed: int | list | None
    data: str
    measures: dict
    seconds: float | None
    processor: str = dataclasses.field(default_factory=this_processor)
    versions: dict = dataclasses.field(default_factory=these_versions)
    date: str | None = dataclasses.field(default_factory=today)
    recorded: str = "run"
    notes: str = ""

    def __post_init__(self):
        for field in ("name", "system", "data", "processor"):
            check(field, is_text(getattr(self, field)), "text", getattr(self, field))
        for field in ("chapter", "command", "notes"):
            check(field, isinstance(getattr(self, field), str), "text", getattr(self, field))
        check("recorded", self.recorded in SOURCES, f"one of {SOURCES}", self.recorded)
        check("date", is_date(self.date), "a date such as 2026-01-31", self.date)
        check("versions", isinstance(self.versions, dict), "a dict", self.versions)
        valid = self.seconds is None or (is_number(self.seconds) and self.seconds >= 0)
        check("seconds", valid, "a number of seconds, or `None`", self.seconds)
        object.__setattr__(self, "seconds", _plain(self.seconds))
        object.__setattr__(self, "seed", _seeds(self.seed))
        valid = isinstance(self.measures, dict) and self.measures
        check("measures", valid, "a dict with at least one measure", self.measures)
        measures = {name: _measure(name, each) for name, each in self.measures.items()}
        object.__setattr__(self, "measures", measures)

    @classmethod
    def read(cls, path):
        """Reads a file that `write` has written."""
        path = pathlib.Path(path)
        content = read_json(path)
        fields = {field.name for field in dataclasses.fields(cls)}
        required = fields - {"recorded", "notes"}
        valid = isinstance(content, dict) and required <= set(content) <= fields
        check("path", valid, f"a file with the fields {sorted(fields)}", path)
        try:
            return cls(**content)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error

    def write(self, path):
        """Writes the result as JSON; an older file stays whole until the new one is complete."""
        from keras_gen.files import replacing  # loads NumPy, which reading does without

        text = json.dumps(dataclasses.asdict(self), indent=2, sort_keys=True, ensure_ascii=False)
        with replacing(path) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")


def mean(results):
    """The `Result` of several seeds: the means of the same measures, with their range.

    Args:
        results: list of results of one command with different seeds.

    Returns:
        The only one, or a result with the measures that all of them have, the list of their seeds,
        the mean of their `seconds`, and everything else from the first one.
    """
    if len(results) == 1:
        return results[0]
    measures = {}
    for name, first in results[0].measures.items():
        values = [each.measures[name]["value"] for each in results if name in each.measures]
        if len(values) < len(results):
            continue
        kept = {key: first[key] for key in ("unit", "what", "of") if key in first}
        measures[name] = {**kept, "value": statistics.fmean(values), "values": values}
    seconds = [each.seconds for each in results]
    return dataclasses.replace(
        results[0],
        seed=[each.seed for each in results],
        seconds=None if None in seconds else statistics.fmean(seconds),
        measures=measures,
    )


def _measure(name, measure):
    """A measure in plain numbers, with `low`, `high` and `draws` if its `values` are known."""
    valid = isinstance(measure, dict) and {"value"} <= set(measure) <= MEASURE_KEYS
    expected = f"`{name}` as a dict with `value` and no keys but {sorted(MEASURE_KEYS)}"
    check("measures", valid, expected, measure)
    texts = [measure.get(key, "") for key in ("unit", "what", "of")]
    valid = is_text(name) and all(isinstance(text, str) for text in texts)
    check("measures", valid, f"text as `unit`, `what` and `of` of `{name}`", measure)
    value, values = measure["value"], measure.get("values", [])
    figures = [measure[key] for key in ("value", "low", "high", "draws") if key in measure]
    valid = isinstance(values, (list, tuple)) and all(map(is_number, [*figures, *values]))
    check("measures", valid, f"finite numbers in `{name}`", measure)
    measure = {**measure, "value": _plain(value)}
    if values:
        middle = statistics.fmean(values)
        valid = math.isclose(value, middle, rel_tol=1e-6, abs_tol=1e-12)
        check("measures", valid, f"the mean of its values, {middle:.6g}, in `{name}`", value)
        measure["values"] = [_plain(each) for each in values]
        measure |= {"low": min(values), "high": max(values), "draws": len(values)}
    valid = ("low" in measure) == ("high" in measure)
    check("measures", valid, f"`low` and `high` or neither in `{name}`", measure)
    if "low" in measure:
        near = 1e-6 * abs(value)  # a mean may be rounded
        inside = measure["low"] - near <= value <= measure["high"] + near
        check("measures", inside, f"low <= value <= high in `{name}`", measure)
    return {key: _plain(each) for key, each in measure.items()}


def _seeds(seed):
    """An integer, `None`, or a list of different integers."""
    if seed is None:
        return None
    seeds = list(seed) if isinstance(seed, (list, tuple)) else [seed]
    valid = seeds and len(set(map(str, seeds))) == len(seeds) and all(map(is_integer, seeds))
    check("seed", valid, "an integer, a list of different integers, or `None`", seed)
    return [int(each) for each in seeds] if isinstance(seed, (list, tuple)) else int(seed)


def _processor_name():
    with contextlib.suppress(OSError):  # Linux only
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _plain(value):
    """A number as Python's own; everything else as it is."""
    if is_integer(value):
        return int(value)
    return float(value) if isinstance(value, numbers.Real) else value
