"""Pictures of codes, the numbers between an encoder and a decoder."""

import numpy as np
from matplotlib import colormaps

from keras_gen.arguments import argument_error, class_labels
from keras_gen.images import check_values
from keras_gen.plotting.figures import DPI, Figure, checked_points, saved

_BINS = 50
_PERPLEXITY = 30  # about how many neighbours of a code the layout preserves; scikit-learn's default


def code_scatter(codes, labels=None, path=None, title=None, axes=("", "")):
    """Two-dimensional codes as points, coloured by class.

    Args:
        codes: array `(n, 2)` of finite numbers.
        labels: classes of the points, non-negative integers `(n,)`, or `None`. A class keeps its
            colour from picture to picture as long as all have at most ten classes.
        path: file to write.
        title: text above the picture.
        axes: what the two numbers are. Without names the axes get no numbers either.

    Returns:
        A `matplotlib.figure.Figure` with a legend of the classes.

    Raises:
        ValueError: if shapes, types or values do not fit.
    """
    codes = checked_points(codes, "codes")
    figure = Figure(figsize=(6, 5), dpi=DPI, layout="constrained")
    axis = figure.subplots()
    style = {"s": np.clip(20_000 / len(codes), 3, 20), "alpha": 0.7, "linewidths": 0}
    if labels is None:
        axis.scatter(*codes.T, **style)
    else:
        labels = class_labels("labels", labels, count=len(codes), of="point")
        highest = int(labels.max())
        colors = colormaps["tab10"] if highest < 10 else colormaps["turbo"].resampled(highest + 1)
        range_of_colors = {"vmin": -0.5, "vmax": colors.N - 0.5}
        points = axis.scatter(*codes.T, c=labels, cmap=colors, **range_of_colors, **style)
        handles = points.legend_elements(num=None, fmt="{x:.0f}", alpha=1)
        figure.legend(*handles, loc="outside right center", title="class")
    axis.set(title=title, xlabel=axes[0], ylabel=axes[1])
    axis.set_aspect("equal", "datalim")
    if any(axes):
        axis.grid(alpha=0.3)
    else:
        axis.set(xticks=[], yticks=[])
    return saved(figure, path)


def code_map(codes, labels=None, path=None, title=None, seed=0):
    """Codes of many numbers in a plane, laid out so that near codes stay near, coloured by class.

    The layout is t-SNE's. Its axes mean nothing, and neither do long distances.

    Args:
        codes: array `(n, numbers)` of finite numbers, at least 31 codes.
        labels, path, title: as for `code_scatter`.
        seed: seed of the layout.

    Returns:
        A `matplotlib.figure.Figure`.

    Reference:
        van der Maaten and Hinton (2008), Visualizing Data using t-SNE, JMLR 9.
    """
    from sklearn.manifold import TSNE

    check_values(codes, "codes")
    if np.ndim(codes) != 2 or len(codes) <= _PERPLEXITY:
        expected = f"an array (n, numbers) of more than {_PERPLEXITY} codes"
        raise argument_error("codes", expected, received=f"shape={np.shape(codes)}")
    layout = TSNE(perplexity=_PERPLEXITY, random_state=seed)
    return code_scatter(layout.fit_transform(np.asarray(codes)), labels, path, title)


def activation_histogram(activations, path=None, target=None):
    """How active the units of a code are: `activation_histograms` of one code."""
    targets = {} if target is None else {"": target}
    return activation_histograms({"": activations}, path, targets)


def activation_histograms(activations, path=None, targets=None, title=None):
    """How active the units of several codes are, one by one and on average.

    Args:
        activations: dict from names to codes in [0, 1], such as a sigmoid's, `(n, units)`.
        path: file to write.
        targets: dict from some of the names to the target of the mean activation.
        title: text above the picture.

    Returns:
        A `matplotlib.figure.Figure` with a row for every name: the distribution of all activations
        and that of the units' means over the examples, with the overall mean (and the target) as
        vertical lines.

    Raises:
        ValueError: if a shape does not fit, a value leaves [0, 1], or there is no code.
    """
    targets = targets or {}
    if not activations or not set(targets) <= set(activations):
        raise argument_error("activations", "a code, and one for each target", [*activations])
    codes = {name: _checked_activations(values) for name, values in activations.items()}
    size = (9, 2.6 * len(codes) + 0.6)
    figure = Figure(figsize=size, dpi=DPI, layout="constrained")
    figure.suptitle(title)
    rows = figure.subplots(len(codes), 2, sharex=True, squeeze=False)
    for (singles, means), (name, values) in zip(rows, codes.items()):
        _draw_shares(singles, values.ravel())
        _draw_shares(means, values.mean(axis=0))
        for axis in (singles, means):
            axis.axvline(values.mean(), color="C1", label=f"mean {values.mean():.3f}")
            if name in targets:
                label = f"target {targets[name]:g}"
                axis.axvline(targets[name], color="C2", linestyle="--", label=label)
        singles.set_ylabel(f"{name}\n\nshare of activations".strip())
        means.set_ylabel("share of units")
        means.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    rows[-1, 0].set_xlabel("activation")
    rows[-1, 1].set_xlabel("mean activation of a unit")
    return saved(figure, path)


def _draw_shares(axis, values):
    axis.hist(values, _BINS, (0, 1), weights=np.full(values.size, 1 / values.size))
    axis.set(xlim=(0, 1))


def _checked_activations(activations):
    activations = np.asarray(activations, "float64")
    if activations.ndim != 2 or activations.size == 0:
        raise argument_error(
            "activations", "an array of shape (n, units)", received=f"shape={activations.shape}"
        )
    check_values(activations, "activations", (0, 1))
    return np.clip(activations, 0, 1)  # values that rounding has put outside are drawn as well
