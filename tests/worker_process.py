"""One of several workers, which train every small model in turn."""

import pathlib

import keras
import numpy as np
import small_models
import tensorflow as tf

from keras_gen import data
from keras_gen.callbacks import Resume
from keras_gen.state import training_state


class Fail(keras.callbacks.Callback):
    """Ends a training in the middle of its second epoch, as a failure would."""

    class Failure(Exception):
        pass

    def __init__(self):
        super().__init__()
        self.epoch = 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if self.epoch == 1 and batch == 1:
            raise self.Failure


def train(names, folder, run, fails):
    """Trains each model for two epochs on batches of five, the last one of a single example.

    Args:
        names: of `small_models`.
        folder: for the states and the results, a file of all variables for each model and worker.
        run: name of the run, which the files have.
        fails: whether each training fails in its second epoch.
    """
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    tf.config.experimental.enable_op_determinism()
    worker = strategy.cluster_resolver.task_id
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    for name in names:
        keras.utils.set_random_seed(11)
        with strategy.scope():
            model = getattr(small_models, name)()
        examples, labels = small_models.data_of(name, 11)
        if name in small_models.LABELED:
            examples = (examples, labels)
        batches = data.batches(examples, 5, seed=2)
        state = Resume(pathlib.Path(folder) / f"{run}_{name}.state", batches)
        watch = [state, Fail()] if fails else [state]
        try:
            model.fit(batches.with_options(options), epochs=2, callbacks=watch, verbose=0)
        except Fail.Failure:
            continue
        arrays = [np.asarray(v.value) for v in training_state(model).values()]
        np.savez(pathlib.Path(folder) / f"{run}_{name}_{worker}.npz", *arrays)
