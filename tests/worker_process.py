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
        model = _trained(strategy, name, _state_file(folder, run, name))
        arrays = [np.asarray(v.value) for v in training_state(model).values()]
        worker = strategy.cluster_resolver.task_id
        np.savez(pathlib.Path(folder) / f"{run}_{name}_{worker}.npz", *arrays)


def train_and_be_killed(names, folder, run, victim):
    """As `train`, until one worker is killed, when each model is in the middle of an epoch.

    A model's training begins within the second epoch of the one before.

    Args:
        names, folder, run: as for `train`.
        victim: number of the worker that is killed.
    """
    strategy = _strategy()

    def train_within(names):
        if names:
            further = Interruption(lambda: train_within(names[1:]))
            _trained(strategy, names[0], _state_file(folder, run, names[0]), further)
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
            _trained(strategy, name, folder / f"{case}_{worker}.state")
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


def _trained(strategy, name, state, *callbacks):
    """A model after two epochs on batches of five, the last one of a single example."""
    keras.utils.set_random_seed(11)
    with strategy.scope():
        model = getattr(small_models, name)()
    examples, labels = small_models.data_of(name, 11)
    if name in small_models.LABELED:
        examples = (examples, labels)
    batches = data.batches(examples, 5, seed=2)
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    watch = [Resume(state, batches), *callbacks]
    model.fit(batches.with_options(options), epochs=2, callbacks=watch, verbose=0)
    return model
