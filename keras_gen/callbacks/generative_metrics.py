"""Metrics of generated images in the epoch logs."""

import warnings

import keras

from keras_gen.arguments import argument_error, integer, positive_integer
from keras_gen.callbacks.checks import check_generates, examples_of, labels_of
from keras_gen.callbacks.neighbours import Adapter, callback_list, reads, refuse_before, unwrapped
from keras_gen.copies import SharingCopies


class GenerativeMetrics(SharingCopies, keras.callbacks.Callback):
    """Adds metrics of freshly generated images to the epoch logs, as `val_{metric.name}`.

    Put it before callbacks that watch a metric, and tell those the direction:
    `ModelCheckpoint(path, monitor="val_fid_lenet", mode="min", save_best_only=True)`.

    Epochs without an evaluation do not count: their logs and the history have no value, a
    `ModelCheckpoint` of the best, `EarlyStopping` and `ReduceLROnPlateau` wait for the next one
    (their `patience` is a number of evaluations), and a `CSVLogger` writes `NA`.

    Args:
        metrics: list of metrics with `update_state(real, fake)`, such as
            `keras_gen.metrics.FrechetDistance`. The callback owns them: a metric that was an
            attribute of the model would put its extractor's weights into every saved file.
        real: array of held-out images in the metrics' range; their statistics are computed once.
        count: number of images generated, as many as `real` by default.
        every: number of epochs between two evaluations; the last epoch always gets one.
        seed: integer that fixes the latents.
        labels: for a conditional model, integers of length `count`.
    """

    shared = ("real", "labels", "metrics")

    def __init__(self, metrics, real, count=None, every=1, seed=0, labels=None):
        super().__init__()
        self.metrics = _checked(metrics)
        self.real = examples_of("real", real)
        self.count = len(real) if count is None else positive_integer("count", count)
        self.every = positive_integer("every", every)
        self.seed = integer("seed", seed)
        self.labels = labels_of(labels, self.count)

    @property
    def names(self):
        """What it adds to the logs."""
        return [f"val_{metric.name}" for metric in self.metrics]

    def set_model(self, model):
        super().set_model(model)
        refuse_before(self, self.names)
        neighbours = callback_list()
        if neighbours is not None and self.every > 1:
            neighbours.callbacks = [self._waiting(each) for each in neighbours.callbacks]

    def _waiting(self, callback):
        """A callback, or, if it reads these metrics, an adapter that waits for them."""
        if callback is self or not reads(unwrapped(callback), self.names):
            return callback
        return WaitsForValues(callback, self.names)

    def on_train_begin(self, logs=None):
        fake = check_generates(self.model, self.seed, self.labels)
        self._check_ranges()
        for metric in self.metrics:
            metric.reset_state()
            metric.update_state(self.real, None)
            metric.update_state(None, fake)  # an image that does not fit is found at once
            metric.reset_fake()

    def _check_ranges(self):
        """Refuses a metric that expects images of a range other than the model's."""
        own = getattr(self.model, "value_range", None)
        for metric in self.metrics:
            expected = getattr(metric, "value_range", None)
            if None not in (own, expected) and tuple(own) != tuple(expected):
                received = f"{metric.name} with value_range={tuple(expected)}"
                text = f"metrics with the range of the model's images, {tuple(own)}"
                raise argument_error("metrics", text, received=received)

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every and epoch + 1 != self.params["epochs"]:
            return
        condition = {} if self.labels is None else {"labels": self.labels}
        fake = self.model.generate(self.count, seed=self.seed, **condition)
        for metric in self.metrics:
            metric.reset_fake()
            metric.update_state(None, fake)
            if logs is not None:
                logs[f"val_{metric.name}"] = float(metric.result())


class WaitsForValues(Adapter):
    """A callback that reads the logs, and for which epochs without certain values do not count.

    Args:
        callback: the callback.
        names: of the values in the logs.
    """

    def __init__(self, callback, names):
        super().__init__(callback)
        self.names = names

    def on_epoch_end(self, epoch, logs=None):
        missing = [name for name in self.names if name not in (logs or {})]
        reader = unwrapped(self.callback)
        if isinstance(reader, keras.callbacks.CSVLogger):  # its first row fixes the columns
            logs = {**(logs or {}), **dict.fromkeys(missing, "NA")}
        elif isinstance(reader, keras.callbacks.ModelCheckpoint) and self._concerned(missing):
            return
        with warnings.catch_warnings():
            if getattr(reader, "monitor", None) in missing:
                warnings.filterwarnings("ignore", message=".*is not available")
                warnings.filterwarnings("ignore", message=".*conditioned on metric")
            super().on_epoch_end(epoch, logs)

    def _concerned(self, missing):
        reader = unwrapped(self.callback)
        best = reader.save_best_only and reader.monitor in missing
        return best or any(f"{{{name}" in str(reader.filepath) for name in missing)


def _checked(metrics):
    metrics = list(metrics) if isinstance(metrics, (list, tuple)) else metrics
    needed = ("update_state", "reset_state", "reset_fake", "result")
    valid = isinstance(metrics, list) and metrics
    if not valid or not all(hasattr(m, n) for m in metrics for n in needed):
        expected = "a list of metrics of real and generated images, at least one"
        raise argument_error("metrics", expected, metrics)
    names = [metric.name for metric in metrics]
    if len(set(names)) < len(names):
        raise argument_error("metrics", "metrics with different names", received=f"names {names}")
    return metrics
