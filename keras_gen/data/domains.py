"""Batches from two domains whose images are combined at random."""

import tensorflow as tf

from keras_gen.arguments import class_labels, positive_integer
from keras_gen.data.checks import boolean, function
from keras_gen.data.examples import (
    alike,
    as_arrays,
    check_finite,
    check_single,
    count_of,
    held,
)
from keras_gen.data.pipeline import (
    as_stream,
    batches,
    gathered,
    given_seed,
    known_count,
    only_transform,
    permutation,
    resumable,
    rows,
    shuffled_windows,
    steps_of,
    streamed,
)
from keras_gen.data.transforms import separately

X_ORDER, Y_ORDER = -1, -2  # folded into the epoch's key; the numbers of batches begin at 0


def domain_pairs(
    source,
    labels,
    target,
    batch_size,
    seed=None,
    augment=None,
    shuffle=True,
    cache=True,
    drop_remainder=False,
):
    """Batches of pairs of an image of each domain, combined at random.

        x[i] = (source_s, target_t),  y[i] = label_s,    s and t independent

    The target images come once per epoch, as in `batches`. The source images are drawn anew for
    each batch, without repetition if there are enough of them. What is drawn is a function of the
    seed, the epoch and the number of the batch, so training resumes exactly.

    Args:
        source: array of images.
        labels: their non-negative integer labels, of shape (count,) or (count, 1).
        target: array or `tf.data.Dataset` of single images of the same shape.
        batch_size: pairs per batch.
        seed, augment: as for `batches`; `augment` receives the source and the target images of a
            batch as one tensor.
        shuffle, cache, drop_remainder: as for `batches`.

    Returns:
        A `tf.data.Dataset` of (x, y) with x of shape (batch, 2, height, width, channels) and an
        attribute `epoch`, as from `batches`.

    Raises:
        ValueError: for domains with images of different shapes or types, for labels other than one
            non-negative integer for each source image, and for NaN.

    Example:
        pairs = domain_pairs(digits, labels, data.blended(digits, photographs, 1), 64, seed=1)
    """
    function("augment", augment, "(images, seed) -> images")
    check_single(target, "target")
    check_single(source, "source")
    source = as_arrays(source, "source")
    target = alike(target, "target", source, "source")
    labels = class_labels("labels", labels, count=len(source), of=f"of {len(source)} source images")
    check_finite(source, "source")
    at_once = min(positive_integer("batch_size", batch_size), len(source))
    with tf.device("CPU:0"):
        source = tf.constant(source)
        labels = tf.constant(labels, tf.int32)

    def with_source(images, seed):
        count = tf.shape(images)[0]
        random = tf.random.stateless_uniform([len(labels)], seed)
        order = tf.math.top_k(random, at_once).indices
        chosen = tf.gather(order, tf.range(count) % at_once)
        both = tf.concat([tf.gather(source, chosen), images], axis=0)
        if augment is not None:
            both = augment(both, tf.random.experimental.stateless_fold_in(seed, 1))
        pairs = tf.stack([both[:count], both[count:]], axis=1)
        return pairs, tf.gather(labels, chosen)

    return batches(target, batch_size, seed, shuffle, cache, drop_remainder, None, with_source)


def unpaired(
    x,
    y,
    batch_size,
    seed=None,
    cache=True,
    drop_remainder=False,
    augment=None,
    transform=None,
):
    """Batches (x, y) of two domains that are not paired, such as photos and paintings.

        order_x = permutation(key_x),   order_y = permutation(key_y, 0), permutation(key_y, 1), ...

    Here y is the shorter domain. An epoch delivers every example of the longer domain once. The
    shorter one begins again, in another order, each time it runs out, so that each of its examples
    occurs floor(longer / shorter) or ceil(longer / shorter) times per epoch. The two orders are
    independent of each other and functions of the seed and the epoch alone, so training resumes
    exactly.

    Args:
        x, y: arrays or `tf.data.Dataset`s of single images, of any two lengths.
        batch_size: images of each domain per batch.
        seed, cache, drop_remainder: as for `batches`.
        augment: callable `(images, seed) -> images` applied to each domain, with independent seeds.
        transform: callable `((x, y), seed) -> batch`, instead of `augment`, such as
            `separately(f, g)` for one augmentation of x and another of y.

    Returns:
        A `tf.data.Dataset` of (x, y) with an attribute `epoch`, as from `batches`.

    Raises:
        ValueError: for images that come with labels, NaN, an empty domain, a longer domain of fewer
            than `batch_size` images, or both `augment` and `transform`.

    Example:
        photos = data.load(data.left_half("facades"), "train[:50%]", image_size=64)
        plans = data.load(data.right_half("facades"), "train[50%:]", image_size=64)
        pairs = data.unpaired(photos, plans, 1, seed=1, augment=data.flipped)

    Reference:
        Zhu, Park, Isola, Efros (2017), Unpaired Image-to-Image Translation using Cycle-Consistent
        Adversarial Networks, arXiv:1703.10593, section 3.
    """
    batch_size = positive_integer("batch_size", batch_size)
    seed = given_seed(seed)
    transform = only_transform(augment, lambda both: separately(both, both), transform)
    drop_remainder = boolean("drop_remainder", drop_remainder)
    check_single(x, "x")
    check_single(y, "y")
    if not boolean("cache", cache):
        passes = _streamed_domains(x, y, batch_size, drop_remainder)
        return resumable(passes, transform, seed)
    domains = held(x, "x"), held(y, "y")
    passes = _gathered_domains(*domains, batch_size, drop_remainder)
    return resumable(passes, transform, seed, domains)


def _gathered_domains(x, y, batch_size, drop_remainder):
    counts = count_of(x), count_of(y)
    longest = max(counts)

    def again(count, key):
        orders = [permutation(count, _fold(key, number)) for number in range(-(-longest // count))]
        return tf.concat(orders, axis=0)[:longest]

    def order(key):
        keys = _fold(key, X_ORDER), _fold(key, Y_ORDER)
        return tf.stack([again(count, key) for count, key in zip(counts, keys)], axis=1)

    def pick(chosen):
        return rows(x, chosen[:, 0]), rows(y, chosen[:, 1])

    return gathered(order, pick, batch_size, steps_of(longest, batch_size, drop_remainder))


def _streamed_domains(x, y, batch_size, drop_remainder):
    x, y = as_stream(x, "x"), as_stream(y, "y")
    longest = max(known_count(x, "x"), known_count(y, "y"))

    def again(part, key):
        passes = tf.data.Dataset.counter().flat_map(
            lambda number: shuffled_windows(part, _fold(key, number))
        )
        return passes.take(longest)

    def stream(key):
        return tf.data.Dataset.zip(again(x, _fold(key, X_ORDER)), again(y, _fold(key, Y_ORDER)))

    steps = steps_of(longest, batch_size, drop_remainder)
    return streamed(stream, batch_size, steps, drop_remainder)


def _fold(key, number):
    return tf.random.experimental.stateless_fold_in(key, number)
