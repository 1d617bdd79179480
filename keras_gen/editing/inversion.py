"""Inversion: the point of a space whose image is nearest to a given one."""

import dataclasses
import math

import keras
import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error, positive_integer, positive_number
from keras_gen.editing.spaces import Space
from keras_gen.models.base import descend
from keras_gen.models.inputs import Images
from keras_gen.models.use import checked, seed_of

# The projector of StyleGAN2's code: its steps and their rate, which rises and falls; and how far it
# looks around, here in deviations of a number of the space.
STEPS, LEARNING_RATE, RISE, FALL = 1000, 0.1, 0.05, 0.25
LOOKING, LOOKING_UNTIL = 0.05, 0.75
# The authors' weight, 1e5, is for distances of VGG. That of random noise at 4x4 to 16x16 pixels is
# about .3 in all, as large as squared errors of pixels.
ROUGHNESS_WEIGHT, SMALLEST_SIDE = 1.0, 8


@dataclasses.dataclass(frozen=True, eq=False)
class Inversion:
    """What `invert` found for each image.

    Errors are mean absolute differences of pixels, in the units of the images.

    Attributes:
        points: points of the space, (n, ...).
        noise: (n, numbers), or `None` where the noise was not fitted.
        images: their images.
        start_errors: (n,), errors of the centre of the space.
        end_errors: (n,), errors of `images`.
        errors: (restarts, n), end errors of all restarts, of which the smallest was taken.
    """

    points: np.ndarray
    noise: np.ndarray | None
    images: np.ndarray
    start_errors: np.ndarray
    end_errors: np.ndarray
    errors: np.ndarray


def squared_error(real, fake):
    """The mean squared difference of pixels of each image: a tensor (batch,)."""
    return tf.reduce_mean(tf.math.squared_difference(real, fake), tuple(range(1, real.ndim)))


def invert(
    space,
    images,
    steps=STEPS,
    restarts=1,
    seed=1,
    fit_noise=False,
    distance=squared_error,
    learning_rate=LEARNING_RATE,
):
    """Searches the points of a space whose images are nearest to given ones.

        u*    = argmin_u distance(image, render(centre + deviation u)),   by Adam
        point = centre + deviation u*

    The first start is the centre of the space and every further one a point drawn from it. While
    the search lasts it looks around: u gets noise that fades. The pictures should look like those
    that the model makes, in size, place and range. All images and restarts are searched at once,
    each by itself; equal arguments give equal results.

    Noise maps, if they are fitted, begin with the stored noise. They are kept at mean 0 and
    deviation 1, and neighbouring pixels of them without correlation, so that they cannot draw.

    Args:
        space: a `Space`, such as `Z(model)`, `W(model)` or `WPlus(model)`.
        images: (n, height, width, channels) in the model's range.
        steps: number of steps of Adam.
        restarts: number of starts, of which the one that ends best is taken.
        seed: integer, of the starts and of the looking around.
        fit_noise: whether the noise of a `W` or `WPlus` is searched as well.
        distance: function from tensors (real, fake) to what is minimized, (batch,).
        learning_rate: the largest one of the search.

    Returns:
        An `Inversion`.

    Raises:
        ValueError: for images of another shape or range, and for noise where there is none.

    Reference:
        Karras et al. (2020), Analyzing and Improving the Image Quality of StyleGAN,
        arXiv:1912.04958, appendix D, with the distance of pixels in place of that of VGG.
    """
    if not isinstance(space, Space):
        raise argument_error("space", "a space such as editing.W(model)", space)
    steps, restarts = positive_integer("steps", steps), positive_integer("restarts", restarts)
    rate, seed = positive_number("learning_rate", learning_rate), seed_of(seed)
    shape = space.images(space.centre[np.newaxis]).shape[1:]
    images = checked(Images(shape, space.value_range), images, "images")
    targets = np.tile(images, [restarts, *[1] * len(shape)])
    starts = np.zeros((restarts, len(images), *space.shape), "float32")
    if restarts > 1:
        drawn = space.sample((restarts - 1) * len(images), seed)
        starts[1:] = np.reshape((drawn - space.centre) / space.deviation, starts[1:].shape)
    search = _Search(space, targets, starts.reshape(-1, *space.shape), fit_noise, distance)
    start_errors = search.errors()[: len(images)]
    for step in range(steps):
        t = step / steps
        looking = LOOKING * max(0.0, 1 - t / LOOKING_UNTIL) ** 2
        numbers = [tf.constant(number, tf.float32) for number in (rate * ramp(t), looking)]
        search.step(*numbers, tf.constant([seed, step]))
    errors = search.errors().reshape(restarts, len(images))
    chosen = np.argmin(errors, axis=0) * len(images) + np.arange(len(images))
    points, noise = search.points().numpy()[chosen], None
    if fit_noise:
        noise = search.noise.numpy()[chosen]
    found = space.images(points, noise)
    return Inversion(points, noise, found, start_errors, mean_errors(images, found), errors)


