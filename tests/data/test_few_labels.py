import numpy as np
import pytest

from keras_gen import data

IMAGES = np.arange(23, dtype="float32").reshape(23, 1, 1, 1)
FEW = 100 + np.arange(5, dtype="float32").reshape(5, 1, 1, 1)
FEW_LABELS = np.array([4, 3, 2, 1, 0])


def mixed(labeled_size=2, **kwargs):
    return data.partly_labeled(IMAGES, FEW, FEW_LABELS, 4, labeled_size, seed=1, **kwargs)


def delivered(batches):
    return [(x.numpy().ravel(), y.numpy()) for x, y in batches]


def test_few_per_class_are_distinct_examples_of_each_class():
    labels = np.array([1, 0, 2] * 8)
    few = data.few_per_class(labels, 3, seed=1)
    assert len(set(few)) == 9
    np.testing.assert_array_equal(labels[few], [0, 0, 0, 1, 1, 1, 2, 2, 2])
    np.testing.assert_array_equal(few, data.few_per_class(labels, 3, seed=1))
    assert set(few) != set(data.few_per_class(labels, 3, seed=2))
    assert set(data.few_per_class(labels, 2, seed=1)) < set(few)


@pytest.mark.parametrize("count, expected", [(0, "positive"), (3, "at most 2, "), (1.5, "integer")])
def test_more_examples_than_a_class_has_are_refused(count, expected):
    with pytest.raises(ValueError, match=f"`count`.*{expected}.*Received: count={count}"):
        data.few_per_class([0, 0, 0, 1, 1], count, seed=1)


def test_stratified_examples_have_the_shares_of_all_classes():
    labels = np.array([0, 1, 1, 2, 2, 2] * 10)
    few = data.stratified(labels, 12, seed=1)
    assert len(set(few)) == 12
    np.testing.assert_array_equal(np.bincount(labels[few]), [2, 4, 6])
    np.testing.assert_array_equal(few, data.stratified(labels, 12, seed=1))
    assert set(few) != set(data.stratified(labels, 12, seed=2))


@pytest.mark.parametrize("count", [2, 58, 0, 1.5])
def test_stratified_examples_of_a_class_must_be_there(count):
    labels = np.array([0, 1, 1, 2, 2, 2] * 10)
    assert len(data.stratified(labels, 3, seed=1)) == 3
    assert len(data.stratified(labels, 57, seed=1)) == 57
    with pytest.raises(ValueError, match=f"`count`.*integer.*Received: count={count}"):
        data.stratified(labels, count, seed=1)


@pytest.mark.parametrize("labels", [[0.0, 1.0], [0, -1], []])
def test_few_of_what_are_no_labels_are_refused(labels):
    with pytest.raises(ValueError, match="`labels`.*from 0 up, one for each example"):
        data.few_per_class(labels, 1, seed=1)


def test_unlabeled_images_pass_by_once_and_labels_stay_with_their_images():
    epoch = delivered(mixed())
    assert [len(x) for x, _ in epoch] == [6] * 5 + [5]
    unlabeled = np.concatenate([x[y == -1] for x, y in epoch])
    np.testing.assert_array_equal(np.sort(unlabeled), IMAGES.ravel())
    for x, y in epoch:
        np.testing.assert_array_equal(y >= 0, np.arange(len(y)) < 2)
        np.testing.assert_array_equal(x[:2], 104 - y[:2])


def test_labeled_images_are_drawn_anew_and_equally_often():
    epochs = mixed().repeat(200)
    draws = np.array([y.numpy()[:2] for _, y in epochs])
    assert (draws[:, 0] != draws[:, 1]).all()
    counts = np.bincount(draws.ravel())
    expected = draws.size / 5
    # Drawn without repetition within a pair: variance 2/5 (1 - 2/5) per batch.
    assert (np.abs(counts - expected) < 4 * np.sqrt(len(draws) * 0.24)).all()


def test_more_labeled_images_than_there_are_come_nearly_equally_often():
    for _, y in mixed(labeled_size=12):
        counts = np.bincount(y.numpy()[:12])
        assert set(counts) == {2, 3}


@pytest.mark.parametrize("cache", [True, False])
def test_batches_are_a_function_of_seed_and_epoch(cache):
    first, second = mixed(cache=cache), mixed(cache=cache)
    epochs = [delivered(first) for _ in range(3)]
    second.epoch.assign(2)
    for (x, y), (same_x, same_y) in zip(epochs[2], delivered(second), strict=True):
        np.testing.assert_array_equal(x, same_x)
        np.testing.assert_array_equal(y, same_y)
    assert any((a[1] != b[1]).any() for a, b in zip(epochs[1], epochs[2]))


@pytest.mark.parametrize("cache, unlabeled", [(True, [7, 3, 13, 19]), (False, [8, 19, 20, 2])])
def test_draws_are_the_recorded_ones(cache, unlabeled):
    """Recorded with numbers of 7 labeled images, before batches had transforms."""
    few = np.arange(7, dtype="float32").reshape(7, 1, 1, 1)
    batches = data.partly_labeled(IMAGES, few, np.arange(7), 4, 2, seed=1, cache=cache)
    batches.epoch.assign(2)
    x, y = list(batches)[3]
    assert x.numpy().ravel().tolist() == [1, 6, *unlabeled]
    assert y.numpy().tolist() == [1, 6, -1, -1, -1, -1]


def test_images_that_come_with_labels_are_refused():
    with pytest.raises(ValueError, match="`images`.*without labels.*2 parts"):
        data.partly_labeled((IMAGES, np.arange(23)), FEW, FEW_LABELS, 4, 2)


def test_augmentation_reaches_labeled_and_unlabeled_images():
    plain, moved = delivered(mixed()), delivered(mixed(augment=lambda x, seed: x + 0.5))
    for (x, y), (x_moved, y_moved) in zip(plain, moved, strict=True):
        np.testing.assert_array_equal(x_moved, x + 0.5)
        np.testing.assert_array_equal(y_moved, y)


@pytest.mark.parametrize(
    "labels", [FEW_LABELS[:4], FEW_LABELS - 1, FEW_LABELS + 0.0, FEW_LABELS[None]]
)
def test_bad_labels_are_named(labels):
    with pytest.raises(ValueError, match="argument `labels`.*5 labeled images.*Received"):
        data.partly_labeled(IMAGES, FEW, labels, 4, 2)


@pytest.mark.parametrize("arguments, name", [((4, 0), "labeled_size"), ((0, 2), "batch_size")])
def test_bad_sizes_are_named(arguments, name):
    with pytest.raises(ValueError, match=f"argument `{name}`.*Received: {name}=0"):
        data.partly_labeled(IMAGES, FEW, FEW_LABELS, *arguments)
