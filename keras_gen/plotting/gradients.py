"""Pictures of gradients."""

import numpy as np

from keras_gen.arguments import argument_error
from keras_gen.plotting.figures import DPI, Figure, saved


def gradient_norms(norms, path=None, title=None):
    """How gradients of the last step's loss shrink or grow on the way back to the first step.

    Args:
        norms: dict from names to positive numbers `(steps,)`, such as means over sequences of what
            `metrics.state_gradient_norms` returns.
        path: file to write.
        title: text above the picture.

    Returns:
        A `matplotlib.figure.Figure` with one line per name, relative to the last step and on a
        logarithmic axis. Zeros are left out.

    Raises:
        ValueError: if there is no curve, or a last norm is not positive.
    """
    if not norms:
        raise argument_error("norms", "at least one curve", norms)
    figure = Figure(figsize=(8, 4), dpi=DPI, layout="constrained")
    axis = figure.subplots()
    for name, values in norms.items():
        values = np.asarray(values, "float64")
        if values.ndim != 1 or values.size == 0 or not values[-1] > 0:
            raise argument_error(
                "norms",
                "arrays of shape (steps,) that end with a positive number",
                received=f"{name}={values}",
            )
        steps = np.flatnonzero(values > 0)
        axis.semilogy(steps + 1, values[steps] / values[-1], label=name)
    axis.set(xlabel="step t", ylabel="|dL_T / ds_t| / |dL_T / ds_T|", title=title)
    figure.legend(loc="outside right upper")
    axis.grid(alpha=0.3)
    return saved(figure, path)
