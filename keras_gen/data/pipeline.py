"""Batches whose order is a pure function of a seed and an epoch number."""

import secrets

import keras
import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error, positive_integer
from keras_gen.data.looking import advance

_PARALLEL = {"num_parallel_calls": tf.data.AUTOTUNE, "deterministic": True}
_READ_SIZE = 4096
_WINDOW = 4096


def arrays(dataset):
    """The whole of a finite `tf.data.Dataset` of single examples, as NumPy arrays.

    Args:
        dataset: A finite `tf.data.Dataset` of examples of equal shapes.

    Returns:
        One array with a leading axis of examples, or a tuple (or dict) of them: the structure of
        one example.

    Raises:
        ValueError: If the dataset is empty or infinite.

    Example:

        images, labels = arrays(load("digits", labels=True))
    """
    if dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
        raise argument_error(
            "dataset", "a finite dataset", received="a dataset that repeats forever"
        )
    chunks = list(dataset.batch(_READ_SIZE).as_numpy_iterator())
    if not chunks:
        raise argument_error("dataset", "at least one example", received="an empty dataset")
    return tf.nest.map_structure(lambda *parts: np.concatenate(parts), *chunks)


def batches(
    dataset,
    batch_size,
    seed=None,
    shuffle=True,
    cache=True,
    drop_remainder=False,
    augment=None,
):
    """Batches of a dataset, in an order that depends on the seed and the epoch number alone.

        order(epoch) = argsort(uniform(key=(seed, epoch)))

    The result has an attribute `epoch`, an int64 `tf.Variable` that starts at 0. An iteration
    reads it when its first batch is asked for, delivers that epoch's order, and leaves the
    variable one higher. Assigning a number makes the next iteration deliver the order of
    that epoch, which is how a resumed training continues exactly. Within `data.looking()` an
    iteration leaves the variable as it is. Datasets derived from the result (`map`, `take`, ...)
    keep this behaviour and lose the attribute.

    Args:
        dataset: A finite `tf.data.Dataset` of single examples, an array whose first axis counts
            examples, or a tuple of such arrays. float64 becomes Keras's default float type.
        batch_size: Examples per batch, at most the number of examples.
        seed: Non-negative integer. `None` draws one, so that every call has its own order.
        shuffle: Whether to shuffle; otherwise the order is that of `dataset`.
        cache: Whether to hold all examples in memory, which makes the order a permutation of the
            whole dataset and the batches fast. Otherwise examples are read anew in each epoch and
            shuffled within consecutive windows of 4,096 examples.
        drop_remainder: Whether to leave out a last batch of fewer than `batch_size` examples.
        augment: Callable `(images, seed) -> images` applied to every batch, where `images` is the
            first component of the batch and `seed` an int64 tensor of shape `[2]`, a function of
            the seed, the epoch and the number of the batch, for stateless random operations.

    Returns:
        A `tf.data.Dataset` of batches with known cardinality and an attribute `epoch`. If all
        cached batches are full, their length is part of the dataset's element specification.

    Raises:
        ValueError: If there are fewer examples than `batch_size`, NaN or infinite values in the
            cached examples, arrays of different lengths, or an uncached dataset of unknown length.

    Example:

        digits = batches(load("digits"), batch_size=64, seed=7)
        model.fit(digits, epochs=10)
    """
    batch_size = positive_integer("batch_size", batch_size)
    seed = _checked_seed(seed)
    if not isinstance(dataset, tf.data.Dataset):
        dataset = _as_arrays(dataset)
        if not cache:
            dataset = tf.data.Dataset.from_tensor_slices(dataset)
    with tf.device("CPU:0"):
        epoch = tf.Variable(0, dtype=tf.int64, trainable=False, name="epoch")

    step = advance()

    def next_key():
        return tf.stack([tf.constant(seed, tf.int64), epoch.assign_add(step) - step])

    passes = _cached_passes if cache else _streamed_passes
    result = passes(dataset, batch_size, shuffle, drop_remainder, augment, next_key)
    result = result.prefetch(tf.data.AUTOTUNE).with_options(_without_tuning())
    result.epoch = epoch
    return result


def _without_tuning():
    """Options without the thread that tunes buffers, for which the end of a pass can wait long."""
    options = tf.data.Options()
    options.autotune.enabled = False
    return options


