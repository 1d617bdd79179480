"""The same latents through all stages of a growth."""

import pathlib

import keras
import numpy as np

from keras_gen.arguments import argument_error, integer, positive_integer
from keras_gen.callbacks.checks import check_folder, model_with
from keras_gen.plotting import image_rows


class FilmStrip(keras.callbacks.Callback):
    """Keeps what a growing model makes of the same latents at the end of each stage.

        frame_s = images_at(latents, s)        when stage s ends, and at the end of the training

    The picture, one row for each stage so far, is written whenever a frame is added. With `Resume`,
    frames from before an interruption are kept.

    Args:
        path: file for the picture.
        count: number of latents.
        seed: integer that fixes them.

    Attributes:
        frames: dict from stages to arrays (count, height, width, channels) of full size.
    """

    def __init__(self, path, count=10, seed=0):
        super().__init__()
        self.path = pathlib.Path(path)
        self.count = positive_integer("count", count)
        self.seed = integer("seed", seed)
        self.frames = {}

    def get_state(self):
        """The frames so far."""
        return list(self.frames.items())

    def set_state(self, state):
        self.frames = {stage: np.asarray(images) for stage, images in state}

    def on_train_begin(self, logs=None):
        model_with(self.model, "images_at", "stage", "value_range")
        if self.model.value_range is None:
            expected = "a model with a declared `value_range`, which says what is black and white"
            received = f"a {type(self.model).__name__} with value_range=None"
            raise argument_error("model", expected, received=received)
        check_folder("path", self.path.parent)
        self.frames, self._stage = {}, self.model.stage
        self.picture({self._stage: self.frame(self._stage)})  # raises what it cannot draw

    def on_train_batch_begin(self, batch, logs=None):
        self._stage = self.model.stage

    def on_train_batch_end(self, batch, logs=None):
        if self.model.stage != self._stage:
            self.add(self._stage)

    def on_train_end(self, logs=None):
        self.add(self.model.stage)

    def add(self, stage):
        """Keeps the images of a stage as they are now, and writes the picture."""
        self.frames[stage] = self.frame(stage)
        self.picture(self.frames, self.path)

    def frame(self, stage):
        """The images of a stage: an array."""
        latents = self.model.latents(self.count, self.model.seeded(self.seed))
        return self.model.images_at(latents, stage).numpy()

    def picture(self, frames, path=None):
        """The figure of some frames: a row for each stage, a column for each latent."""
        sides = self.model.generator.resolutions
        rows = {f"{sides[stage]}x{sides[stage]}": images for stage, images in frames.items()}
        title = "The same latents at the end of each stage"
        return image_rows(rows, path, value_range=self.model.value_range, title=title)
