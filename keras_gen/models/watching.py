"""What `fit` does with callbacks: mistakes are found before training, and NaN ends it."""

import warnings

import keras
import numpy as np

from keras_gen.arguments import argument_error
from keras_gen.models.replicas import EqualReplicas
from keras_gen.state import optimizers_of

Schedule = keras.optimizers.schedules.LearningRateSchedule
OF_ONE_OPTIMIZER = (
    keras.callbacks.LearningRateScheduler,
    keras.callbacks.ReduceLROnPlateau,
    keras.callbacks.SwapEMAWeights,
)


def watched(model, callbacks):
    """The callbacks of `fit`, checked, and those of the library: training stops at the first NaN,
    and several replicas stay equal.

    Args:
        model: a compiled model.
        callbacks: the argument of `fit`: a callback, nested lists of them, a `CallbackList` or
            `None`.

    Returns:
        The argument for Keras's `fit`.
    """
    if isinstance(callbacks, keras.callbacks.CallbackList):
        for callback in callbacks.callbacks:
            _check(model, callback)
        for own in (StopOnNaN(), *_of_replicas(model)):
            if not any(isinstance(callback, type(own)) for callback in callbacks.callbacks):
                callbacks.callbacks.insert(0, own)
                own.set_model(model)
        return callbacks
    callbacks = keras.tree.flatten(callbacks) if callbacks else []
    for callback in callbacks:
        if not hasattr(callback, "set_model"):
            raise argument_error("callbacks", "Keras callbacks", callback)
        _check(model, callback)
    patient = [c for c in callbacks if isinstance(c, keras.callbacks.TerminateOnNaN)]
    stop = StopOnNaNInBatches(patient) if patient else StopOnNaN()
    return [*_of_replicas(model), stop, *callbacks]


def _of_replicas(model):
    """What a model of several replicas needs, before any other callback looks at it."""
    return [EqualReplicas()] * (model.distribute_strategy.num_replicas_in_sync > 1)


class StopOnNaN(keras.callbacks.Callback):
    """Stops training, with a warning, after an epoch with NaN in the logs or in the weights."""

    def on_epoch_end(self, epoch, logs=None):
        found = _bad(self.model, logs, np.isnan)
        if not found:  # a layer such as ReLU may hide the NaN of the weights before it
            weights = self.model.trainable_variables
            found = [v.path for v in weights if np.isnan(np.asarray(v)).any()][:1]
        if found and not self.model.stop_training:
            self.model.stop_training = True
            warnings.warn(
                f"{', '.join(found)} became NaN in epoch {epoch + 1}, and training stops. Lower "
                "the learning rate, clip the gradients, or check the data.",
                stacklevel=2,
            )


class StopOnNaNInBatches(StopOnNaN):
    """Shows `TerminateOnNaN`, which checks only `loss`, whatever a model logs instead.

    Args:
        callbacks: list of `keras.callbacks.TerminateOnNaN`.
    """

    def __init__(self, callbacks):
        super().__init__()
        self.callbacks = callbacks

    def on_train_batch_end(self, batch, logs=None):
        found = _bad(self.model, logs, lambda value: ~np.isfinite(value))
        if found and "loss" not in found:  # which they see themselves
            for callback in self.callbacks:
                callback.on_batch_end(batch, {"loss": logs[found[0]]})


def _bad(model, logs, test):
    """Names of the logged quantities of training for which `test` holds."""
    names = [name for name in logs or {} if name in model.tracked or name == "loss"]
    names = [name for name in names if "accuracy" not in name]  # that of no example is NaN
    return [name for name in names if np.any(test(np.asarray(logs[name], "float64")))]


def _check(model, callback):
    """Refuses a callback of one optimizer for a model of several, and one of a fixed schedule."""
    player = getattr(callback, "player", None)
    inner = callback if player is None else callback.callback
    name = type(inner).__name__
    optimizers = optimizers_of(model)
    steps = getattr(inner, "write_steps_per_second", False)
    needs_one = isinstance(inner, OF_ONE_OPTIMIZER) or steps
    if needs_one and player is None and getattr(model, "optimizer", None) is None and optimizers:
        players = " or ".join(f'"{n.removesuffix("_optimizer")}"' for n in optimizers)
        cure = f"keras_gen.callbacks.OfPlayer({name}(...), player) with player {players}"
        raise argument_error(
            "callbacks",
            "write_steps_per_second=False" if steps else cure,
            received=f"{name} for a {type(model).__name__}, which has {len(optimizers)} optimizers",
        )
    own = optimizers.get("optimizer" if player is None else f"{player}_optimizer")
    own = getattr(own, "inner_optimizer", own)
    changes = isinstance(inner, OF_ONE_OPTIMIZER[:2])
    if changes and isinstance(getattr(own, "_learning_rate", None), Schedule):
        raise argument_error(
            "callbacks",
            f"no {name} where the optimizer has a schedule of its own",
            received=f"{name} and {type(own._learning_rate).__name__}",
        )
