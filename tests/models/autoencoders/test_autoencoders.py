"""Autoencoders: what is copied, what is drawn, and the bound in nats."""

import keras
import numpy as np
import pytest
import small_models

from keras_gen import losses, models, networks


def test_loss_is_the_negative_elbo_summed_over_pixels_and_latents():
    noisy = small_models.vae_without_chance()
    vae, x = models.VAE(noisy.encoder, noisy.decoder), small_models.images(6, low=0.0)
    vae.compile("sgd")
    mean, log_var = (np.array(v, "float64") for v in vae.encoder(x))
    logits = np.array(vae.decoder(mean.astype("float32")), "float64")
    nll = np.sum(np.logaddexp(0, logits) - x * logits, axis=(1, 2, 3))
    kl = -0.5 * np.sum(1 + log_var - np.exp(log_var) - mean**2, axis=1)
    logs = vae.evaluate(x, verbose=0, return_dict=True)
    np.testing.assert_allclose(logs["reconstruction_loss"], nll.mean(), rtol=1e-5)
    np.testing.assert_allclose(logs["latent_loss"], kl.mean(), rtol=1e-5)
    np.testing.assert_allclose(logs["loss"], (nll + kl).mean(), rtol=1e-5)


def test_beta_weighs_the_latent_loss():
    vae = small_models.vae()
    doubled = models.VAE(vae.encoder, vae.decoder, beta=2.0)
    doubled.compile("sgd")
    logs = doubled.evaluate(small_models.images(low=0.0), verbose=0, return_dict=True)
    expected = logs["reconstruction_loss"] + 2.0 * logs["latent_loss"]
    assert logs["loss"] == pytest.approx(expected, rel=1e-5)


def test_gaussian_likelihood_decodes_to_its_mean():
    vae = small_models.vae()
    gaussian = models.VAE(vae.encoder, vae.decoder, losses.Gaussian(0.5), value_range=(-1, 1))
    codes = np.ones((2, 3), "float32")
    np.testing.assert_allclose(gaussian.decode(codes), gaussian.decoder(codes), rtol=1e-5)


def test_codes_are_means_at_inference_and_draws_in_training():
    vae, x = small_models.vae(), small_models.images(3)
    np.testing.assert_array_equal(np.array(vae(x)), np.array(vae(x)))
    assert np.abs(np.array(vae(x, training=True)) - np.array(vae(x, training=True))).max() > 1e-4
    np.testing.assert_allclose(vae.encode(x), vae.encoder(x)[0], rtol=1e-5, atol=1e-6)


def test_interpolation_starts_and_ends_at_the_reconstructions():
    for make in (small_models.autoencoder, small_models.vae):
        model, x = make(), small_models.images(2)
        path = model.interpolate(x[0], x[1], steps=5)
        assert path.shape == (5, *small_models.IMAGE)
        np.testing.assert_allclose(path[[0, -1]], model.reconstruct(x), atol=1e-5)


def test_input_is_the_default_target():
    x, options = small_models.images(), {"shuffle": False, "verbose": 0}
    keras.utils.set_random_seed(1)
    implicit = small_models.autoencoder().fit(x, **options).history
    keras.utils.set_random_seed(1)
    assert implicit == small_models.autoencoder().fit(x, x, **options).history


def test_halves_that_do_not_fit_are_refused():
    encoder = networks.mlp_encoder((8, 8, 1), [8], 3)
    with pytest.raises(ValueError, match="argument `decoder`.*encoder's output shape"):
        models.Autoencoder(encoder, networks.mlp_decoder(4, [8], (8, 8, 1)))
    with pytest.raises(ValueError, match="argument `decoder`.*encoder's input shape"):
        models.Autoencoder(encoder, networks.mlp_decoder(3, [8], (4, 4, 1)))
    with pytest.raises(ValueError, match="argument `encoder`.*mean, log_var"):
        models.VAE(encoder, networks.mlp_decoder(3, [8], (8, 8, 1)))


def test_negative_beta_is_refused():
    vae = small_models.vae()
    with pytest.raises(ValueError, match="argument `beta`.*beta=-1"):
        models.VAE(vae.encoder, vae.decoder, beta=-1)
