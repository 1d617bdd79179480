import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from keras_gen.data import toy
from keras_gen.metrics import FeatureExtractor, MixtureModes, StackedModes

RANGE = (-1.0, 1.0)


@pytest.fixture
def brightness():
    """Reads an image's first pixel, from 0 to 1, as one of four classes."""

    def probabilities(images):
        classes = tf.cast(tf.round(3 * images[:, 0, 0, 0]), tf.int32)
        return tf.one_hot(classes, 4) * 0.8 + 0.05

    return FeatureExtractor("brightness", probabilities, probabilities, (2, 2, 1), (0, 1))


def stacked(classes):
    """Images in [-1, 1] whose channels are of given classes, `[n, 3]`."""
    pixels = 2 * np.asarray(classes, "float32") / 3 - 1
    return np.tile(pixels[:, None, None, :], (1, 2, 2, 1))


def test_points_within_three_deviations_are_good():
    modes = MixtureModes([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]], stddev=1)
    # The distance counts, not each coordinate: (2.5, 2.5) is 3.54 away.
    modes.update_state(None, np.array([[2.9, 0], [2.5, 2.5], [10, 3.1], [10, 3.2]]))
    assert modes.result() == 1 and modes.good_share() == 0.25
    np.testing.assert_allclose(modes.divergence(), stats.entropy([2, 2, 0], [1, 1, 1]), rtol=1e-12)
    assert modes.name == "modes_of_3"


def test_good_share_of_the_mixture_itself_is_that_of_a_rayleigh_distribution():
    modes = MixtureModes(toy.grid_centres(spacing=1.5), stddev=0.1)
    modes.update_state(None, toy.grid(20_000, spacing=1.5, stddev=0.1))
    assert modes.result() == 25
    assert modes.good_share() == pytest.approx(1 - np.exp(-4.5), abs=0.002)
    # 24 / (2 * 20,000) is what the divergence of a finite sample is on average.
    assert 0 < modes.divergence() < 3 * 24 / 40_000


def test_collapse_is_counted_and_measured():
    modes = MixtureModes(toy.ring_centres(), stddev=0.02)
    modes.update_state(None, toy.ring(1000, modes=1))
    assert modes.result() == 1
    np.testing.assert_allclose(modes.divergence(), np.log(8), rtol=1e-12)


def test_a_least_share_of_all_points_leaves_out_what_chance_finds():
    points = np.concatenate([toy.ring(96, modes=1), toy.ring_centres()[1:5]])
    modes = MixtureModes(toy.ring_centres(), stddev=0.02, least_share=0.01)
    modes.update_state(None, points)
    assert modes.result() == 5 and modes.name == "modes_of_8_with_1%"
    modes.update_state(None, np.full([1, 2], 9.0))  # no good one, but the share is one of all
    assert modes.result() == 1
    with pytest.raises(ValueError, match="`least_share`.*least_share=1"):
        MixtureModes(toy.ring_centres(), 0.02, least_share=1)


def test_more_deviations_find_more():
    points = toy.ring(200, stddev=0.08)
    good = []
    for deviations in (1.0, 3.0):
        modes = MixtureModes(toy.ring_centres(), 0.02, deviations)
        modes.update_state(None, points)
        good.append(modes.good_share())
    assert good[0] < 0.1 < good[1]


@pytest.mark.parametrize("batch", [1, 7, 100])
def test_counts_do_not_depend_on_the_batches(batch):
    points = toy.ring(100, stddev=0.06)
    whole, parts = (MixtureModes(toy.ring_centres(), 0.02) for _ in range(2))
    whole.update_state(None, points)
    for start in range(0, 100, batch):
        parts.update_state(None, points[start : start + batch])
    for measure in ("result", "good_share", "divergence"):
        assert getattr(parts, measure)() == getattr(whole, measure)()


def test_real_samples_count_for_nothing():
    modes = MixtureModes(toy.ring_centres(), 0.02)
    modes.update_state(toy.ring(100), None)
    with pytest.raises(ValueError, match="at least one sample"):
        modes.result()
    modes.update_state(toy.ring(100), toy.ring(10, modes=1))
    assert modes.result() == 1
    modes.reset_fake()
    with pytest.raises(ValueError, match="at least one sample"):
        modes.divergence()


def test_stacked_modes_are_the_combinations_of_classes(brightness):
    classes = [[0, 1, 2], [0, 1, 2], [2, 1, 0], [3, 3, 3]]
    modes = StackedModes(brightness, RANGE, classes=4)
    assert modes.name == "modes_of_64_brightness"
    assigned, good = modes.assigned(stacked(classes))
    assert list(assigned) == [6, 6, 36, 63] and good.all()
    for start in range(4):
        modes.update_state(None, stacked(classes[start : start + 1]))
    assert modes.result() == 3 and modes.good_share() == 1
    expected = stats.entropy(np.bincount(assigned, minlength=64), np.ones(64))
    np.testing.assert_allclose(modes.divergence(), expected, rtol=1e-12)


def test_all_combinations_once_have_no_divergence(brightness):
    modes = StackedModes(brightness, RANGE, classes=4)
    modes.update_state(None, stacked(np.argwhere(np.ones((4, 4, 4)))))
    assert modes.result() == 64 and abs(modes.divergence()) < 1e-12


def test_bad_input_is_refused(brightness):
    modes = MixtureModes(toy.ring_centres(), 0.02)
    with pytest.raises(ValueError, match="`points`"):
        modes.update_state(None, np.zeros((4, 2), int))
    with pytest.raises(ValueError, match="width of `points`"):
        modes.update_state(None, np.zeros((4, 3)))
    with pytest.raises(ValueError, match="`points`.*finite"):
        modes.update_state(None, np.full((4, 2), np.nan))
    for arguments in ({"stddev": 0}, {"stddev": 1, "deviations": -1}):
        with pytest.raises(ValueError, match="positive number"):
            MixtureModes(toy.ring_centres(), **arguments)
    modes = StackedModes(brightness, RANGE, classes=4)
    with pytest.raises(ValueError, match="3 channels"):
        modes.update_state(None, np.zeros((4, 2, 2, 1), "float32"))
    with pytest.raises(ValueError, match=r"declared range \[-1\.0, 1\.0\]"):
        modes.update_state(None, np.full((4, 2, 2, 3), 255.0, "float32"))
    with pytest.raises(ValueError, match="`classes`.*Expected 4"):
        StackedModes(brightness, RANGE).update_state(None, np.zeros((4, 2, 2, 3), "float32"))
