"""Adversarial training: a classifier that practises on the examples that fool it."""

import numbers

import keras
import tensorflow as tf

from keras_gen.arguments import argument_error, number_from_zero
from keras_gen.losses import weighted_mean
from keras_gen.models.classifiers.adversarial_examples import (
    check_epsilon,
    log_odds_against,
    perturbed,
)
from keras_gen.models.classifiers.classifier import Classifier
from keras_gen.models.endings import check_class_logits
from keras_gen.models.inputs import Images, Labels


def _check_share(name, value):
    if not isinstance(value, numbers.Real) or not 0 <= value <= 1:
        raise argument_error(name, "a number in [0, 1]", value)
    return float(value)


@keras.saving.register_keras_serializable("keras_gen")
class AdversarialTraining(Classifier):
    """A classifier trained on images and on the fast gradient sign examples made from them.

        x' = clip(x + epsilon sign(dJ(x, y) / dx), low, high)
        loss = alpha J(x, y) + (1 - alpha) J(x', y)

    J is the mean cross-entropy. The examples are made anew in each step for the current weights,
    with the classifier in inference; the gradient of the weights does not go through them.
    `y` holds integer classes. `sample_weight` weighs both terms of an image.

    Args:
        classifier: functional or sequential model from images to logits (batch, K).
        epsilon: number from 0 to the width of the range: the change of a pixel.
        alpha: number in [0, 1], the share of the unchanged images.
        value_range: closed interval of the pixels.
        seed: integer or `None`.

    Example:
        model = AdversarialTraining(classifier, epsilon=0.25)
        model.compile(keras.optimizers.Adam(1e-3))
        model.fit(images, labels, epochs=10)
        model.classify(test_images)

    Reference:
        Goodfellow, Shlens, Szegedy (2015), Explaining and Harnessing Adversarial Examples,
        arXiv:1412.6572, section 6.
    """

    tracked = ("loss", "accuracy", "adversarial_accuracy")
    adjustable = Classifier.adjustable | {"epsilon": number_from_zero, "alpha": _check_share}

    def __init__(self, classifier, epsilon, alpha=0.5, value_range=(0.0, 1.0), seed=None, **kwargs):
        super().__init__(value_range=value_range, seed=seed, **kwargs)
        if not classifier.built or len(classifier.inputs) != 1:
            raise argument_error("classifier", "a built model with one input", classifier)
        check_class_logits("classifier", classifier)
        self.classifier = classifier
        self.epsilon = epsilon
        self.alpha = alpha
        self.built = True

    def checked(self, name, value):
        if name == "epsilon":
            check_epsilon(value, self.value_range)
        return super().checked(name, value)

    def expects(self):
        images = Images(self.image_shape(), self.value_range)
        return images, Labels(self.classifier.output_shape[1])

    def image_shape(self):
        return self.classifier.input_shape[1:]

    def call(self, images, training=False):
        """Logits of the classes, float32."""
        return tf.cast(self.classifier(images, training=training), tf.float32)

    def constants(self, data, training):
        """Images, the examples made from them, their classes, and sample weights or `None`."""
        images, labels, sample_weight = self.labeled(data)
        options = self.epsilon, log_odds_against, self.value_range
        return images, perturbed(self, images, labels, *options), labels, sample_weight

    def objective(self, constants, training):
        """The scalar alpha J(x, y) + (1 - alpha) J(x', y)."""
        images, examples, labels, sample_weight = constants
        loss = 0.0
        for x, share, name in [
            (images, self.alpha, "accuracy"),
            (examples, 1.0 - self.alpha, "adversarial_accuracy"),
        ]:
            logits = self(x, training=training)
            terms = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            loss += share * weighted_mean(terms, sample_weight)
            right = tf.equal(tf.argmax(logits, axis=-1, output_type=tf.int32), labels)
            self.track(labels, sample_weight, **{name: right})
        self.track(labels, sample_weight, loss=loss)
        return loss
