"""How generated points move in the course of a training."""

import pathlib

import keras
import numpy as np

from keras_gen.arguments import positive_integer
from keras_gen.files import replacing
from keras_gen.plotting import point_clouds


class PointMoments(keras.callbacks.Callback):
    """One picture of a generator's points at several moments of a training, beside real points.

    The latents are always the same. The points are kept beside the picture, in a file `*.npz`, so
    that a training that was interrupted continues the picture.

    Args:
        path: file of the picture.
        real: array `[n, 2]` of real points; as many are generated.
        moments: number of epochs shown, evenly spread, the last one among them.
        seed: integer that fixes the latents.
    """

    def __init__(self, path, real, moments=5, seed=0):
        super().__init__()
        self.path = pathlib.Path(path)
        self.real = real
        self.moments = positive_integer("moments", moments)
        self.seed = seed

    def on_epoch_end(self, epoch, logs=None):
        epochs = self.params["epochs"]
        shown = {-(-epochs * moment // self.moments) for moment in range(1, self.moments + 1)}
        if epoch + 1 not in shown:
            return
        clouds = {n: points for n, points in self._kept().items() if n <= epoch}
        clouds[epoch + 1] = self.model.generate(len(self.real), seed=self.seed)
        with replacing(self.path.with_suffix(".npz")) as temporary, open(temporary, "wb") as file:
            np.savez(file, **{str(n): points for n, points in clouds.items()})
        titles = {f"epoch {n}": points for n, points in clouds.items()}
        point_clouds({"real": self.real, **titles}, self.path)

    def _kept(self):
        """The points of earlier moments by their epoch."""
        path = self.path.with_suffix(".npz")
        if not path.exists():
            return {}
        with np.load(path) as archive:
            return {int(n): archive[n] for n in sorted(archive.files, key=int)}
