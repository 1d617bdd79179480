import numpy as np
import pytest
import tensorflow as tf

from keras_gen import data

SOURCE = np.arange(7, dtype="float32").reshape(7, 1, 1, 1)
LABELS = np.arange(7)[::-1].copy()
TARGET = 100 + np.arange(23, dtype="float32").reshape(23, 1, 1, 1)


def delivered(target=TARGET, batch_size=4, **kwargs):
    pairs = data.domain_pairs(SOURCE, LABELS, target, batch_size, seed=1, **kwargs)
    return [(x.numpy().reshape(-1, 2), y.numpy()) for x, y in pairs]


def test_target_images_pass_by_once_and_labels_stay_with_their_source_images():
    for target in (TARGET, tf.data.Dataset.from_tensor_slices(TARGET)):
        epoch = delivered(target)
        assert [len(y) for _, y in epoch] == [4] * 5 + [3]
        pairs, labels = (np.concatenate(parts) for parts in zip(*epoch))
        np.testing.assert_array_equal(np.sort(pairs[:, 1]), TARGET.ravel())
        np.testing.assert_array_equal(labels, 6 - pairs[:, 0])
        assert all(len(set(y)) == len(y) for _, y in epoch)


def test_domains_are_put_together_independently_and_reproducibly():
    pairs = data.domain_pairs(SOURCE, LABELS, TARGET, 4, seed=1)
    together = [x.reshape(-1, 2) for x, _ in pairs.repeat(300).as_numpy_iterator()]
    epochs = np.split(np.concatenate(together), 300)
    counts = np.zeros((7, 23))
    for source, target in np.concatenate(epochs).astype(int):
        counts[source, target - 100] += 1
    expected = 300 / 7
    assert (np.abs(counts - expected) < 5 * np.sqrt(expected)).all()
    pairs.epoch.assign(5)
    again = np.concatenate([x.numpy().reshape(-1, 2) for x, _ in pairs])
    np.testing.assert_array_equal(again, epochs[5])


def test_draws_are_the_recorded_ones():
    """Recorded before batches had transforms."""
    pairs = data.domain_pairs(SOURCE, LABELS, TARGET, 4, seed=1)
    pairs.epoch.assign(2)
    x, y = list(pairs)[3]
    assert x.numpy().reshape(-1, 2).tolist() == [[0, 107], [5, 103], [4, 113], [3, 119]]
    assert y.numpy().tolist() == [6, 1, 2, 3]


def test_domains_can_be_streamed():
    epoch = delivered(cache=False)
    pairs = np.concatenate([x for x, _ in epoch])
    np.testing.assert_array_equal(np.sort(pairs[:, 1]), TARGET.ravel())
    np.testing.assert_array_equal(np.concatenate([y for _, y in epoch]), 6 - pairs[:, 0])


def test_few_source_images_come_again_within_a_batch():
    for _, labels in delivered(batch_size=20):
        assert np.bincount(labels, minlength=7).max() <= np.bincount(labels, minlength=7).min() + 1


def test_both_domains_are_augmented():
    for pairs, labels in delivered(augment=lambda images, seed: -images):
        np.testing.assert_array_equal(-pairs[:, 0], 6 - labels)
        assert (pairs[:, 1] <= -100).all()


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((np.repeat(SOURCE, 3, -1), LABELS, TARGET), "`source`.*of `target`, .*Received.*1, 3"),
        ((SOURCE, LABELS[1:], TARGET), "`labels`.*each of 7 source images"),
        ((SOURCE, LABELS - 1, TARGET), "`labels`.*from 0 up"),
        ((SOURCE, LABELS / 2, TARGET), "`labels`.*integer"),
        ((SOURCE * np.nan, LABELS, TARGET), "`source`.*finite.*Received: 7 NaN"),
        ((SOURCE, LABELS, TARGET * np.nan), "finite.*Received: 23 NaN"),
    ],
)
def test_domains_that_do_not_fit_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        data.domain_pairs(*arguments, 4)


LONG, SHORT = np.arange(23, dtype="float32"), 100 + np.arange(5, dtype="float32")


def epochs_of(batches, count):
    """A list of epochs, each an array (examples, 2) of numbers of x and y."""
    return [
        np.concatenate([np.stack(batch, axis=1) for batch in batches.as_numpy_iterator()])
        for _ in range(count)
    ]


@pytest.mark.parametrize("cache", [True, False])
@pytest.mark.parametrize("domains", [(LONG, SHORT), (SHORT, LONG)])
def test_an_epoch_covers_both_domains_and_is_the_longer_one(cache, domains):
    batches = data.unpaired(*domains, 4, seed=3, cache=cache)
    assert int(batches.cardinality()) == 6
    for epoch in epochs_of(batches, 3):
        for column, domain in zip(epoch.T, domains):
            numbers, counts = np.unique(column, return_counts=True)
            np.testing.assert_array_equal(numbers, domain)
            assert set(counts) == ({1} if len(domain) == 23 else {4, 5})


@pytest.mark.parametrize("cache", [True, False])
def test_the_shorter_domain_is_reshuffled_each_time_it_runs_out(cache):
    batches = data.unpaired(LONG, SHORT, 4, seed=3, cache=cache)
    passes = [tuple(e[i : i + 5, 1]) for e in epochs_of(batches, 5) for i in range(0, 20, 5)]
    assert all(set(one) == set(SHORT) for one in passes)
    assert len(set(passes)) > 14  # 20 of 120 orders; 18.4 are expected to be different