def ramp(t):
    """The learning rate's share at t in [0, 1): it rises quickly, stays, and falls to 0.

    min(1, t / .05) (1 - cos(pi min(1, (1 - t) / .25))) / 2
    """
    fall = min(1.0, (1 - t) / FALL)
    return min(1.0, t / RISE) * (1 - math.cos(math.pi * fall)) / 2


def mean_errors(real, fake):
    """The mean absolute difference of pixels of each image: an array (n,)."""
    return np.abs(real - fake).mean(axis=tuple(range(1, real.ndim)))


def roughness(noise, sides):
    """How much noise images are correlated with themselves, moved by a pixel: a tensor (batch,).

        sum of  mean(noise(y, x) noise(y, x - 1))^2 + mean(noise(y, x) noise(y - 1, x))^2

    over all layers, and over these again and again at half their size, down to 8 pixels a side.

    Args:
        noise: list of tensors (batch, side, side), one for each layer.
        sides: their sides.
    """
    total = 0.0
    for layer, side in zip(noise, sides):
        while True:
            for axis in (1, 2):
                moved = tf.roll(layer, 1, axis)
                total += tf.reduce_mean(layer * moved, axis=(1, 2)) ** 2
            if side <= SMALLEST_SIDE:
                break
            layer, side = tf.nn.avg_pool2d(layer[..., tf.newaxis], 2, 2, "VALID")[..., 0], side // 2
    return total


class _Search:
    """The variables of a search, and its steps.

    Args:
        space: the `Space`.
        targets: images (batch, ...), one for each start.
        starts: u at the start, (batch, ...), in deviations from the centre.
        fit_noise, distance: see `invert`.
    """

    def __init__(self, space, targets, starts, fit_noise, distance):
        self.space, self.distance = space, distance
        self.targets = tf.constant(targets)
        self.u = keras.Variable(starts, dtype="float32", name="u")
        self.noise, self.variables = None, [self.u]
        if fit_noise:
            start = np.broadcast_to(space.noise, (len(targets), *space.noise_shape))
            self.noise = keras.Variable(start, dtype="float32", name="noise")
            self.variables.append(self.noise)
        self.adam = keras.optimizers.Adam()
        self.adam.build(self.variables)
        self.step = tf.function(self._step, autograph=False)

    def points(self, offset=0.0):
        return self.space.centre + self.space.deviation * (self.u + offset)

    def errors(self):
        noise = None if self.noise is None else self.noise.numpy()
        return mean_errors(self.targets.numpy(), self.space.images(self.points().numpy(), noise))

    def layers(self):
        """The noise as images, one tensor (batch, side, side) for each layer."""
        sides = self.space.noise_sides
        parts = tf.split(self.noise.value, [side * side for side in sides], axis=1)
        return [tf.reshape(part, [-1, side, side]) for part, side in zip(parts, sides)]

    def _step(self, rate, looking, seed):
        offset = looking * tf.random.stateless_normal(self.u.shape, seed)
        self.adam.learning_rate.assign(rate)
        descend(lambda: self.loss(offset), self.variables, self.adam)
        if self.noise is not None:
            self.noise.assign(tf.concat([_standardized(each) for each in self.layers()], axis=1))

    def loss(self, offset):
        """What is minimized: a sum over all starts, so that each is searched by itself."""
        noise = None if self.noise is None else self.noise.value
        fake = tf.cast(self.space.render(self.points(offset), noise), tf.float32)
        loss = tf.reduce_sum(self.distance(self.targets, fake))
        if self.noise is None:
            return loss
        rough = roughness(self.layers(), self.space.noise_sides)
        return loss + ROUGHNESS_WEIGHT * tf.reduce_sum(rough)


def _standardized(layer):
    """Noise images with mean 0 and deviation 1 each, in rows: (batch, side side)."""
    flat = tf.reshape(layer, [tf.shape(layer)[0], -1])
    centred = flat - tf.reduce_mean(flat, axis=1, keepdims=True)
    return centred * tf.math.rsqrt(tf.reduce_mean(centred**2, axis=1, keepdims=True) + 1e-8)
