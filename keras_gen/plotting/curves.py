"""Pictures made of curves."""

import numpy as np

from keras_gen.arguments import argument_error
from keras_gen.images import check_values
from keras_gen.plotting.figures import DPI, Figure, saved

COLUMNS = 3  # panels in a row


def training_curves(history, path=None):
    """The curves of a training: quantities of one kind share a panel, others have their own.

    Losses share the first panel, gradients another one, and shares in [0, 1], such as accuracies,
    a third one. Every further quantity has a panel and an axis of its own.

    Args:
        history: what `fit` returns, or a dict from names to one number per epoch, or per
            `validation_freq` epochs. A name belongs to the losses if it contains "loss", to the
            gradients if it contains "gradient"; the curve of `val_x` is dashed, in the colour of
            `x`.
        path: file to write.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ValueError: if there is no curve.
    """
    curves = {name: list(values) for name, values in getattr(history, "history", history).items()}
    curves = {name: values for name, values in curves.items() if values}
    if not curves:
        raise argument_error("history", "at least one epoch of one quantity", history)
    panels = _panels_by_kind(curves)
    figure, axes = _panels_in_rows(len(panels), 4.6, 3.4)
    longest = max(len(values) for values in curves.values())
    epochs = getattr(history, "epoch", None)
    if epochs is None or len(epochs) != longest:
        epochs = range(longest)
    for axis, (title, names) in zip(axes, panels.items()):
        _draw_curves(axis, {name: curves[name] for name in names}, epochs)
        axis.set_title(title, fontsize=10)
    return saved(figure, path)


def _panels_by_kind(curves):
    """Lists of names by the titles of the panels that they share."""
    panels = {}
    for name in curves:
        base = name.removeprefix("val_")
        if "loss" in name:
            title = "losses"
        elif "gradient" in name:
            title = "gradients"
        elif any(kind in name for kind in ("accuracy", "probability", "share")):
            title = "shares"
        else:
            title = base.replace("_", " ")
        panels.setdefault(title, []).append(name)
    order = ["losses", "gradients", "shares"]
    first = {title: panels[title] for title in order if title in panels}
    return {**first, **panels}


def curve_panels(panels, xlabel, path=None, logarithmic=()):
    """Named curves in panels side by side; a name has the same colour in all of them.

    Args:
        panels: dict from the panels' titles to dicts from the curves' names to pairs `(x, y)` of
            equally many numbers.
        xlabel: what is on the x axes: a text, or one for each panel.
        path: file to write.
        logarithmic: titles of the panels with a logarithmic y axis.

    Returns:
        A `matplotlib.figure.Figure`. A curve of one point is a dot.

    Raises:
        ValueError: if there is no curve, a title in `logarithmic` or the number of texts does not
            fit the panels, or a curve has no points or x and y of different shapes.
    """
    if not panels or not all(panels.values()):
        raise argument_error("panels", "at least one curve in each of one or more panels", panels)
    labels = [xlabel] * len(panels) if isinstance(xlabel, str) else list(xlabel)
    for argument, fits, value in [
        ("xlabel", len(labels) == len(panels), xlabel),
        ("logarithmic", set(logarithmic) <= set(panels), logarithmic),
    ]:
        if not fits:
            raise argument_error(argument, f"texts for the panels {list(panels)}", value)
    names = list(dict.fromkeys(name for curves in panels.values() for name in curves))
    figure, axes = _panels_in_rows(len(panels), 4.5, 3.8)
    for axis, (title, curves), label in zip(axes, panels.items(), labels):
        for name, (x, y) in curves.items():
            x, y = _checked_points(name, x, y)
            color, marker = f"C{names.index(name) % 10}", "." if len(x) < 30 else None
            axis.plot(x, y, label=name, color=color, marker=marker, linewidth=1.2)
        if all((np.asarray(x) % 1 == 0).all() for x, _ in curves.values()):  # such as epochs
            axis.xaxis.get_major_locator().set_params(integer=True)
        axis.set(title=title, xlabel=label, yscale="log" if title in logarithmic else "linear")
        axis.grid(alpha=0.3)
        below(axis)
    return saved(figure, path)


