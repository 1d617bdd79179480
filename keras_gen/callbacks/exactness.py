"""What training must not do if it is to resume exactly: refused before it starts."""

import collections.abc
import json
import os
import warnings

import keras
import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error
from keras_gen.callbacks import chance
from keras_gen.callbacks.identity import comparable, differences
from keras_gen.data.looking import ordered_anew, origins

NOT_SEEDED = 87654321  # what TensorFlow gives in place of a global seed that is not set
STEPS = "None, so that every epoch begins where the data begin: only there can it resume"


def check_callbacks(resume, others):
    """Refuses a second callback that restores the model."""
    for other in others:
        if isinstance(other, (keras.callbacks.BackupAndRestore, type(resume))):
            raise argument_error(
                "callbacks",
                "a single Resume, which restores all that the others would and more",
                received=f"also a {type(other).__name__}; leave it out",
            )


def check_arguments(fit):
    """Refuses arguments of `fit` with which training cannot resume, and warns of chance in data.

    Args:
        fit: dict of the arguments, empty if they are not known.
    """
    for name in ("steps_per_epoch", "validation_steps"):
        if fit.get(name) is not None and not _is_one_pass(name, fit):
            raise argument_error(name, f"{STEPS} (as `Resume` needs)", fit[name])
    for name in ("x", "validation_data"):
        value = fit.get(name)
        if isinstance(value, collections.abc.Iterator):
            raise argument_error(
                name,
                "arrays, a dataset or a PyDataset, which can be read again when training resumes",
                received=f"{name}, a {type(value).__name__}, together with Resume",
            )
        if any(ordered_anew(each) for each in origins(value)):
            raise argument_error(
                name,
                "a dataset whose order is a function of the epoch, as from "
                "`keras_gen.data.batches`, or `shuffle(..., reshuffle_each_iteration=False)`",
                received=f"{name}, which is ordered anew in every iteration",
            )
    data = [fit.get("x"), fit.get("validation_data")]
    found = chance.unfixed(data)
    if found is not None:
        warnings.warn(
            f"The data {found}: the training can resume, but not as it would have continued. Call "
            "keras.utils.set_random_seed before the data are made, or use keras_gen.data.batches.",
            stacklevel=2,
        )
    if chance.of_generators(data):
        warnings.warn(
            "The data come from a Python generator (from_generator), whose memory Resume does not "
            "know: the training resumes as it would have continued only if the generator gives the "
            "same examples in every epoch. What depends on the epoch belongs into a "
            "keras.utils.PyDataset with get_state and set_state, or into keras_gen.data.batches.",
            stacklevel=2,
        )
    kinds = (tf.data.Dataset, keras.utils.PyDataset, type(None))
    shuffled = fit.get("shuffle") and not isinstance(fit.get("x"), kinds)
    if shuffled and fit.get("epochs", 1) > 1 and not _seeded():
        warnings.warn(
            "fit shuffles the examples, and no seed is set: the training can resume, but not as "
            "it would have continued. Call keras.utils.set_random_seed first, or use "
            "keras_gen.data.batches.",
            stacklevel=2,
        )


def counted_data(x, data):
    """The dataset whose `epoch` fixes the order of the examples, or `None`.

    Args:
        x: of `fit`, or `None`.
        data: of `Resume`, or `None`.
    """
    found = [each for each in origins(x) if hasattr(each, "epoch")]
    if data is None:
        return found[0] if found else None
    if found and all(each.epoch is not data.epoch for each in found):
        raise argument_error(
            "data", "the dataset given to `fit`", received="data, from another call of `batches`"
        )
    return data


