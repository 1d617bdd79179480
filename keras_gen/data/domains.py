"""Batches of pairs: an image of one domain with a label, and one of another domain without."""

import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error
from keras_gen.data.few_labels import checked_labels
from keras_gen.data.pipeline import batches


def domain_pairs(source, labels, target, batch_size, seed=None, augment=None, **kwargs):
    """Batches of pairs of an image of each domain, put together at random.

        x[i] = (source_s, target_t),  y[i] = label_s,    s and t independent

    The target images pass by once per epoch, as in `batches`. The source images are drawn anew for
    each batch, without repetition if there are enough of them. What is drawn is a function of the
    seed, the epoch and the number of the batch, so a training resumes exactly.

    Args:
        source: array of images.
        labels: their integer labels, from 0 on.
        target: array or `tf.data.Dataset` of single images of the same shape.
        batch_size: pairs per batch.
        seed, augment: as for `batches`; `augment` gets the source images and the target images of
            a batch as one tensor.
        **kwargs: `shuffle`, `cache`, `drop_remainder` of `batches`.

    Returns:
        A `tf.data.Dataset` of (x, y) with x of shape (batch, 2, height, width, channels) and an
        attribute `epoch`, as from `batches`.

    Raises:
        ValueError: for domains with images of different shapes, for labels that are no integers
            from 0 on, one for each source image, and for NaN.

    Example:
        pairs = domain_pairs(digits, labels, data.blended(digits, photographs, 1), 64, seed=1)
    """
    source = np.asarray(source)
    is_dataset = isinstance(target, tf.data.Dataset)
    shape = tuple(target.element_spec.shape) if is_dataset else np.shape(target)[1:]
    if source.shape[1:] != shape or len(source) == 0:
        raise argument_error(
            "source",
            f"images of the shape of the target domain, {shape}",
            received=f"source.shape={source.shape}",
        )
    labels = checked_labels(labels, f"{len(source)} source images", len(source))
    if not np.isfinite(source).all():
        raise argument_error(
            "source",
            "finite numbers",
            received=f"{np.sum(~np.isfinite(source))} NaN or infinite values",
        )
    with tf.device("CPU:0"):
        source = tf.constant(source)
        labels = tf.constant(labels, tf.int32)

    def with_source(images, seed):
        count = tf.shape(images)[0]
        random = tf.random.stateless_uniform([len(labels)], seed)
        order = tf.math.top_k(random, min(batch_size, len(labels))).indices
        chosen = tf.gather(order, tf.range(count) % len(order))
        both = tf.concat([tf.gather(source, chosen), images], axis=0)
        if augment is not None:
            both = augment(both, tf.random.experimental.stateless_fold_in(seed, 1))
        pairs = tf.stack([both[:count], both[count:]], axis=1)
        return pairs, tf.gather(labels, chosen)

    return batches(target, batch_size, seed, augment=with_source, **kwargs)
