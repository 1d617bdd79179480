"""Images turned, scaled, slanted and shifted a little, anew in every batch."""

import math

import tensorflow as tf


def jitter(rotation=10.0, zoom=0.1, shift=2.0, shear=0.0, stretch=0.0, fill_value=0.0):
    """An augmentation of batches by small random affine maps, for `batches(augment=...)`.

        output(p) = input(A (p - c) + c + d),    c the image's centre
        A = s R(t) [1 h; 0 1] [a 0; 0 1/a],      R a rotation, p = (x, y)

        t ~ U[-rotation, rotation] degrees,  s ~ U[1 - zoom, 1 + zoom],  d ~ U[-shift, shift]^2
        h ~ U[-shear, shear],                a ~ U[1 - stretch, 1 + stretch]

    Every image gets a map of its own; values between pixels are interpolated bilinearly.

    Args:
        rotation: degrees, zero or more.
        zoom: relative, in [0, 1).
        shift: pixels, zero or more.
        shear: slant of upright lines, columns per row, zero or more.
        stretch: relative, in [0, 1): wider images are as much lower.
        fill_value: what comes in from outside of the frame: the value of the background.

    Returns:
        A function `(images, seed) -> images` of a float tensor (batch, height, width, channels) and
        an integer tensor of shape (2,).

    Raises:
        ValueError: for a negative range, or a zoom or stretch that reaches 1.

    Example:
        batches(images, 100, seed=1, augment=jitter(shift=1))
    """
    ranges = {"rotation": rotation, "zoom": zoom, "shift": shift, "shear": shear}
    for name, value in {**ranges, "stretch": stretch}.items():
        if not value >= 0 or (name in ("zoom", "stretch") and value >= 1):
            raise ValueError(
                f"Invalid value for argument `{name}`. Expected a number from 0 on, and a zoom or "
                f"stretch below 1. Received: {name}={value}"
            )

    def jittered(images, seed):
        count, size = tf.shape(images)[0], images.shape[1:3]
        t, s, dx, dy, h, a = tf.unstack(tf.random.stateless_uniform([6, count], seed, -1.0, 1.0))
        t, s, h, a = math.radians(rotation) * t, 1 + zoom * s, shear * h, 1 + stretch * a
        cos, sin = s * tf.cos(t), s * tf.sin(t)
        xx, xy = cos * a, (cos * h - sin) / a
        yx, yy = sin * a, (sin * h + cos) / a
        y, x = ((side - 1) / 2 for side in size)
        right = x - xx * x - xy * y + shift * dx
        down = y - yx * x - yy * y + shift * dy
        zero = tf.zeros([count])
        return tf.raw_ops.ImageProjectiveTransformV3(
            images=images,
            transforms=tf.stack([xx, xy, right, yx, yy, down, zero, zero], axis=1),
            output_shape=size,
            fill_value=float(fill_value),
            interpolation="BILINEAR",
            fill_mode="CONSTANT",
        )

    return jittered
