import math

import keras
from keras import ops

from keras_gen.arguments import number_from_zero


@keras.saving.register_keras_serializable("keras_gen")
class RandomAffine(keras.layers.Layer):
    """Turns, scales, slants, stretches and shifts every image a little, in training only.

        output(p) = input(A (p - c) + c + d),    c the image's centre, p = (x, y)
        A = s R(t) [1 h; 0 1] [a 0; 0 1/a],      R(t) a rotation

        t ~ U[-rotation, rotation] degrees,  s ~ U[1 - zoom, 1 + zoom],  d ~ U[-shift, shift]^2
        h ~ U[-shear, shear],                a ~ U[1 - stretch, 1 + stretch]

    Every image gets a map of its own; values between pixels are interpolated bilinearly, once. In
    inference images pass as they are.

    Args:
        rotation: degrees, zero or more.
        zoom: relative, in [0, 1).
        shift: pixels, zero or more.
        shear: slant of upright lines, columns per row, zero or more.
        stretch: relative, in [0, 1): images that get wider get lower by the same factor.
        fill_value: value of what comes in from outside the frame: that of the background.
        seed: integer seed of the maps, or None for a random one.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        That of the input.

    Reference:
        Simard, Steinkraus, Platt (2003), Best Practices for Convolutional Neural Networks Applied
        to Visual Document Analysis, section 2.
    """

    def __init__(
        self,
        rotation=0.0,
        zoom=0.0,
        shift=0.0,
        shear=0.0,
        stretch=0.0,
        fill_value=0.0,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.rotation = number_from_zero("rotation", rotation)
        self.zoom = number_from_zero("zoom", zoom, 1)
        self.shift = number_from_zero("shift", shift)
        self.shear = number_from_zero("shear", shear)
        self.stretch = number_from_zero("stretch", stretch, 1)
        self.fill_value = fill_value
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, images, training=False):
        if not training:
            return images
        shape = (6, ops.shape(images)[0])
        shares = keras.random.uniform(shape, -1, 1, "float32", self.seed_generator)
        return self.redrawn(images, *ops.unstack(shares))

    def redrawn(self, images, t, s, dx, dy, h=0.0, a=0.0):
        """The images under given maps, in fractions of the ranges: tensors (batch,) in [-1, 1]."""
        t, h = math.radians(self.rotation) * t, self.shear * h
        s, a = 1 + self.zoom * s, 1 + self.stretch * a
        cos, sin = s * ops.cos(t), s * ops.sin(t)
        xx, xy = cos * a, (cos * h - sin) / a
        yx, yy = sin * a, (sin * h + cos) / a
        y, x = ((side - 1) / 2 for side in images.shape[1:3])
        right = x - xx * x - xy * y + self.shift * dx
        down = y - yx * x - yy * y + self.shift * dy
        rows = ops.arange(images.shape[1], dtype="float32")[:, None]
        columns = ops.arange(images.shape[2], dtype="float32")
        xx, xy, right, yx, yy, down = (v[:, None, None] for v in (xx, xy, right, yx, yy, down))
        redrawn = _interpolated(
            ops.cast(images, "float32"),
            yx * columns + yy * rows + down,
            xx * columns + xy * rows + right,
            self.fill_value,
        )
        return ops.cast(redrawn, images.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {
            **super().get_config(),
            "rotation": self.rotation,
            "zoom": self.zoom,
            "shift": self.shift,
            "shear": self.shear,
            "stretch": self.stretch,
            "fill_value": self.fill_value,
            "seed": self.seed,
        }


def _interpolated(images, y, x, fill_value):
    """Images (batch, height, width, channels) at real-valued positions y, x (batch, height, width).

    Written out, because the gradient of TensorFlow's projective transform is not exact.
    """
    height, width, channels = images.shape[1:]
    frame = ops.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=fill_value)
    pixels = ops.reshape(frame, (-1, channels))
    y, x = ops.clip(y + 1, 0, height + 1), ops.clip(x + 1, 0, width + 1)
    top, left = ops.minimum(ops.floor(y), height), ops.minimum(ops.floor(x), width)
    first = ops.arange(ops.shape(images)[0])[:, None, None] * (height + 2)
    corner = (first + ops.cast(top, "int32")) * (width + 2) + ops.cast(left, "int32")

    def at(rows, columns):
        return ops.take(pixels, corner + rows * (width + 2) + columns, axis=0)

    down, right = (y - top)[..., None], (x - left)[..., None]
    upper = (1 - right) * at(0, 0) + right * at(0, 1)
    lower = (1 - right) * at(1, 0) + right * at(1, 1)
    return (1 - down) * upper + down * lower