def check_path(path):
    """Refuses a file that cannot be written."""
    if path.is_dir():
        raise argument_error("path", "a file", received=f"path={path}, which is a folder")
    parent = next(each for each in path.absolute().parents if each.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise argument_error(
            "path", "a file in a folder that can be written to", received=f"path={path}"
        )


def check_identity(path, saved, now):
    """Refuses the state of another run.

    Args:
        path: file of the state.
        saved: list of the identities with which its run began and with which it was saved; empty
            in older files.
        now: identity of this run.
    """
    now = json.loads(json.dumps(now))
    now = comparable(now, saved[0]) if saved else now
    if saved and now not in saved:
        raise argument_error(
            "path",
            "the state of a run with the same numbers and data; choose another path, delete the "
            "file, or continue with the new ones: Resume(..., accept_changes=True)",
            received=f"path={path}, whose {differences(saved[0], now)}",
        )


def check_memory(path, saved, variables):
    """Refuses the state of a run whose data had other variables.

    Args:
        path: file of the state.
        saved: list of the values of the variables.
        variables: list of the variables of this run.
    """
    now = [v.numpy() for v in variables]
    if [(a.shape, a.dtype) for a in saved] != [(a.shape, a.dtype) for a in now]:
        raise argument_error(
            "path",
            "the state of a run whose data change the same variables; delete it to start anew",
            received=f"path={path}, with {len(saved)} variables of the data instead of {len(now)}",
        )


def check_epochs(path, state, asked, fit):
    """Refuses another first epoch, and warns of a number of epochs that the state does not fit.

    Args:
        path: file of the state.
        state: what was read.
        asked: number of epochs of this run.
        fit: dict of the arguments of `fit`.
    """
    epochs, initial = state["epochs"], fit.get("initial_epoch", 0)
    allowed = {0, epochs[0], epochs[-1] + 1} if epochs else {initial}
    if initial not in allowed:
        raise argument_error(
            "initial_epoch",
            f"one of {sorted(allowed)}, as {path} holds the epochs that follow",
            initial,
        )
    if state["stopped"] and asked > state["asked"]:
        warnings.warn(
            f"A callback stopped the training of {path} after epoch {epochs[-1] + 1}; it is not "
            f"resumed for epochs={asked}. Delete the file to train anew.",
            stacklevel=2,
        )
    elif epochs and asked <= epochs[-1]:
        warnings.warn(
            f"{path} holds a run of {epochs[-1] + 1} epochs, more than epochs={asked}.",
            stacklevel=2,
        )


def writes(strategy):
    """Whether this process writes files: the first of several workers, or the only process."""
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return True
    resolver = strategy.cluster_resolver
    if resolver is None or resolver.task_type is None:
        return True
    has_chief = "chief" in resolver.cluster_spec().as_dict()
    return resolver.task_type == "chief" or (not has_chief and resolver.task_id == 0)


def check_workers(strategy, path, state, error):
    """Refuses to start if not all workers have read the same state, or all of them none.

    The workers tell each other what they found before one raises: the others would wait for it.

    Args:
        strategy: of the model.
        path: file of the state.
        state: what was read and the arrays of the variables, or `None`.
        error: the exception that was raised in reading, or `None`.

    Raises:
        ValueError: if the states differ, or if another worker could not read its own.
        Exception: `error` itself.
    """
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        if error is not None:
            raise error
        return
    epochs = -1 if state is None else len(state[0]["history"])
    total = 0.0 if state is None else sum(float(np.sum(a, dtype="float64")) for a in state[1])
    own = tf.constant([[float(error is not None), float(epochs), total]], tf.float64)
    everyone = strategy.gather(strategy.run(lambda: tf.identity(own)), axis=0).numpy()
    if error is not None:
        raise error
    if everyone[:, 0].any():
        raise argument_error(
            "path",
            "one file that all workers can read",
            received=f"path={path}, which another worker could not read; its own error says why",
        )
    if (everyone != everyone[0]).any():
        found = ", ".join("none" if n < 0 else f"{n:.0f} epochs" for n in everyone[:, 1])
        raise argument_error(
            "path",
            "one file that all workers read; delete what is left of older ones",
            received=f"path={path}, in which the workers found different states: {found}",
        )


def _is_one_pass(name, fit):
    batches = fit["epoch_iterator"].data_adapter.num_batches
    return name == "steps_per_epoch" and batches == fit[name]


def _seeded():
    return tf.compat.v1.random.get_seed(1)[0] != NOT_SEEDED