def test_domains_are_not_in_step():
    """Domains of one length meet other partners in every epoch, and every partner is as likely."""
    batches = data.unpaired(np.arange(8.0), np.arange(8.0), 8, seed=0)
    counts = np.zeros((8, 8))
    (together,) = epochs_of(batches.repeat(400), 1)  # one iterator: each takes 20 ms to make
    np.add.at(counts, tuple(together.astype(int).T), 1)
    # Chi-square of a permutation matrix has 49 degrees of freedom and mean 56 * 7 / 8 = 49.
    assert 20 < ((counts - 50) ** 2 / 50).sum() * 7 / 8 < 95


def test_orders_of_x_and_y_are_independent_of_each_other():
    count = 4000
    numbers = np.arange(count, dtype="float32")
    first, second = epochs_of(data.unpaired(numbers, numbers, count, seed=1), 2)
    columns = np.concatenate([first.T, second.T])
    correlations = np.corrcoef(columns) - np.eye(4)
    assert np.abs(correlations).max() < 5 / np.sqrt(count)
    # The other domain's length is no part of the order.
    shorter = epochs_of(data.unpaired(numbers, numbers[:1500], count, seed=1), 1)[0]
    np.testing.assert_array_equal(shorter[:, 0], first[:, 0])


@pytest.mark.parametrize("cache", [True, False])
def test_unpaired_batches_are_a_function_of_seed_and_epoch(cache):
    undisturbed = epochs_of(data.unpaired(LONG, SHORT, 4, seed=3, cache=cache), 4)
    tf.random.set_seed(99)
    resumed = data.unpaired(LONG, SHORT, 4, seed=3, cache=cache)
    next(iter(resumed))
    resumed.epoch.assign(2)
    for again, epoch in zip(epochs_of(resumed, 2), undisturbed[2:]):
        np.testing.assert_array_equal(again, epoch)
    assert (undisturbed[0] != undisturbed[1]).any(axis=0).all()
    other = epochs_of(data.unpaired(LONG, SHORT, 4, seed=4, cache=cache), 1)[0]
    assert (other != undisturbed[0]).any(axis=0).all()


def test_datasets_and_arrays_give_the_same_batches():
    datasets = [tf.data.Dataset.from_tensor_slices(domain) for domain in (LONG, SHORT)]
    expected = epochs_of(data.unpaired(LONG, SHORT, 4, seed=3), 1)[0]
    np.testing.assert_array_equal(epochs_of(data.unpaired(*datasets, 4, seed=3), 1)[0], expected)


@pytest.mark.parametrize("cache", [True, False])
def test_a_last_batch_that_is_not_full_can_be_left_out(cache):
    sizes = [len(x) for x, _ in data.unpaired(LONG, SHORT, 4, cache=cache)]
    assert sizes == [4] * 5 + [3]
    full = data.unpaired(LONG, SHORT, 4, cache=cache, drop_remainder=True)
    assert [(len(x), len(y)) for x, y in full] == [(4, 4)] * 5
    assert [spec.shape[0] for spec in full.element_spec] == [4, 4]


def test_domains_are_augmented_with_independent_seeds_that_are_resumed():
    def noise(images, seed):
        return 0 * images + tf.random.stateless_uniform(tf.shape(images), seed)

    batches = data.unpaired(LONG, LONG, 4, seed=3, augment=noise)
    first, second = epochs_of(batches, 2)
    assert len(np.unique([first, second])) == 4 * 23
    resumed = data.unpaired(LONG, LONG, 4, seed=3, transform=data.separately(noise, noise))
    resumed.epoch.assign(1)
    np.testing.assert_array_equal(epochs_of(resumed, 1)[0], second)


def test_only_one_domain_can_be_augmented():
    transform = data.separately(None, lambda images, seed: -images)
    epoch = epochs_of(data.unpaired(LONG, SHORT, 4, seed=3, transform=transform), 1)[0]
    plain = epochs_of(data.unpaired(LONG, SHORT, 4, seed=3), 1)[0]
    np.testing.assert_array_equal(epoch, plain * [1, -1])


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"x": (LONG, LONG)}, "`x`.*without labels.*2 parts"),
        ({"y": tf.data.Dataset.from_tensor_slices((LONG, LONG))}, "`y`.*without labels.*2 parts"),
        ({"x": LONG * np.nan}, "`x`.*finite.*23 NaN"),
        ({"y": SHORT[:0]}, "`y`.*at least one example"),
        ({"y": tf.data.Dataset.range(3).repeat()}, "`y`.*finite"),
        ({"batch_size": 24}, "`batch_size`.*at most the number of examples, 23"),
        ({"batch_size": 0}, "`batch_size`.*positive integer"),
        ({"seed": -1}, "`seed`"),
        ({"augment": abs, "transform": abs}, "`transform`.*None where `augment`"),
        ({"y": tf.data.Dataset.range(9).filter(lambda n: n > 3), "cache": False}, "`y`.*known"),
    ],
)
def test_unpaired_arguments_that_do_not_fit_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        data.unpaired(**{"x": LONG, "y": SHORT, "batch_size": 4, **arguments})
