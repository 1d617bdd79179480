"""A training in a process of its own, to be killed."""

import pathlib
import time

import keras
import numpy as np
import small_models
import tensorflow as tf

from keras_gen import callbacks, data
from keras_gen.state import training_state

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

    Args:
        name: of a model.
        state: file of `Resume`; `state`.started is touched after the first batch.
        result: file for the variables at the end.
        epochs: of the training.
    """
    keras.utils.set_random_seed(11)
    tf.config.experimental.enable_op_determinism()
    model = getattr(small_models, name)()
    examples, labels = small_models.data_of(name, 200)
    if name in small_models.LABELED:
        examples = (examples, labels)
    batches = data.batches(examples, 10, seed=2)
    watch = [callbacks.Resume(state, batches), Started(pathlib.Path(f"{state}.started"))]
    model.fit(batches, epochs=epochs, callbacks=watch, verbose=0)
    np.savez(result, *[np.asarray(v.value) for v in training_state(model).values()])


class Quality(keras.callbacks.Callback):
    """Logs a number that improves, rests, improves once more and rests for good."""

    def on_epoch_end(self, epoch, logs=None):
        logs["quality"] = {0: 5.0, 1: 4.0, 2: 3.0, 8: 2.0}.get(epoch, 6.0 + epoch % 3)


def train_with_callbacks(name, state, result, epochs):
    """Trains `small_models.name`, of one optimizer, with what Keras offers to watch a training.

    Args:
        name: of a model.
        state: file of `Resume`; `state`.csv and `state`.best.keras are those of the others.
        result: file for the variables and the history at the end.
        epochs: of the training, which stops earlier.
    """
    keras.utils.set_random_seed(11)
    tf.config.experimental.enable_op_determinism()
    model = getattr(small_models, name)()
    batches = data.batches(small_models.data_of(name, 200)[0], 10, seed=2)
    rule = {"monitor": "quality", "mode": "min"}
    watch = [
        Quality(),
        keras.callbacks.CSVLogger(f"{state}.csv"),
        keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.98 * rate),
        keras.callbacks.EarlyStopping(patience=6, restore_best_weights=True, **rule),
        callbacks.Resume(state),
        Started(pathlib.Path(f"{state}.started")),
        keras.callbacks.ReduceLROnPlateau(patience=2, cooldown=1, factor=0.5, **rule),
        keras.callbacks.ModelCheckpoint(f"{state}.best.keras", save_best_only=True, **rule),
    ]
    history = model.fit(batches, epochs=epochs, callbacks=watch, verbose=0)
    variables = [*model.variables, *model.optimizer.variables]
    logs = [np.array(values) for _, values in sorted(history.history.items())]
    np.savez(result, *[np.asarray(v.value) for v in variables], *logs, history.epoch)
