"""Pictures of what units do, step by step."""

import numpy as np

from keras_gen.arguments import argument_error
from keras_gen.plotting.figures import DPI, Figure, saved


def activity(panels, xlabel, ylabel, path=None, columns=4):
    """Arrays of numbers as heat maps side by side, each with its own colour scale.

    Args:
        panels: dict from titles to arrays of two axes, rows from top to bottom.
        xlabel, ylabel: what the columns and the rows of the arrays are.
        path: file to write.
        columns: panels per row.

    Returns:
        A `matplotlib.figure.Figure`. Numbers of both signs are blue and red, white at zero.

    Raises:
        ValueError: if there is no panel, or an array does not have two axes or has NaN.
    """
    if not panels:
        raise argument_error("panels", "at least one array", panels)
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(3 * columns, 3 * rows), dpi=DPI, layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis in axes[len(panels) :]:
        axis.remove()
    for axis, (title, values) in zip(axes, panels.items()):
        values = np.asarray(values, "float64")
        if values.ndim != 2 or not np.isfinite(values).all():
            received = f"{title} of shape {values.shape}"
            raise argument_error("panels", "arrays of two axes without NaN", received=received)
        signed = values.min() < 0
        largest = np.abs(values).max() or 1.0
        shown = axis.imshow(
            values,
            cmap="RdBu_r" if signed else "gray",
            vmin=-largest if signed else 0,
            vmax=largest,
            aspect="auto",
            interpolation="nearest",
        )
        axis.set_title(title, fontsize=9)
        axis.set(xlabel=xlabel, ylabel=ylabel)
        figure.colorbar(shown, ax=axis)
    return saved(figure, path)
