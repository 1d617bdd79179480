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
    epochs = [np.concatenate([x.numpy().reshape(-1, 2) for x, _ in pairs]) for _ in range(300)]
    counts = np.zeros((7, 23))
    for source, target in np.concatenate(epochs).astype(int):
        counts[source, target - 100] += 1
    expected = 300 / 7
    assert (np.abs(counts - expected) < 5 * np.sqrt(expected)).all()
    pairs.epoch.assign(5)
    again = np.concatenate([x.numpy().reshape(-1, 2) for x, _ in pairs])
    np.testing.assert_array_equal(again, epochs[5])


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
        ((np.repeat(SOURCE, 3, -1), LABELS, TARGET), "`source`.*target domain, .*Received.*1, 3"),
        ((SOURCE, LABELS[1:], TARGET), "`labels`.*each of 7 source images"),
        ((SOURCE, LABELS - 1, TARGET), "`labels`.*from 0 on"),
        ((SOURCE, LABELS / 2, TARGET), "`labels`.*integer"),
        ((SOURCE * np.nan, LABELS, TARGET), "`source`.*finite.*Received: 7 NaN"),
        ((SOURCE, LABELS, TARGET * np.nan), "finite.*Received: 23 NaN"),
    ],
)
def test_domains_that_do_not_fit_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        data.domain_pairs(*arguments, 4)
