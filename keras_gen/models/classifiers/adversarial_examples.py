"""Adversarial examples: images changed so little, and a classifier so much."""

import numbers

import keras
import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error
from keras_gen.models.inputs import Images, Labels


def adversarial_examples(
    model, images, labels, epsilon, loss=None, value_range=(0.0, 1.0), steps=1, batch_size=256
):
    """Images moved by `epsilon` in every pixel to where a classifier's loss grows fastest.

        x' = clip(x + epsilon sign(dJ(x, y) / dx), low, high)

    the fast gradient sign method. With several steps, each goes `epsilon / steps` along the sign
    at the point reached before, so that no pixel moves by more than `epsilon` in total. The model
    is left as it is, and in inference: without dropout, with the averages of batch normalization.

    Args:
        model: any Keras model from images to scores of classes (batch, K).
        images: array in `value_range`.
        labels: integer classes, those that the loss shall move away from.
        epsilon: number from 0 to the width of the range: the largest change of a pixel.
        loss: a Keras loss of labels and the model's outputs; the default is the cross-entropy of
            logits, with signs that are right however certain the model is. For a model of
            probabilities it is `SparseCategoricalCrossentropy()`, whose gradient vanishes where
            the model is certain, and with it the attack.
        value_range: (low, high) of the pixels.
        steps: positive integer.
        batch_size: images at a time.

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
    check_epsilon(epsilon, value_range)
    if not isinstance(steps, (int, np.integer)) or steps < 1:
        raise argument_error("steps", "a positive integer", steps)
    images, shape = np.asarray(images), model.input_shape[1:]
    Images(shape, value_range).check(images, "images")
    Labels(model.output_shape[-1]).check(labels, "labels")
    loss = log_odds_against if loss is None else keras.losses.get(loss)

    @tf.function(reduce_retracing=True)
    def perturb(x, y):
        return perturbed(model, x, y, epsilon / int(steps), loss, value_range)

    def moved(x, y):
        for _ in range(steps):
            x = perturb(x, y)
        return x

    pairs = (images.astype("float32"), np.asarray(labels).reshape(-1))
    batches = tf.data.Dataset.from_tensor_slices(pairs).batch(batch_size)
    return np.concatenate([moved(x, y) for x, y in batches])


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

    Softplus increases, so both have gradients of equal sign; that of the cross-entropy is rounded
    away where the model is certain.
    """
    given = tf.one_hot(labels, logits.shape[-1], True, False, dtype=tf.bool)
    others = tf.reduce_logsumexp(tf.where(given, -float("inf"), logits), axis=-1)
    return others - tf.reduce_sum(tf.where(given, logits, 0.0), axis=-1)


def check_epsilon(epsilon, value_range):
    """Raises a `ValueError` unless 0 <= epsilon <= high - low."""
    width = value_range[1] - value_range[0]
    if not isinstance(epsilon, numbers.Real) or not 0 <= epsilon <= width:
        raise argument_error(
            "epsilon",
            f"a number from 0 to {width}, the width of the pixels' range [{value_range[0]}, "
            f"{value_range[1]}]",
            epsilon,
        )