def learning_curves(counts, scores, path=None, title=None):
    """The accuracy of a classifier by its number of labels: means over seeds, within their range.

    Args:
        counts: numbers of labels, positive, one per point of a curve.
        scores: dict from names to accuracies in [0, 1], `(len(counts), seeds)`.
        path: file to write.
        title: text above the picture.

    Returns:
        A `matplotlib.figure.Figure`: a line through the means and a band from the lowest to the
        highest seed for every name.

    Raises:
        ValueError: if there is no curve, a count is not positive, or an array has the wrong shape
            or leaves [0, 1].
    """
    counts = np.asarray(counts)
    if counts.ndim != 1 or counts.size == 0 or not (counts > 0).all():
        raise argument_error("counts", "a list of positive numbers", counts.tolist())
    if not scores:
        raise argument_error("scores", "at least one curve", scores)
    figure = Figure(figsize=(6, 4.5), dpi=DPI, layout="constrained")
    axis = figure.subplots()
    for name, accuracies in scores.items():
        accuracies = _checked_accuracies(name, accuracies, len(counts))
        (line,) = axis.plot(counts, accuracies.mean(axis=1), marker=".", label=name)
        lowest, highest = accuracies.min(axis=1), accuracies.max(axis=1)
        axis.fill_between(counts, lowest, highest, color=line.get_color(), alpha=0.2, linewidth=0)
    axis.set_xscale("log")
    axis.set_xticks(counts, [f"{count:,}" for count in counts])
    axis.minorticks_off()
    axis.set(title=title, xlabel="labels", ylabel="accuracy")
    below(axis)
    axis.grid(alpha=0.3)
    return saved(figure, path)


def state_probabilities(probabilities, marked=(), path=None, title=None):
    """The probability of each of many states as a vertical line, some of them marked.

    Args:
        probabilities: numbers in [0, 1], `(states,)`.
        marked: indices of the states to mark, such as those of the data.
        path: file to write.
        title: text above the picture.

    Returns:
        A `matplotlib.figure.Figure`. A dashed line shows the probability of each marked state if
        all of them are equally likely and there are no others.

    Raises:
        ValueError: if there is no state, a probability leaves [0, 1], or a mark is not a state.
    """
    probabilities = np.asarray(probabilities, "float64")
    marked = np.unique(np.asarray(marked, int))
    if probabilities.ndim != 1 or probabilities.size == 0:
        raise argument_error(
            "probabilities", "an array of shape (states,)", received=f"shape {probabilities.shape}"
        )
    check_values(probabilities, "probabilities", (0, 1))
    if not ((marked >= 0) & (marked < len(probabilities))).all():
        raise argument_error(
            "marked", f"indices from 0 to {len(probabilities) - 1}", marked.tolist()
        )
    figure = Figure(figsize=(9, 3.5), dpi=DPI, layout="constrained")
    axis = figure.subplots()
    others = np.setdiff1d(np.arange(len(probabilities)), marked)
    for states, name, color in [(others, "other states", "C0"), (marked, "data", "C1")]:
        axis.vlines(states, 0, probabilities[states], color=color, label=name)
    if len(marked):
        label = f"1/{len(marked)}: all of the data equally likely"
        axis.axhline(1 / len(marked), color="C1", linestyle="--", linewidth=1, label=label)
    xlabel = f"state, from 0 to {len(probabilities) - 1}"
    axis.set(title=title, xlabel=xlabel, ylabel="probability", ylim=(0, None))
    below(axis)
    return saved(figure, path)


def below(axis):
    """The legend of an axis, below it and off the curves."""
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2, fontsize=7, frameon=False)


def _panels_in_rows(count, width, height):
    """A figure and its panels, three in a row; four make a square."""
    columns = 2 if count == 4 else min(count, COLUMNS)
    rows = -(-count // columns)
    figure = Figure(figsize=(width * columns, height * rows), dpi=DPI, layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis in axes[count:]:
        axis.remove()
    return figure, axes[:count]


def _checked_points(name, x, y):
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim != 1 or x.shape != y.shape or x.size == 0:
        raise argument_error(
            "panels",
            "pairs (x, y) of equally many numbers, one or more",
            received=f"{name} of shapes {x.shape} and {y.shape}",
        )
    return x, y


def _checked_accuracies(name, accuracies, count):
    accuracies = np.asarray(accuracies, "float64")
    if accuracies.ndim != 2 or len(accuracies) != count or accuracies.shape[1] == 0:
        raise argument_error(
            "scores",
            f"arrays of shape ({count}, seeds)",
            received=f"{name} of shape {accuracies.shape}",
        )
    check_values(accuracies, f"scores[{name!r}]", (0, 1))
    return accuracies


def _draw_curves(axis, curves, epochs):
    base_names = list(dict.fromkeys(name.removeprefix("val_") for name in curves))
    for name, values in curves.items():
        every = len(epochs) // len(values)  # validation may happen only every tenth epoch
        axis.plot(
            np.asarray(epochs)[every - 1 :: every][: len(values)] + 1,
            values,
            label=name,
            color=f"C{base_names.index(name.removeprefix('val_'))}",
            linestyle="--" if name.startswith("val_") else "-",
            marker="." if len(values) == 1 else None,
        )
    axis.set_xlabel("epoch")
    axis.xaxis.get_major_locator().set_params(integer=True)
    if len(curves) > 1:
        below(axis)
    axis.grid(alpha=0.3)
