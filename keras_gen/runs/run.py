"""One run of a chapter script: its arguments, and everything around a training."""

import dataclasses
import pathlib
import re
import statistics
import sys
import time
from typing import Annotated

from tyro.conf import arg

from keras_gen.arguments import argument_error, integer, positive_integer
from keras_gen.console import quiet_start
from keras_gen.runs.comparison import Comparison
from keras_gen.runs.later import load_all
from keras_gen.runs.scripts import RECORD

POLICIES = ("float32", "mixed_bfloat16", "mixed_float16")


@dataclasses.dataclass
class Run:
    """The arguments that all scripts share, and what a script does around its training.

    `compile` and `fit` stay in the script.

    Args:
        dataset: glyphs, digits, mnist, fashion_mnist, another image set of TensorFlow Datasets, or
            a folder of images.
        epochs: passes over the training images.
        limit: use only that many training images, and as many test images.
        seed: seed of all random numbers.
        precision: dtype policy of Keras; mixed_bfloat16 is faster on processors that support it.
        output: folder for pictures, models and results. By default outputs/ and a name made from
            the script's name and the arguments that are not the defaults.
    """

    dataset: Annotated[str | None, arg(metavar="NAME")] = "glyphs"
    epochs: Annotated[int | None, arg(metavar="INT")] = 10
    limit: Annotated[int | None, arg(metavar="INT")] = None
    seed: int = 1
    precision: Annotated[str, arg(metavar="POLICY")] = "float32"
    output: Annotated[pathlib.Path | None, arg(metavar="FOLDER")] = None

    script = None  # a `Script`, where the run was started from a command line

    def __post_init__(self):
        if self.epochs is not None:
            self.epochs = positive_integer("epochs", self.epochs)
        if self.limit is not None:
            self.limit = positive_integer("limit", self.limit)
        self.seed = integer("seed", self.seed, 0, 2**31 - 1)
        if self.precision not in POLICIES:
            raise argument_error("precision", f"one of {', '.join(POLICIES)}", self.precision)
        if self.output is not None:
            self.output = pathlib.Path(self.output)
        self._begun, self._clock, self._parts = time.monotonic(), None, []

    def arguments(self):
        """The arguments by name."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    def check_against(self, default):
        """Refuses arguments that a script does not have, those that are None in its own `Run`."""
        for name, why in (("dataset", "makes its own data"), ("epochs", "has no training")):
            if getattr(default, name) is None and getattr(self, name) is not None:
                raise argument_error(name, f"None: this script {why}", getattr(self, name))
            if getattr(default, name) is not None and getattr(self, name) is None:
                raise argument_error(name, "a value", None)

    # Before the training

    def begin(self):
        """Loads TensorFlow quietly, sets seeds, deterministic operations and the dtype policy.

        Raises:
            ValueError: if the folder holds the state of another run.
        """
        self._begun = time.monotonic()
        if self.output is None:
            self.output = pathlib.Path("outputs")
        if self.script is not None:
            self.script.check(self.output)
        with quiet_start():
            load_all()
            import keras
            import tensorflow as tf

            tf.config.list_logical_devices()
        keras.utils.set_random_seed(self.seed)
        tf.config.experimental.enable_op_determinism()
        keras.config.set_dtype_policy(self.precision)

    def images(
        self,
        image_size=None,
        value_range=(-1.0, 1.0),
        labels=False,
        limit_test=True,
        validation=None,
    ):
        """Training and test images as arrays.

        Args:
            image_size: resize to squares of this size; `None` leaves the size.
            value_range: closed interval of the pixels.
            labels: whether each of the two is a tuple (images, labels).
            limit_test: whether `limit` cuts the test images too.
            validation: how many of the last training images are held out; they replace the test
                images, which then stay unseen.

        Returns:
            train, test: float arrays (count, height, width, channels), or tuples with labels.
        """
        from keras_gen import data

        splits = ("train", "test")
        if validation is not None:
            validation = positive_integer("validation", validation)
            splits = (f"train[:-{validation}]", f"train[-{validation}:]")
        parts = []
        for split, limit in zip(splits, (self.limit, self.limit if limit_test else None)):
            if limit and validation is None:  # then no more than that is read
                split += f"[:{limit}]"
            found = data.load(self.dataset, split, image_size, value_range, labels)
            parts.append(data.arrays(found.take(limit or -1)))
        return tuple(parts)

    def held_out_images(self, image_size=None, pattern=None, value_range=(-1.0, 1.0), few=300):
        """Three quarters of the pictures for training, and a quarter that is held out, as arrays.

        Args:
            image_size: resize to squares of this size; `None` leaves the size.
            pattern: of a folder, what names a picture's group, see `data.by_group`; then nobody is
                in both. `None` to share out single pictures.
            value_range: closed interval of the pixels.
            few: without `limit`, how many training images are used of what is not a folder.

        Returns:
            train, held_out: float arrays (count, height, width, channels).
        """
        from keras_gen import data

        limit = self.limit or (None if self._is_folder else few)
        source = self.dataset if pattern is None else data.by_group(self.dataset, pattern)
        parts = []
        for split, most in [("train[:75%]", limit), ("train[75%:]", limit and max(limit // 3, 2))]:
            found = data.load(source, split, image_size, value_range)
            parts.append(data.arrays(found.take(most or -1)))
        return tuple(parts)

    def pairs(self, image_size=None, value_range=(-1.0, 1.0), rule=None, reverse=False):
        """Training and test pairs of images (source, target), four arrays.

        Args:
            image_size: resize to squares of this size; `None` leaves the size.
            value_range: closed interval of the pixels.
            rule: what makes the source of the target, an image of `dataset`, see `data.rules`. Of a
                folder without a sub-folder `test` the last fifth of the files is for testing, in
                the order of their names. Without a rule `dataset` is a style of glyphs or a folder
                of pictures, of which the right half is the source and the left half the target.
            reverse: whether the target is what is translated, and the source its target.

        Returns:
            train, test: tuples (source, target) of float arrays (count, height, width, channels).
        """
        from keras_gen import data
        from keras_gen.data.folders import has_split

        names, splits = (self.dataset,), ("train", "test")
        if self._is_folder and rule is None:
            names = data.right_half(self.dataset), data.left_half(self.dataset)
        elif self._is_folder and not has_split(self.dataset, "test"):
            names, splits = (data.by_name(self.dataset),), ("train[:80%]", "train[80%:]")
        options = {"rule": rule, "image_size": image_size, "value_range": value_range}
        found = [data.load_pairs(*names, split=split, **options) for split in splits]
        parts = [data.arrays(pairs.take(self.limit or -1)) for pairs in found]
        return tuple(pair[::-1] if reverse else pair for pair in parts)

    def reader(self):
        """The shipped classifier of these data, whose features define distances between images."""
        from keras_gen import evaluation

        return evaluation.shipped_extractor(self.dataset)

    def every(self, parts):
        """The number of epochs between two of `parts` moments of the training, at least 1."""
        return max(self.epochs // parts, 1)

    def ema_decay(self, decay, batches):
        """The decay of averaged weights: `decay`, or less in a training too short for it.

            min(decay, .5 ** (1 / (training steps / 5)))

        The half-life is at most a fifth of the training, so that the average forgets the start.
        """
        return min(decay, 0.5 ** (5 / (self.epochs * len(batches))))

    def moments(self, parts):
        """The epochs after which a callback with `every=self.every(parts)` acts, a list."""
        every = self.every(parts)
        return [*range(every, self.epochs, every), self.epochs]

    def watch(self, batches, *others, name="training"):
        """Callbacks for `fit`: the others, and a `Resume` in this run's folder.

        Args:
            batches: the dataset given to `fit`, from `data.batches`.
            *others: further callbacks.
            name: name of the state's file, for scripts with several trainings.
        """
        from keras_gen import callbacks

        self._record()
        self._clock = callbacks.Stopwatch()
        resume = callbacks.Resume(self.output / f"{name}.state", batches)
        return [*others, self._clock, resume]

    def folder(self, name="phases"):
        """A folder of this run for what resumes by itself, such as `greedy.train_machines`."""
        self._record()
        return self.output / name

    def watch_images(self, model, test, labels=None, grid_labels=None, judged=4):
        """Callbacks that show and judge generated images: a grid ten times, the FID four times.

        Args:
            model: a generative model with `generate` and `value_range`.
            test: array of real images, judged in the features of the data's shipped reader.
            labels: of a conditional model, the labels of the judged images.
            grid_labels: of a conditional model, those of the grid.
            judged: how often the FID is measured.
        """
        from keras_gen import callbacks, metrics

        fid = metrics.FrechetDistance(self.reader(), model.value_range)
        self._judged = fid.name, len(test), judged
        grid = {} if grid_labels is None else {"count": len(grid_labels), "labels": grid_labels}
        return [
            callbacks.SampleGrid(self.output / "epochs", every=self.every(10), **grid),
            callbacks.GenerativeMetrics([fid], test, every=self.every(judged), labels=labels),
        ]

    def judgements(self, history):
        """The epochs after which `watch_images` measured the FID, and what it found: two lists."""
        name, _, judged = self._judged
        return self.moments(judged), history.history.get(f"val_{name}", [])

    def quarters(self, history):
        """The FID after each quarter of the training, as `watch_images` measured it last."""
        name, count, _ = self._judged
        judgements = list(zip(*self.judgements(history)))
        report = {}
        for number in range(1, 5):
            until = [value for epoch, value in judgements if 4 * epoch <= number * self.epochs]
            if until:
                report[f"{name}_{count}_quarter_{number}"] = until[-1]
        return report

    def compare(self, variants, seeds=1):
        """One training after the other: each variant with each seed.

        Args:
            variants: dict from names to whatever distinguishes the variants.
            seeds: number of seeds, beginning with this run's own.

        Yields:
            The variant's name, the variant, and a `Run` with a seed and a folder of its own, whose
            random numbers have just been set.
        """
        import keras

        if not variants:
            raise argument_error("variants", "at least one", variants)
        for seed in range(self.seed, self.seed + positive_integer("seeds", seeds)):
            for name, variant in variants.items():
                folder = self.output / f"seed_{seed}" / re.sub(r"\W+", "_", name)
                part = dataclasses.replace(self, seed=seed, output=folder)
                part.script, part._begun = self.script, time.monotonic()
                self._parts.append(part)
                keras.utils.set_random_seed(seed)
                yield name, variant, part

    # After the training

    def save(
        self,
        model,
        what,
        measures,
        samples,
        look,
        data=None,
        value_range=None,
        further=None,
        baselines=(),
    ):
        """Writes the model, a SavedModel with its card, and `results.json`; says where to look.

        Args:
            model: the trained model, or `None` for a script that trains none.
            what: one sentence: model and architecture.
            measures: dict from names to numbers, or to lists of several draws of one number, whose
                mean is what is reported, with the range; or a `Comparison`.
            samples: figure for the SavedModel.
            look: name of the picture to open first, a colon, and what to see in it.
            data: name of the data, where it is not `dataset` or the name of that folder.
            value_range: range of the images, where the model does not declare it.
            further: networks that are exported as further endpoints, by name.
            baselines: beginnings of the names of measures that are not the model's own. The card
                does not have them: it holds only what its endpoints give.
        """
        from keras_gen import results, saved_models

        self._record()
        if data is None:
            data = pathlib.Path(self.dataset).resolve().name if self._is_folder else self.dataset
        if isinstance(measures, Comparison):
            lines, measures = [measures], measures.measures()
        else:
            measures = {name: _measure(value) for name, value in measures.items()}
            lines = [f"{name}: {_shown(**measure)}" for name, measure in measures.items()]
        if model is not None:
            own = {n: m for n, m in measures.items() if not n.startswith(tuple(baselines))}
            numbers = {n: m["value"] for n, m in own.items() if "_quarter_" not in n}
            value_range = getattr(model, "value_range", value_range)
            model.save(self.output / f"{self._name}.keras")
            card = saved_models.card(what, data, value_range, self.seed, numbers)
            saved_models.export(model, self.output / "saved_model", card, samples, further)
        results.Result(
            name=f"{self._name}_{data}",
            chapter=self.script.chapter if self.script else "",
            system=what,
            command=self.script.command if self.script else "",
            seed=self.seed,
            data=data,
            measures=measures,
            seconds=self.seconds(),
        ).write(self.output / "results.json")
        for line in [*lines, f"Open {self.output / look}"]:
            self.print(line)

    def print(self, text):
        """Shows a line or a table of the result on the console."""
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def seconds(self):
        """How long this run has taken, over all its interruptions."""
        clocks = [run._clock for run in (self, *self._parts) if run._clock is not None]
        return time.monotonic() - self._begun + sum(clock.earlier for clock in clocks)

    def _record(self):
        if self.script is not None and not (self.output / RECORD).exists():
            self.script.write(self.output)

    @property
    def _is_folder(self):
        from keras_gen.data import sources

        return sources.is_folder(self.dataset)

    @property
    def _name(self):
        return self.script.name if self.script else self.output.name


def _measure(value):
    """A number, or the mean of several draws of it, as `results.Result` takes it."""
    if not isinstance(value, (list, tuple)):
        return {"value": float(value)}
    values = [float(each) for each in value]
    return {"value": statistics.fmean(values), "values": values}


def _shown(value, values=()):
    spread = f" ({min(values):.4g} to {max(values):.4g})" if values else ""
    return f"{value:.4g}{spread}"
