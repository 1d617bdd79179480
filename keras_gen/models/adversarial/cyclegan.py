"""Image-to-image translation without pairs."""

import keras
import tensorflow as tf

from keras_gen.arguments import argument_error, integer, number_from_zero
from keras_gen.losses import LeastSquares, weighted_mean
from keras_gen.models.adversarial.fitting import check_different, check_network, image_map
from keras_gen.models.adversarial.game import AdversarialModel
from keras_gen.models.adversarial.replay import ReplayMemory
from keras_gen.models.inputs import Images
from keras_gen.models.use import checked, in_batches


@keras.saving.register_keras_serializable("keras_gen")
class CycleGAN(AdversarialModel):
    """Translates between two domains of images, as learned from `fit(x, y)` without pairs.

        G: X -> Y,  F: Y -> X,   fake = (F(y), G(x))
        discriminator_loss = loss.discriminator(D_X(x), D_X(F(y)))
                             + loss.discriminator(D_Y(y), D_Y(G(x)))
        cycle_loss         = mean |x - F(G(x))| + mean |y - G(F(y))|
        generator_loss     = adversarial_weight loss.generator(D_X(F(y)))
                             + adversarial_weight loss.generator(D_Y(G(x)))
                             + cycle_weight cycle_loss
                             + identity_weight (mean |y - G(y)| + mean |x - F(x)|)

    G and F are one player with one optimizer, D_X and D_Y the other. Both terms of the cycle reach
    G and F: each generator has to read the translations of the other one, whichever comes first. A
    batch holds as many images of X as of Y, which are not related to each other; see
    `data.unpaired`. A step makes its fakes once, for both players. The discriminators are shown
    older translations, too.

    Where colours come out inverted, the identity term is the remedy: a generator should not change
    what is in its target domain already.

    Args:
        translator, translator_back: G and F, built Keras models from images to images in
            `value_range`, such as `networks.resnet_translator`.
        discriminator_x, discriminator_y: D_X and D_Y, built Keras models from images to scores
            (logits), such as `networks.patchgan(..., affine=False)`.
        adversarial_weight: non-negative number. 2 undoes the 1/2 in the generator's equation of
            `losses.LeastSquares`, which the authors have only in the discriminator's.
        cycle_weight, identity_weight: non-negative numbers; the authors set the second to 0 or 5.
        pool: number of translations into each domain that are remembered for the discriminators;
            0 for none. See `ReplayMemory`.
        value_range: closed interval of the pixel values of both domains, or `None`.
        seed: integer or `None`.

    Example:
        translators = [resnet_translator((64, 64, 3), filters=24) for _ in "xy"]
        discriminators = [patchgan((64, 64, 3), layers=2, affine=False) for _ in "xy"]
        model = CycleGAN(*translators, *discriminators)
        model.compile(keras.optimizers.Adam(2e-4, 0.5), keras.optimizers.Adam(2e-4, 0.5))
        model.fit(data.unpaired(photos, plans, 1, seed=1), epochs=200)
        model.translate(photos), model.translate_back(plans)

    Reference:
        Zhu, Park, Isola, Efros (2017), Unpaired Image-to-Image Translation using Cycle-Consistent
        Adversarial Networks, arXiv:1703.10593, equations 1 to 4 and sections 4 and 5.2.
    """

    tracked = (*AdversarialModel.tracked, "cycle_loss")
    default_loss = LeastSquares()
    fakes_once = True
    discriminator_names = ("discriminator_x", "discriminator_y")
    adjustable = AdversarialModel.adjustable | {
        "adversarial_weight": number_from_zero,
        "cycle_weight": number_from_zero,
        "identity_weight": number_from_zero,
    }

    def __init__(
        self,
        translator,
        translator_back,
        discriminator_x,
        discriminator_y,
        adversarial_weight=2.0,
        cycle_weight=10.0,
        identity_weight=0.0,
        pool=50,
        value_range=(-1.0, 1.0),
        seed=None,
        **kwargs,
    ):
        super().__init__(value_range=value_range, seed=seed, **kwargs)
        self.x_shape, self.y_shape = image_map("translator", translator, value_range)
        image_map("translator_back", translator_back, value_range)
        check_network("translator_back", translator_back, [self.y_shape], self.x_shape)
        check_network("discriminator_x", discriminator_x, [self.x_shape])
        check_network("discriminator_y", discriminator_y, [self.y_shape])
        check_different(translator=translator, translator_back=translator_back)
        check_different(discriminator_x=discriminator_x, discriminator_y=discriminator_y)
        self.translator, self.translator_back = translator, translator_back
        self.discriminator_x, self.discriminator_y = discriminator_x, discriminator_y
        self.adversarial_weight, self.cycle_weight = adversarial_weight, cycle_weight
        self.identity_weight = identity_weight
        self.pool = integer("pool", pool, least=0)
        shapes = (self.x_shape, self.y_shape) if self.pool else ()
        self.pools = [ReplayMemory(self.pool, shape) for shape in shapes]
        self.built = True

    def checked(self, name, value):
        if name == "identity_weight" and value and self.x_shape != self.y_shape:
            expected = f"0 for domains of different shapes, {self.x_shape} and {self.y_shape}"
            raise argument_error(name, expected, value)
        return super().checked(name, value)

    # The game

    @property
    def generator_variables(self):
        return self.translator.trainable_variables + self.translator_back.trainable_variables

    @property
    def discriminator_variables(self):
        return self.discriminator_x.trainable_variables + self.discriminator_y.trainable_variables

    def expects(self):
        return Images(self.x_shape, self.value_range), Images(self.y_shape, self.value_range)

    def unpack(self, data):
        *real, sample_weight = self.unpacked(data)
        return (tuple(tf.cast(images, tf.float32) for images in real),), sample_weight

    def translated(self, x, training=False):
        """The tensor G(x), float32."""
        return tf.cast(self.translator(x, training=training), tf.float32)

    def translated_back(self, y, training=False):
        """The tensor F(y), float32."""
        return tf.cast(self.translator_back(y, training=training), tf.float32)

    def fake(self, real, training=True):
        x, y = real
        return self.translated_back(y, training), self.translated(x, training)

    def shown(self, fake):
        if not self.pools:
            return fake
        pairs = zip(self.pools, fake)
        return tuple(pool.exchange(images, self.next_seed()) for pool, images in pairs)

    def score(self, images, discriminator, training=True):
        return discriminator(images, training=training)

    def weights_of_fakes(self, sample_weight):
        return sample_weight

    def of_both(self, equation, real, fake, **options):
        """The sum of an equation on the images of X and on those of Y."""
        of_x, of_y = zip(real, fake, (self.discriminator_x, self.discriminator_y))
        return equation(*of_x, **options) + equation(*of_y, **options)

    def discriminator_loss(self, real, fake, **options):
        return self.of_both(super().discriminator_loss, real, fake, **options)

    def generator_loss(self, real, fake, sample_weight=None, training=True):
        options = {"sample_weight": sample_weight, "training": training}
        cycle = sum(self.cycle_losses(real, fake, **options))
        self.track(real[0], sample_weight, cycle_loss=cycle)
        loss = self.adversarial_weight * self.of_both(super().generator_loss, real, fake, **options)
        loss += self.cycle_weight * cycle
        if self.identity_weight:
            loss += self.identity_weight * sum(self.identity_losses(real, **options))
        return loss

    def cycle_losses(self, real, fake, sample_weight=None, training=True):
        """mean |x - F(G(x))| and mean |y - G(F(y))|, from the fakes F(y) and G(x)."""
        around = self.fake(fake, training)
        return [weighted_mean(tf.abs(a - b), sample_weight) for a, b in zip(real, around)]

    def identity_losses(self, real, sample_weight=None, training=True):
        """mean |x - F(x)| and mean |y - G(y)|."""
        kept = self.fake(real[::-1], training)
        return [weighted_mean(tf.abs(a - b), sample_weight) for a, b in zip(real, kept)]

    # Use

    def call(self, x, training=False):
        """G(x): what `predict` returns."""
        return self.translator(x, training=training)

    def translate(self, x, batch_size=64):
        """Images of X as images of Y: NumPy array G(x)."""
        x = checked(self.expects()[0], x, "x")
        return in_batches(self.graphs.translated, [x], batch_size)

    def translate_back(self, y, batch_size=64):
        """Images of Y as images of X: NumPy array F(y)."""
        y = checked(self.expects()[1], y, "y")
        return in_batches(self.graphs.translated_back, [y], batch_size)

    def cycle(self, x, batch_size=64):
        """Images of X translated to Y and back: NumPy array F(G(x))."""
        x = checked(self.expects()[0], x, "x")
        return in_batches(self.graphs.cycled, [x], batch_size)

    def cycled(self, x):
        """The tensor F(G(x)), float32."""
        return self.translated_back(self.translated(x))

    def endpoints(self):
        """What `saved_models.export` writes: `translate(x)` and `translate_back(y)`."""
        x, y = (
            tf.TensorSpec([None, *shape], tf.float32, name)
            for name, shape in zip("xy", (self.x_shape, self.y_shape))
        )
        return {
            "translate": (lambda x: self.translated(x), [x]),
            "translate_back": (lambda y: self.translated_back(y), [y]),
        }
