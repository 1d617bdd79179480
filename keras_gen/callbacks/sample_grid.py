"""Pictures of how a generator learns."""

import pathlib

import keras

from keras_gen.arguments import argument_error, integer, positive_integer
from keras_gen.callbacks.checks import check_folder, check_generates, labels_of
from keras_gen.plotting import image_grid, montage


class SampleGrid(keras.callbacks.Callback):
    """Writes one picture per epoch, always of the same latents, in the model's `value_range`.

    Args:
        folder: where `epoch_0001.png`, ... go.
        count: number of images in a picture.
        seed: integer that fixes the latents.
        every: number of epochs between two pictures; the last epoch always gets one.
        labels: for a conditional model, integers of length `count`, or one for all.

    Raises:
        ValueError: when training starts, if the model does not generate gray or color images of a
            declared range, or if the labels do not fit it.
    """

    def __init__(self, folder, count=64, seed=0, every=1, labels=None):
        super().__init__()
        self.folder = pathlib.Path(folder)
        self.count = positive_integer("count", count)
        self.seed = integer("seed", seed)
        self.every = positive_integer("every", every)
        self.labels = labels_of(labels, self.count)

    def on_train_begin(self, logs=None):
        check_folder("folder", self.folder)
        if getattr(self.model, "value_range", None) is None:
            expected = "a model with a declared `value_range`, which says what is black and white"
            received = f"a {type(self.model).__name__} with value_range=None"
            raise argument_error("model", expected, received=received)
        montage(
            check_generates(self.model, self.seed, self.labels), value_range=self.model.value_range
        )

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every and epoch + 1 != self.params["epochs"]:
            return
        condition = {} if self.labels is None else {"labels": self.labels}
        images = self.model.generate(self.count, seed=self.seed, **condition)
        path = self.folder / f"epoch_{epoch + 1:04d}.png"
        image_grid(images, path, value_range=self.model.value_range)
