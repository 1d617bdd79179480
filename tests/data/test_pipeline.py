import subprocess
import sys
import textwrap

import numpy as np
import pytest
import tensorflow as tf

from keras_gen import data

NUMBERS = np.arange(103, dtype="float32")


def delivered(batches):
    return np.concatenate([np.asarray(batch) for batch in batches])


@pytest.mark.parametrize("cache", [True, False])
def test_every_epoch_is_another_permutation(cache):
    batches = data.batches(NUMBERS, 10, seed=1, cache=cache)
    epochs = [delivered(batches) for _ in range(3)]
    for order in epochs:
        np.testing.assert_array_equal(np.sort(order), NUMBERS)
        assert (order != NUMBERS).any()
    assert (epochs[0] != epochs[1]).any()
    assert (epochs[1] != epochs[2]).any()


@pytest.mark.parametrize("cache", [True, False])
def test_order_is_a_function_of_seed_and_epoch(cache):
    first = data.batches(NUMBERS, 10, seed=1, cache=cache)
    epochs = [delivered(first) for _ in range(4)]
    tf.random.set_seed(99)
    second = data.batches(NUMBERS, 10, seed=1, cache=cache)
    second.epoch.assign(2)
    np.testing.assert_array_equal(delivered(second), epochs[2])
    np.testing.assert_array_equal(delivered(second), epochs[3])
    other = data.batches(NUMBERS, 10, seed=2, cache=cache)
    assert (delivered(other) != epochs[0]).any()


@pytest.mark.parametrize("cache", [True, False])
def test_order_does_not_depend_on_the_batch_size(cache):
    small, large = (data.batches(NUMBERS, size, seed=5, cache=cache) for size in (7, 50))
    np.testing.assert_array_equal(delivered(small), delivered(large))


def test_epoch_advances_once_per_iteration_also_when_it_is_broken_off():
    batches = data.batches(NUMBERS, 10, seed=1)
    assert int(batches.epoch) == 0
    iter(batches)
    assert int(batches.epoch) == 0
    next(iter(batches))
    assert int(batches.epoch) == 1


def test_all_orders_of_four_examples_are_equally_likely():
    batches = data.batches(np.arange(4), 4, seed=0)
    # repeat() starts a new iteration, hence a new epoch, each time.
    orders = [tuple(order) for order in batches.repeat(1200).as_numpy_iterator()]
    _, counts = np.unique(orders, axis=0, return_counts=True)
    assert len(counts) == 24
    # Chi-square with 23 degrees of freedom: 5.6 and 54.0 leave out 1e-4 on either side.
    assert 5.6 < ((counts - 50) ** 2 / 50).sum() < 54.0


def test_neighbouring_epochs_are_uncorrelated():
    batches = data.batches(np.arange(5000), 5000, seed=0)
    orders = [next(iter(batches)).numpy() for _ in range(4)]
    correlations = np.corrcoef(orders) - np.eye(4)
    assert np.abs(correlations).max() < 5 / np.sqrt(5000)


@pytest.mark.parametrize("cache", [True, False])
@pytest.mark.parametrize("drop, sizes", [(False, [40, 40, 23]), (True, [40, 40])])
def test_last_batch_and_cardinality(cache, drop, sizes):
    batches = data.batches(NUMBERS, 40, seed=0, cache=cache, drop_remainder=drop)
    assert [len(batch) for batch in batches] == sizes
    assert int(batches.cardinality()) == len(sizes)
    assert batches.element_spec.shape[0] == (40 if drop else None)


def test_length_of_batches_is_known_where_all_are_full():
    assert data.batches(NUMBERS[:80], 40, seed=0).element_spec.shape[0] == 40


@pytest.mark.parametrize("cache", [True, False])
def test_without_shuffling_the_order_is_kept_and_epochs_are_counted(cache):
    batches = data.batches(NUMBERS, 10, shuffle=False, cache=cache)
    for epoch in range(2):
        assert int(batches.epoch) == epoch
        np.testing.assert_array_equal(delivered(batches), NUMBERS)


def test_streaming_shuffles_within_windows_and_loses_nothing():
    count = 10_000
    batches = data.batches(tf.data.Dataset.range(count), 100, seed=3, cache=False)
    order = delivered(batches)
    np.testing.assert_array_equal(np.sort(order), np.arange(count))
    assert order[:4096].max() < 4096
    assert np.abs(np.diff(order)).mean() > 500


def test_images_and_labels_stay_together():
    batches = data.batches((NUMBERS, NUMBERS.astype("int64") * 2), 10, seed=1)
    for images, labels in batches:
        np.testing.assert_array_equal(images.numpy() * 2, labels.numpy())


def test_without_a_seed_every_call_has_its_own_order():
    first, second = (delivered(data.batches(NUMBERS, 10)) for _ in range(2))
    assert (first != second).any()


def test_float64_becomes_the_default_float_type():
    assert data.batches(np.ones([4, 2]), 2).element_spec.dtype == tf.float32


def shift(images, seed):
    return images + tf.random.stateless_uniform(tf.shape(images), seed)


def test_augmentation_is_reproducible_and_new_in_every_batch_and_epoch():
    zeros = np.zeros([40, 1], "float32")
    first = data.batches((zeros, np.arange(40)), 10, seed=1, shuffle=False, augment=shift)
    epochs = [np.concatenate([x for x, _ in first]).ravel() for _ in range(2)]
    assert len(np.unique(epochs)) == 80
    second = data.batches(zeros, 10, seed=1, shuffle=False, augment=shift)
    second.epoch.assign(1)
    np.testing.assert_array_equal(delivered(second).ravel(), epochs[1])


