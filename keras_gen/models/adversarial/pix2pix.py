"""Image-to-image translation with conditional adversarial networks."""

import keras
import tensorflow as tf

from keras_gen.arguments import argument_error, number_from_zero, positive_integer
from keras_gen.losses import weighted_mean
from keras_gen.models.adversarial.fitting import check_network, image_map
from keras_gen.models.adversarial.game import AdversarialModel
from keras_gen.models.inputs import Images
from keras_gen.models.use import checked, in_batches
from keras_gen.networks import input_shapes
from keras_gen.state import random_states_of


@keras.saving.register_keras_serializable("keras_gen")
class Pix2Pix(AdversarialModel):
    """Translates images of one kind into another, as learned from pairs `fit(source, target)`.

        fake = G(source)                the noise is dropout in G, which stays on in inference
        discriminator_loss = 1/2 (loss.discriminator(D(target, source), D(fake, source)) + penalty)
        generator_loss     = adversarial_weight loss.generator(D(fake, source))
                             + l1_weight mean |target - fake|

    The absolute difference makes the image right on the whole, but blurred; the discriminator,
    which judges patches, makes it sharp. With the weights 0 and 100 only the difference counts (the
    discriminator still learns, as an observer), with 1 and 0 only the conditional GAN. A
    discriminator with one input, the image, does not see its source. As in the paper, the
    discriminator descends half of its loss. A step makes its fakes once, for both players.
    `sample_weight` weighs pairs.

    Args:
        generator: built Keras model from sources to images in `value_range`, such as
            `networks.unet`.
        discriminator: built Keras model from `[images, sources]`, or from images alone, to scores
            (logits), such as `networks.patchgan`.
        adversarial_weight, l1_weight: non-negative numbers.
        value_range: closed interval of the pixel values of source and target, or `None`.
        seed: integer or `None`.

    Example:
        model = Pix2Pix(unet((64, 64, 3)), patchgan((64, 64, 3), (64, 64, 3), layers=2))
        model.compile(keras.optimizers.Adam(2e-4, 0.5), keras.optimizers.Adam(2e-4, 0.5))
        model.fit(data.batches(pairs, 1, transform=data.paired(data.flipped)), epochs=200)
        model.translate(source, seed=1)

    Reference:
        Isola, Zhu, Zhou, Efros (2017), Image-to-Image Translation with Conditional Adversarial
        Networks, arXiv:1611.07004, equations 1 to 4 and section 3.3.
    """

    tracked = (*AdversarialModel.tracked, "l1_loss")
    fakes_once = True
    adjustable = AdversarialModel.adjustable | {
        "adversarial_weight": number_from_zero,
        "l1_weight": number_from_zero,
    }

    def __init__(
        self,
        generator,
        discriminator,
        adversarial_weight=1.0,
        l1_weight=100.0,
        value_range=(-1.0, 1.0),
        seed=None,
        **kwargs,
    ):
        super().__init__(value_range=value_range, seed=seed, **kwargs)
        self.source_shape, self.image_shape = image_map("generator", generator, value_range)
        check_network("discriminator", discriminator)
        self.conditional = len(input_shapes(discriminator)) > 1
        taken = [self.image_shape, *[self.source_shape] * self.conditional]
        check_network("discriminator", discriminator, taken)
        sides = self.source_shape[:2], self.image_shape[:2]
        if self.augment is not None and self.conditional and sides[0] != sides[1]:
            expected = f"None for sources and images of different sides, {sides[0]} and {sides[1]}"
            raise argument_error("augment", expected, self.augment)
        self.generator, self.discriminator = generator, discriminator
        self.adversarial_weight, self.l1_weight = adversarial_weight, l1_weight
        self.built = True

    # The game

    def expects(self):
        shapes = self.source_shape, self.image_shape
        return tuple(Images(shape, self.value_range) for shape in shapes)

    def unpack(self, data):
        source, target, sample_weight = self.unpacked(data)
        return (tf.cast(target, tf.float32), source), sample_weight

    def fake(self, real, source, training=True):
        return tf.cast(self.generator(source, training=training), tf.float32)

    def score(self, images, source, training=True):
        inputs = [images, source] if self.conditional else images
        return self.discriminator(inputs, training=training)

    def judged(self, images, source, training=True):
        """As in any game; a source is changed as its image is, so that they still fit."""
        if self.augment is not None and training:
            seed = self.next_seed()
            images, source = self.augmented(images, seed), self.augmented(source, seed)
        return self.score(images, source, training=training)

    def weights_of_fakes(self, sample_weight):
        return sample_weight

    def discriminator_loss(self, real, fake, source, **options):
        return 0.5 * super().discriminator_loss(real, fake, source, **options)

    def generator_loss(self, real, fake, source, sample_weight=None, training=True):
        l1 = weighted_mean(tf.abs(real - fake), sample_weight)
        self.track(real, sample_weight, l1_loss=l1)
        if self.adversarial_weight == 0:
            return self.l1_weight * l1
        options = {"sample_weight": sample_weight, "training": training}
        adversarial = super().generator_loss(real, fake, source, **options)
        return self.adversarial_weight * adversarial + self.l1_weight * l1

    # Use

    def call(self, source, training=False):
        """Translations, with the next noise of the generator: what `predict` returns."""
        return self.generator(source, training=training)

    def translated(self, source, seed):
        """The tensor of translations, float32, within the range; `seed` is of shape (2,)."""
        with seeded(self.generator, seed):
            images = tf.cast(self.generator(source, training=False), tf.float32)
        return images if self.value_range is None else tf.clip_by_value(images, *self.value_range)

    def translate(self, source, seed=None, batch_size=64):
        """Translates images; equal sources and seeds give equal images, whatever the batch.

        Args:
            source: array (count, height, width, channels) in `value_range`.
            seed: integer for the generator's dropout, which is the same for all images, or `None`
                for the next one of the model's own random numbers.
            batch_size: images translated at a time.

        Returns:
            NumPy array (count, height, width, channels) in `value_range`.
        """
        source = checked(self.expects()[0], source, "source")
        batch_size = positive_integer("batch_size", batch_size)
        seed = self.seeded(seed)
        return in_batches(lambda part: self.graphs.translated(part, seed), [source], batch_size)

    def endpoints(self):
        """What `saved_models.export` writes: `translate(source, seed)`."""
        source = tf.TensorSpec([None, *self.source_shape], tf.float32, "source")
        seed = tf.TensorSpec([], tf.int32, "seed")

        def translate(source, seed):
            return self.translated(source, tf.stack([seed, 0]))

        return {"translate": (translate, [source, seed])}


def seeded(network, seed):
    """A scope in which the random states of a network follow from a seed; they do not move."""
    states = random_states_of(network)
    seeds = [tf.random.experimental.stateless_fold_in(seed, i) for i in range(len(states))]
    return keras.StatelessScope(list(zip(states, seeds)))
