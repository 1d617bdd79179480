"""Training that resumes where it was stopped, as if it had never stopped."""

import pathlib
import random
import sys
import warnings

import keras
import numpy as np

from keras_gen.arguments import argument_error, positive_integer
from keras_gen.callbacks import callback_state, chance, csv_rows, exactness, finite, state_file
from keras_gen.callbacks.identity import identity, rates_changed
from keras_gen.callbacks.neighbours import callback_list, fit_arguments, unwrapped
from keras_gen.copies import SharingCopies
from keras_gen.state import optimizers_of, training_state

AUTOMATIC = (keras.callbacks.History, keras.callbacks.ProgbarLogger)


class Resume(SharingCopies, keras.callbacks.Callback):
    """Saves the whole state of training after every epoch, and resumes from it.

    The state is every variable of the model (weights, statistics, random-number states), every
    variable of every optimizer, the epoch, the logs so far, the data's epoch, the states of
    Python's and NumPy's global random numbers, and what the other callbacks remember. Run the same
    command again after an interruption, even a `kill -9`: training resumes after the last finished
    epoch, and on a CPU with `tf.config.experimental.enable_op_determinism()` the result equals the
    uninterrupted run's bit for bit. A run that was complete, or that a callback stopped, returns at
    once with its history. The file on the disk is whole at every moment.

    Its place in the list of callbacks does not matter. Of the other callbacks, those of Keras and
    of this library resume exactly: `EarlyStopping` keeps waiting, `ModelCheckpoint` keeps the best,
    `CSVLogger` continues its file without losing or repeating a row. A callback of your own takes
    part with two methods:

        get_state()         returns None, numbers, strings, arrays, or lists, tuples, dicts of them
        set_state(state)    receives that after every `on_train_begin`

    So does a `keras.utils.PyDataset` that remembers something, such as the order of its batches.
    One without them whose attributes change during an epoch is named in a warning. Variables of
    functions in a `tf.data.Dataset`, such as the states of random layers and generators, are part
    of the state; what Python code in it remembers is not, so data `from_generator` are named in a
    warning.

    A state belongs to a run: it names the configurations of the model and its networks, the numbers
    of optimizers, losses and penalties, and the data (shapes, count, seed, a checksum of the first
    examples). If anything differs when it is started again, training is refused, and the message
    says what. More epochs are not a difference, unless a learning rate is planned over all of them.

    An epoch that ends with NaN or infinity, in a variable or in a loss, is not saved, and training
    stops: the file keeps the last good state, and a warning says which one it is and how to go on
    from there. Under `MultiWorkerMirroredStrategy` the first worker writes the file, which all
    workers must be able to read.

    Args:
        path: file for the state, by convention `*.state`.
        data: the dataset given to `fit`, if it comes from `keras_gen.data.batches` and was changed
            on the way to `fit`; its order is a function of the epoch. If `None`, `Resume` finds it.
        every: number of epochs between two saves; the last epoch is always saved.
        accept_changes: whether to continue with the new numbers or data where they differ from what
            the state names; from then on it names the new ones.

    Raises:
        ValueError: when training starts, if the file is damaged or belongs to another model or
            another run, which leaves both as they are, and for arguments of `fit` and callbacks
            with which a resumed run would not end where an uninterrupted one ends.

    Example:
        batches = keras_gen.data.batches(images, 128, seed=1)
        gan.fit(batches, epochs=100, callbacks=[Resume("dcgan.state", batches)])
    """

    shared = ("data", "_list", "_others", "_states", "_unknown", "_epochs_data", "_memory")

    def __init__(self, path, data=None, every=1, accept_changes=False):
        super().__init__()
        if data is not None and not hasattr(data, "epoch"):
            raise argument_error(
                "data", "the dataset that `keras_gen.data.batches` returned, or None", data
            )
        self.path = pathlib.Path(path)
        self.data = data
        self.every = positive_integer("every", every)
        self.accept_changes = bool(accept_changes)
        self._reset()

    def _reset(self):
        self.history, self.epochs = [], []  # the logs of all epochs so far, and their numbers
        self._others, self._states = [], {}  # callbacks and PyDatasets, and what they remember
        self._memory = []  # variables of the data
        self._unknown = []
        self._epochs_data = None
        self._resumed = self._watched = False
        self._fit, self._begun = {}, {}  # arguments, and the identity with which this run began
        self._kept = None  # number of the epoch after which the file was saved
        self._infinite = set()  # names of variables that hold infinity from the start

    # What Keras calls: this callback first, `_Afterwards` last

    def set_model(self, model):
        super().set_model(model)
        self._list = callback_list()
        if self._list is not None:
            others = [c for c in self._list.callbacks if c is not self]
            others = [c for c in others if not isinstance(c, _Afterwards)]
            self._list.callbacks = [self, *others, _Afterwards(self)]

    def on_train_begin(self, logs=None):
        self._reset()
        if self._list is not None:
            self._others = [c for c in self._list.callbacks[1:-1] if not isinstance(c, AUTOMATIC)]
        fit = fit_arguments(self.model)
        exactness.check_callbacks(self, [unwrapped(other) for other in self._others])
        exactness.check_arguments(fit)
        data = [fit.get("x"), fit.get("validation_data")]
        self._others += chance.python_datasets(data)
        self._memory = chance.variables_of(data)
        self._epochs_data = exactness.counted_data(fit.get("x"), self.data)
        self._infinite = finite.infinite_of(training_state(self.model))
        state, error = self._read_or_error()
        exactness.check_workers(self.model.distribute_strategy, self.path, state, error)
        self._fit, self._begun = fit, self._identity(fit)
        if state is not None:
            if not self.accept_changes:
                exactness.check_identity(self.path, state[0]["run"], self._begun)
            exactness.check_memory(self.path, state[0]["data"], self._memory)
            self._restore(*state, fit)

        if self._list is None:
            self.after_train_begin()

    def after_train_begin(self):
        """Gives the other callbacks, which have forgotten everything, back what they remembered."""
        named = callback_state.titled(self._others)
        for name, state in self._states.items():
            if name in named:
                callback_state.give(named[name], state)
        remembering = callback_state.encoded(self._others, [])
        if self._resumed and set(remembering) != set(self._states):
            changed = sorted(set(remembering) ^ set(self._states))
            warnings.warn(
                f"{self.path} was written by a run with other callbacks or data: "
                f"{', '.join(changed)} cannot resume, and those in this run start anew.",
                stacklevel=2,
            )
        csv_rows.appended(self._others)
        self._unknown = [(other, callback_state.unknown(other)) for other in self._others]
        if not self._resumed and csv_rows.any_appends(self._others):
            self._save()  # or the rows of a first epoch that is interrupted would stay

    def on_epoch_begin(self, epoch, logs=None):
        self.model._initial_epoch = None  # Keras has read it, and it must not reach a later fit
        if self._epochs_data is not None:
            self._epochs_data.epoch.assign(epoch)

    def on_epoch_end(self, epoch, logs=None):
        if self._list is None:  # a training loop of the user's own
            self.after_epoch(epoch, logs)

    def after_epoch(self, epoch, logs):
        self.history.append(dict(logs or {}))
        self.epochs.append(epoch)
        if not self._watched:
            self._watched = True
            callback_state.warn_of_forgotten(self._unknown)
            chance.warn_of_step(self.model)
        broken = finite.broken(self.model, self.history[-1], self._infinite)
        if broken is not None:
            finite.warn(broken, epoch + 1, self.path, self._kept)
            self.model.stop_training = True
            return
        last = epoch + 1 == self.params["epochs"] or self.model.stop_training
        if last or (epoch + 1) % self.every == 0:
            self._save()

    def after_train(self):
        """Gives `model.history` the epochs of all runs and forgets where this one began."""
        self.model._initial_epoch = None
        self._fit, self._others, self._memory, self._unknown = {}, [], [], []  # hold the data
        history = self.model.history
        history.epoch = list(self.epochs)
        history.history = {
            name: [epoch[name] for epoch in self.history if name in epoch]
            for name in dict.fromkeys(name for epoch in self.history for name in epoch)
        }

    # The file

    def _identity(self, fit):
        return identity(self.model, fit, self._epochs_data)

    def _identities(self):
        """The identity of this run as it began and, if callbacks changed numbers, as it is now."""
        now = self._identity(self._fit)
        return [self._begun] if now == self._begun else [self._begun, now]

    def _save(self):
        variables = training_state(self.model)
        arrays = [np.asarray(v) for v in variables.values()]  # which all workers do together
        self._kept = self.epochs[-1] + 1 if self.epochs else 0
        if not exactness.writes(self.model.distribute_strategy):
            return
        extras = []
        header = {
            **_classes(self.model),
            "variables": state_file.signature(variables),
            "run": self._identities(),
            "epochs": self.epochs,
            "asked": self.params["epochs"],
            "stopped": bool(self.model.stop_training),
            "history": [state_file.encode(logs, extras) for logs in self.history],
            "random": state_file.encode([random.getstate(), np.random.get_state()], extras),
            "data": state_file.encode([v.numpy() for v in self._memory], extras),
            "csv": csv_rows.texts(self._others),
            "callbacks": list(callback_state.encoded(self._others, extras).items()),
        }
        state_file.write(self.path, header, arrays, extras)

    def _read_or_error(self):
        """What the file holds, or `None`, and what was raised in reading, or `None`."""
        try:
            exactness.check_path(self.path)
            return (self._read() if self.path.exists() else None), None
        except Exception as error:
            return None, error

    def _read(self):
        """The state and the arrays of the model's variables, read and checked as a whole."""
        state, arrays = state_file.read(self.path)
        own = _classes(self.model)
        saved = {name: state.get(name) for name in own}
        if state["model"] is not None and saved != own:
            raise argument_error(
                "path",
                f"the state of this model and these optimizers, {own}",
                received=f"path={self.path}, the state of another model, {saved}",
            )
        variables = training_state(self.model)
        arrays = state_file.fitting(self.path, state["variables"], arrays, variables)
        broken = finite.not_finite(variables, arrays, self._infinite)
        if broken is not None:
            raise argument_error(
                "path",
                "a state of finite values; delete it to start anew",
                received=f"path={self.path}, with NaN or infinity in {broken}",
            )
        return state, arrays

    def _restore(self, state, arrays, fit):
        epochs, asked = state["epochs"], self.params["epochs"]
        exactness.check_epochs(self.path, state, asked, fit)
        csv_rows.restore(self._others, state["csv"])
        chosen = rates_changed(state["run"], self._begun)  # accepted, or there would be none
        for (name, variable), array in zip(training_state(self.model).items(), arrays):
            if name.split("/")[0] not in chosen or not name.endswith("/learning_rate"):
                variable.assign(array)
        self._infinite = finite.infinite_of(training_state(self.model))
        for variable, array in zip(self._memory, state["data"]):
            variable.assign(array)
        if state["random"] is not None:
            random.setstate(state["random"][0])
            np.random.set_state(state["random"][1])
        self.history, self.epochs = state["history"], epochs
        self._kept = epochs[-1] + 1 if epochs else 0
        self._states, self._resumed = state["callbacks"], True
        begin = epochs[-1] + 1 if epochs else fit.get("initial_epoch", 0)
        self.model._initial_epoch = max(begin, asked) if state["stopped"] else begin
        if self.params.get("verbose") and self.model._initial_epoch >= asked:
            how = "stopped early" if state["stopped"] else "complete"
            sys.stdout.write(
                f"{self.path} holds the {how} training of {len(epochs)} epochs: nothing is left to "
                "train.\n"
            )


class _Afterwards(keras.callbacks.Callback):
    """The last of all callbacks: what `Resume` does when the others are done."""

    def __init__(self, resume):
        super().__init__()
        self.resume = resume

    def on_train_begin(self, logs=None):
        self.resume.after_train_begin()

    def on_epoch_end(self, epoch, logs=None):
        self.resume.after_epoch(epoch, logs)

    def on_train_end(self, logs=None):
        self.resume.after_train()


def _classes(model):
    """The classes of a model and its optimizers, by name."""
    optimizers = {name: type(each).__name__ for name, each in optimizers_of(model).items()}
    return {"model": keras.saving.get_registered_name(type(model)), "optimizers": optimizers}
