"""How generated points move during training."""

import pathlib

import keras
import numpy as np

from keras_gen.arguments import argument_error, integer, positive_integer
from keras_gen.callbacks.checks import check_folder, check_generates
from keras_gen.copies import SharingCopies
from keras_gen.files import replacing
from keras_gen.plotting import point_clouds


class PointMoments(SharingCopies, keras.callbacks.Callback):
    """One picture of a generator's points at several moments of training, next to real points.

    The latents are always the same. The points are kept next to the picture, in a file `*.npz`, so
    that training that resumes continues the picture.

    Args:
        path: file of the picture.
        real: array (n, 2) of real points; as many are generated.
        moments: number of epochs shown, evenly spread, the last one included.
        seed: integer that fixes the latents.
    """

    shared = ("real",)

    def __init__(self, path, real, moments=5, seed=0):
        super().__init__()
        self.path = pathlib.Path(path)
        if np.ndim(real) != 2 or np.shape(real)[1] != 2 or len(real) == 0:
            expected, received = "an array of points, (n, 2)", f"real of shape {np.shape(real)}"
            raise argument_error("real", expected, received=received)
        self.real = real
        self.moments = positive_integer("moments", moments)
        self.seed = integer("seed", seed)

    def on_train_begin(self, logs=None):
        check_folder("path", self.path.parent)
        if self.path.is_dir():
            raise argument_error("path", "a file", received=f"path={self.path}, a folder")
        points = check_generates(self.model, self.seed)
        if points.shape[1:] != (2,):
            expected = "a model that generates points in the plane"
            received = f"a {type(self.model).__name__} of examples of shape {points.shape[1:]}"
            raise argument_error("model", expected, received=received)

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
