import datetime

import numpy as np
import pytest

from keras_gen.data import sequences


def test_adding_has_the_targets_of_its_marked_values():
    steps = 40
    x, y = sequences.adding(3_000, steps, seed=3)
    assert x.shape == (3_000, 44, 2) and y.shape == (3_000, 1)
    assert x.dtype == y.dtype == np.float32
    lengths, first, second = [], [], []
    for values, markers, target in zip(x[..., 0], x[..., 1], y[:, 0]):
        start = np.flatnonzero(markers == -1)[0]
        assert (np.flatnonzero(markers == -1) == [start, 43]).all()
        assert not values[:start].any() and not markers[:start].any()
        marked = np.flatnonzero(markers == 1)
        assert len(marked) in (1, 2)  # the first step keeps its -1 and counts as zero
        np.testing.assert_allclose(target, 0.5 + values[marked].sum() / 4, atol=1e-6)
        lengths.append(44 - start)
        steps_marked = sorted([*(marked - start), *([0] if len(marked) == 1 else [])])
        first.append(steps_marked[0])
        second.append(steps_marked[1])
    assert set(lengths) == {40, 41, 42, 43, 44}
    assert max(first) == 9 and max(second) == 19
    assert np.abs(x[..., 0]).max() <= 1 and x[..., 0].min() < -0.99


def test_adding_targets_lie_in_the_unit_interval_with_the_variance_of_two_uniform_numbers():
    y = sequences.adding(20_000, 100, seed=1)[1]
    assert 0 <= y.min() < 0.03 and 0.97 < y.max() <= 1
    # Var U[-1, 1] = 1/3, less a tenth and a fiftieth for steps that count as zero.
    np.testing.assert_allclose(16 * y.var(), (0.9 + 1 - 0.9 / 49) / 3, rtol=0.03)


def test_an_opinion_is_turned_by_not_and_the_majority_decides():
    x, y = sequences.opinions(500, seed=2)
    assert x.shape == (500, 15, len(sequences.WORDS)) and y.shape == (500, 1)
    np.testing.assert_array_equal(x.sum(axis=-1), 1)
    counts = set()
    for text, label in zip(sequences.as_text(x), y[:, 0]):
        total, sign, opinions = 0, 1, 0
        for word in text.split():
            if word == sequences.NOT:
                sign = -1
            elif word not in sequences.FILLERS:
                total += sign * (1 if word in sequences.PRAISE else -1)
                sign, opinions = 1, opinions + 1
        assert label == (total > 0)
        counts.add(opinions)
    assert counts == {3, 5}
    assert 0.4 < y.mean() < 0.6


def test_words_of_opinions_come_one_after_the_other_without_gaps():
    x, _ = sequences.opinions(200, seed=2)
    empty = x.argmax(axis=-1) == 0
    assert not (empty[:, :-1] & ~empty[:, 1:]).any()
    said = {word for text in sequences.as_text(x) for word in text.split()}
    assert said == set(sequences.WORDS) - {""}


def test_depths_are_what_counting_brackets_gives():
    x, depths = sequences.brackets(300, 20, seed=5)
    assert x.shape == (300, 20, 3) and depths.dtype == np.int32
    change = np.array([1, -1, 0])[x.argmax(axis=-1)]
    np.testing.assert_array_equal(depths, np.cumsum(change, axis=1))
    assert depths.min() == 0 and depths.max() == sequences.DEEPEST


def test_dates_are_the_same_day_twice_and_all_different():
    written, iso = sequences.dates(1_000, seed=1)
    assert len(set(iso)) == 1_000
    for text, short in zip(written, iso):
        day = datetime.date.fromisoformat(short)
        assert text == f"{day:%B} {day.day}, {day.year}"
    assert {text[:4] for text in iso} > {str(year) for year in range(1950, 1960)}
    assert max(map(len, written)) <= sequences.LONGEST_DATE
    assert sequences.DATES.decode(sequences.DATES.encode(written[:1])) == written[:1]
    assert sequences.ISO_DATES.encode(iso).shape == (1_000, 10)


def test_recent_puts_the_last_inputs_side_by_side():
    x = np.arange(1.0, 7.0).reshape(1, 3, 2)
    expected = [[[1, 2, 0, 0], [3, 4, 1, 2], [5, 6, 3, 4]]]
    np.testing.assert_array_equal(sequences.recent(x, 2), expected)
    np.testing.assert_array_equal(sequences.recent(x, 1), x)


@pytest.mark.parametrize(
    "make", [sequences.adding, sequences.opinions, sequences.brackets, sequences.dates]
)
def test_the_seed_decides(make):
    first, again, other = make(20, seed=1), make(20, seed=1), make(20, seed=2)
    assert all(np.array_equal(a, b) for a, b in zip(first, again))
    assert not np.array_equal(first[0], other[0])
    with pytest.raises(ValueError, match="`count`. Expected an integer, at least 1.*count=0"):
        make(0)


def test_bad_sizes_are_named():
    with pytest.raises(ValueError, match="`steps`. Expected an integer, at least 20.*steps=10"):
        sequences.adding(5, steps=10)
    with pytest.raises(ValueError, match="`steps`. Expected an integer, at least 1.*steps=0"):
        sequences.brackets(5, steps=0)
    with pytest.raises(ValueError, match="`steps`.*steps=1.5"):
        sequences.recent(np.zeros((1, 2, 1)), 1.5)
    with pytest.raises(ValueError, match="`count`. Expected at most the 73049 days"):
        sequences.dates(80_000)
