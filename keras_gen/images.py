"""What an image may be: floats in a declared range; checked, mapped to other ranges, and shown.

This is the one place that knows what a range of pixel values is and what lies within it.
"""

import math

import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error

TOLERANCE = 1e-3  # of the width of the declared range: resizing and float arithmetic round


def check_range(value_range, name="value_range"):
    """Returns `value_range` as two floats (low, high), or raises unless low < high, both finite."""
    try:
        low, high = (float(bound) for bound in value_range)
        valid = math.isfinite(low) and math.isfinite(high) and low < high
        valid = valid and not isinstance(value_range, str)
    except (TypeError, ValueError):
        valid = False
    if not valid:
        raise argument_error(name, "(low, high) with low < high", value_range)
    return low, high


def check_float_type(dtype, name, value_range=None):
    """Raises a `ValueError` unless values of this type are floats."""
    kind = np.dtype(dtype).kind
    if kind not in "fV":  # bfloat16 is of kind V
        interval = "" if value_range is None else f" in [{value_range[0]}, {value_range[1]}]"
        raise argument_error(
            name,
            f"floating-point values{interval}; scale integer images first",
            received=f"{name}.dtype={np.dtype(dtype).name}",
        )


def check_values(values, name, value_range=None):
    """Raises a `ValueError` unless all values are floats, finite and in the declared range.

    Args:
        values: NumPy array.
        name: the argument's name for the message.
        value_range: (low, high), closed, with a tolerance of `TOLERANCE` times its width; `None`
            for any finite values.
    """
    check_float_type(values.dtype, name, value_range)
    if values.size == 0:
        return
    low, high = float(np.min(values)), float(np.max(values))  # a NaN anywhere makes both NaN
    if not (math.isfinite(low) and math.isfinite(high)):
        bad = int(np.sum(~np.isfinite(values.astype("float32"))))
        raise argument_error(name, "finite values", received=f"{bad} NaN or infinite values")
    if value_range is not None:
        slack = TOLERANCE * (value_range[1] - value_range[0])
        if low < value_range[0] - slack or high > value_range[1] + slack:
            raise argument_error(
                name,
                f"values in the declared range [{value_range[0]}, {value_range[1]}]",
                received=f"values from {low:g} to {high:g}",
            )


def check_images(images, value_range, name="images"):
    """The images as a float NumPy array, if they are what they are declared to be.

    Args:
        images: array or tensor (batch, height, width, channels).
        value_range: (low, high), as for `check_values`.
        name: the argument's name for the message.

    Returns:
        Array of float64 if the images are, otherwise of float32.

    Raises:
        ValueError: if the rank is not 4, or values are integers, not finite, or out of range.
    """
    value_range = check_range(value_range)
    try:
        images = np.asarray(images)
    except ValueError:  # images of different sizes
        raise argument_error(name, "images of one size", received=f"a ragged {name}") from None
    if images.ndim != 4:
        raise argument_error(
            name,
            "images of shape (batch, height, width, channels)",
            received=f"{name}.shape={images.shape}",
        )
    check_values(images, name, value_range)
    return images if images.dtype == "float64" else images.astype("float32", copy=False)


def rescale(images, from_range, to_range):
    """Images mapped linearly from one range of values to another.

        scale = (to_high - to_low) / (from_high - from_low)
        result = scale * images + (to_low - scale * from_low)

    Equal ranges leave every bit as it is.

    Args:
        images: array or tensor of floats.
        from_range: pair (from_low, from_high).
        to_range: pair (to_low, to_high).
    """
    (from_low, from_high), (to_low, to_high) = from_range, to_range
    scale = (to_high - to_low) / (from_high - from_low)
    return scale * images + (to_low - scale * from_low)


def to_uint8(images, value_range):
    """Images in `value_range` as integers from 0 to 255.

    round(255 (x - low) / (high - low)), clipped
    """
    low, high = value_range
    scaled = tf.round(255.0 * (tf.cast(images, tf.float32) - low) / (high - low))
    return tf.cast(tf.clip_by_value(scaled, 0.0, 255.0), tf.uint8)
