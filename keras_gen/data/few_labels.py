"""Few labels among many images: which ones, and how they get into the batches."""

import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error, class_labels, positive_integer
from keras_gen.data.checks import function, seed_number
from keras_gen.data.examples import alike, as_arrays, check_finite, check_single
from keras_gen.data.pipeline import batches

UNLABELED = -1


def few_per_class(labels, count, seed):
    """Indices of `count` examples of each class, drawn without repetition.

    Args:
        labels: non-negative integers, array (examples,) or (examples, 1).
        count: positive integer.
        seed: non-negative integer; equal seeds give equal examples, and a larger `count` keeps
            those of a smaller one.

    Returns:
        Integer array (classes * count,), class after class.

    Raises:
        ValueError: if a class has fewer examples, or labels are not non-negative integers.
    """
    labels, seed = class_labels("labels", labels), seed_number(seed)
    classes, sizes = np.unique(labels, return_counts=True)
    if positive_integer("count", count) > sizes.min():
        raise argument_error(
            "count", f"at most {sizes.min()}, the size of the smallest class", count
        )
    order = np.random.default_rng(seed).permutation(len(labels))
    return np.concatenate([order[labels[order] == label][:count] for label in classes])


def stratified(labels, count, seed):
    """Indices of `count` examples, drawn without repetition, with the classes in proportion.

    Args:
        labels: non-negative integers, array (examples,).
        count: positive integer, at most the number of examples minus that of classes.
        seed: non-negative integer; equal seeds give equal examples.

    Returns:
        Integer array (count,) in random order.

    Raises:
        ValueError: for another count, or labels that are not non-negative integers.
    """
    from sklearn.model_selection import train_test_split

    labels, seed = class_labels("labels", labels), seed_number(seed)
    classes, examples = len(np.unique(labels)), np.arange(len(labels))
    if not classes <= positive_integer("count", count) <= len(labels) - classes:
        expected = f"an integer from {classes}, one for each class, to {len(labels) - classes}"
        raise argument_error("count", expected, count)
    few, _ = train_test_split(examples, train_size=count, stratify=labels, random_state=seed)
    return few


def partly_labeled(
    images,
    labeled_images,
    labels,
    batch_size,
    labeled_size,
    seed=None,
    augment=None,
    shuffle=True,
    cache=True,
    drop_remainder=False,
):
    """Batches of all images without labels, each with a few labeled images in front.

        x = [labeled_size of labeled_images, batch_size of images],  y = [their labels, -1, ..., -1]

    The unlabeled images come once per epoch, as in `batches`. The labeled ones are drawn anew for
    each batch: without repetition if there are enough, otherwise all of them equally often, up to
    one. What is drawn is a function of the seed, the epoch and the number of the batch, so training
    resumes exactly.

    Args:
        images: array or `tf.data.Dataset` of single images.
        labeled_images: array of images; they may, and usually should, be among `images` too.
        labels: their non-negative integer labels, of shape (count,) or (count, 1).
        batch_size: unlabeled images per batch.
        labeled_size: labeled images per batch.
        seed, augment: as for `batches`; the labeled images are augmented too.
        shuffle, cache, drop_remainder: as for `batches`.

    Returns:
        A `tf.data.Dataset` of pairs (x, y) with an attribute `epoch`, as from `batches`.

    Raises:
        ValueError: for labels other than one non-negative integer for each labeled image, for
            `images` that come with labels, and for labeled images of another shape or type.
    """
    function("augment", augment, "(images, seed) -> images")
    check_single(labeled_images, "labeled_images")
    check_single(images, "images")
    labeled_images = as_arrays(labeled_images, "labeled_images")
    count = len(labeled_images)
    labels = class_labels("labels", labels, count=count, of=f"of {count} labeled images")
    labeled_size = positive_integer("labeled_size", labeled_size)
    check_finite(labeled_images, "labeled_images")
    images = alike(images, "images", labeled_images, "labeled_images")
    with tf.device("CPU:0"):
        labeled_images = tf.constant(labeled_images)
        labels = tf.constant(labels, tf.int32)

    def with_labeled(unlabeled, seed):
        random = tf.random.stateless_uniform([len(labels)], seed)
        chosen = tf.gather(tf.argsort(random), tf.range(labeled_size) % len(labels))
        x = tf.concat([tf.gather(labeled_images, chosen), unlabeled], axis=0)
        unknown = tf.fill([tf.shape(unlabeled)[0]], UNLABELED)
        if augment is not None:
            x = augment(x, tf.random.experimental.stateless_fold_in(seed, 1))
        return x, tf.concat([tf.gather(labels, chosen), unknown], axis=0)

    return batches(images, batch_size, seed, shuffle, cache, drop_remainder, None, with_labeled)
