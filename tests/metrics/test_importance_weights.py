from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

from keras_gen import models, networks
from keras_gen.losses import Bernoulli, Gaussian
from keras_gen.metrics import importance_weighted_bound, importance_weighted_nll

random = np.random.default_rng(0)
# Orthogonal columns, so that the exact posterior has a diagonal covariance.
LOADINGS = np.linalg.qr(random.normal(size=(6, 2)))[0] * [1.5, 0.5]
OFFSET = random.normal(size=6)
STDDEV = 0.4
X = random.normal(size=(7, 6)).astype("float32")


def linear_gaussian(posterior_scale=1.0):
    """x = LOADINGS z + OFFSET + STDDEV noise, with the exact posterior times a scale."""
    posterior_var = STDDEV**2 / (STDDEV**2 + np.sum(LOADINGS**2, axis=0))

    def encoder(x, training=False):
        mean = (x - OFFSET.astype("float32")) @ (LOADINGS / STDDEV**2 * posterior_var).astype("f4")
        log_var = 0 * mean + np.log(posterior_var * posterior_scale**2).astype("f4")
        return [mean, log_var]

    def decoder(z, training=False):
        return z @ LOADINGS.T.astype("float32") + OFFSET.astype("float32")

    return SimpleNamespace(encoder=encoder, decoder=decoder, likelihood=Gaussian(STDDEV))


@pytest.fixture
def exact():
    cov = LOADINGS @ LOADINGS.T + STDDEV**2 * np.eye(6)
    return -stats.multivariate_normal.logpdf(X, OFFSET, cov)


def test_nll_is_minus_the_logarithm_of_the_mean_weight():
    log_weights = random.normal(size=(50, 3))
    expected = -np.log(np.exp(log_weights).mean(axis=0))
    np.testing.assert_allclose(importance_weighted_nll(log_weights), expected, rtol=1e-12)
    np.testing.assert_allclose(importance_weighted_nll(log_weights.T, 1), expected, rtol=1e-12)


def test_nll_of_weights_beyond_the_range_of_floats():
    np.testing.assert_allclose(
        importance_weighted_nll([-5000.0, -5000.0 + np.log(3)]), 5000 - np.log(2)
    )


@pytest.mark.parametrize("samples, chunk", [(1, 500), (10, 4), (600, 500)])
def test_exact_posterior_has_no_variance(exact, samples, chunk):
    nll = importance_weighted_bound(linear_gaussian(), X, samples, chunk, verbose=0)
    assert nll.dtype == np.float64
    np.testing.assert_allclose(nll, exact, atol=1e-4)


def test_inexact_posterior_converges_to_the_exact_likelihood(exact):
    vae = linear_gaussian(posterior_scale=1.5)
    one = importance_weighted_bound(vae, X, samples=1, verbose=0)
    many = importance_weighted_bound(vae, X, samples=20_000, verbose=0)
    assert np.abs(one - exact).max() > 0.1
    np.testing.assert_allclose(many, exact, atol=0.02)


def test_bound_does_not_depend_on_the_batch_but_on_the_seed():
    vae = linear_gaussian(posterior_scale=1.5)
    whole, parts, other = (
        importance_weighted_bound(vae, X, 20, batch_size=batch, seed=seed, verbose=0)
        for batch, seed in ((7, 1), (2, 1), (7, 2))
    )
    np.testing.assert_allclose(whole, parts, rtol=1e-6)
    assert np.abs(whole - other).min() > 1e-4
    assert len(np.unique(np.round(whole, 6))) == len(X)


def test_bernoulli_decoder_agrees_with_the_integral_over_a_grid():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4, 3, 1))
    flat = keras.layers.Flatten()(inputs)
    prior = [keras.layers.Dense(1, kernel_initializer="zeros")(flat) for _ in range(2)]
    encoder = keras.Model(inputs, prior)
    decoder = keras.Sequential(
        [
            keras.Input((1,)),
            keras.layers.Dense(12, kernel_initializer="he_normal"),
            keras.layers.Reshape((4, 3, 1)),
        ]
    )
    vae = SimpleNamespace(encoder=encoder, decoder=decoder, likelihood=Bernoulli())
    x = (random.random((3, 4, 3, 1)) < 0.5).astype("float32")
    nll = importance_weighted_bound(vae, x, samples=20_000, verbose=0)

    z = np.linspace(-8, 8, 4001)
    logits = decoder.predict(z[:, None].astype("float32"), verbose=0).reshape(4001, 1, 12)
    log_likelihood = -np.sum(np.logaddexp(0, logits) - x.reshape(3, 12) * logits, axis=2)
    log_joint = log_likelihood + stats.norm.logpdf(z)[:, None]
    expected = -special.logsumexp(log_joint, axis=0) - np.log(z[1] - z[0])
    np.testing.assert_allclose(nll, expected, atol=0.02)


def test_single_precision_is_within_hundredths_of_a_nat_of_double_precision():
    encoder = networks.gaussian_encoder(784, [200], 50, "tanh")
    vae = models.VAE(encoder, networks.mlp_decoder(50, [200], 784, "tanh"))
    for layer in vae.encoder.layers + vae.decoder.layers:  # weights of a trained network's size
        layer.set_weights([1.5 * w for w in layer.get_weights()])
    x = (random.random((3, 784)) < 0.3).astype("float32")
    nll = importance_weighted_bound(vae, x, samples=400, chunk=200, seed=5, verbose=0)

    def network(model, head, inputs):
        for layer in [model.layers[1], model.get_layer(head)]:
            kernel, bias = (w.astype("float64") for w in layer.get_weights())
            inputs = inputs @ kernel + bias
            inputs = inputs if layer is model.get_layer(head) else np.tanh(inputs)
        return inputs

    for index, image in enumerate(x.astype("float64")):
        mean, log_var = (network(vae.encoder, head, image) for head in ("mean", "log_var"))
        keys = [tf.random.fold_in(tf.random.fold_in([5, 0], index), part) for part in range(2)]
        noise = [tf.random.stateless_normal([200, 50], key).numpy() for key in keys]
        z = mean + np.exp(log_var / 2) * np.concatenate(noise).astype("float64")
        logits = network(vae.decoder, vae.decoder.layers[-1].name, z)
        log_joint = np.sum(image * logits - np.logaddexp(0, logits), 1) + np.sum(
            stats.norm.logpdf(z), 1
        )
        log_weights = log_joint - np.sum(stats.norm.logpdf(z, mean, np.exp(log_var / 2)), 1)
        assert nll[index] == pytest.approx(importance_weighted_nll(log_weights), abs=0.02)


@pytest.mark.parametrize("argument", ["samples", "chunk", "batch_size"])
def test_counts_that_are_not_positive_are_refused(argument):
    with pytest.raises(ValueError, match=f"`{argument}`"):
        importance_weighted_bound(linear_gaussian(), X, **{argument: 0})


@pytest.mark.parametrize("x", [X[:0], X.astype("uint8"), np.full_like(X, np.nan)])
def test_bad_images_are_refused(x):
    with pytest.raises(ValueError, match="`x`"):
        importance_weighted_bound(linear_gaussian(), x)