@pytest.mark.parametrize("cache", [True, False])
def test_seeds_of_augmentations_are_the_recorded_ones(cache):
    """Recorded before batches had transforms; resumed trainings depend on them."""

    def seeds(images, seed):
        return tf.tile(seed[None], [len(NUMBERS[:10]), 1])

    batches = data.batches(NUMBERS[:40], 10, seed=7, cache=cache, augment=seeds)
    batches.epoch.assign(2)
    assert list(batches)[3][0].numpy().tolist() == [1480540957993401571, 3]


def test_orders_are_the_recorded_ones():
    batches = data.batches(NUMBERS[:40], 10, seed=7)
    batches.epoch.assign(2)
    assert list(batches)[3].numpy().tolist() == [37, 7, 5, 13, 16, 38, 14, 21, 35, 20]


@pytest.mark.parametrize("cache", [True, False])
def test_a_transform_sees_the_whole_batch_and_may_return_another_structure(cache):
    def sums(batch, seed):
        x, y = batch
        return {"sum": x + y, "seed": seed}

    pairs = (NUMBERS[:40], 100 * NUMBERS[:40])
    batches = data.batches(pairs, 10, seed=7, cache=cache, transform=sums)
    plain = data.batches(pairs, 10, seed=7, cache=cache)
    for batch, (x, y) in zip(batches, plain, strict=True):
        np.testing.assert_array_equal(batch["sum"], x + y)
        assert batch["seed"].shape == (2,)


def test_augment_is_a_transform_of_the_first_component():
    pairs = (np.zeros([40, 1], "float32"), NUMBERS[:40])
    first = data.batches(pairs, 10, seed=1, augment=shift)
    second = data.batches(
        pairs, 10, seed=1, transform=lambda batch, seed: (shift(batch[0], seed), batch[1])
    )
    for (x, y), (same_x, same_y) in zip(first, second, strict=True):
        np.testing.assert_array_equal(x, same_x)
        np.testing.assert_array_equal(y, same_y)
        assert len(np.unique(x)) == 10


def test_augment_and_transform_together_are_refused():
    with pytest.raises(ValueError, match="`transform`. Expected None where `augment`"):
        data.batches(NUMBERS, 10, augment=shift, transform=shift)


def test_arrays_returns_the_whole_dataset_in_order():
    dataset = tf.data.Dataset.from_tensor_slices((NUMBERS, -NUMBERS))
    images, labels = data.arrays(dataset)
    np.testing.assert_array_equal(images, NUMBERS)
    np.testing.assert_array_equal(labels, -NUMBERS)
    assert data.arrays(tf.data.Dataset.range(9000)).shape == (9000,)


@pytest.mark.parametrize(
    "dataset, batch_size, message",
    [
        (NUMBERS, 0, "batch_size=0"),
        (NUMBERS, 2.5, "batch_size=2.5"),
        (NUMBERS, 104, "at most the number of examples, 103"),
        (np.array([1.0, np.nan, np.inf]), 1, "2 NaN or infinite"),
        (np.zeros([0, 2]), 1, "empty array"),
        (tf.data.Dataset.range(0), 1, "empty dataset"),
        (tf.data.Dataset.range(3).repeat(), 1, "repeats forever"),
        ((NUMBERS, NUMBERS[:5]), 1, r"lengths=\[103, 5\]"),
        (3.0, 1, "Received: 3.0"),
    ],
)
def test_bad_input_is_named(dataset, batch_size, message):
    with pytest.raises(ValueError, match=message):
        data.batches(dataset, batch_size)


@pytest.mark.parametrize("seed", [-1, 1.5, 2**63, True])
def test_bad_seeds_are_named(seed):
    with pytest.raises(ValueError, match="argument `seed`"):
        data.batches(NUMBERS, 2, seed=seed)


def test_streaming_needs_a_known_cardinality():
    unknown = tf.data.Dataset.range(10).filter(lambda x: x > 3)
    assert int(data.batches(unknown, 2).cardinality()) == 3
    with pytest.raises(ValueError, match="assert_cardinality"):
        data.batches(unknown, 2, cache=False)


DISTRIBUTED = """
    import keras, numpy as np, tensorflow as tf
    from keras_gen import data
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    keras.utils.set_random_seed(0)
    tf.config.experimental.enable_op_determinism()
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    for cache in (True, False):
        batches = data.batches(np.arange(10.0), 4, seed=3, cache=cache)
        plain = [[x.numpy() for x in batches] for _ in range(2)]
        batches.epoch.assign(0)
        distributed = strategy.experimental_distribute_dataset(batches)
        for epoch in range(2):
            assert int(batches.epoch) == epoch
            for whole, split in zip(plain[epoch], distributed, strict=True):
                parts = strategy.experimental_local_results(split)
                assert len(parts) == 2
                np.testing.assert_array_equal(np.concatenate([p.numpy() for p in parts]), whole)
    print("same batches")
"""


def test_replicas_share_each_batch_of_the_same_order():
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(DISTRIBUTED)], capture_output=True, text=True
    )
    assert result.stdout.endswith("same batches\n"), result.stderr[-2000:]
