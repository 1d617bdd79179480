"""What identifies a run: the numbers of the model and the data, so that a state knows its run."""

import json
import re

import keras
import numpy as np
import tensorflow as tf

from keras_gen.data.examples import checksum

DRAWN = 10**6  # from here up, seeds are taken for those that Keras draws if none is given
SHOWN = 4  # differences that a message lists
# What changes how a run is computed or watched, but not which run it is; and what Keras counts up
# within one process.
LATER = ("data.shuffle", "data.class_weight")  # which older states do not name
IGNORED = ("shared_object_id", "steps_per_execution", "jit_compile", "run_eagerly")


def identity(model, fit, data):
    """Numbers and names that identify a run, as a flat dict of JSON's plain types.

    Of the model: its configuration and that of its networks, its optimizers, losses and penalties
    with all their numbers. Of the data: the examples' shapes and types, their count, the batch
    length, and for `keras_gen.data.batches` and for arrays the seed and a checksum of the first
    examples.

    Args:
        model: the model in `fit`.
        fit: dict of the arguments of `fit`.
        data: the dataset of `keras_gen.data.batches` that orders the examples, or `None`.
    """
    return {**flat(_of_model(model), "model"), **flat(_of_data(fit, data), "data")}


def differences(saved, now):
    """The entries in which two identities differ, in words."""
    names = [name for name in {**saved, **now} if saved.get(name) != now.get(name)]
    texts = [
        f"{_short(name)} was {_text(saved, name)}, is {_text(now, name)}" for name in names[:SHOWN]
    ]
    more = [f"{len(names) - SHOWN} more"] if len(names) > SHOWN else []
    return "; ".join(texts + more)


def comparable(now, saved):
    """An identity without what older ones did not name, to be compared with a saved one."""
    return {n: value for n, value in now.items() if n in saved or n not in LATER}


def rates_changed(saved, now):
    """The optimizers, by attribute name, whose learning rate is not the one a run began with.

    Args:
        saved: list of identities, the one of the beginning first; empty in older files.
        now: identity of this run.
    """
    pattern = re.compile(r"model\.compile_config\.(\w+)\.config\.learning_rate$")
    found = {name: pattern.match(name) for name in now if saved}
    return {m[1] for name, m in found.items() if m and saved[0].get(name) != now[name]}


def flat(value, name):
    """Nested dicts and lists as one dict, whose names are paths."""
    if isinstance(value, dict):
        items = [(str(key), item) for key, item in value.items() if key not in IGNORED]
    elif isinstance(value, (list, tuple)):
        items = list(enumerate(value))
    else:
        drawn = name.endswith(".seed") and isinstance(value, int) and value >= DRAWN
        return {name: "drawn" if drawn else _plain(value)}
    parts = [flat(item, f"{name}.{key}") for key, item in items]
    return {key: item for part in parts for key, item in part.items()}


def _of_model(model):
    try:
        described = keras.saving.serialize_keras_object(model)
    except (NotImplementedError, TypeError, ValueError):  # a model without a configuration
        described = {"class_name": type(model).__name__}
    return {key: described.get(key) for key in ("class_name", "config", "compile_config")}


def _of_data(fit, data):
    x, y, weight = (fit.get(name) for name in ("x", "y", "sample_weight"))
    if isinstance(x, tf.data.Dataset):
        parts = {"elements": str(x.element_spec), "batches": int(x.cardinality())}
    elif isinstance(x, keras.utils.PyDataset):
        parts = {"batches": x.num_batches}
    else:
        arrays = [a for a in tf.nest.flatten((x, y, weight)) if a is not None]
        arrays = [np.asarray(a) for a in arrays]
        parts = {
            "examples": [[str(a.dtype), *a.shape] for a in arrays],
            "batch_size": fit.get("batch_size"),
            "checksum": checksum(arrays),
            "shuffle": fit.get("shuffle"),
        }
    weights = fit.get("class_weight")
    parts["class_weight"] = None if weights is None else str(sorted(weights.items()))
    return {**parts, **(data.described() if hasattr(data, "described") else {})}


def _plain(value):
    if isinstance(value, str):
        return re.sub(r"_\d+(?=_|/|$)", "", value)  # dense_3: the number depends on the process
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (np.generic, np.ndarray)) or hasattr(value, "numpy"):
        return np.asarray(value).tolist()
    return type(value).__name__


def _short(name):
    return name.replace(".compile_config", "").replace(".config", "")


def _text(entries, name):
    return json.dumps(entries[name]) if name in entries else "absent"
