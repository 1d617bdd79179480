import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen.losses import (
    Hinge,
    LeastSquares,
    Minimax,
    NonSaturating,
    RelativisticPairing,
    Wasserstein,
)

LOG2, LOG3, LOG4 = np.log([2.0, 3.0, 4.0])

# Scores whose sigmoids are fractions: real D = (3/4, 1/2), fake D = (1/4, 2/3).
REAL = np.array([[LOG3], [0.0]], "float32")
FAKE = np.array([[-LOG3], [LOG2]], "float32")

# The cross-entropies of the labels 1 and 0 at these D: -log D and -log(1 - D).
REAL_AS_ONE = (np.log(4 / 3) + LOG2) / 2
REAL_AS_ZERO = (LOG4 + LOG2) / 2
FAKE_AS_ZERO = (np.log(4 / 3) + LOG3) / 2
FAKE_AS_ONE = (LOG4 + np.log(3 / 2)) / 2

MEAN_REAL, MEAN_FAKE = LOG3 / 2, (LOG2 - LOG3) / 2
SMOOTHED = 0.9 * REAL_AS_ONE + 0.1 * REAL_AS_ZERO

TABLE = [
    (NonSaturating(), REAL_AS_ONE + FAKE_AS_ZERO, FAKE_AS_ONE),
    (NonSaturating(label_smoothing=0.1), SMOOTHED + FAKE_AS_ZERO, FAKE_AS_ONE),
    (Minimax(), REAL_AS_ONE + FAKE_AS_ZERO, -FAKE_AS_ZERO),
    (Minimax(label_smoothing=0.1), SMOOTHED + FAKE_AS_ZERO, -FAKE_AS_ZERO),
    (
        LeastSquares(),
        ((LOG3 - 1) ** 2 + 1) / 4 + (LOG3**2 + LOG2**2) / 4,
        ((LOG3 + 1) ** 2 + (LOG2 - 1) ** 2) / 4,
    ),
    (
        LeastSquares(label_smoothing=0.1),
        ((LOG3 - 0.9) ** 2 + 0.81) / 4 + (LOG3**2 + LOG2**2) / 4,
        ((LOG3 + 1) ** 2 + (LOG2 - 1) ** 2) / 4,
    ),
    (Wasserstein(), MEAN_FAKE - MEAN_REAL, -MEAN_FAKE),
    (Wasserstein(drift=0.01), MEAN_FAKE - MEAN_REAL + 0.01 * LOG3**2 / 2, -MEAN_FAKE),
    # The first real and the first fake score, log 3 and -log 3, lie beyond the margin.
    (Hinge(), 1 / 2 + (1 + LOG2) / 2, -MEAN_FAKE),
]
LOSSES = [NonSaturating(0.1), Minimax(0.1), LeastSquares(0.1), Wasserstein(0.01), Hinge()]


def name(value):
    return repr(value) if hasattr(value, "get_config") else ""


