"""Pictures of texts."""

import textwrap

from keras_gen.arguments import argument_error
from keras_gen.plotting.figures import DPI, Figure, saved

_SIZE = 8  # points; a monospaced character is 0.6 of it wide and, with its spacing, 1.2 high
_LONGEST = 100  # characters in a line


def text_page(text, path=None):
    """A text as it is, line by line, black on white and monospaced.

    A line of more than 100 characters is broken between words.

    Args:
        text: string with at least one character that is not white space.
        path: file to write.

    Returns:
        A `matplotlib.figure.Figure`, as large as the text needs.

    Raises:
        ValueError: if there is nothing to see.
    """
    if not text.strip():
        raise argument_error("text", "at least one visible character", received=f"text={text!r}")
    lines = [part for line in text.expandtabs().splitlines() for part in _broken(line)]
    margin = 2 * _SIZE / 72
    width = 0.61 * _SIZE / 72 * max(map(len, lines)) + 2 * margin
    height = 1.2 * _SIZE / 72 * len(lines) + 2 * margin
    figure = Figure(figsize=(width, height), dpi=DPI)
    figure.text(
        margin / width,
        1 - margin / height,
        "\n".join(lines).replace("$", r"\$"),
        family="monospace",
        size=_SIZE,
        va="top",
    )
    return saved(figure, path)


def _broken(line):
    """A line in parts that are short enough."""
    if len(line) <= _LONGEST:
        return [line]
    return textwrap.wrap(line, _LONGEST, break_on_hyphens=False) or [""]
