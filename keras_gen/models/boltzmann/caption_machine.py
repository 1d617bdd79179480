"""Images and their captions: two deep belief networks under one restricted Boltzmann machine."""

import keras
import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error, positive_integer
from keras_gen.images import to_uint8
from keras_gen.models.boltzmann.energy_model import GIBBS_STEPS
from keras_gen.models.boltzmann.stack import Stack
from keras_gen.models.boltzmann.top_machine import TopMachine
from keras_gen.models.inputs import Images
from keras_gen.models.use import Codes, checked, in_batches, steps_of

STARTS, MEAN_FIELD_STEPS = 10, 20  # of the captions' features while the image's are fixed


@keras.saving.register_keras_serializable("keras_gen")
class CaptionMachine(TopMachine):
    """A machine that puts words to images and images to words.

        image   -> h_1 -> ... -> f \\
                                    top machine, visible units [f, g]
        caption -> ...     ->   g  /

    The layers below have been trained separately, some on images without captions and some on
    captions without images; `fit(images, captions)` trains the top machine only, on features drawn
    on the way up from images and on codes of captions, which are probabilities. A caption is a
    vector of zeros and ones, one per word.

    What is known stays fixed and the top machine fills in the rest, which is then passed down:

        describe:    f fixed,  g <- P(g=1 | P(h=1 | f, g)),  repeated (mean field) from several
                               starts; the end with the lowest free energy F(f, g) is taken
        illustrate:  g fixed,  f by a Gibbs chain

    Args:
        rbm: the top machine, a `keras_gen.layers.RBM` with binary visible units.
        example_shape: shape of one image, such as (28, 28, 1).
        words: number of words that a caption may contain.
        below: the trained layers under the top machine on the side of images, bottom first.
        below_captions: the same on the side of captions.
        **kwargs: `steps`, `particles`, `value_range`, `seed`, `centered`, as those of
            `RestrictedBoltzmannMachine`; they concern the top machine.

    Reference:
        Srivastava & Salakhutdinov (2012), Multimodal Learning with Deep Boltzmann Machines, section
        2.3, of which this is a directed relative.
    """

    def __init__(self, rbm, example_shape, words, below=(), below_captions=(), **kwargs):
        self.words = positive_integer("words", words)
        self.below_captions = list(below_captions)
        self.caption_stack = Stack(self.below_captions)
        super().__init__(rbm, example_shape, below, **kwargs)
        if not rbm.binary:
            raise argument_error("rbm", "a machine with binary visible units", rbm)

    def further_units(self):
        return self.caption_stack.build(self.words, "below_captions")

    def expects(self):
        images, _ = super().expects()
        return images, self.captions()

    def captions(self):
        """What captions are: a zero or one, or a probability, for every word."""
        return Images((self.words,), (0.0, 1.0))

    # Up and down

    def unpack(self, data):
        """Visible units of the top machine, and sample weights.

        Features of images are drawn on the way up. Those of captions are probabilities: there are
        so few captions that every one can keep a code of its own, which draws would blur.
        """
        x, captions, weight = self.unpacked(data)
        captions = tf.cast(captions, self.compute_dtype)
        features = self.stack.draw_up(self.flat(x), self.next_seed())[-1]
        codes = self.caption_stack.up(captions)
        return tf.concat([features, codes], axis=-1), weight

    def visible(self, x):
        """Visible probabilities of the top machine, of images alone: captions are inferred."""
        features = self.features(x)
        return tf.concat([features, self.likeliest_codes(features)], axis=-1)

    def likeliest_codes(self, features):
        """The g with the lowest free energy among the ends of mean field, (batch, codes).

            F(f, g) = -a'f - b'g - sum_j softplus(c_j + (V'f + U'g)_j)

        Every caption that the machine has learned is a valley of its own, and mean field ends in
        the one where it starts. The starts are random, the same for every image.
        """
        rbm, count, width = self.rbm, tf.shape(features)[0], self.further_units()
        V, U, b, c = rbm.computed(
            rbm.kernel[:-width], rbm.kernel[-width:], rbm.visible_bias[-width:], rbm.hidden_bias
        )
        evidence = c + tf.matmul(features, V)  # of the image, the same in every update

        def update(step, codes):
            hidden = tf.sigmoid(evidence + tf.matmul(codes, U))
            return step + 1, tf.sigmoid(b + tf.matmul(hidden, U, transpose_b=True))

        starts = tf.cast(tf.random.stateless_uniform([STARTS, width], [0, 0]), features.dtype)

        def lowest(start, best, energy):
            codes = tf.broadcast_to(starts[start], [count, width])
            _, codes = tf.while_loop(lambda step, _: step < MEAN_FIELD_STEPS, update, (0, codes))
            own = rbm.free_energy(tf.concat([features, codes], axis=-1))
            best = tf.where((own < energy)[:, tf.newaxis], codes, best)
            return start + 1, best, tf.minimum(own, energy)

        state = 0, tf.zeros([count, width], features.dtype), tf.fill([count], np.inf)
        shapes = [tf.TensorShape(shape) for shape in ([], [None, width], [None])]
        return tf.while_loop(lambda start, *_: start < STARTS, lowest, state, tuple(shapes))[1]

    def visible_means(self, x, captions):
        """Means of the top machine's visible units over images and their captions."""
        captions = checked(Codes((self.words,), (0.0, 1.0)), captions, "captions")
        parts = [self.features(self.checked_examples(x)), self.caption_stack.up(captions)]
        return np.concatenate([np.mean(part, axis=0, dtype="float64") for part in parts])

    # Use

    def describe(self, x):
        """Probabilities of the words for images, as a NumPy array (batch, words)."""
        return in_batches(self.graphs.described, [self.checked_examples(x)])

    def described(self, x):
        """The tensor of word probabilities, float32."""
        features = self.visible(x)[:, -self.further_units() :]
        return tf.cast(self.caption_stack.down(features), tf.float32)

    def illustrate(self, captions, seed=None, gibbs_steps=GIBBS_STEPS):
        """Images for captions; equal seeds give equal images.

        Args:
            captions: array (batch, words) of zeros and ones.
            seed: integer, or `None` for the next ones of the model's own random numbers.
            gibbs_steps: non-negative integer, length of each chain.

        Returns:
            NumPy array (batch, *example_shape).
        """
        captions = checked(Codes((self.words,), (0.0, 1.0)), captions, "captions")
        steps = steps_of("gibbs_steps", gibbs_steps)
        chains = self.seeded(seed), tf.constant(steps)
        return self.illustrated(tf.constant(captions), *chains).numpy()

    @tf.function(reduce_retracing=True)
    def illustrated(self, captions, seed, gibbs_steps):
        """The tensor of images for captions; `seed` is of shape (2,)."""
        features = self.caption_stack.up(tf.cast(captions, self.compute_dtype))
        start = self.chain_start(tf.shape(captions)[0], seed)
        start = tf.concat([start[:, : -self.further_units()], features], axis=-1)
        visible = self.chain(start, self.is_feature(), seed, gibbs_steps)
        return self.examples(self.rbm.reconstruct(visible))

    def endpoints(self):
        x = tf.TensorSpec([None, *self.example_shape], tf.float32, "x")
        captions = tf.TensorSpec([None, self.words], tf.float32, "captions")
        seed = tf.TensorSpec([], tf.int32, "seed")

        def illustrate(captions, seed):
            return self.illustrated(captions, tf.stack([seed, 0]), GIBBS_STEPS)

        def illustrate_uint8(captions, seed):
            return to_uint8(illustrate(captions, seed), self.value_range)

        endpoints = {
            **super().endpoints(),
            "describe": (self.described, [x]),
            "illustrate": (illustrate, [captions, seed]),
        }
        if self.value_range is not None:
            endpoints["illustrate_uint8"] = (illustrate_uint8, [captions, seed])
        return endpoints
