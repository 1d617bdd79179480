"""Metrics of generated images in the epoch logs."""

import keras


class GenerativeMetrics(keras.callbacks.Callback):
    """Adds metrics of freshly generated images to the epoch logs, as `val_{metric.name}`.

    Put it before callbacks that watch a metric, and tell those the direction:
    `ModelCheckpoint(path, monitor="val_fid_lenet", mode="min", save_best_only=True)`.

    Args:
        metrics: list of metrics with `update_state(real, fake)`, such as
            `keras_gen.metrics.FrechetDistance`. The callback owns them: a metric that were an
            attribute of the model would put its extractor's weights into every saved file.
        real: array of held-out images in the metrics' range; their statistics are computed once.
        count: number of images generated, as many as `real` by default.
        every: number of epochs between two evaluations; the last epoch always gets one.
        seed: integer that fixes the latents.
        labels: for a conditional model, integers of length `count`.
    """

    def __init__(self, metrics, real, count=None, every=1, seed=0, labels=None):
        super().__init__()
        self.metrics = metrics
        self.real = real
        self.count = len(real) if count is None else count
        self.every = every
        self.seed = seed
        self.labels = labels

    def on_train_begin(self, logs=None):
        for metric in self.metrics:
            metric.reset_state()
            metric.update_state(self.real, None)

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
