"""Images turned, scaled and shifted a little, anew in every batch."""

import math

import tensorflow as tf


def jitter(rotation=10.0, zoom=0.1, shift=2.0, fill_value=0.0):
    """An augmentation of batches by small random similarity maps, for `batches(augment=...)`.

        output(p) = input(s R(t) (p - c) + c + d),    c the image's centre

        t ~ U[-rotation, rotation] degrees,  s ~ U[1 - zoom, 1 + zoom],  d ~ U[-shift, shift]^2

    Every image gets a map of its own; values between pixels are interpolated bilinearly.

    Args:
        rotation: degrees, zero or more.
        zoom: relative, in [0, 1).
        shift: pixels, zero or more.
        fill_value: what comes in from outside of the frame: the value of the background.

    Returns:
        A function `(images, seed) -> images` of a float tensor (batch, height, width, channels) and
        an integer tensor of shape (2,).

    Raises:
        ValueError: for a negative range or a zoom that reaches 1.

    Example:
        batches(images, 100, seed=1, augment=jitter(shift=1))
    """
    for name, value in [("rotation", rotation), ("zoom", zoom), ("shift", shift)]:
        if not value >= 0 or (name == "zoom" and value >= 1):
            raise ValueError(
                f"Invalid value for argument `{name}`. Expected a number from 0 on, and a zoom "
                f"below 1. Received: {name}={value}"
            )

    def jittered(images, seed):
        count, size = tf.shape(images)[0], images.shape[1:3]
        angle, scale, *offset = tf.unstack(tf.random.stateless_uniform([4, count], seed, -1.0, 1.0))
        angle, scale = angle * math.radians(rotation), 1.0 + zoom * scale
        cos, sin = scale * tf.cos(angle), scale * tf.sin(angle)
        y, x = ((side - 1) / 2 for side in size)
        zero = tf.zeros([count])
        right = x - cos * x + sin * y + shift * offset[0]
        down = y - sin * x - cos * y + shift * offset[1]
        return tf.raw_ops.ImageProjectiveTransformV3(
            images=images,
            transforms=tf.stack([cos, -sin, right, sin, cos, down, zero, zero], axis=1),
            output_shape=size,
            fill_value=float(fill_value),
            interpolation="BILINEAR",
            fill_mode="CONSTANT",
        )

    return jittered
