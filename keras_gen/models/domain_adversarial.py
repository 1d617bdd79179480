"""Domain-adversarial training: features that do not tell where an image comes from."""

import keras
import tensorflow as tf

from keras_gen.data.few_labels import UNLABELED
from keras_gen.layers.gradient_reversal import GradientReversal
from keras_gen.models.training import GenerativeModel, descend

SOURCE, TARGET = 1.0, 0.0  # what the domain classifier is to say


def reversal_weight(progress, gamma=10.0):
    """How strongly the features are drawn away from the domains, from 0 to nearly 1.

        lambda(p) = 2 / (1 + exp(-gamma p)) - 1 = tanh(gamma p / 2)

    Args:
        progress: share of the training that is over, in [0, 1].
        gamma: positive number, 10 in the paper.

    Reference:
        Ganin et al. (2016), arXiv:1505.07818, section 5.2.2.
    """
    return tf.tanh(0.5 * gamma * tf.cast(progress, tf.float32))


@keras.saving.register_keras_serializable("keras_gen")
class DomainAdversarial(GenerativeModel):
    """A classifier for images of a domain without labels, taught by another domain with labels.

    Two classifiers look at the same features f(x). One learns the classes, from the source domain.
    The other one learns the domains, and the features learn to fool it:

        L_y = E_source[-log softmax(c(f(x)))_y]
        L_d = E_source[softplus(-d(f(x)))] + E_target[softplus(d(f(x)))]

        c descends L_y,    d descends L_d,    f descends L_y - lambda(p) L_d

    There is no generator. A `GradientReversal` between f and d makes it one descent of L_y + L_d,
    with one optimizer. lambda(p) = 2 / (1 + exp(-gamma p)) - 1 of the progress p lets the features
    settle first; p is the optimizer's steps so far over `steps`, at most 1, so a training that is
    taken up again continues it.

    `y` holds the class of an image of the source domain, or -1 for an image of the target domain.
    Means are over the images of each domain in the batch. `keras_gen.data.partly_labeled` mixes
    the domains:

        data.partly_labeled(target_images, source_images, source_labels, 64, 64, seed=1)

    Whoever holds labels of the target domain back can give them to `evaluate` or as
    `validation_data`, for `accuracy`: all logs about domains then read these images as source.
    `sample_weight` weighs images in both losses.

    Args:
        feature_extractor: functional or sequential model from images to features.
        label_classifier: the same from features to logits (batch, K).
        domain_classifier: the same from features to a logit (batch, 1), positive for the source.
        steps: positive integer, training steps until p is 1: epochs times batches.
        gamma: positive float, how fast lambda rises.
        value_range: closed interval of the pixels, or `None` for any finite ones.
        seed: integer or `None`.

    Example:
        model = DomainAdversarial(extractor, classifier, domain_classifier, 5 * len(batches))
        model.compile(keras.optimizers.Adam(1e-3))
        model.fit(batches, epochs=5)
        model.classify(target_images)

    Reference:
        Ganin et al. (2016), Domain-Adversarial Training of Neural Networks, arXiv:1505.07818,
        equations 9 to 11 and 18.
    """

    tracked = ("label_loss", "domain_loss", "accuracy", "domain_accuracy", "reversal_weight")
    first_label = UNLABELED

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
        if not isinstance(steps, int) or steps < 1:
            raise _error("steps", "a positive integer", steps)
        if not gamma > 0:
            raise _error("gamma", "a positive number", gamma)
        self.feature_extractor = feature_extractor
        self.label_classifier = label_classifier
        self.domain_classifier = domain_classifier
        self.steps = steps
        self.gamma = gamma
        self.reversal = GradientReversal(0.0)
        self.built = True

    def data_shape(self):
        return self.feature_extractor.input_shape[1:]

    def label_count(self):
        return self.label_classifier.output_shape[1]

    def fit(self, x=None, y=None, *args, **kwargs):
        """Trains as `keras.Model.fit` does, after a check of the data.

        Raises:
            ValueError: as `GenerativeModel.fit`, and for arrays of one domain alone.
        """
        self.check(x, y, "x")
        if y is not None:
            target = tf.reshape(y, [-1]) == UNLABELED
            if tf.reduce_all(target) or not tf.reduce_any(target):
                raise ValueError(
                    "Invalid value for argument `y`. Expected classes of the source domain and "
                    f"{UNLABELED} for images of the target domain. Received: labels of one domain"
                )
        return super().fit(x, y, *args, **kwargs)

    # Training

    def call(self, images, training=False):
        """Logits of the classes, float32."""
        features = self.feature_extractor(images, training=training)
        return tf.cast(self.label_classifier(features, training=training), tf.float32)

    def objective(self, data, training):
        """The scalar L_y + L_d, in which the features' share of L_d is reversed."""
        images, labels, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        if labels is None:
            raise ValueError(
                "Invalid value for argument `y`. Expected the classes of the source domain and "
                f"{UNLABELED} for images of the target domain. Received: y=None"
            )
        labels = tf.reshape(tf.cast(labels, tf.int32), [-1])
        weight = tf.ones(tf.shape(labels)) if sample_weight is None else sample_weight
        weight = tf.cast(tf.reshape(weight, [-1]), tf.float32)
        features = self.feature_extractor(images, training=training)
        return self.label_loss(features, labels, weight, training) + self.domain_loss(
            features, labels, weight, training
        )

    def label_loss(self, features, labels, weight, training):
        """L_y: the mean cross-entropy of the source images; 0 if there are none."""
        logits = tf.cast(self.label_classifier(features, training=training), tf.float32)
        source = tf.cast(labels != UNLABELED, tf.float32)
        right = tf.equal(tf.argmax(logits, axis=-1, output_type=tf.int32), labels)
        self.trackers["accuracy"].update_state(tf.cast(right, tf.float32), source)
        classes = tf.maximum(labels, 0)
        terms = tf.nn.sparse_softmax_cross_entropy_with_logits(classes, logits)
        loss = _mean(weight * terms, source)
        self.track(label_loss=loss)
        return loss

    def domain_loss(self, features, labels, weight, training):
        """L_d: the cross-entropies of the two domains, each a mean over its own images."""
        reversed_features = self.reversal(features)
        logits = self.domain_classifier(reversed_features, training=training)
        logits = tf.reshape(tf.cast(logits, tf.float32), [-1])
        source = tf.cast(labels != UNLABELED, tf.float32)
        terms = weight * tf.nn.sigmoid_cross_entropy_with_logits(
            tf.where(source > 0, SOURCE, TARGET), logits
        )
        loss = _mean(terms, source) + _mean(terms, 1.0 - source)
        right = tf.cast(tf.equal(logits > 0, source > 0), tf.float32)
        self.track(domain_loss=loss, domain_accuracy=right, reversal_weight=self.reversal.weight)
        return loss

    def train_step(self, data):
        progress = tf.cast(self.optimizer.iterations, tf.float32) / self.steps
        self.reversal.weight.assign(reversal_weight(tf.minimum(progress, 1.0), self.gamma))
        descend(
            lambda: self.objective(data, training=True), self.trainable_variables, self.optimizer
        )
        return self.tracked_results()

    def test_step(self, data):
        self.objective(data, training=False)
        return self.tracked_results()

    # Use

    def classify(self, images, batch_size=256):
        """Class probabilities of images of either domain: NumPy array (count, classes)."""
        return tf.nn.softmax(self.predict(images, batch_size, verbose=0)).numpy()

    def endpoints(self):
        """What `saved_models.export` writes: name -> (function, input signature)."""
        images = tf.TensorSpec([None, *self.data_shape()], tf.float32, "images")

        def classify(images):
            return tf.nn.softmax(self(images))

        def features(images):
            return tf.cast(self.feature_extractor(images, training=False), tf.float32)

        return {"classify": (classify, [images]), "features": (features, [images])}


