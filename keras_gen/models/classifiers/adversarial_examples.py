"""Adversarial examples: images changed so little, their classification so much."""

import functools
import numbers
import weakref

import keras
import tensorflow as tf

from keras_gen import networks
from keras_gen.arguments import argument_error, class_labels, positive_integer
from keras_gen.images import check_range
from keras_gen.models.classifiers.classifier import Classifier
from keras_gen.models.inputs import Images
from keras_gen.models.use import checked, in_batches


def adversarial_examples(
    model, images, labels, epsilon, loss=None, value_range=(0.0, 1.0), steps=1, batch_size=256
):
    """Images moved by `epsilon` in every pixel to where a classifier's loss grows fastest.

        x' = clip(x + epsilon sign(dJ(x, y) / dx), low, high)

    the fast gradient sign method. With several steps, each goes `epsilon / steps` along the sign
    at the point reached so far, so that no pixel moves by more than `epsilon` in total. The model
    is not changed and is run in inference: without dropout, with the averages of batch
    normalization.

    Args:
        model: any Keras model from images to scores of classes (batch, K).
        images: array in `value_range`.
        labels: integer classes, which the images are moved away from.
        epsilon: number from 0 to the width of the range: the largest change of a pixel.
        loss: a Keras loss of labels and the model's outputs; the default is the cross-entropy of
            logits, with signs that are right however certain the model is. For a model of
            probabilities it is `SparseCategoricalCrossentropy()`, whose gradient vanishes where
            the model is certain, and with it the attack.
        value_range: (low, high) of the pixels.
        steps: positive integer.
        batch_size: images per step.

    Returns:
        NumPy array of the images' shape, float32.

    Raises:
        ValueError: for a negative `epsilon` or one beyond the range, images outside of the range,
            NaN, labels that are one-hot or out of range, and `steps` that is not positive.

    Example:
        wrong = adversarial_examples(classifier, images, labels, epsilon=0.25)

    Reference:
        Goodfellow, Shlens, Szegedy (2015), Explaining and Harnessing Adversarial Examples,
        arXiv:1412.6572, section 4; steps: Kurakin, Goodfellow, Bengio (2017), Adversarial examples
        in the physical world, arXiv:1607.02533, section 2.2.
    """
    shape, classes = _check_model(model)
    value_range = check_range(value_range)
    check_epsilon(epsilon, value_range)
    steps = positive_integer("steps", steps)
    images = checked(Images(shape, value_range), images, "images")
    labels = class_labels("labels", labels, classes)
    if len(labels) != len(images):
        text = f"{len(images)} of them, one for each image"
        raise argument_error("labels", text, received=f"labels of shape {labels.shape}")
    step = tf.constant(epsilon / steps, tf.float32)
    perturb = _graph(model, loss, value_range)

    def moved(x, y):
        for _ in range(steps):
            x = perturb(x, y, step)
        return x

    return in_batches(moved, [images, labels], batch_size)


def _check_model(model):
    """Shape of the images and number of the classes of a classifier."""
    expected = "a built Keras model with one input, images, and one output (batch, classes)"
    if not isinstance(model, keras.Model) or not model.built:
        raise argument_error("model", expected, model)
    if isinstance(model, Classifier):
        return tuple(model.image_shape()), model.expects()[1].count
    shapes, output = networks.input_shapes(model), networks.output_shape(model)
    if len(shapes) != 1 or len(output) != 1:
        received = f"inputs of shapes {shapes} and outputs of shape {output}"
        raise argument_error("model", expected, received=received)
    return shapes[0], output[0]


def _graph(model, loss, value_range):
    """The graph of `perturbed` for images, labels and epsilon: made once, kept with the model."""
    graphs = _GRAPHS.setdefault(model, {})
    if (loss, value_range) not in graphs:
        function = log_odds_against if loss is None else keras.losses.get(loss)
        reference = weakref.ref(model)  # a graph that held the model would keep it forever

        def perturb(x, y, epsilon):
            return perturbed(reference(), x, y, epsilon, function, value_range)

        own = functools.partial(perturb)  # TensorFlow counts the traces of each by itself
        graphs[loss, value_range] = tf.function(own, autograph=False, reduce_retracing=True)
    return graphs[loss, value_range]


_GRAPHS = weakref.WeakKeyDictionary()  # of the models that were attacked


def perturbed(model, images, labels, epsilon, loss, value_range):
    """The tensor after one step, without a check; see `adversarial_examples`."""
    x = tf.cast(images, tf.float32)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        outputs = tf.cast(model(x, training=False), tf.float32)
        # A mean over the batch would make the gradients too small for float16.
        value = tf.cast(tf.shape(x)[0], tf.float32) * tf.reduce_mean(loss(labels, outputs))
    return tf.clip_by_value(x + epsilon * tf.sign(tape.gradient(value, x)), *value_range)


def log_odds_against(labels, logits):
    """The log-odds of all other classes against the given one, whose gradient has no bounds.

        m = log sum_{j != y} exp l_j - l_y,    cross-entropy = softplus(m)

    Softplus increases, so both have gradients of the same sign; that of the cross-entropy is
    rounded away where the model is certain.
    """
    given = tf.one_hot(labels, logits.shape[-1], True, False, dtype=tf.bool)
    others = tf.reduce_logsumexp(tf.where(given, -float("inf"), logits), axis=-1)
    return others - tf.reduce_sum(tf.where(given, logits, 0.0), axis=-1)


def check_epsilon(epsilon, value_range):
    """Raises a `ValueError` unless 0 <= epsilon <= high - low."""
    low, high = check_range(value_range)
    width = high - low
    valid = isinstance(epsilon, numbers.Real) and not isinstance(epsilon, bool)
    if not valid or not 0 <= epsilon <= width:
        raise argument_error(
            "epsilon",
            f"a number from 0 to {width}, the width of the pixels' range [{low}, {high}]",
            epsilon,
        )
