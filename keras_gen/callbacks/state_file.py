"""The file with the state of training: written whole, and read and checked whole."""

import json
import random
import re
import zipfile

import numpy as np

from keras_gen.arguments import argument_error
from keras_gen.files import replacing

EMPTY = {"model": None, "stopped": False, "asked": 0, "random": None, "csv": {}, "callbacks": {}}
EMPTY["run"] = []  # identities at the beginning and at the last save
EMPTY["data"] = []  # values of the variables of the data
NEWER = ("optimizers", "epochs", "asked", "stopped", "csv")  # with "model", and what is decoded
PLAIN = (type(None), bool, int, float, str)


def write(path, header, variables, extras):
    """Writes a state; an older one stays until the new one is whole.

    Args:
        path: the file.
        header: dict that JSON can write.
        variables: list of arrays.
        extras: list of further arrays, to which `encode` has moved those of the header.
    """
    arrays = {f"{i}": array for i, array in enumerate(variables)}
    arrays.update({f"extra_{i}": array for i, array in enumerate(extras)})
    header = np.frombuffer(json.dumps(header).encode(), np.uint8)
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, header=header, **arrays)


def read(path):
    """Reads a state and checks that it is whole.

    Returns:
        The header that `write` was given, decoded, with all entries that a header can have, and the
        list of the variables' arrays.

    Raises:
        ValueError: for a file that is damaged in any way.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
        if damaged is not None:
            raise ValueError(f"bad checksum of {damaged}")
        with np.load(path) as archive:
            header = json.loads(archive["header"].tobytes())
            variables = [archive[f"{i}"] for i in range(len(header["variables"]))]
            count = sum(name.startswith("extra_") for name in archive.files)
            extras = [archive[f"extra_{i}"] for i in range(count)]
        return _checked(header, extras), variables
    except Exception as error:  # a damaged archive raises whatever its readers stumble over
        raise argument_error(
            "path",
            "an intact state file; delete it to start anew",
            received=f"path={path}, which is damaged ({type(error).__name__}: {error})",
        ) from error


def _checked(header, extras):
    """The header, decoded; an older one gets what it lacks."""
    history = header["history"]
    state = {**EMPTY, "epochs": list(range(len(history))), **header}
    newer = "model" in header
    if newer:
        state["history"] = decode(history, extras)
        state["callbacks"] = dict(decode(header["callbacks"], extras))
        state["random"] = decode(header["random"], extras)
        state["data"] = decode(state["data"], extras)
        random.Random().setstate(state["random"][0])
        np.random.RandomState().set_state(state["random"][1])
    epochs = state["epochs"]
    valid = (
        all(name in header for name in (NEWER if newer else ()))
        and all(len(entry) == 4 or (newer and len(entry) == 3) for entry in state["variables"])
        and len(state["history"]) == len(epochs)
        and all(isinstance(logs, dict) for logs in state["history"])
        and epochs == sorted({int(epoch) for epoch in epochs})
        and isinstance(state["asked"], int)
        and isinstance(state["stopped"], bool)
        and all(isinstance(name, str) for name in state["callbacks"])
        and all(isinstance(text, str) for text in state["csv"].values())
        and all(isinstance(array, (np.ndarray, np.generic)) for array in state["data"])
        and all(isinstance(identity, dict) for identity in state["run"])
    )
    if not valid:
        raise ValueError("entries that do not fit together")
    return state


def encode(value, arrays):
    """A value in the types of JSON; its arrays are appended to a list.

    Raises:
        TypeError: for anything but None, bool, number, string, list, tuple, dict and array.
    """
    if type(value) in PLAIN:
        return value
    if type(value) is list:
        return [encode(item, arrays) for item in value]
    if type(value) is tuple:
        return {"tuple": [encode(item, arrays) for item in value]}
    if isinstance(value, dict):
        return {"dict": [[encode(k, arrays), encode(v, arrays)] for k, v in value.items()]}
    if isinstance(value, (np.ndarray, np.generic)) or hasattr(value, "numpy"):
        array = np.asarray(value)
        if array.dtype != object:
            arrays.append(array)
            scalar = isinstance(value, np.generic)
            return {"array": len(arrays) - 1, "dtype": str(array.dtype), "scalar": scalar}
    raise TypeError(f"a {type(value).__name__} cannot be kept in a state")


def decode(value, arrays):
    """The value that `encode` was given."""
    if isinstance(value, list):
        return [decode(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    if "tuple" in value:
        return tuple(decode(value["tuple"], arrays))
    if "dict" in value:
        return {decode(k, arrays): decode(v, arrays) for k, v in value["dict"]}
    array = typed(arrays[value["array"]], value["dtype"])
    return array[()] if value["scalar"] else array


def typed(array, dtype):
    """An array in its original type: NumPy's files know types such as bfloat16 only as bytes."""
    return array.view(np.dtype(dtype)) if array.dtype.kind == "V" else array


def signature(variables):
    """Name, shape and type of each variable.

    A name is owner, number, layer and variable. What Keras puts before the layer, and before an
    optimizer's variable, depends on where that was built.
    """
    names = [name.split("/") for name in variables]
    names = ["/".join([*n[:2], *n[2:][-2 if n[0] == "model" else -1 :]]) for n in names]
    return [[n, list(v.shape), str(v.dtype)] for n, v in zip(names, variables.values())]


def older_signature(variables):
    """Owner, last part of the name, shape and type: what older files hold."""
    names = [name.split("/") for name in variables]
    return [[n[0], n[-1], list(v.shape), str(v.dtype)] for n, v in zip(names, variables.values())]


def uncounted(entries):
    """Entries without the numbers by which Keras tells apart the layers made in one process."""
    return [
        [re.sub(r"_\d+(?=_|/|$)", "", part) if isinstance(part, str) else part for part in entry]
        for entry in entries
    ]


def fitting(path, saved, arrays, variables):
    """The arrays of a state in the variables' own types, or the error that says what differs.

    Args:
        path: of the file.
        saved: signature in the file.
        arrays: list of arrays in the file.
        variables: dict from names to the model's variables.
    """
    older = any(len(entry) == 4 for entry in saved)
    expected = older_signature(variables) if older else signature(variables)
    fits = uncounted(saved) == uncounted(expected)
    arrays = [typed(a, str(v.dtype)) for a, v in zip(arrays, variables.values())] if fits else []
    fits = fits and all(
        a.shape == tuple(v.shape) and str(a.dtype) == str(v.dtype)
        for a, v in zip(arrays, variables.values())
    )
    if not fits:
        raise argument_error(
            "path",
            "the state of this model and these optimizers",
            received=f"path={path}, the state of another model",
        )
    return arrays
