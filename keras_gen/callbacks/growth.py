"""What a growing model is going to do, and how far it is."""

import math
import sys
import time

import keras

from keras_gen.callbacks.checks import model_with
from keras_gen.callbacks.neighbours import refuse_before
from keras_gen.models.adversarial.growth import images_of_stages

ADDED = ("resolution", "alpha")
ROW = "{:>5}  {:>9}  {:<9}  {:>12}  {:>12}  {:>8}"


class Growth(keras.callbacks.Callback):
    """Shows the schedule of a growing model before training, and logs how far it has grown.

    The epoch logs receive `resolution`, pixels a side of the images of the present stage, and
    `alpha`, the share of its newest layers. Before training, the schedule appears as a table, and
    when a stage has begun, a line that says how long training took so far and what is left:

        rest = seconds of the stage before / its work * work of the remaining images
        work = images * multiplications in the convolutions of the generator

    Larger images keep a processor better occupied, so that the rest is rather less than that. Table
    and lines appear wherever `fit` shows its progress.

    Example:
        gan.fit(batches, epochs=20, callbacks=[Growth()])
    """

    def set_model(self, model):
        super().set_model(model)
        refuse_before(self, ADDED)

    def get_state(self):
        """The seconds that each stage took."""
        return list(self.seconds)

    def set_state(self, state):
        self.seconds = list(state)

    def on_train_begin(self, logs=None):
        model_with(self.model, "schedule", "phase", "alpha", "images_seen")
        self.seconds = [0.0] * self.model.generator.stages
        self._told = None  # the stage that was shown last

    def on_epoch_begin(self, epoch, logs=None):
        stage = self.model.stage
        if self._told is None:
            self._show(table(self.model.schedule(), self.seconds))
        elif stage != self._told:
            self._show(self.news(self.params["epochs"] - epoch))
        self._told, self._images = stage, self._seen()
        self._stage, self._clock = stage, time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        stage = self.model.stage
        if stage != self._stage:
            self._count()
            self._stage = stage

    def on_epoch_end(self, epoch, logs=None):
        self._count()
        self._images_of_epoch = self._seen() - self._images
        if logs is not None:
            logs["resolution"] = self.model.phase.resolution
            logs["alpha"] = float(self.model.alpha())

    def _count(self):
        now = time.monotonic()
        self.seconds[self._stage] += now - self._clock
        self._clock = now

    def _seen(self):
        return int(self.model.images_seen.numpy())

    def _show(self, text):
        if self.params.get("verbose"):
            sys.stdout.write(f"{text}\n")

    def news(self, epochs):
        """A line about the stage that has begun, with so many epochs left."""
        stage, seen = self.model.stage, self._seen()
        rows, costs = self.model.schedule(), multiplications(self.model.generator)
        done = images_of_stages(rows, 0, seen)
        left = images_of_stages(rows, seen, seen + epochs * self._images_of_epoch)
        speed = done[stage - 1] * costs[stage - 1] / max(self.seconds[stage - 1], 1e-3)
        rest = sum(images * cost for images, cost in zip(left, costs)) / speed
        side = self.model.phase.resolution
        return (
            f"Images of {side}x{side} after {seen:,} images and {_minutes(sum(self.seconds))}; "
            f"the rest takes about {_minutes(rest)}."
        )


def table(rows, seconds):
    """A schedule as a text, one line for each phase, with the seconds that stages took so far."""
    lines = [ROW.format("stage", "pixels", "phase", "from image", "images", "seconds")]
    for row in rows:
        pixels, phase = f"{row.resolution}x{row.resolution}", "fade in" * row.fading or "stabilize"
        images = "the rest" if row.images is None else f"{row.images:,}"
        spent = "" if row.fading else f"{seconds[row.stage]:.0f}"
        lines.append(ROW.format(row.stage, pixels, phase, f"{row.start:,}", images, spent))
    return "\n".join(lines)


def multiplications(network):
    """Multiplications in the convolutions of a growing generator, for an image of each stage."""
    counts, total = [], 0
    for side, block in zip(network.resolutions, network.blocks, strict=True):
        kernels = [math.prod(v.shape) for v in block.trainable_variables if len(v.shape) == 4]
        total += side**2 * sum(kernels)
        counts.append(total)
    return counts


def _minutes(seconds):
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
