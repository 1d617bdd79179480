"""Pictures of points in the plane."""

import numpy as np

from keras_gen.arguments import argument_error, positive_integer
from keras_gen.plotting.figures import DPI, Figure, checked_points, saved

_MARGIN = 0.15  # of the first cloud's width, on every side


def point_clouds(clouds, path=None, columns=None):
    """Sets of points in the plane side by side, on equal axes.

    The axes are those of the first set, by convention the real points, with a margin; points that
    lie outside are not drawn but counted in the title.

    Args:
        clouds: dict from titles to arrays `(n, 2)` of finite numbers.
        path: file to write.
        columns: panels per row; the default is one row.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ValueError: if there is no set, or a shape or value does not fit.
    """
    if not clouds:
        raise argument_error("clouds", "at least one set of points", clouds)
    clouds = {name: checked_points(points, f"clouds[{name!r}]") for name, points in clouds.items()}
    first = next(iter(clouds.values()))
    low, high = first.min(axis=0), first.max(axis=0)
    margin = _MARGIN * max((high - low).max(), np.finfo("float32").eps)
    low, high = low - margin, high + margin
    columns = len(clouds) if columns is None else positive_integer("columns", columns)
    columns = min(columns, len(clouds))
    rows = -(-len(clouds) // columns)
    figure = Figure(figsize=(2.5 * columns, 2.7 * rows), dpi=DPI, layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis in axes[len(clouds) :]:
        axis.set_axis_off()
    for axis, (name, points) in zip(axes, clouds.items()):
        inside = ((points >= low) & (points <= high)).all(axis=1)
        axis.scatter(*points[inside].T, s=3, alpha=0.4, linewidths=0)
        outside = len(points) - inside.sum()
        axis.set_title(f"{name} ({outside} outside)" if outside else name, fontsize="medium")
        axis.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xticks=[], yticks=[])
        axis.set_aspect("equal")
    return saved(figure, path)


def overlaid_clouds(panels, path=None):
    """Sets of points in the plane on top of each other, in several panels side by side.

    Every panel has axes of its own. A set has the same colour in all of them.

    Args:
        panels: dict from the panels' titles to dicts from the sets' names to arrays `(n, 2)` of
            finite numbers.
        path: file to write.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ValueError: if there is no set in a panel, or a shape or value does not fit.
    """
    if not panels or not all(panels.values()):
        raise argument_error(
            "panels", "at least one set of points in each of one or more panels", panels
        )
    names = list(dict.fromkeys(name for clouds in panels.values() for name in clouds))
    figure = Figure(figsize=(4 * len(panels), 4), dpi=DPI, layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for axis, (title, clouds) in zip(axes, panels.items()):
        for name, points in clouds.items():
            points = checked_points(points, f"panels[{title!r}][{name!r}]")
            color = f"C{names.index(name)}"
            axis.scatter(*points.T, s=4, alpha=0.5, linewidths=0, color=color, label=name)
        axis.set(title=title, xticks=[], yticks=[])
        place = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.02)}  # off the points
        axis.legend(markerscale=4, ncols=len(clouds), frameon=False, **place)
    return saved(figure, path)
