"""Domain-adversarial training: features that do not tell where an image comes from."""

import keras
import tensorflow as tf

from keras_gen.arguments import argument_error, positive_integer, positive_number
from keras_gen.layers.gradient_reversal import GradientReversal
from keras_gen.losses import weighted_mean
from keras_gen.models.classifiers.classifier import Classifier
from keras_gen.models.endings import check_class_logits, check_logits
from keras_gen.models.inputs import Images, Labels


def reversal_weight(progress, gamma=10.0):
    """How strongly the features are made to hide the domain, from 0 to nearly 1.

        lambda(p) = 2 / (1 + exp(-gamma p)) - 1 = tanh(gamma p / 2)

    Args:
        progress: share of the training that is over, in [0, 1].
        gamma: positive number, 10 in the paper.

    Reference:
        Ganin et al. (2016), arXiv:1505.07818, section 5.2.2.
    """
    return tf.tanh(0.5 * gamma * tf.cast(progress, tf.float32))


@keras.saving.register_keras_serializable("keras_gen")
class DomainAdversarial(Classifier):
    """A classifier for images of a domain without labels, trained with the labels of another one.

    Two classifiers see the same features f(x). One learns the classes, from the source domain. The
    other learns the domains, and the features learn to fool it:

        L_y = E_source[-log softmax(c(f(x)))_y]
        L_d = E_source[softplus(-d(f(x)))] + E_target[softplus(d(f(x)))]

        c descends L_y,    d descends L_d,    f descends L_y - lambda(p) L_d

    There is no generator. A `GradientReversal` between f and d makes it one descent of L_y + L_d,
    with one optimizer. lambda(p) = 2 / (1 + exp(-gamma p)) - 1 of the progress p lets the features
    settle first; p is the optimizer's steps so far over `steps`, at most 1, so training that
    resumes continues it. As in other games, an Adam with a beta_1 of 0.5 keeps the players
    from overshooting.

    An example for `fit()` is a pair of images, x[:, 0] of the source and x[:, 1] of the target
    domain, that need not be related; `y` holds the classes of the former.
    `keras_gen.data.domain_pairs` makes such pairs. The domains go through the feature extractor one
    after the other, so that batch normalization subtracts the mean of each domain separately; its
    running averages are those of the target domain, for which the classifier is meant.
    `accuracy` is that of source images. `sample_weight` weighs pairs in both losses.

    Args:
        feature_extractor: functional or sequential model from images to features.
        label_classifier: the same from features to logits (batch, K).
        domain_classifier: the same from features to a logit (batch, 1), positive for the source.
        steps: positive integer, training steps until p is 1: epochs times batches.
        gamma: positive float, how fast lambda rises.
        value_range: closed interval of the pixels, or `None` for any finite ones.
        seed: integer or `None`.

    Example:
        pairs = data.domain_pairs(source_images, source_labels, target_images, 64, seed=1)
        model = DomainAdversarial(extractor, classifier, domain_classifier, 5 * len(pairs))
        model.compile(keras.optimizers.Adam(1e-3, 0.5))
        model.fit(pairs, epochs=5)
        model.classify(target_images)

    Reference:
        Ganin et al. (2016), Domain-Adversarial Training of Neural Networks, arXiv:1505.07818,
        equations 9 to 11 and 18.
    """

    tracked = ("label_loss", "domain_loss", "accuracy", "domain_accuracy", "reversal_weight")
    adjustable = Classifier.adjustable | {"steps": positive_integer, "gamma": positive_number}

    def __init__(
        self,
        feature_extractor,
        label_classifier,
        domain_classifier,
        steps,
        gamma=10.0,
        value_range=(-1.0, 1.0),
        seed=None,
        **kwargs,
    ):
        super().__init__(value_range=value_range, seed=seed, **kwargs)
        _check_networks(feature_extractor, label_classifier, domain_classifier)
        self.feature_extractor = feature_extractor
        self.label_classifier = label_classifier
        self.domain_classifier = domain_classifier
        self.steps = steps
        self.gamma = gamma
        self.reversal = GradientReversal(0.0)
        self.reversal.build(feature_extractor.output_shape)
        self.built = True

    def expects(self):
        pairs = Images((2, *self.image_shape()), self.value_range)
        return pairs, Labels(self.label_classifier.output_shape[1])

    # Training

    def call(self, images, training=False):
        """Logits of the classes, float32."""
        features = self.feature_extractor(images, training=training)
        return tf.cast(self.label_classifier(features, training=training), tf.float32)

    def constants(self, data, training):
        """The batch; in training the reversal's weight is first set to that of the progress."""
        if training:
            progress = tf.cast(self.optimizer.iterations, tf.float32) / self.steps
            self.reversal.weight.assign(reversal_weight(tf.minimum(progress, 1.0), self.gamma))
        return data

    def objective(self, constants, training):
        """The scalar L_y + L_d, in which the features' share of L_d is reversed."""
        pairs, labels, weight = self.labeled(constants)
        source, target = self.features(pairs, training)
        logits = tf.cast(self.label_classifier(source, training=training), tf.float32)
        terms = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        label_loss = weighted_mean(terms, weight)
        right = tf.equal(tf.argmax(logits, axis=-1, output_type=tf.int32), labels)
        self.track(labels, weight, label_loss=label_loss, accuracy=right)
        return label_loss + self.domain_loss(source, target, weight, training)

    def features(self, pairs, training):
        """Features of the source and of the target images."""
        statistics = self.feature_extractor.non_trainable_weights
        before = [tf.identity(value) for value in statistics]
        source = self.feature_extractor(pairs[:, 0], training=training)
        if training:
            for variable, value in zip(statistics, before):
                variable.assign(value)
        return source, self.feature_extractor(pairs[:, 1], training=training)

    def domain_loss(self, source, target, weight, training):
        """L_d, whose gradient reaches the features reversed."""
        loss = 0.0
        for features, sign in [(source, 1.0), (target, -1.0)]:
            logits = self.domain_classifier(self.reversal(features), training=training)
            margins = sign * tf.reshape(tf.cast(logits, tf.float32), [-1])
            loss += weighted_mean(tf.nn.softplus(-margins), weight)
            self.track(margins, weight, domain_accuracy=margins > 0)
        self.track(margins, weight, domain_loss=loss, reversal_weight=self.reversal.weight)
        return loss

    # Use

    def image_shape(self):
        return self.feature_extractor.input_shape[1:]

    def endpoints(self):
        endpoints = super().endpoints()
        _, signature = endpoints["classify"]

        def features(images):
            return tf.cast(self.feature_extractor(images, training=False), tf.float32)

        return {**endpoints, "features": (features, signature)}


def _check_networks(feature_extractor, label_classifier, domain_classifier):
    networks = {
        "feature_extractor": feature_extractor,
        "label_classifier": label_classifier,
        "domain_classifier": domain_classifier,
    }
    for name, network in networks.items():
        if not network.built or len(network.inputs) != 1 or len(network.outputs) != 1:
            raise argument_error(name, "a built model with one input and one output", network)
    features = feature_extractor.output_shape[1:]
    for name in ("label_classifier", "domain_classifier"):
        if networks[name].input_shape[1:] != features:
            received = f"inputs of shape {networks[name].input_shape[1:]}"
            raise argument_error(
                name, f"a network that takes features of shape {features}", received=received
            )
    check_class_logits("label_classifier", label_classifier)
    if domain_classifier.output_shape[1:] != (1,):
        received = f"outputs of shape {domain_classifier.output_shape}"
        raise argument_error("domain_classifier", "logits (batch, 1)", received=received)
    check_logits("domain_classifier", domain_classifier)
