"""Batches whose order is a pure function of a seed and an epoch number."""

import secrets

import tensorflow as tf

from keras_gen.arguments import argument_error, integer, positive_integer
from keras_gen.data.checks import boolean, function
from keras_gen.data.examples import (
    as_arrays,
    as_floatx,
    check_structure,
    checksum,
    count_of,
    held,
)
from keras_gen.data.looking import advance

_PARALLEL = {"num_parallel_calls": tf.data.AUTOTUNE, "deterministic": True}
_WINDOW = 4096


def batches(
    dataset,
    batch_size,
    seed=None,
    shuffle=True,
    cache=True,
    drop_remainder=False,
    augment=None,
    transform=None,
):
    """Batches of a dataset, in an order that depends on the seed and the epoch number alone.

        order(epoch) = argsort(uniform(key=(seed, epoch)))
        batch(epoch, step) = transform(examples[order], fold((seed, epoch), step))

    The result has an attribute `epoch`, an int64 `tf.Variable` that starts at 0. An iteration
    reads it when its first batch is requested, delivers that epoch's order, and leaves the
    variable one higher. Assigning a number makes the next iteration deliver the order of
    that epoch, which is how training resumes exactly. Within `data.looking()` an iteration leaves
    the variable as it is. Datasets derived from the result (`map`, `take`, ...)
    keep this behaviour and lose the attribute.

    Args:
        dataset: a finite `tf.data.Dataset` of single examples, an array whose first axis counts
            examples, or a tuple of such arrays. float64 becomes Keras's default float type.
            Examples that are dictionaries are refused unless there is a `transform` for them.
        batch_size: examples per batch, at most the number of examples.
        seed: non-negative integer. `None` draws one, so that every call has its own order.
        shuffle: whether to shuffle; otherwise the order is that of `dataset`.
        cache: whether to hold all examples in memory, which makes the order a permutation of the
            whole dataset and the batches fast. Otherwise examples are read anew in each epoch and
            shuffled within consecutive windows of 4,096 examples.
        drop_remainder: whether to leave out a last batch of fewer than `batch_size` examples.
        augment: callable `(images, seed) -> images` applied to the first component of every batch;
            the others, such as labels, stay as they are.
        transform: callable `(batch, seed) -> batch` applied to every whole batch, such as the tuple
            `(x, y)`, instead of `augment`. `seed` is an int64 tensor of shape (2,), a function of
            the seed, the epoch and the number of the batch, for stateless random operations.

    Returns:
        A `tf.data.Dataset` of batches with known cardinality and an attribute `epoch`. If all
        cached batches are full, their length is part of the dataset's element specification.

    Raises:
        ValueError: if there are fewer examples than `batch_size`, NaN or infinite values in the
            cached examples, arrays of different lengths, dictionaries without a `transform`, an
            uncached dataset of unknown length, or both `augment` and `transform`.

    Example:
        digits = batches(load("digits"), batch_size=64, seed=7)
        model.fit(digits, epochs=10)
    """
    batch_size = positive_integer("batch_size", batch_size)
    seed = given_seed(seed)
    transform = only_transform(augment, _of_images, transform)
    shuffle, drop_remainder = boolean("shuffle", shuffle), boolean("drop_remainder", drop_remainder)
    if augment is not None or transform is None or not isinstance(dataset, tf.data.Dataset):
        check_structure(dataset, "dataset")
    if boolean("cache", cache):
        examples = held(dataset)
        count = count_of(examples)
        steps = steps_of(count, batch_size, drop_remainder)
        order = (lambda key: permutation(count, key)) if shuffle else (lambda _: tf.range(count))
        passes = gathered(order, lambda chosen: rows(examples, chosen), batch_size, steps)
    else:
        examples = None
        dataset = as_stream(dataset, "dataset")
        steps = steps_of(known_count(dataset), batch_size, drop_remainder)
        stream = (lambda key: shuffled_windows(dataset, key)) if shuffle else (lambda _: dataset)
        passes = streamed(stream, batch_size, steps, drop_remainder)
    result = resumable(passes, transform, seed, examples)
    result.held = examples if transform is None else None  # whose parts are the batches, unchanged
    return result


def resumable(passes, transform, seed, examples=None):
    """The dataset `passes(next_key, transform)`, with the attribute `epoch` described in `batches`.

    `next_key()` is (seed, epoch) as an int64 tensor, and counts the epoch. A second attribute,
    `described()`, returns what identifies these data: the seed, unless it was drawn, and
    count and checksum of the examples, a structure of tensors, if they are held in memory.
    """
    given, seed = seed, secrets.randbits(62) if seed is None else seed
    with tf.device("CPU:0"):
        epoch = tf.Variable(0, dtype=tf.int64, trainable=False, name="epoch")

    step = advance()

    def next_key():
        return tf.stack([tf.constant(seed, tf.int64), epoch.assign_add(step) - step])

    options = tf.data.Options()
    options.autotune.enabled = False  # its thread can delay the end of a pass for long
    result = passes(next_key, transform).prefetch(tf.data.AUTOTUNE).with_options(options)
    result.epoch = epoch
    result.described = lambda: {"seed": given, **_of_examples(examples)}
    return result