@pytest.mark.parametrize("loss, discriminator, generator", TABLE, ids=name)
def test_loss_matches_hand_computed_value(loss, discriminator, generator):
    np.testing.assert_allclose(loss.discriminator(REAL, FAKE), discriminator, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(loss.generator(FAKE), generator, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("loss", LOSSES, ids=name)
def test_patch_scores_are_averaged_like_samples(loss):
    patches_real = np.tile(REAL[:, :, None, None], (1, 3, 5, 1))
    patches_fake = np.tile(FAKE[:, :, None, None], (1, 3, 5, 1))
    np.testing.assert_allclose(
        loss.discriminator(patches_real, patches_fake), loss.discriminator(REAL, FAKE), rtol=1e-6
    )
    np.testing.assert_allclose(loss.generator(patches_fake), loss.generator(FAKE), rtol=1e-6)


@pytest.mark.parametrize("shape", [(2,), (2, 1), (2, 3, 3, 1)])
@pytest.mark.parametrize("loss", LOSSES, ids=name)
def test_sample_weight_weighs_the_expectation_over_real_samples(loss, shape):
    random = np.random.default_rng(0)
    real, fake = random.normal(size=(2, *shape)).astype("float32")
    zero_real_term = loss.discriminator(real, fake, sample_weight=np.zeros(2))
    first = loss.discriminator(real[:1], fake) - zero_real_term
    second = loss.discriminator(real[1:], fake) - zero_real_term
    weighted = loss.discriminator(real, fake, sample_weight=np.array([3.0, 0.5]))
    np.testing.assert_allclose(weighted - zero_real_term, 6 / 7 * first + 1 / 7 * second, atol=1e-5)


@pytest.mark.parametrize("loss", LOSSES, ids=name)
def test_sample_weight_weighs_the_generator_of_patches(loss):
    fake = np.random.default_rng(0).normal(size=(2, 4, 4, 1)).astype("float32")
    weighted = loss.generator(fake, sample_weight=np.array([3.0, 0.5]))
    expected = 6 / 7 * loss.generator(fake[:1]) + 1 / 7 * loss.generator(fake[1:])
    np.testing.assert_allclose(weighted, expected, rtol=1e-5, atol=1e-6)


def test_one_sided_smoothing_leaves_the_generator_alone():
    assert float(NonSaturating(0.2).generator(FAKE)) == float(NonSaturating().generator(FAKE))


def test_zero_sum_game_is_zero_sum_in_the_fake_scores():
    fake = tf.constant(FAKE)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(fake)
        discriminator = Minimax().discriminator(REAL, fake)
        generator = Minimax().generator(fake)
    np.testing.assert_allclose(
        tape.gradient(discriminator, fake), -tape.gradient(generator, fake), rtol=1e-6
    )


@pytest.mark.parametrize("loss", [NonSaturating(), Minimax()], ids=name)
def test_confident_scores_stay_finite_and_exact(loss):
    real, fake = tf.constant([[-1000.0]]), tf.constant([[1000.0]])
    with tf.GradientTape() as tape:
        tape.watch([real, fake])
        value = loss.discriminator(real, fake)
    np.testing.assert_allclose(value, 2000.0)
    np.testing.assert_allclose(tape.gradient(value, [real, fake]), [[[-1.0]], [[1.0]]])


@pytest.mark.parametrize("loss", LOSSES, ids=name)
def test_half_precision_scores_are_summed_in_float32(loss):
    real, fake = tf.constant(REAL, tf.bfloat16), tf.constant(FAKE, tf.bfloat16)
    assert loss.discriminator(real, fake).dtype == tf.float32
    exact = loss.discriminator(tf.cast(real, tf.float32), tf.cast(fake, tf.float32))
    assert float(loss.discriminator(real, fake)) == float(exact)


@pytest.mark.parametrize("loss", LOSSES, ids=name)
def test_loss_survives_serialization_and_is_immutable(loss):
    restored = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert restored == loss and hash(restored) == hash(loss) and type(restored) is type(loss)
    with pytest.raises(AttributeError):
        loss.label_smoothing = 0.3


def test_losses_with_other_numbers_or_equations_differ():
    assert NonSaturating(0.1) != NonSaturating()
    assert NonSaturating() != Minimax()


@pytest.mark.parametrize("value", [-0.1, 1.0, float("nan")])
@pytest.mark.parametrize("loss", [NonSaturating, Minimax, LeastSquares])
def test_label_smoothing_out_of_range_is_refused(loss, value):
    with pytest.raises(ValueError, match=r"`label_smoothing`.*\[0, 1\)"):
        loss(label_smoothing=value)


def test_negative_drift_is_refused():
    with pytest.raises(ValueError, match="`drift`"):
        Wasserstein(drift=-1)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize(
    "loss, expected",
    [
        (Minimax(), sigmoid),
        (NonSaturating(0.1), lambda s: sigmoid(-s)),
        (LeastSquares(), lambda s: 1 - s),
        (Hinge(), np.ones_like),
        (Wasserstein(0.01), np.ones_like),
    ],
    ids=name,
)
def test_pull_is_minus_the_slope_of_the_generators_loss(loss, expected):
    scores = np.array([[-80.0, -5.0, -0.3], [0.0, 1.0, 40.0]])
    np.testing.assert_allclose(loss.pull(scores), expected(scores), rtol=1e-5, atol=1e-30)
    step = 1e-2
    slope = (loss.generator(scores[1:] + step) - loss.generator(scores[1:] - step)) / (2 * step)
    np.testing.assert_allclose(-slope, np.mean(expected(scores[1:])), rtol=2e-3)


def test_the_relativistic_game_compares_each_real_score_with_its_fake_one():
    loss = RelativisticPairing()
    # Differences: log 3 + log 3 = log 9 and 0 - log 2.
    discriminator = (np.log(1 + 1 / 9) + LOG3) / 2
    generator = (np.log(10) + np.log(3 / 2)) / 2
    np.testing.assert_allclose(loss.discriminator(REAL, FAKE), discriminator, rtol=1e-6)
    np.testing.assert_allclose(loss.generator(FAKE, real=REAL), generator, rtol=1e-6)
    shifted = loss.discriminator(REAL + 7, FAKE + 7), loss.generator(FAKE + 7, real=REAL + 7)
    np.testing.assert_allclose(shifted, (discriminator, generator), rtol=1e-5)
    only_first = loss.discriminator(REAL, FAKE, np.float32([1, 0]))
    np.testing.assert_allclose(only_first, np.log(1 + 1 / 9), rtol=1e-6)
