"""Pictures of how a number is distributed: importance weights, and gains of examples."""

import numpy as np

from keras_gen.arguments import argument_error
from keras_gen.images import check_values
from keras_gen.plotting.figures import DPI, Figure, saved

_BINS = 20


def log_weights(estimate, path=None):
    """How even the weights of annealed importance sampling are.

    Chains that all end near log Z have annealed slowly enough; a few far above the others carry
    the whole estimate.

    Args:
        estimate: what `metrics.log_partition` returns.
        path: file to write.

    Returns:
        A `matplotlib.figure.Figure`: a histogram of log w, in nats, with log Z as a vertical line.

    Raises:
        ValueError: if there is no log weight, or one is NaN or infinite.
    """
    values = np.asarray(estimate.log_weights, "float64")
    if values.size == 0:
        raise argument_error("estimate", "at least one log weight", received="none")
    check_values(values, "estimate.log_weights")
    figure = Figure(figsize=(5, 3.5), dpi=DPI, layout="constrained")
    axis = figure.subplots()
    axis.hist(values, _BINS)
    label = f"log Z {estimate.log_z:.2f} ± {estimate.standard_error:.2f}"
    axis.axvline(estimate.log_z, color="C1", label=label)
    axis.set(xlabel="log weight (nats)", ylabel="chains")
    axis.legend()
    return saved(figure, path)


def gains(values, unit, path=None, title=None):
    """How much each example gains from something, and what they gain on average.

    Args:
        values: a gain for every example, below zero for those that lose.
        unit: what the gains are measured in.
        path: file to write.
        title: text above the picture.

    Returns:
        A `matplotlib.figure.Figure`: a histogram with zero and the mean as vertical lines.

    Raises:
        ValueError: if there is no gain, or one is NaN or infinite.
    """
    values = np.asarray(values, "float64").ravel()
    if values.size == 0:
        raise argument_error("values", "at least one gain", received="none")
    check_values(values, "values")
    figure = Figure(figsize=(7, 3.8), dpi=DPI, layout="constrained")
    axis = figure.subplots()
    axis.hist(values, 2 * _BINS)
    axis.axvline(0, color="black", linestyle="--", linewidth=1, label="no gain")
    axis.axvline(values.mean(), color="C1", label=f"mean {values.mean():+.2f} {unit}")
    axis.set(title=title, xlabel=f"gain ({unit})", ylabel="examples")
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return saved(figure, path)
