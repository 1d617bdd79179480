"""Pictures of classes: one colour per class, as in the label maps of segmented photos."""

import numpy as np

from keras_gen.arguments import argument_error, class_labels
from keras_gen.distances import nearest_rows
from keras_gen.images import check_images, check_range, rescale

# Of the CMP facades, as they are distributed with Pix2Pix: background, wall, windows, and so on.
FACADES = (
    (0, 0, 222),
    (0, 48, 255),
    (0, 128, 255),
    (0, 207, 255),
    (32, 255, 224),
    (112, 255, 144),
    (192, 255, 63),
    (255, 239, 0),
    (255, 159, 0),
    (255, 80, 0),
    (255, 0, 0),
    (174, 0, 0),
)

# Of the ten digits: lightness 68 in CIE L*a*b*, hues 36 degrees apart from 0 on, and as colourful
# as a screen can show them. Lightness does not tell them apart.
DIGITS = (
    (255, 122, 168),
    (255, 129, 108),
    (232, 147, 1),
    (160, 175, 1),
    (2, 191, 74),
    (4, 186, 164),
    (2, 182, 204),
    (3, 177, 244),
    (137, 161, 255),
    (240, 115, 255),
)


def to_labels(images, colours, value_range):
    """The class of every pixel: the index of the nearest colour.

    Files in a lossy format, and translations, hold a palette's colours only approximately.

    Args:
        images: floats (count, height, width, channels).
        colours: the palette, integers from 0 to 255 of shape (classes, channels).
        value_range: closed interval of the pixel values.

    Returns:
        int32 array (count, height, width).
    """
    palette = _palette(colours)
    pixels = rescale(check_images(images, value_range), check_range(value_range), (0.0, 255.0))
    if pixels.shape[-1] != palette.shape[1]:
        expected = f"colours of the images' {pixels.shape[-1]} channels"
        raise argument_error("colours", expected, received=f"colours.shape={palette.shape}")
    nearest = nearest_rows(pixels.reshape(-1, pixels.shape[-1]).astype("float64"), palette)
    return nearest.reshape(pixels.shape[:-1])


def to_colours(labels, colours, value_range):
    """The picture of classes: the colour of every pixel's class.

    Args:
        labels: non-negative integers (count, height, width).
        colours: as for `to_labels`.
        value_range: closed interval of the pixel values.

    Returns:
        float32 array (count, height, width, channels).
    """
    palette = _palette(colours)
    try:
        labels = np.asarray(labels)
    except ValueError:  # rows of different lengths
        expected = "integers of shape (count, height, width)"
        raise argument_error("labels", expected, received="ragged labels") from None
    class_labels("labels", labels.reshape(-1), len(palette), of="pixel")
    painted = rescale(palette, (0.0, 255.0), check_range(value_range))
    return painted[labels].astype("float32")


def _palette(colours):
    try:
        palette = np.asarray(colours, "float64")
    except (TypeError, ValueError):
        palette = np.zeros(0)
    if palette.ndim != 2 or palette.size == 0 or not np.all((palette >= 0) & (palette <= 255)):
        expected = "a palette of shape (classes, channels) with values from 0 to 255"
        raise argument_error("colours", expected, colours)
    return palette