def _of_examples(examples):
    """Count and checksum of the first examples; nothing for data that are read anew."""
    parts = [] if examples is None else tf.nest.flatten(examples)
    if not parts:
        return {}
    return {"counts": [len(part) for part in parts], "checksum": checksum(parts)}


def gathered(order, pick, batch_size, steps):
    """Passes that hold the order of the epoch and gather each batch from memory.

    Args:
        order: callable `key -> int32 tensor (count, ...)` of the indices of an epoch.
        pick: callable `chosen -> batch`, for a part of the order.
        batch_size, steps: integers; only the last of the batches may be shorter.
    """
    nothing = tf.zeros([2], tf.int64)
    unused = tf.zeros_like(order(nothing))
    count, *more = unused.shape
    all_full = steps * batch_size <= count  # known shapes make shorter graphs

    def passes(next_key, transform):
        def begin():
            key = next_key()
            return key, order(key)

        def choose(state, step):
            key, indices = tf.cond(tf.equal(step, 0), begin, lambda: state)
            start = tf.cast(step, tf.int32) * batch_size
            chosen = indices[start : start + batch_size]
            if all_full:
                chosen = tf.ensure_shape(chosen, [batch_size, *more])
            return (key, indices), (key, step, chosen)

        def deliver(key, step, chosen):
            return _transformed(transform, key, step, pick(chosen))

        parallel = {} if transform is None else _PARALLEL  # gathering alone is no work to share
        # Not a dataset per epoch inside another one: that costs 15 ms at each epoch's beginning.
        chosen = tf.data.Dataset.range(steps).scan((nothing, unused), choose)
        return chosen.map(deliver, **parallel)

    return passes


def streamed(stream, batch_size, steps, drop_remainder):
    """Passes that read the examples anew.

    Args:
        stream: callable `key -> tf.data.Dataset` of the single examples of an epoch.
        batch_size, steps: integers.
        drop_remainder: whether all batches are full.
    """

    def passes(next_key, transform):
        def one_pass(_):
            key = next_key()
            return (
                stream(key)
                .batch(batch_size, drop_remainder=drop_remainder)
                .enumerate()
                .map(lambda step, batch: _transformed(transform, key, step, batch), **_PARALLEL)
            )

        result = tf.data.Dataset.from_tensors(0).flat_map(one_pass)
        return result.apply(tf.data.experimental.assert_cardinality(steps))

    return passes


def as_stream(dataset, name):
    """A dataset of single examples that is read anew in each pass."""
    if isinstance(dataset, tf.data.Dataset):
        return as_floatx(dataset)
    return tf.data.Dataset.from_tensor_slices(as_arrays(dataset, name))


def rows(examples, chosen):
    """The chosen examples of a structure of tensors."""
    return tf.nest.map_structure(lambda tensor: tf.gather(tensor, chosen), examples)


def only_transform(augment, of_batch, transform):
    """`transform`, or `of_batch(augment)`, or `None`; giving both is an error."""
    function("augment", augment, "(images, seed) -> images")
    function("transform", transform, "(batch, seed) -> batch")
    if augment is None:
        return transform
    if transform is not None:
        raise argument_error(
            "transform",
            "None where `augment` is given; data.compose joins functions",
            transform,
        )
    return of_batch(augment)


def steps_of(count, batch_size, drop_remainder):
    """Batches per epoch."""
    if count < batch_size:
        raise argument_error("batch_size", f"at most the number of examples, {count}", batch_size)
    return count // batch_size if drop_remainder else -(-count // batch_size)


def known_count(dataset, name="dataset"):
    """The number of examples of a dataset that is read anew in each epoch."""
    count = int(dataset.cardinality())
    if count < 1:
        raise argument_error(
            name,
            "a dataset of known, finite and positive cardinality when `cache=False`; "
            "tf.data.experimental.assert_cardinality sets it",
            received=f"cardinality={count}",
        )
    return count


def shuffled_windows(stream, key):
    """Examples shuffled within consecutive windows, in an order that is a function of the key."""

    # Dataset.shuffle also depends on TensorFlow's global seed, so it is not a function of the key.
    def shuffled(number, window):
        size = tf.shape(tf.nest.flatten(window)[0])[0]
        order = permutation(size, tf.random.experimental.stateless_fold_in(key, number))
        return rows(window, order)

    return stream.batch(_WINDOW).enumerate().map(shuffled).unbatch()


def permutation(count, key):
    """The numbers from 0 to count - 1 in an order that is a function of the key: int32 tensor."""
    # Sorting random 64-bit keys gives every order equal chances; index_shuffle is faster but its
    # permutations of neighbouring epochs are visibly correlated.
    random_keys = tf.random.stateless_uniform([count], key, None, None, tf.int64)
    return tf.argsort(random_keys, stable=True)


def given_seed(seed):
    """A seed as an `int`, or `None` if none is given."""
    return None if seed is None else integer("seed", seed, 0, 2**63 - 1)


def _of_images(augment):
    """An augmentation of images as a transform of batches, whose first component they are."""

    def transform(batch, seed):
        if isinstance(batch, tuple):
            return (augment(batch[0], seed), *batch[1:])
        return augment(batch, seed)

    return transform


def _transformed(transform, key, step, batch):
    if transform is None:
        return batch
    return transform(batch, tf.random.experimental.stateless_fold_in(key, step))
