"""What callbacks remember from epoch to epoch: taken from them, given back, or found missing."""

import io
import os
import pathlib
import pickle
import types
import warnings

import keras
import numpy as np

from keras_gen.arguments import argument_error
from keras_gen.callbacks.neighbours import Adapter, unwrapped
from keras_gen.callbacks.state_file import encode

REMEMBERED = {  # by Keras's own callbacks; all others of Keras remember nothing
    "EarlyStopping": ("wait", "stopped_epoch", "best", "best_weights", "best_epoch"),
    "ReduceLROnPlateau": ("best", "wait", "cooldown_counter"),
    "ModelCheckpoint": ("best", "_batches_seen_since_last_saving", "_last_batch_seen"),
    "OrbaxCheckpoint": (
        "best",
        "_batches_seen_since_last_saving",
        "_last_batch_seen",
        "_total_batches_seen",
    ),
    "TensorBoard": ("_global_train_batch", "_global_test_batch"),
    "SwapEMAWeights": ("_ema_weights_in_model",),
    "CSVLogger": ("keys",),
}
LIBRARIES = ("keras.", "keras_gen.")
LARGE, SEEN = 10**6, 1000  # an array's numbers, and those whose change is a change of the array
MODEL_PARTS = (keras.Layer, keras.metrics.Metric, keras.optimizers.Optimizer)


def take(callback):
    """What a callback remembers, as a dict or as its `get_state` returns it, or `None`."""
    callback = unwrapped(callback)
    if hasattr(callback, "get_state") and hasattr(callback, "set_state"):
        return callback.get_state()
    names = _remembered(callback)
    return {name: getattr(callback, name) for name in names if hasattr(callback, name)} or None


def give(callback, state):
    """Makes a callback remember what `take` has returned."""
    callback = unwrapped(callback)
    if hasattr(callback, "get_state") and hasattr(callback, "set_state"):
        callback.set_state(state)
        return
    for name, value in state.items():
        setattr(callback, name, value)


def title(callback):
    """What a callback is recognized by in the next run: its class, what it watches and writes."""
    if isinstance(callback, Adapter):
        player = getattr(callback, "player", None)
        return title(callback.callback) + (f" of {player}" if player else "")
    names = [getattr(callback, name, None) for name in ("monitor", "filename", "filepath")]
    names = [pathlib.PurePath(each).name for each in names if isinstance(each, (str, os.PathLike))]
    kind = type(callback).__name__
    return f"{kind}({', '.join(names)})" if names else kind


def titled(callbacks):
    """Dict from titles to callbacks; equal ones are numbered in their order."""
    result = {}
    for callback in callbacks:
        name = title(callback)
        count = sum(other.split(" #")[0] == name for other in result)
        result[f"{name} #{count + 1}" if count else name] = callback
    return result


def encoded(callbacks, arrays):
    """The states of all callbacks that remember something, as JSON values, by title.

    Raises:
        ValueError: for a `get_state` whose result cannot be written.
    """
    states = {}
    for name, callback in titled(callbacks).items():
        state = take(callback)
        if state is None:
            continue
        try:
            states[name] = encode(state, arrays)
        except TypeError as error:
            raise argument_error(
                "callbacks",
                "a `get_state()` that returns None, numbers, strings, arrays, or lists, tuples and "
                "dicts of them",
                received=f"{name}: {error}",
            ) from None
    return states


def unknown(callback):
    """A fingerprint of each attribute of a callback that `take` does not know, by name; so for a
    `keras.utils.PyDataset`.

    An attribute whose fingerprint changes during an epoch is a state that will be forgotten.
    """
    callback = unwrapped(callback)
    own = [each for each in type(callback).__mro__ if not each.__module__.startswith(LIBRARIES)]
    if any("get_state" in vars(each) for each in own) or own == [object]:
        return {}
    known = {"_model", "params", *_remembered(callback)} | _names_in_libraries(type(callback))
    return {n: _fingerprint(v) for n, v in vars(callback).items() if n not in known}


def warn_of_forgotten(prints):
    """One warning that names the callbacks whose state is not known.

    Args:
        prints: list of callbacks, each with what `unknown` returned before the epoch.
    """
    forgotten = []
    for callback, before in prints:
        now = unknown(callback)
        changed = sorted(name for name in now if now[name] != before.get(name))
        if changed:
            forgotten.append(f"{title(callback)} ({', '.join(changed)})")
    if forgotten:
        warnings.warn(
            f"Resume does not know the state of {'; '.join(forgotten)}, which is lost when "
            "training resumes. Such a callback or PyDataset needs the methods get_state() and "
            "set_state(state).",
            stacklevel=3,
        )


def _remembered(callback):
    names = [REMEMBERED.get(each.__name__, ()) for each in type(callback).__mro__]
    return tuple(dict.fromkeys(name for group in names for name in group))


def _names_in_libraries(kind):
    """Names that the methods of a class's bases in Keras and in this library use."""
    bases = [each for each in kind.__mro__ if each.__module__.startswith(LIBRARIES)]
    functions = [f for each in bases for f in vars(each).values()]
    functions = [f for f in functions if isinstance(f, types.FunctionType)]
    return {name for function in functions for name in function.__code__.co_names}


def _fingerprint(value):
    """Bytes, or a number, that are equal as long as a value has not changed."""
    if isinstance(value, types.GeneratorType):
        return object()  # it may have moved, and nothing shows it
    file = io.BytesIO()
    try:
        _Pickler(file).dump(value)
    except Exception:  # whatever cannot be pickled
        return id(value)
    return file.getvalue()


class _Pickler(pickle.Pickler):
    """Describes models and their parts by their variables, where Keras would save their code, and
    large arrays by some of their numbers."""

    def persistent_id(self, obj):
        if isinstance(obj, np.ndarray) and obj.size > LARGE and obj.dtype != object:
            return id(obj), obj.shape, obj.flat[:: obj.size // SEEN].tobytes()
        if isinstance(obj, keras.Model) and obj.compiled:
            return id(obj)  # trained by `fit`, whose state it is
        if isinstance(obj, MODEL_PARTS):
            return id(obj), [np.asarray(v).tobytes() for v in obj.variables]
        return None
