"""Training that goes on where it was stopped, as if it had never stopped."""

import json
import pathlib
import re
import zipfile

import keras
import numpy as np

from keras_gen.arguments import argument_error
from keras_gen.files import replacing
from keras_gen.state import training_state

# What reading a damaged archive raises; the last one for a wrong compression method or version.
DAMAGE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, NotImplementedError)


class Resume(keras.callbacks.Callback):
    """Saves the whole state of a training after every epoch, and takes it up again.

    The state is every variable of the model (weights, statistics, random-number states), every
    variable of every optimizer, the epoch, the logs so far and the data's epoch. Run the same
    command again after an interruption, even a `kill -9`: training goes on after the last finished
    epoch, and on a CPU with `tf.config.experimental.enable_op_determinism()` the result equals the
    uninterrupted run's bit for bit. A run that was complete returns at once. The file on the disk
    is whole at every moment.

    Args:
        path: file for the state, by convention `*.state`.
        data: the dataset given to `fit`, if it comes from `keras_gen.data.batches`; its order is
            then a function of the epoch. Other data must come in the same order in every epoch
            (`shuffle=False`) for the result to be exact.
        every: number of epochs between two savings; the last epoch is always saved.

    Raises:
        ValueError: when training starts, if the file is damaged or belongs to another model. The
            file is left as it is.

    Example:
        batches = keras_gen.data.batches(images, 128, seed=1)
        gan.fit(batches, epochs=100, callbacks=[Resume("dcgan.state", batches)])
    """

    def __init__(self, path, data=None, every=1):
        super().__init__()
        if data is not None and not hasattr(data, "epoch"):
            raise argument_error(
                "data", "the dataset that `keras_gen.data.batches` returned, or None", data
            )
        if not isinstance(every, int) or every < 1:
            raise argument_error("every", "a positive integer", every)
        self.path = pathlib.Path(path)
        self.data = data
        self.every = every
        self.history = []

    def on_train_begin(self, logs=None):
        self.history = []
        if self.path.exists():
            self.history = self._restore()
            self.model._initial_epoch = len(self.history)

    def on_epoch_begin(self, epoch, logs=None):
        self.model._initial_epoch = None  # Keras has read it, and it must not reach a later fit
        if self.data is not None:
            self.data.epoch.assign(epoch)

    def on_epoch_end(self, epoch, logs=None):
        self.history.append({name: float(value) for name, value in (logs or {}).items()})
        if (epoch + 1) % self.every == 0 or epoch + 1 == self.params["epochs"]:
            self._save()

    def on_train_end(self, logs=None):
        """Gives `model.history` the epochs of all runs and forgets where this one began."""
        self.model._initial_epoch = None
        history = self.model.history
        history.epoch = list(range(len(self.history)))
        history.history = {
            name: [epoch[name] for epoch in self.history if name in epoch]
            for name in dict.fromkeys(name for epoch in self.history for name in epoch)
        }

    def _save(self):
        state = training_state(self.model)
        arrays = {f"{i}": np.asarray(v) for i, v in enumerate(state.values())}
        header = {"history": self.history, "variables": _shapes(state)}
        with replacing(self.path) as temporary, open(temporary, "wb") as file:
            np.savez(file, header=np.frombuffer(json.dumps(header).encode(), np.uint8), **arrays)

    def _restore(self):
        """Restores every variable and returns the logs of the finished epochs."""
        variables = training_state(self.model)
        try:
            with np.load(self.path) as archive:
                header = json.loads(archive["header"].tobytes())
                arrays = [archive[f"{i}"] for i in range(len(header["variables"]))]
        except DAMAGE as error:
            raise argument_error(
                "path",
                "a whole state file; delete it to start anew",
                received=f"path={self.path}, which is damaged ({error})",
            ) from error
        if _uncounted(header["variables"]) != _uncounted(_shapes(variables)):
            raise argument_error(
                "path",
                "the state of this model and these optimizers",
                received=f"path={self.path}, the state of another model",
            )
        for variable, array in zip(variables.values(), arrays):
            variable.assign(array.view(variable.dtype) if array.dtype.kind == "V" else array)
        return header["history"]


def _shapes(variables):
    """Owner, leaf name, shape and type of each variable."""
    return [
        [name.split("/")[0], name.split("/")[-1], list(v.shape), str(v.dtype)]
        for name, v in variables.items()
    ]


def _uncounted(shapes):
    """Shapes without the numbers by which Keras tells apart the layers made in one process."""
    return [[owner, re.sub(r"_\d+(?=_|$)", "", leaf), *rest] for owner, leaf, *rest in shapes]