def _cached_passes(dataset, batch_size, shuffle, drop_remainder, augment, next_key):
    """Passes that hold the order of the epoch and gather each batch from memory."""
    examples = arrays(dataset) if isinstance(dataset, tf.data.Dataset) else dataset
    tf.nest.map_structure(_check_finite, examples)
    with tf.device("CPU:0"):
        examples = tf.nest.map_structure(tf.constant, examples)
    count = int(tf.nest.flatten(examples)[0].shape[0])
    steps = _steps(count, batch_size, drop_remainder)
    all_full = drop_remainder or count % batch_size == 0  # known shapes make shorter graphs

    def begin():
        key = next_key()
        return key, _permutation(count, key) if shuffle else tf.range(count)

    def choose(state, step):
        key, order = tf.cond(tf.equal(step, 0), begin, lambda: state)
        start = tf.cast(step, tf.int32) * batch_size
        chosen = order[start : start + batch_size]
        if all_full:
            chosen = tf.ensure_shape(chosen, [batch_size])
        return (key, order), (key, step, chosen)

    def deliver(key, step, chosen):
        batch = tf.nest.map_structure(lambda x: tf.gather(x, chosen), examples)
        return _augmented(augment, key, step, batch)

    nothing = tf.zeros([2], tf.int64), tf.zeros([count], tf.int32)
    parallel = {} if augment is None else _PARALLEL  # gathering alone is no work to share
    # Not a dataset per epoch inside of another one: that costs 15 ms at each epoch's beginning.
    return tf.data.Dataset.range(steps).scan(nothing, choose).map(deliver, **parallel)


def _streamed_passes(dataset, batch_size, shuffle, drop_remainder, augment, next_key):
    """Passes that read the examples anew and shuffle them in windows."""
    count = int(dataset.cardinality())
    if count < 1:
        raise argument_error(
            "dataset",
            "a dataset of known, finite and positive cardinality when `cache=False`; "
            "tf.data.experimental.assert_cardinality sets it",
            received=f"cardinality={count}",
        )

    steps = _steps(count, batch_size, drop_remainder)

    def one_pass(_):
        key = next_key()
        stream = _shuffled_windows(dataset, key) if shuffle else dataset
        return (
            stream.batch(batch_size, drop_remainder=drop_remainder)
            .enumerate()
            .map(lambda step, batch: _augmented(augment, key, step, batch), **_PARALLEL)
        )

    result = tf.data.Dataset.from_tensors(0).flat_map(one_pass)
    return result.apply(tf.data.experimental.assert_cardinality(steps))


def _steps(count, batch_size, drop_remainder):
    """Batches per epoch."""
    if count < batch_size:
        raise argument_error("batch_size", f"at most the number of examples, {count}", batch_size)
    return count // batch_size if drop_remainder else -(-count // batch_size)


def _shuffled_windows(stream, key):
    # Dataset.shuffle also depends on TensorFlow's global seed, so it is no function of the key.
    def shuffled(number, window):
        size = tf.shape(tf.nest.flatten(window)[0])[0]
        order = _permutation(size, tf.random.experimental.stateless_fold_in(key, number))
        return tf.nest.map_structure(lambda x: tf.gather(x, order), window)

    return stream.batch(_WINDOW).enumerate().map(shuffled).unbatch()


def _permutation(count, key):
    # Sorting random 64-bit keys gives every order equal chances; index_shuffle is faster but its
    # permutations of neighbouring epochs are visibly correlated.
    random_keys = tf.random.stateless_uniform([count], key, None, None, tf.int64)
    return tf.argsort(random_keys, stable=True)


def _augmented(augment, key, step, batch):
    if augment is None:
        return batch
    seed = tf.random.experimental.stateless_fold_in(key, step)
    if isinstance(batch, tuple):
        return (augment(batch[0], seed), *batch[1:])
    return augment(batch, seed)


def _as_arrays(dataset):
    if isinstance(dataset, tuple):
        parts = tuple(_as_array(part) for part in dataset)
        lengths = [len(part) for part in parts]
        if len(set(lengths)) != 1:
            raise argument_error(
                "dataset", "arrays of equal lengths", received=f"lengths={lengths}"
            )
    else:
        parts = _as_array(dataset)
        lengths = [len(parts)]
    if lengths[0] == 0:
        raise argument_error("dataset", "at least one example", received="an empty array")
    return parts


def _as_array(part):
    array = np.asarray(part)
    if array.ndim == 0:
        raise argument_error(
            "dataset", "a tf.data.Dataset, an array or a tuple of arrays", received=f"{part!r}"
        )
    return array.astype(keras.config.floatx()) if array.dtype == np.float64 else array


def _check_finite(array):
    if not np.issubdtype(array.dtype, np.floating):
        return
    bad = array.size - np.count_nonzero(np.isfinite(array))
    if bad:
        raise argument_error(
            "dataset",
            "finite numbers",
            received=f"{bad} NaN or infinite values in an array of shape {array.shape}",
        )


def _checked_seed(seed):
    if seed is None:
        return secrets.randbits(62)
    if not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**63:
        raise argument_error("seed", "a non-negative integer below 2 ** 63", seed)
    return int(seed)
