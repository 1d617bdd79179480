"""From a network's pixels to what a viewer shows."""

import tensorflow as tf


def to_uint8(images, value_range):
    """Images in `value_range` as integers from 0 to 255.

    round(255 (x - low) / (high - low)), clipped
    """
    low, high = value_range
    scaled = tf.round(255.0 * (tf.cast(images, tf.float32) - low) / (high - low))
    return tf.cast(tf.clip_by_value(scaled, 0.0, 255.0), tf.uint8)
