"""One of several workers, which train every small model in turn."""

import json
import os
import pathlib
import signal

import keras
import numpy as np
import small_models
import tensorflow as tf

from keras_gen import data
from keras_gen.callbacks import Resume
from keras_gen.state import training_state


class Interruption(keras.callbacks.Callback):
    """Calls a function in the middle of the second epoch."""

    def __init__(self, function):
        super().__init__()
        self.function = function
        self.epoch = 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if self.epoch == 1 and batch == 1:
            self.function()


def train(names, folder, run):
    """Trains each model for two epochs, and writes all variables of each model and worker.

    Args:
        names: of `small_models`.
        folder: for the states and the results.
        run: name of the run, which the files have.
    """
    strategy = _strategy()
    for name in names:
        _trained(strategy, name, folder, run)


def train_and_be_killed(names, folder, victim):
    """As `train`, in a run `undisturbed`, and then once more in a run `killed`.

    The second time each model begins with the state that it had the first time, and its training
    within the second epoch of the one before. When all models are in the middle of an epoch, one
    worker is killed.

    Args:
        names, folder: as for `train`.
        victim: number of the worker that is killed.
    """
    strategy = _strategy()
    models = {name: _trained(strategy, name, folder, "undisturbed", again=True) for name in names}

    def train_within(names):
        if names:
            further = Interruption(lambda: train_within(names[1:]))
            _fit(models[names[0]], names[0], _state_file(folder, "killed", names[0]), further)
        elif strategy.cluster_resolver.task_id == victim:
            os.kill(os.getpid(), signal.SIGKILL)

    train_within(names)


def resume_own_states(name, cases, folder):
    """Tries to resume each case from a file of this worker's own, and writes the errors.

    Args:
        name: of a model in `small_models`.
        cases: list of names; worker 0 reads the file `CASE_0.state`.
        folder: of the files and of the result, `errors_0.json`, a list.
    """
    strategy = _strategy()
    folder, worker = pathlib.Path(folder), strategy.cluster_resolver.task_id
    errors = []
    for case in cases:
        try:
            _fit(_model(strategy, name), name, folder / f"{case}_{worker}.state")
            errors.append("none")
        except ValueError as error:
            errors.append(str(error))
    (folder / f"errors_{worker}.json").write_text(json.dumps(errors))


def _strategy():
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    tf.config.experimental.enable_op_determinism()
    return strategy


def _state_file(folder, run, name):
    return pathlib.Path(folder) / f"{run}_{name}.state"


def _trained(strategy, name, folder, run, again=False):
    """A model after its training, whose variables are written; `again` for one as before it."""
    model = _model(strategy, name)
    variables = training_state(model).values()
    start = [np.asarray(variable.value) for variable in variables]
    _fit(model, name, _state_file(folder, run, name))
    trained = [np.asarray(variable.value) for variable in variables]
    worker = strategy.cluster_resolver.task_id
    np.savez(pathlib.Path(folder) / f"{run}_{name}_{worker}.npz", *trained)
    if again:
        for variable, value in zip(variables, start):
            variable.assign(value)
    return model


def _model(strategy, name):
    keras.utils.set_random_seed(11)
    with strategy.scope():
        return getattr(small_models, name)()


def _fit(model, name, state, *callbacks):
    """Trains for two epochs on batches of five, the last one of a single example."""
    examples, labels = small_models.data_of(name, 11)
    if name in small_models.LABELED:
        examples = (examples, labels)
    batches = data.batches(examples, 5, seed=2)
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    watch = [Resume(state, batches), *callbacks]
    model.fit(batches.with_options(options), epochs=2, callbacks=watch, verbose=0)
