"""Pictures made of bars."""

import numpy as np

from keras_gen.arguments import argument_error
from keras_gen.images import check_values
from keras_gen.plotting.figures import DPI, Figure, saved


def bar_panels(panels, path=None, title=None, marks=None):
    """Numbers of the same rows as bars, in panels side by side: a row has one name and one colour.

    Args:
        panels: Dict from the panels' titles to dicts from the rows' names to numbers. A row that a
            panel lacks stays empty there.
        path: File to write.
        title: Text above all panels.
        marks: Dict from titles of panels to a number where a dashed line is drawn, such as a
            target.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ValueError: If a panel has no bars, a number is NaN or infinite, or a mark has no panel.
    """
    marks = marks or {}
    if not panels or not all(panels.values()):
        raise argument_error("panels", "at least one bar in each of one or more panels", panels)
    if not set(marks) <= set(panels):
        raise argument_error("marks", f"some of the titles {list(panels)}", marks)
    names = list(dict.fromkeys(name for bars in panels.values() for name in bars))
    for heading, bars in panels.items():
        check_values(np.array(list(bars.values()), "float64"), f"panels[{heading!r}]")
    above = 0 if title is None else 0.3
    size = (1.6 + 2.6 * len(panels), 0.8 + 0.3 * len(names) + above)
    figure = Figure(figsize=size, dpi=DPI, layout="constrained")
    figure.suptitle(title)
    axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axis, (heading, bars) in zip(axes, panels.items()):
        rows = [names.index(name) for name in bars]
        drawn = axis.barh(rows, list(bars.values()), color=[f"C{row % 10}" for row in rows])
        behind = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}  # a mark, if it is there
        axis.bar_label(drawn, fmt="%.3g", fontsize=7, padding=3, bbox=behind)
        if heading in marks:
            axis.axvline(marks[heading], color="black", linestyle="--", linewidth=1)
        axis.set_title(heading, fontsize=10)
        axis.margins(x=0.2)
        axis.grid(axis="x", alpha=0.3)
        axis.set_axisbelow(True)
    axes[0].set_yticks(range(len(names)), names)
    axes[0].invert_yaxis()  # the first row on top, in all panels
    return saved(figure, path)
