"""A training in a process of its own, to be killed or to be one of several workers."""

import contextlib
import os
import pathlib
import time

import keras
import numpy as np
import small_models
import tensorflow as tf

from keras_gen import callbacks, data
from keras_gen.state import optimizers_of

PACE = 0.01  # seconds per batch: time enough to be killed in


class Started(keras.callbacks.Callback):
    """Tells the parent process that training is under way, and keeps it from being over at once."""

    def __init__(self, path):
        super().__init__()
        self.path = path

    def on_train_batch_end(self, batch, logs=None):
        self.path.touch()
        time.sleep(PACE)


def train(name, state, result, epochs):
    """Trains `small_models.name` and writes every variable of the model and its optimizers.

    With TF_CONFIG in the environment it is one worker of a MultiWorkerMirroredStrategy, keeps no
    state, and writes what gradients move: batch normalization that is not synchronized has
    statistics of each worker's own.

    Args:
        name: of a model.
        state: file of `Resume`; `state`.started is touched after the first batch.
        result: file for the variables at the end.
        epochs: of the training.
    """
    workers = "TF_CONFIG" in os.environ
    strategy = tf.distribute.MultiWorkerMirroredStrategy() if workers else None
    keras.utils.set_random_seed(11)
    if not workers:
        tf.config.experimental.enable_op_determinism()
    with strategy.scope() if workers else contextlib.nullcontext():
        model = getattr(small_models, name)()
    examples, labels = small_models.data_of(name, 200)
    if name in small_models.LABELED:
        examples = (examples, labels)
    batches = data.batches(examples, 10, seed=2)
    if workers:
        options = tf.data.Options()
        options.experimental_distribute.auto_shard_policy = (
            tf.data.experimental.AutoShardPolicy.DATA
        )
        watch, batches = [], batches.with_options(options)
    else:
        watch = [callbacks.Resume(state, batches), Started(pathlib.Path(f"{state}.started"))]
    model.fit(batches, epochs=epochs, callbacks=watch, verbose=0)
    variables = list(model.trainable_variables if workers else model.variables)
    for optimizer in optimizers_of(model).values():
        variables += optimizer.variables
    np.savez(result, *[np.asarray(v.value) for v in variables])
