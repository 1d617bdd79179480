"""Whether a state of training is finite: one with NaN is worth nothing, and replaces no other."""

import warnings

import numpy as np

from keras_gen.state import training_state


def not_finite(variables, arrays, infinite):
    """The name of the first variable that holds NaN, or infinity where it was finite, or `None`.

    Args:
        variables: dict from names to variables.
        arrays: their values, or those that they are to get.
        infinite: names of the variables that held infinity before training, such as a mask.
    """
    for name, array in zip(variables, arrays):
        values = _real(array)
        if not np.isfinite(values).all() and (name not in infinite or np.isnan(values).any()):
            return name
    return None


def infinite_of(variables):
    """The names of the variables that hold infinity."""
    return {name for name, v in variables.items() if np.isinf(_real(np.asarray(v))).any()}


def broken(model, logs, infinite):
    """The name of a variable, or of a loss of training, that is not finite, or `None`.

    Args:
        model: a model after an epoch.
        logs: dict of the epoch.
        infinite: as for `not_finite`.
    """
    variables = training_state(model)
    name = not_finite(variables, [np.asarray(v) for v in variables.values()], infinite)
    if name is not None:
        return name
    losses = {n: v for n, v in logs.items() if "loss" in n and not n.startswith("val_")}
    bad = [n for n, v in losses.items() if not np.isfinite(np.asarray(v, "float64")).all()]
    return bad[0] if bad else None


def warn(name, epoch, path, kept):
    """Says that an epoch is not saved, which state is kept instead, and how to go on.

    Args:
        name: of what is not finite.
        epoch: its number, counted from 1.
        path: file of the state.
        kept: number of the epoch after which the file was saved, 0 for a beginning, or `None`.
    """
    if kept is None:
        text = "nothing has been saved. Lower the learning rate, clip gradients or check the data."
    else:
        place = f"from the end of epoch {kept}" if kept else "from the beginning"
        text = (
            f"{path} keeps the last good state, {place}. To go on from there, lower the learning "
            "rate or clip the gradients with Resume(..., accept_changes=True), or check the data; "
            "to start anew, delete the file."
        )
    warnings.warn(
        f"Epoch {epoch} ended with NaN or infinity in {name}. Training stops, and this epoch is "
        f"not saved; {text}",
        stacklevel=3,
    )


def _real(array):
    """An array of which NumPy knows what is finite; an empty one for what always is."""
    if array.dtype.kind in "iub?SUO":
        return np.zeros(0)
    return array.astype("float32") if array.dtype.itemsize < 4 else array
