"""Where published results and their references are: the folder `chapters` of the source tree."""

import dataclasses
import pathlib

from keras_gen.results.checks import error, is_number, read_json
from keras_gen.results.record import Result

SOURCE = pathlib.Path(__file__).resolve().parents[2]
REST = "*"  # in `references.json`: all other measures of a result


@dataclasses.dataclass(frozen=True)
class Reference:
    """What a measure is compared with, and how far a rerun may be from it.

    Args:
        tolerance: `{"absolute": number}` or `{"relative": number}`, and `"why"`, where it is from;
            with `"why"` only, the reason why no rerun is compared with the measure.
        better: `"lower"` or `"higher"`; `None` for a measure without a target.
        targets: list of `{"value": number, "source": text}`, the most important one first. Instead
            of `value` there may be `measure`, another measure of the same result. With
            `"floor": true` it is the best possible value, not one to be reached.
        differs: what a reader of the number must know before comparing it.
        headline: whether it represents its script in the table of the whole course.
    """

    tolerance: dict
    better: str | None = None
    targets: list = dataclasses.field(default_factory=list)
    differs: str = ""
    headline: bool = False

    def __post_init__(self):
        kinds = set(self.tolerance) & {"absolute", "relative"}
        valid = len(kinds) < 2 and set(self.tolerance) == {*kinds, "why"} and self.tolerance["why"]
        numbers = [self.tolerance[kind] for kind in kinds]
        if not valid or not all(is_number(each) and each >= 0 for each in numbers):
            expected = "a dict with `why` and at most one of `absolute` and `relative`, a number"
            raise error("tolerance", expected, self.tolerance)
        if self.better not in ("lower", "higher", None):
            raise error("better", "'lower', 'higher' or `None`", self.better)
        for target in self.targets:
            number = {"value", "measure"} & set(target)
            valid = len(number) == 1 and set(target) - {"floor"} == {*number, "source"}
            if not valid or not is_number(target.get("value", 0)):
                expected = "dicts with `source` and either `value` or `measure`"
                raise error("targets", expected, self.targets)

    @property
    def shown(self):
        """Whether the measure is in the table of its chapter; others are only printed."""
        return self.better is not None or bool(self.targets)

    def allowed(self, value):
        """How far a rerun may be from a recorded value; `None` if it is not compared."""
        if "relative" in self.tolerance:
            return self.tolerance["relative"] * abs(value)
        return self.tolerance.get("absolute")


def chapters(source=None):
    """The folders of the chapters, sorted; an error where there is no source tree."""
    folder = pathlib.Path(source or SOURCE) / "chapters"
    if not folder.is_dir():
        raise ValueError(
            "Results and the scripts that made them are in the folder `chapters` of the source "
            f"tree of keras_gen, which an installed package does not have. Expected {folder}."
        )
    return sorted(path for path in folder.iterdir() if path.name[:1].isdigit() and path.is_dir())


def published(source=None):
    """All published results by name; they and their measures in the order of the references.

    Args:
        source: root of the source tree; by default the one that this module lies in.
    """
    results = {}
    for folder in chapters(source):
        listed = _references_of(folder)
        paths = {path.stem: path for path in (folder / "results").glob("*.json")}
        for name in _ordered(paths, listed):
            result = Result.read(paths[name])
            if (result.name, result.chapter) != (name, folder.name) or name in results:
                raise ValueError(
                    f"{paths[name]}: expected a unique name, that of the file, and the chapter "
                    f"of the folder. Received: {result.name}, {result.chapter}"
                )
            measures = _ordered(result.measures, listed.get(name, {}))
            results[name] = dataclasses.replace(result, measures=measures)
    return results


def references(source=None):
    """All references: dict from the names of a result and of a measure to a `Reference`.

    The measure `"*"` means all others of the result.
    """
    found = {}
    for folder in chapters(source):
        for name, measures in _references_of(folder).items():
            for measure, fields in measures.items():
                try:
                    found[name, measure] = Reference(**fields)
                except (TypeError, ValueError) as failure:
                    where = folder / "references.json"
                    raise ValueError(f"{where}: {name}, {measure}: {failure}") from failure
    return found


def reference_of(found, name, measure):
    """The reference of a measure, its own or that of all others; an error if there is none."""
    for key in [(name, measure), (name, REST)]:
        if key in found:
            return found[key]
    raise ValueError(f"references.json says nothing about the measure {measure} of {name}.")


def _references_of(folder):
    path = folder / "references.json"
    return read_json(path) if path.is_file() else {}


def _ordered(items, first):
    """A dict whose keys are those of `first` in their order, as far as it has them, then others."""
    keys = [key for key in first if key in items]
    return {key: items[key] for key in [*keys, *sorted(set(items) - set(keys))]}
