"""The semi-supervised generative adversarial network: a classifier that learns from fakes, too."""

import functools

import keras
import tensorflow as tf

from keras_gen.arguments import argument_error, integer, number_from_zero, positive_integer
from keras_gen.data.few_labels import UNLABELED
from keras_gen.losses import weighted_mean
from keras_gen.models.adversarial.gan import GAN
from keras_gen.models.averaging import WeightAverage
from keras_gen.models.endings import check_class_logits
from keras_gen.models.inputs import Labels
from keras_gen.models.use import checked, in_batches


@keras.saving.register_keras_serializable("keras_gen")
class SemiSupervisedGAN(GAN):
    """A GAN whose discriminator is a classifier, trained on few labels and many images.

    The discriminator gives one logit l_k for each of K classes. An image is real if it is of any
    class, so "fake" is a class K + 1 whose logit is fixed at 0:

        p(y = k | x, real) = exp l_k(x) / Z(x),    Z = sum_k exp l_k
        D(x) = Z(x) / (Z(x) + 1),  which is sigmoid(score(x)) of  score = log Z = logsumexp_k l_k

        discriminator_loss = E[-log p(y | x, real)]                              labeled images
                             + weight * loss.discriminator(score(real), score(fake)) + penalty
                             + consistency * ramp(t) * E || p(y | x, real) - p_avg(y | x, real) ||^2
                             + balance * KL(E p(y | x, real) || uniform)
        generator_loss     = || E f(real) - E f(G(z)) ||^2

    With the default loss the second term is E[softplus(-score(real))] + E[softplus(score(fake))].
    The generator matches features: f are the activations of a layer of the discriminator, E the
    mean over the batch, and the norm the Euclidean one over all features. Its images need not be
    good, and for the classifier they had better not be: fakes that lie next to the data push the
    boundaries between the classes to where there are no data.

    The last two terms, which the paper does not have, are for noisy classifiers. p_avg is the
    averaged classifier without noise, a teacher that the noisy one agrees with on all real images:
    with full weight after `consistency_ramp` steps, ramp(t) = exp(-5 (1 - min(t / ramp, 1))^2),
    because at first it knows little, and two classes that it takes for one may stay one. The
    balance works against that, where the classes are about equally frequent.

    `y` holds the class of an image, or -1 for an image without a label. Each image of the batch is
    a real one in the game, each labeled one is classified too; means are over the batch and over
    its labeled images. So `fit(images, labels)` with nearly all labels -1 works, and
    `keras_gen.data.partly_labeled` brings labels into each batch. `accuracy` is that of labeled
    images. `sample_weight` weighs images in all terms of the discriminator's loss.

    Args:
        generator: as for `GAN`.
        discriminator: functional or sequential model from images to logits (batch, K).
        features: name of the discriminator's layer whose outputs the generator matches.
        adversarial_weight: non-negative float, weight of the game relative to the classification: 1
            in the paper's equations, 0.5 in its authors' experiments.
        consistency_weight: non-negative float, weight of the agreement; needs `ema_decay`.
        consistency_ramp: non-negative integer, steps of the discriminator until the agreement has
            its full weight.
        balance_weight: non-negative float, weight of the last term.
        fakes: largest number of fakes, and of real images in a penalty, in each step of a player:
            the game costs more than the classification. `None` for as many as real images.
        **kwargs: `value_range`, `ema_decay` and `seed`, as those of `GAN`. With `ema_decay` the
            discriminator is averaged as well; then `classify`, `evaluate` and the export use the
            averaged one.

    Example:
        gan = SemiSupervisedGAN(generator, discriminator, ema_decay=0.999)
        gan.compile(keras.optimizers.Adam(3e-3, 0.5), keras.optimizers.Adam(3e-3, 0.5))
        gan.fit(data.partly_labeled(images, few_images, few_labels, 100, 20, seed=1), epochs=20)
        gan.classify(test_images)

    Reference:
        Salimans et al. (2016), Improved Techniques for Training GANs, arXiv:1606.03498, sections
        3.1 and 5; consistency: Tarvainen, Valpola (2017), Mean teachers are better role models,
        arXiv:1703.01780; balance: Springenberg (2016), Unsupervised and Semi-supervised Learning
        with Categorical Generative Adversarial Networks, arXiv:1511.06390.
    """

    tracked = (*GAN.tracked, "accuracy")
    adjustable = GAN.adjustable | {
        "adversarial_weight": number_from_zero,
        "consistency_weight": number_from_zero,
        "consistency_ramp": functools.partial(integer, least=0),
        "balance_weight": number_from_zero,
        "fakes": lambda name, value: None if value is None else positive_integer(name, value),
    }

    def __init__(
        self,
        generator,
        discriminator,
        features="features",
        adversarial_weight=1.0,
        consistency_weight=0.0,
        consistency_ramp=0,
        balance_weight=0.0,
        fakes=None,
        **kwargs,
    ):
        super().__init__(generator, discriminator, **kwargs)
        names = [layer.name for layer in discriminator.layers]
        if features not in names:
            expected = f"the name of a layer of the discriminator, {names}"
            raise argument_error("features", expected, features)
        check_class_logits("discriminator", discriminator)
        self.features = features
        self.adversarial_weight = adversarial_weight
        self.consistency_weight = consistency_weight
        self.consistency_ramp = consistency_ramp
        self.balance_weight = balance_weight
        self.fakes = fakes
        outputs = discriminator.get_layer(features).output
        self.feature_network = keras.Model(discriminator.inputs, outputs)
        if self.ema_decay is not None:
            self.discriminator_average = WeightAverage(discriminator, self.ema_decay)

    def checked(self, name, value):
        if name == "consistency_weight" and value and self.ema_decay is None:
            raise argument_error(name, "0 without `ema_decay`", value)
        return super().checked(name, value)

    def check_game(self, loss, penalty):
        super().check_game(loss, penalty)
        if loss.pairs and self.fakes is not None:
            raise argument_error("loss", "one that pairs no images, because of `fakes`", loss)

    def expects(self):
        images, _ = super().expects()
        return images, Labels(self.discriminator.output_shape[1], first=UNLABELED)

    # The game

    def fake(self, real, labels=None, training=True):
        return super().fake(real[: self.fakes], training=training)

    def logits(self, images, training=False):
        """Logits of the classes, float32; in inference those of the averaged classifier."""
        network = self.discriminator if training else self.classifier
        return tf.cast(network(images, training=training), tf.float32)

    def score(self, images, labels=None, training=True):
        return tf.reduce_logsumexp(self.logits(images, training), axis=-1, keepdims=True)

    def discriminator_loss(self, real, fake, labels, sample_weight=None, training=True):
        logits = self.logits(self.augmented(real) if training else real, training)
        score = tf.reduce_logsumexp(logits, axis=-1, keepdims=True)
        options = {"sample_weight": sample_weight, "training": training}
        loss = self.adversarial_weight * self.game_loss(
            score, real[: self.fakes], fake, labels, **options
        )
        if self.consistency_weight:
            weight = self.consistency_weight * self.ramp()
            loss += weight * self.inconsistency(logits, real, sample_weight)
        if self.balance_weight:
            loss += self.balance_weight * imbalance(logits, sample_weight)
        return loss + self.classification_loss(logits, labels, sample_weight)

    def ramp(self):
        """exp(-5 (1 - t)^2), t the share of `consistency_ramp` that is over; then 1."""
        if not self.consistency_ramp:
            return 1.0
        steps = tf.cast(self.discriminator_optimizer.iterations, tf.float32)
        return tf.exp(-5.0 * (1 - tf.minimum(steps / self.consistency_ramp, 1.0)) ** 2)

    def inconsistency(self, logits, real, sample_weight=None):
        """The mean squared distance of class probabilities from the averaged classifier's."""
        teacher = tf.stop_gradient(tf.nn.softmax(self.logits(real)))
        squares = tf.math.squared_difference(tf.nn.softmax(logits), teacher)
        return weighted_mean(tf.reduce_sum(squares, axis=-1), sample_weight)

    def classification_loss(self, logits, labels, sample_weight=None):
        """The mean cross-entropy of the labeled images; 0 if there are none."""
        labeled = tf.cast(labels != UNLABELED, tf.float32)
        if sample_weight is not None:
            labeled *= sample_weight
        classes = tf.maximum(tf.cast(labels, tf.int32), 0)
        right = tf.equal(tf.argmax(logits, axis=-1, output_type=tf.int32), classes)
        self.track(logits, labeled, accuracy=right)
        terms = tf.nn.sparse_softmax_cross_entropy_with_logits(classes, logits)
        return weighted_mean(terms, labeled)

    def generator_loss(self, real, fake, labels, sample_weight=None, training=True):
        seen = [self.augmented(x) if training else x for x in (real, fake)]
        means = [
            tf.reduce_mean(tf.cast(self.feature_network(x, training=training), tf.float32), axis=0)
            for x in seen
        ]
        return tf.reduce_sum(tf.math.squared_difference(*means))

    def discriminator_step(self, real, labels, sample_weight=None):
        loss = super().discriminator_step(real, labels, sample_weight=sample_weight)
        if self.ema_decay is not None:
            steps = self.discriminator_optimizer.iterations
            self.discriminator_average.update(steps, tf.shape(real)[0])
        return loss

    # Use

    @property
    def averaged_discriminator(self):
        """The classifier with the averaged weights, if there is one."""
        return self.discriminator_average.network

    @property
    def classifier(self):
        """The network that classifies: the averaged discriminator if there is one."""
        return self.discriminator if self.ema_decay is None else self.averaged_discriminator

    def classify(self, images, batch_size=256):
        """Class probabilities p(y | x, real): NumPy array (count, classes)."""
        images = checked(self.expects()[0], images, "images")
        return in_batches(self.graphs.classified, [images], batch_size)

    def classified(self, images):
        """The tensor of class probabilities, float32."""
        return tf.nn.softmax(self.logits(images))

    def endpoints(self):
        images = tf.TensorSpec([None, *self.image_shape], tf.float32, "images")
        return {**super().endpoints(), "classify": (self.classified, [images])}


def imbalance(logits, sample_weight=None):
    """KL(m || uniform) in nats of the mean probabilities m = E softmax(logits) of K classes.

    sum_k m_k log(K m_k),  zero if all classes are equally probable on average
    """
    probabilities = tf.nn.softmax(logits)
    if sample_weight is None:
        mean = tf.reduce_mean(probabilities, axis=0)
    else:
        weight = tf.cast(tf.reshape(sample_weight, [-1, 1]), tf.float32)
        mean = tf.math.divide_no_nan(
            tf.reduce_sum(weight * probabilities, axis=0), tf.reduce_sum(weight)
        )
    classes = float(logits.shape[-1])
    return tf.reduce_sum(mean * tf.math.log(classes * tf.maximum(mean, 1e-7)))
