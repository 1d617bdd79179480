import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from keras_gen.losses import Bernoulli, Gaussian

random = np.random.default_rng(0)
OUTPUT = random.normal(size=(3, 4, 5, 1)).astype("float32")
BINARY = (random.random((3, 4, 5, 1)) < 0.5).astype("float32")


def test_bernoulli_of_logits_is_the_likelihood_in_nats_per_sample():
    probability = 1 / (1 + np.exp(-OUTPUT.astype("float64")))
    expected = -stats.bernoulli.logpmf(BINARY, probability).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(
        Bernoulli().negative_log_likelihood(BINARY, OUTPUT), expected, rtol=1e-5
    )


def test_bernoulli_of_grey_targets_is_the_cross_entropy():
    nll = Bernoulli().negative_log_likelihood(np.array([[0.25]]), np.array([[np.log(3)]]))
    np.testing.assert_allclose(nll, [-0.25 * np.log(3 / 4) - 0.75 * np.log(1 / 4)], rtol=1e-6)


def test_bernoulli_is_finite_at_extreme_logits():
    logits, target = tf.constant([[1000.0, -1000.0, 1000.0]]), np.array([[0.0, 1.0, 1.0]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        nll = Bernoulli().negative_log_likelihood(target, logits)
    np.testing.assert_allclose(nll, [2000.0])
    np.testing.assert_allclose(tape.gradient(nll, logits), [[1, -1, 0]], atol=1e-6)


@pytest.mark.parametrize("stddev", [0.3, 1.0, 2.5])
def test_gaussian_includes_the_normalization(stddev):
    target = random.normal(size=OUTPUT.shape).astype("float32")
    expected = -stats.norm.logpdf(target, OUTPUT, stddev).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(
        Gaussian(stddev).negative_log_likelihood(target, OUTPUT), expected, rtol=1e-5
    )


def test_mean_is_the_expected_image():
    np.testing.assert_allclose(Bernoulli().mean(np.log([[3.0, 1.0]])), [[0.75, 0.5]], rtol=1e-6)
    assert Gaussian().mean(OUTPUT) is OUTPUT


@pytest.mark.parametrize("likelihood", [Bernoulli(), Gaussian(0.5)])
def test_one_target_is_compared_with_every_output(likelihood):
    together = likelihood.negative_log_likelihood(BINARY[:1], OUTPUT)
    apart = likelihood.negative_log_likelihood(np.repeat(BINARY[:1], 3, axis=0), OUTPUT)
    np.testing.assert_array_equal(together, apart)


@pytest.mark.parametrize("target", [BINARY[..., 0], BINARY[:, :1], BINARY.reshape(3, -1)])
def test_samples_of_another_shape_are_refused(target):
    with pytest.raises(ValueError, match="same shape"):
        Bernoulli().negative_log_likelihood(target, OUTPUT)


def test_half_precision_is_summed_in_float32():
    nll = Bernoulli().negative_log_likelihood(BINARY, tf.cast(OUTPUT, tf.bfloat16))
    assert nll.dtype == tf.float32


@pytest.mark.parametrize("likelihood", [Bernoulli(), Gaussian(0.5)])
def test_likelihood_survives_serialization(likelihood):
    config = keras.saving.serialize_keras_object(likelihood)
    assert keras.saving.deserialize_keras_object(config) == likelihood


@pytest.mark.parametrize("stddev", [0, -1, float("inf"), float("nan")])
def test_non_positive_stddev_is_refused(stddev):
    with pytest.raises(ValueError, match="`stddev`"):
        Gaussian(stddev)
