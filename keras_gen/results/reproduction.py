"""Running a published command again, and comparing what it measured with what is recorded."""

import dataclasses
import os
import pathlib
import shlex
import subprocess
import sys

from keras_gen.results import archive
from keras_gen.results.archive import reference_of
from keras_gen.results.record import Result, mean
from keras_gen.results.tables import duration, number

OUTPUTS = pathlib.Path("outputs")
RESULTS = "results.json"


@dataclasses.dataclass(frozen=True)
class Comparison:
    """A measure as it is recorded and as it is now.

    Args:
        measure: its name.
        unit: of all the numbers.
        recorded: the published value.
        now: that of the rerun; `None` if it was not measured.
        tolerance: how far they may be apart; `None` if the measure is not compared.
        why: the reason for the tolerance.
    """

    measure: str
    unit: str
    recorded: float
    now: float | None
    tolerance: float | None
    why: str

    @property
    def holds(self):
        """Whether the figure holds; one that is not compared counts as holding."""
        if self.tolerance is None:
            return True
        return self.now is not None and abs(self.now - self.recorded) <= self.tolerance

    def __str__(self):
        recorded = f"{self.measure}, recorded {number(self.recorded, self.unit)}"
        if self.tolerance is None:
            return f"not compared: {recorded}: {self.why}"
        now = "not measured" if self.now is None else number(self.now, self.unit)
        verdict = "holds" if self.holds else "DOES NOT HOLD"
        return f"{verdict}: {recorded}, now {now}, tolerance {number(self.tolerance, self.unit)}"


def commands(result, folder):
    """The runs that make a result: a list per seed of lists of words.

    Paths in `outputs/` become paths in `folder`, where a run without `--output` writes too. If
    there are several seeds, each has its own runs and its own folder.

    Args:
        result: a `Result`.
        folder: path, relative to the source tree.
    """
    several = isinstance(result.seed, list) and "--seeds" not in shlex.split(result.command)
    runs = []
    for seed in result.seed if several else [None]:
        output = folder / f"seed_{seed}" if several else folder
        parts = [_words(part, output, seed) for part in result.command.split(" && ")]
        runs.append(parts)
    return runs


def forecast(result):
    """How long it took, in words."""
    if result.seconds is None:
        return "How long this takes was not recorded."
    runs = len(commands(result, OUTPUTS))
    times = f"{runs} times " if runs > 1 else ""
    return f"This took {times}{duration(result.seconds)} ({result.processor})."


def run_again(result, folder=None, source=None):
    """Runs the command of a result and returns the `Result` that it wrote.

    An interrupted run resumes when it is repeated, because it writes into the same folder.

    Args:
        result: a published `Result`.
        folder: where the runs write, relative to the source tree; by default
            `outputs/reproduce/NAME`.
        source: root of the source tree, where the commands run.

    Raises:
        OSError: if a command fails or writes no results.
    """
    source = pathlib.Path(source or archive.SOURCE)
    folder = OUTPUTS / "reproduce" / result.name if folder is None else pathlib.Path(folder)
    library = str(pathlib.Path(__file__).resolve().parents[2])
    paths = [library, os.environ.get("PYTHONPATH")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    found = []
    for parts in commands(result, folder):
        for words in parts:
            written = source / _output(words) / RESULTS
            written.unlink(missing_ok=True)  # so that an earlier run's file is not read
            command = [sys.executable, *words[1:]]
            status = subprocess.run(command, cwd=source, env=environment, check=False).returncode
            if status:
                raise ChildProcessError(f"`{shlex.join(words)}` ended with status {status}.")
        if not written.is_file():
            raise FileNotFoundError(f"`{shlex.join(words)}` wrote no {written}.")
        found.append(Result.read(written))
    return mean(found)


def compare(recorded, now, found):
    """How the measures of a published result compare with those of a rerun.

    Args:
        recorded: the published `Result`.
        now: the `Result` of the rerun.
        found: the `references()`.

    Returns:
        A list with a `Comparison` for every published measure. One in another unit counts as not
        measured; one that names no unit is in the published one.
    """
    comparisons = []
    for name, measure in recorded.measures.items():
        unit, other = measure.get("unit", ""), now.measures.get(name, {})
        value = other.get("value") if other.get("unit", unit) == unit else None
        reference = reference_of(found, recorded.name, name)
        allowed, why = reference.allowed(measure["value"]), reference.tolerance["why"]
        comparisons.append(Comparison(name, unit, measure["value"], value, allowed, why))
    return comparisons


def _words(part, output, seed):
    """The words of a command whose files are in `output`."""
    start = f"{OUTPUTS.name}/"
    words = [
        f"{output.as_posix()}/{word[len(start) :]}" if word.startswith(start) else word
        for word in shlex.split(part)
    ]
    if "--output" not in words:
        words += ["--output", output.as_posix()]
    return words if seed is None else [*words, "--seed", str(seed)]


def _output(words):
    return words[words.index("--output") + 1]
