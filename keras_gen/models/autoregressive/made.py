"""MADE: a masked autoencoder that estimates a distribution."""

import math

import keras
import numpy as np
import tensorflow as tf

from keras_gen.arguments import positive_integer
from keras_gen.layers import MaskedDense
from keras_gen.models.autoregressive.base import AutoregressiveModel
from keras_gen.models.use import checked_example

RARE = 1e-3  # levels of a lower frequency than this start as if they had it
STILL = 1e-4  # pixels that differ from an end of the range more seldom than this do not vary


@keras.saving.register_keras_serializable("keras_gen")
class MADE(AutoregressiveModel):
    """A dense network whose masked weights let every pixel see only those before it.

        h_1 = relu(x (W_1 * M_1) + b_1),   h_i = relu(h_{i-1} (W_i * M_i) + b_i),
        logits = h_n (W * M) + x (A * M_A) + b

    Hidden units are spread evenly over the pixels. The unit of a pixel sees this pixel and those
    before it. So the masks depend on the order in which pixels are read, and one network learns
    several orderings k, one per training step in turn. Their mixture is the model:

        p(x) = 1/K sum_k p_k(x),    loss of a step = -log p_k(x),    in nats per image

    Evaluation, `log_prob` and drawing use the mixture. The first eight orderings read row by row
    or column by column from one of the four corners; the others are random. `complete` takes, for
    each image, an ordering in which the fewest given pixels come after a missing one; with four or
    more orderings a missing half, on any side, is drawn given all of the other half.

    Args:
        image_shape: (height, width, 1).
        hidden: widths of the hidden layers.
        orderings: K.
        levels: number of grey levels.
        value_range: closed interval of the pixels.
        seed: integer or `None`; also decides the random orderings, for which `None` counts as 0.

    Example:
        model = MADE((28, 28, 1), [500, 500], orderings=8)
        model.set_level_frequencies(np.concatenate([1 - mean, mean], axis=-1))  # mean image
        model.compile(keras.optimizers.Adam(1e-3))
        model.fit(data.batches(images, 100, augment=data.binarize), epochs=50)
        model.generate(16, seed=1)

    Reference:
        Germain, Gregor, Murray, Larochelle (2015), MADE: Masked Autoencoder for Distribution
        Estimation, arXiv:1502.03509, algorithm 1 and section 4.2.
    """

    def __init__(
        self,
        image_shape,
        hidden=(500,),
        orderings=1,
        levels=2,
        value_range=(0.0, 1.0),
        seed=None,
        **kwargs,
    ):
        super().__init__(image_shape, levels, value_range, seed, **kwargs)
        self.hidden = [positive_integer("hidden", units) for units in hidden]
        self.orderings = positive_integer("orderings", orderings)
        self.places = places(*self.image_shape[:2], orderings, 0 if seed is None else seed)
        self.readings = np.argsort(self.places, axis=1)  # the pixel at every place
        self.mean = self.add_weight(
            (self.places.shape[1],),
            keras.initializers.Constant(sum(self.value_range) / 2),
            trainable=False,
            autocast=False,
            name="mean",
        )
        degrees, self.hidden_layers = self.places, []
        for units in self.hidden:
            known = self.places[:, np.arange(units) * self.places.shape[1] // units]
            self.hidden_layers.append(MaskedDense(degrees, known, activation="relu"))
            degrees = known
        outputs = np.repeat(self.places, levels - 1, axis=1)
        strict = {"strict": True, "dtype": "float32"}
        self.from_hidden = MaskedDense(degrees, outputs, **strict)
        self.from_pixels = MaskedDense(self.places, outputs, use_bias=False, **strict)
        self(tf.zeros([1, *self.image_shape]))

    def set_level_frequencies(self, frequencies):
        """Makes pixels without connections start with these frequencies, which speeds up learning.

            b_k = log(p_k / p_0),    p = clip(frequencies, .001, .999)

        The inputs are then measured from the mean pixel instead of the middle of the range. Pixels
        that hardly ever vary, p_k > .9999, are measured from their usual level, and their weights
        start at zero; at an end of the range they keep their bias and lose all connections. An
        input that is always the same small number would be one more bias, and the gradients at a
        pixel that is never on are tiny; but the steps of Adam have one size whatever the size of
        the gradients, so that these weights would grow without bound, and the first image in which
        such a pixel is on would cost thousands of nats.

        Args:
            frequencies: of the levels at every pixel, array (height, width, levels); for a binary
                pixel `[1 - mean, mean]`.
        """
        shape = (*self.image_shape[:2], self.levels)
        frequencies = checked_example(shape, (0.0, 1.0), frequencies, "frequencies")
        frequencies = np.reshape(frequencies, [-1, self.levels])
        p = np.clip(frequencies, RARE, 1 - RARE)
        bias = np.log(p[:, 1:] / p[:, :1]).reshape(-1)
        self.from_hidden.bias.assign(np.tile(bias, [self.from_hidden.orderings, 1]))
        still = np.max(frequencies, axis=1, keepdims=True) > 1 - STILL
        usual = np.eye(self.levels)[np.argmax(frequencies, axis=1)]
        self.mean.assign(np.where(still, usual, p) @ self.pixels(np.arange(self.levels)).numpy())
        for layer in (*self.hidden_layers[:1], self.from_pixels):
            layer.kernel.assign(np.where(still, 0.0, layer.kernel))

    def connected(self):
        """1 for pixels that vary; 0 for others, whose mean is an end of the range. (pixels,)."""
        low, high = self.pixels(0), self.pixels(self.levels - 1)
        return tf.cast((self.mean > low) & (self.mean < high), tf.float32)

    def inputs(self, x):
        """Rows of pixels measured from the mean, in units of half the range."""
        low, high = self.value_range
        measured = (x - self.mean) * self.connected() * (2 / (high - low))
        return tf.cast(measured, self.compute_dtype)

    def call(self, x, ordering=0, training=False):
        """Logits (batch, height, width, levels - 1), each from the pixels before its own."""
        x = tf.reshape(tf.cast(x, tf.float32), [-1, self.places.shape[1]])
        h = x = self.inputs(x)
        for layer in self.hidden_layers:
            h = layer(h, ordering=ordering)
        logits = self.from_hidden(h, ordering=ordering) + self.from_pixels(x, ordering=ordering)
        connected = tf.repeat(self.connected() > 0, self.levels - 1)
        bias = self.from_hidden(tf.zeros_like(h[:1]), ordering=ordering)
        logits = tf.where(connected, logits, bias)
        return tf.reshape(logits, [-1, *self.image_shape[:2], self.levels - 1])

    def training_log_likelihood(self, x):
        ordering = tf.cast(self.optimizer.iterations % self.orderings, tf.int32)
        return self.image_log_likelihood(x, self(x, ordering=ordering, training=True))

    def log_likelihood(self, x):
        of_orderings = tf.map_fn(
            lambda ordering: self.image_log_likelihood(x, self(x, ordering=ordering)),
            tf.range(self.orderings),
            fn_output_signature=tf.float32,
        )
        return tf.reduce_logsumexp(of_orderings, axis=0) - math.log(self.orderings)

    # Drawing

    def draw(self, images, given, seed):
        uniform = tf.random.stateless_uniform(tf.shape(images)[:3], seed)
        size = [-1, self.places.shape[1]]
        images, given, uniform = (tf.reshape(part, size) for part in (images, given, uniform))
        chosen = self.chosen_orderings(given, tf.random.fold_in(seed, 1))

        def step(ordering, made):
            index = tf.where(chosen == ordering)
            parts = [tf.gather_nd(part, index) for part in (images, given, uniform)]
            pixels = self.drawn_in_order(ordering, *parts)
            return ordering + 1, tf.tensor_scatter_nd_update(made, index, pixels)

        _, made = tf.while_loop(lambda k, _: k < self.orderings, step, (0, images))
        return tf.reshape(made, [-1, *self.image_shape])

    def chosen_orderings(self, given, seed):
        """For each image, one of the orderings with the fewest given pixels after a missing one."""

        def too_late(reading):
            read = tf.gather(given, reading, axis=1)
            missing_before = tf.cumsum(tf.cast(~read, tf.int32), axis=1) > 0
            return tf.reduce_sum(tf.cast(read & missing_before, tf.float32), axis=1)

        readings = tf.constant(self.readings, tf.int32)
        counts = tf.map_fn(too_late, readings, fn_output_signature=tf.float32)
        chance = tf.random.stateless_uniform(tf.shape(counts), seed)
        return tf.argmin(counts + chance, axis=0, output_type=tf.int32)  # chance breaks ties

    def drawn_in_order(self, ordering, images, given, uniform):
        """Images, all of one ordering, as rows of pixels; so are `given` and `uniform`.

        The hidden units of a pixel are computed when it is known, and kept.
        """
        steps = self.places.shape[1]
        hidden = [layer.parameters(ordering) for layer in self.hidden_layers]
        kernel, bias = self.from_hidden.parameters(ordering)
        kernel = tf.concat([kernel, self.from_pixels.parameters(ordering)[0]], axis=0)
        kernel = kernel * tf.repeat(self.connected(), self.levels - 1)
        kernel = tf.transpose(tf.reshape(kernel, [-1, steps, self.levels - 1]), [1, 0, 2])
        bias = tf.reshape(bias, [steps, self.levels - 1])
        reading = tf.gather(tf.constant(self.readings, tf.int32), ordering)

        def step(place, images, states):
            pixel, newest = reading[place], reading[tf.maximum(place - 1, 0)]
            below, new = self.inputs(images), []
            for layer, weights, state in zip(self.hidden_layers, hidden, states):
                below = _with_units(layer, weights, below, state, newest, steps)
                new.append(below)
            seen = tf.cast(tf.concat([below, self.inputs(images)], axis=1), tf.float32)
            logits = seen @ kernel[pixel] + bias[pixel]
            drawn = self.drawn(logits, tf.gather(uniform, pixel, axis=1))
            missing = tf.one_hot(pixel, steps, True, False) & ~given
            return place + 1, tf.where(missing, drawn[:, tf.newaxis], images), new

        states = [
            tf.zeros([tf.shape(images)[0], units], self.compute_dtype) for units in self.hidden
        ]
        some = tf.shape(images)[0] > 0
        start = (0, images, states)
        return tf.while_loop(lambda place, *_: some & (place < steps), step, start)[1]


def places(height, width, orderings, seed):
    """The place of every pixel in each of several orderings, integers (orderings, pixels)."""
    raster = np.arange(height * width).reshape(height, width)
    across = np.arange(height * width).reshape(width, height).T
    turned = [
        start[::down, ::right]
        for down, right in ((1, 1), (-1, -1), (1, -1), (-1, 1))
        for start in (raster, across)
    ]
    generator = np.random.default_rng(seed)
    random = [generator.permutation(height * width) for _ in range(orderings - len(turned))]
    return np.stack([order.reshape(-1) for order in turned + random])[:orderings]


def _with_units(layer, weights, below, state, pixel, pixels):
    """A hidden layer's states (batch, units) with those of one of the pixels computed."""
    most = -(-layer.units // pixels)
    first = tf.minimum(-(-pixel * layer.units // pixels), layer.units - most)
    kernel, bias = weights
    computed = layer.apply(below, kernel[:, first : first + most], bias[first : first + most])
    states = tf.concat([state[:, :first], computed, state[:, first + most :]], axis=1)
    return tf.ensure_shape(states, [None, layer.units])
