"""Linear separability, against what can be counted."""

import numpy as np
import pytest

from keras_gen.metrics import linear_separability
from keras_gen.metrics.separability import attribute_entropy, conditional_entropy

COUNT = 4000
rng = np.random.default_rng(6)
POINTS = rng.normal(size=(COUNT, 3))
IMAGES = np.zeros((COUNT, 2, 2, 1), "float32")
HEIGHT = POINTS @ [1.0, -2.0, 0.5] - 0.3  # above a plane
SIDE = (HEIGHT > 0).astype(float)
COIN = (rng.permutation(COUNT) % 2).astype(float)


def separability(*columns, **options):
    """Of classifiers that answer with these probabilities."""
    classifiers = [lambda images, p=p: p for p in columns]
    return linear_separability(POINTS, IMAGES, classifiers, **options)


def test_what_a_plane_separates_leaves_nothing_open():
    """Of the surer half none is near the plane; near it a machine with a soft margin may err."""
    surer_far_away = 1 / (1 + np.exp(-HEIGHT))
    assert separability(surer_far_away) == 1
    assert separability(surer_far_away, 1 - surer_far_away) == 1
    assert 1 < separability(SIDE) < 1.05


def test_every_balanced_attribute_of_which_a_plane_tells_nothing_doubles_it():
    assert separability(COIN) == pytest.approx(2, abs=0.01)
    other = (rng.permutation(COUNT) % 2).astype(float)
    assert separability(COIN, other) == pytest.approx(4, abs=0.02)
    assert separability(np.stack([COIN, other], axis=1)) == separability(COIN, other)
    assert separability(COIN, SIDE) == pytest.approx(2, abs=0.05)


def test_an_attribute_that_all_or_none_have_leaves_nothing_open():
    assert separability(np.ones(COUNT), np.zeros(COUNT)) == 1


def test_a_ball_is_not_separable_by_a_plane():
    """A plane far from the middle has only outer points behind it: that little is known."""
    inside = (np.sum(POINTS**2, axis=1) < 2.366).astype(float)  # the median
    assert 1.85 < separability(inside) < 2


def test_the_surest_half_counts():
    """Where the classifier is sure the plane is right, and elsewhere all is chance."""
    sure = np.arange(COUNT) % 2 == 0
    p = np.where(sure, np.where(SIDE == 1, 0.99, 0.01), np.where(COIN == 1, 0.7, 0.3))
    assert separability(p) == pytest.approx(1, abs=0.03)
    assert separability(p, kept=1.0) > 1.5


@pytest.mark.parametrize(
    "joint, bits",
    [
        ([[5, 0], [0, 5]], 0),
        ([[5, 5], [5, 5]], 1),
        ([[4, 4], [0, 8]], 0.5),  # half of the time one bit is open
        ([[3, 1], [0, 0]], 2 - 0.75 * np.log2(3)),
        ([[2, 2], [3, 1]], 0.5 + 0.5 * (2 - 0.75 * np.log2(3))),
    ],
)
def test_entropies_by_hand(joint, bits):
    x, y = [], []
    for a, row in enumerate(joint):
        for b, count in enumerate(row):
            x += [a] * count
            y += [b] * count
    assert conditional_entropy(np.array(y) == 1, np.array(x) == 1) == pytest.approx(bits, abs=1e-12)


def test_the_plane_is_that_of_the_authors_support_vector_machine():
    from sklearn.svm import LinearSVC

    p = 1 / (1 + np.exp(-(POINTS[:, 0] + rng.normal(size=COUNT))))
    surest = np.argsort(-np.abs(p - 0.5))[: COUNT // 2]
    has = p[surest] > 0.5
    side = LinearSVC(max_iter=100_000, random_state=1).fit(POINTS[surest], has)
    expected = conditional_entropy(has, side.predict(POINTS[surest]))
    assert 0.1 < expected < 0.9
    assert attribute_entropy(POINTS, p) == pytest.approx(expected, abs=0.005)


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="argument `images`.*3 images, 4000 latents"):
        linear_separability(POINTS, IMAGES[:3], [lambda x: COIN])
    for bad in (COIN * 2, COIN - 1, COIN * np.nan, COIN[:5], POINTS[:, :, None] * 0):
        with pytest.raises(ValueError, match="argument `classifiers`.*probabilities"):
            separability(bad)
    for bad in (0, -1, 1.5, None, "1"):
        with pytest.raises(ValueError, match="argument `kept`"):
            separability(COIN, kept=bad)
    for bad in (POINTS[0], POINTS[:1], POINTS * np.inf):
        with pytest.raises(ValueError, match="argument `latents`"):
            linear_separability(bad, IMAGES[: len(bad)], [lambda x: COIN])
    for bad in (lambda x: COIN, [], None, ["smile"]):
        with pytest.raises(ValueError, match="argument `classifiers`"):
            linear_separability(POINTS, IMAGES, bad)
