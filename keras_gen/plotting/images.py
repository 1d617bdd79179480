"""Pictures made of images."""

from statistics import NormalDist

import numpy as np

from keras_gen.arguments import argument_error, integer, positive_integer
from keras_gen.images import check_range, check_values, to_uint8
from keras_gen.plotting.figures import DPI, Figure, saved

_VISIBLE_SIDE = 96
_LARGEST_SIDE = 2048
_WHITE = 255
_TICKS = 6
_CROSS, _RED = "\N{BALLOT X}", "tab:red"


def montage(images, columns=None, *, value_range, padding=1):
    """Many images as one, row by row, with white lines between them.

    Args:
        images: array `(count, height, width, channels)`, or `(count, height, width)` for grey
            images, with one channel (grey) or three (RGB). Values outside `value_range` are
            clipped.
        columns: images per row; the default makes the grid as square as possible.
        value_range: `(low, high)`, the values of black and white: a model's own `value_range`, or
            the range in which the data were loaded. `(0, 255)` for integer images.
        padding: width of the lines in pixels.

    Returns:
        uint8 array `(height, width, channels)`. Places of a last row without an image are white.

    Raises:
        ValueError: if there is no image, the shape does not fit, or a value is NaN or infinite.
    """
    padding = integer("padding", padding, least=0)
    pixels = to_uint8(_checked_images(images, value_range), value_range).numpy()
    count, height, width, channels = pixels.shape
    columns = _checked_columns(columns, count)
    rows = -(-count // columns)
    cell = (height + padding, width + padding)
    canvas = np.full((rows * cell[0], columns * cell[1], channels), _WHITE, dtype="uint8")
    for index, image in enumerate(pixels):
        top, left = index // columns * cell[0], index % columns * cell[1]
        canvas[top : top + height, left : left + width] = image
    return canvas[: rows * cell[0] - padding, : columns * cell[1] - padding]


def image_grid(
    images, path=None, columns=None, *, value_range, titles=None, padding=1, title=None, wrong=None
):
    """Images side by side, each pixel drawn as a square of whole pixels.

    Args:
        images: as for `montage`.
        path: file to write, for instance a PNG; its folder is created.
        columns: images per row; one row if it is the number of images.
        value_range: as for `montage`.
        titles: one text per image, drawn above it. Such a figure is no longer pixel-exact.
        padding: width of the white lines between images, in pixels of the images.
        title: one text above all images. Such a figure is no longer pixel-exact either.
        wrong: one boolean per image: wrong titles get a cross and turn red.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ValueError: as `montage`, or if the number of titles differs from that of the images.
    """
    images = _checked_images(images, value_range)
    for name, values in (("titles", titles), ("wrong", wrong)):
        if values is not None and len(values) != len(images):
            expected = f"{len(images)} {'texts' if name == 'titles' else 'booleans'}, one per image"
            raise argument_error(name, expected, received=f"{len(values)}")
    if titles is not None:
        wrong = [False] * len(images) if wrong is None else wrong
        canvases = [montage(image[np.newaxis], value_range=value_range) for image in images]
        columns = _checked_columns(columns, len(images))
        return saved(_figure_of_texts(canvases, columns, titles, title, wrong), path)
    if wrong is not None:
        raise argument_error("titles", "texts, which `wrong` marks as wrong or not", titles)
    canvas = montage(images, columns, value_range=value_range, padding=padding)
    if title is not None:
        return saved(_figure_under(title, canvas), path)
    return saved(_exact_figure(canvas, max(images.shape[1:3])), path)


def image_rows(rows, path=None, *, value_range, title=None, columns=None):
    """Rows of images with their names at the left.

    Args:
        rows: dict from names to images as for `montage`, equally many of one height and width in
            each row; some rows may be grey and others in color.
        path: file to write.
        value_range: as for `montage`.
        title: text above all rows.
        columns: one text per column, drawn above the first row.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ValueError: as `montage`, or if there is no row, or shapes or the number of columns do not
            fit.
    """
    if not rows:
        raise argument_error("rows", "at least one row", rows)
    images = [_checked_images(row, value_range) for row in rows.values()]
    shapes = [row.shape for row in images]
    if len({shape[:3] for shape in shapes}) != 1:
        expected = "equally many images of one height and width in each row"
        raise argument_error("rows", expected, received=f"shapes={shapes}")
    if columns is not None and len(columns) != len(images[0]):
        raise argument_error("columns", f"{len(images[0])} texts, one per column", columns)
    return saved(_figure_of_rows(images, list(rows), value_range, title, columns), path)


def reconstructions(images, *outputs, value_range, path=None, names=None, title=None):
    """Originals in the first row, and below each of them what was made of it.

    Args:
        images: the originals, as for `montage`.
        *outputs: arrays of the same shape; each is one more row.
        value_range: as for `montage`.
        path: file to write.
        names: one text per row, drawn at its left.
        title: text above all rows.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ValueError: as `montage`, or if shapes or the number of names do not fit.
    """
    rows = [_checked_images(row, value_range) for row in (images, *outputs)]
    shapes = [row.shape for row in rows]
    if len(set(shapes)) != 1:
        raise argument_error(
            "outputs", f"the shape of `images`, {shapes[0]}", received=f"shapes={shapes[1:]}"
        )
    if names is None:
        return image_grid(
            np.concatenate(rows), path, columns=len(rows[0]), value_range=value_range, title=title
        )
    if len(names) != len(rows):
        raise argument_error("names", f"{len(rows)} texts, one per row", names)
    return saved(_figure_of_rows(rows, names, value_range, title), path)


def latent_manifold(decode, path=None, side=20, span=(0.05, 0.95), *, value_range, title=None):
    """The images that a decoder makes from a grid of two-dimensional latent vectors.

        z = (Phi^-1(p_column), Phi^-1(p_row))

    where Phi is the standard normal distribution function and p runs evenly over `span`, so that
    the grid is as dense as the prior. The first component grows to the right, the second upwards.

    Args:
        decode: callable from a float32 array `(n, 2)` to images as for `montage`.
        path: file to write.
        side: images per row and per column.
        span: lowest and highest probability, both strictly between 0 and 1.
        value_range: as for `montage`.
        title: text above the picture.

    Returns:
        A `matplotlib.figure.Figure`, whose axes show the two components of some of the images.

    Raises:
        ValueError: if `span` is not within (0, 1), `side` is not positive, or as `montage`.

    Reference:
        Kingma and Welling (2013), Auto-Encoding Variational Bayes, arXiv:1312.6114, figure 4.
    """
    if not 0 < span[0] < span[1] < 1:
        raise argument_error("span", "two probabilities, 0 < low < high < 1", span)
    side = positive_integer("side", side)
    steps = [NormalDist().inv_cdf(p) for p in np.linspace(*span, side)]
    latents = np.array([(x, y) for y in reversed(steps) for x in steps], dtype="float32")
    canvas = montage(np.asarray(decode(latents)), side, value_range=value_range, padding=0)
    figure = Figure(figsize=(7, 7), dpi=DPI, layout="compressed")
    axis = figure.subplots()
    # In units of images, the middle of each at an integer, the second axis upwards.
    edges = (-0.5, side - 0.5)
    axis.imshow(_rgb(canvas), interpolation="nearest", extent=(*edges, *edges), aspect="auto")
    axis.set_box_aspect(canvas.shape[0] / canvas.shape[1])
    ticks = np.unique(np.linspace(0, side - 1, _TICKS).round().astype(int))
    values = [f"{round(steps[tick], 1) + 0.0:.1f}" for tick in ticks]  # no -0.0
    axis.set_xticks(ticks, values)
    axis.set_yticks(ticks, values)
    axis.set(title=title, xlabel="first latent number", ylabel="second latent number")
    return saved(figure, path)


def filters(kernel, image_shape=None, path=None, columns=None, title=None):
    """The weights of a first layer, one picture per unit.

        picture_j = w_j / max |w_j|

    so that grey is zero, white the most positive and black the most negative weight.

    Args:
        kernel: weights of a dense layer `(pixels, units)`, or of a convolution
            `(height, width, channels, filters)`.
        image_shape: `(height, width)` or `(height, width, channels)` of the images that a dense
            layer sees; a convolution needs none.
        path: file to write.
        columns: pictures per row; the default makes the grid as square as possible.
        title: text above all pictures.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ValueError: if `image_shape` does not fit the kernel, or as `montage`.
    """
    kernel = np.asarray(kernel)
    if image_shape is not None:
        if kernel.ndim != 2 or kernel.shape[0] != np.prod(image_shape):
            raise argument_error(
                "image_shape",
                f"the shape of the {kernel.shape[0]} inputs of a dense kernel",
                received=f"image_shape={image_shape}, kernel.shape={kernel.shape}",
            )
        kernel = kernel.reshape(*image_shape, -1)
    signed = (-1.0, 1.0)
    pictures = _checked_images(np.moveaxis(kernel, -1, 0), signed)
    largest = np.abs(pictures).max(axis=(1, 2, 3), keepdims=True)
    pictures = pictures / np.where(largest == 0, 1, largest)
    return image_grid(pictures, path, columns, value_range=signed, title=title)


def _exact_figure(canvas, image_side):
    factor = min(_VISIBLE_SIDE // image_side, _LARGEST_SIDE // max(canvas.shape[:2]))
    canvas = canvas.repeat(max(1, factor), axis=0).repeat(max(1, factor), axis=1)
    height, width, _ = canvas.shape
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    figure.figimage(_rgb(canvas))
    return figure


def _figure_of_texts(canvases, columns, texts, title, wrong):
    rows = -(-len(canvases) // columns)
    above = 0 if title is None else 0.3
    figure = Figure(figsize=(1.2 * columns, 1.5 * rows + above), dpi=DPI, layout="constrained")
    figure.suptitle(title)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis in axes:
        axis.set_axis_off()
    for axis, canvas, text, is_wrong in zip(axes, canvases, texts, wrong):
        _show(axis, canvas)
        axis.set_title(f"{_CROSS} {text}" if is_wrong else str(text), fontsize=8)
        axis.title.set_color(_RED if is_wrong else "black")
    return figure


def _figure_under(title, canvas):
    height, width, _ = canvas.shape
    side = 6 / max(height, width)  # inches per pixel
    figure = Figure(figsize=(side * width, side * height + 0.4), dpi=DPI, layout="compressed")
    figure.suptitle(title)
    axis = figure.subplots()
    axis.set_axis_off()
    _show(axis, canvas)
    return figure


def _figure_of_rows(rows, names, value_range, title=None, columns=None):
    count, above = len(rows[0]), 0.3 * sum(text is not None for text in (title, columns))
    size = (1 + 0.8 * count, 0.9 * len(rows) + above)
    figure = Figure(figsize=size, dpi=DPI, layout="compressed")
    figure.suptitle(title)
    axes = figure.subplots(len(rows), 1, squeeze=False)[:, 0]
    for axis, row, name in zip(axes, rows, names):
        canvas = montage(row, count, value_range=value_range)
        _show(axis, canvas)
        axis.set(xticks=[], yticks=[], frame_on=False)
        axis.set_ylabel(name, rotation=0, ha="right", va="center")
    if columns is not None:
        centres = (np.arange(count) + 0.5) * (canvas.shape[1] + 1) / count - 1
        axes[0].set_xticks(centres, columns)
        axes[0].tick_params(top=True, labeltop=True, bottom=False, labelbottom=False, length=0)
    return figure


def _show(axis, canvas):
    axis.imshow(_rgb(canvas), interpolation="nearest")


def _rgb(canvas):
    return canvas.repeat(3, axis=2) if canvas.shape[2] == 1 else canvas


def _checked_images(images, value_range):
    """The images as float32 with a channel axis; values outside the range will be clipped."""
    value_range = check_range(value_range)
    images = np.asarray(images)
    if images.ndim == 3:
        images = images[..., np.newaxis]
    if images.ndim != 4 or images.shape[-1] not in (1, 3) or images.size == 0:
        raise argument_error(
            "images",
            "an array of shape (count, height, width, channels) with at least one image and 1 "
            "or 3 channels",
            received=f"shape={images.shape}",
        )
    if not (images.dtype.kind in "iu" and value_range == (0, 255)):
        check_values(images, "images")
    return images.astype("float32", copy=False)


def _checked_columns(columns, count):
    if columns is None:
        return int(np.ceil(np.sqrt(count)))
    return min(positive_integer("columns", columns), count)