def _mean(terms, chosen):
    return tf.math.divide_no_nan(tf.reduce_sum(chosen * terms), tf.reduce_sum(chosen))


def _check_networks(feature_extractor, label_classifier, domain_classifier):
    networks = {
        "feature_extractor": feature_extractor,
        "label_classifier": label_classifier,
        "domain_classifier": domain_classifier,
    }
    for name, network in networks.items():
        if not network.built or len(network.inputs) != 1 or len(network.outputs) != 1:
            raise _error(name, "a built model with one input and one output", network)
    features = feature_extractor.output_shape[1:]
    for name in ("label_classifier", "domain_classifier"):
        if networks[name].input_shape[1:] != features:
            received = f"inputs of shape {networks[name].input_shape[1:]}"
            raise _error(name, f"a network of features of shape {features}", received)
    if len(label_classifier.output_shape) != 2 or label_classifier.output_shape[1] < 2:
        received = f"outputs of shape {label_classifier.output_shape}"
        raise _error("label_classifier", "logits (batch, classes)", received)
    if domain_classifier.output_shape[1:] != (1,):
        received = f"outputs of shape {domain_classifier.output_shape}"
        raise _error("domain_classifier", "logits (batch, 1)", received)


def _error(name, expected, received):
    return ValueError(
        f"Invalid value for argument `{name}`. Expected {expected}. Received: {name}={received}"
    )
