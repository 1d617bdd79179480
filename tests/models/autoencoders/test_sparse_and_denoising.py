"""Autoencoders with noise before the code or a penalty on it."""

import checks
import keras
import numpy as np
import pytest
import small_models

from keras_gen import callbacks, data, losses, models, networks

SHAPE = small_models.IMAGE
NOISES = [keras.layers.Dropout, keras.layers.GaussianNoise]


def denoising(noise=keras.layers.Dropout):
    clean_encoder = networks.mlp_encoder(SHAPE, [8], 3)
    encoder = keras.Sequential([keras.Input(SHAPE), noise(0.5, seed=9), clean_encoder])
    model = models.Autoencoder(encoder, networks.mlp_decoder(3, [8], SHAPE), (0, 1), seed=5)
    model.compile(keras.optimizers.Nadam(), "mse")
    return model


def sparse(penalty, rate=1e-3):
    encoder = networks.mlp_encoder(
        SHAPE, [8], 5, output_activation="sigmoid", activity_regularizer=penalty
    )
    model = models.Autoencoder(encoder, networks.mlp_decoder(5, [8], SHAPE), (0, 1), seed=5)
    model.compile(keras.optimizers.Nadam(rate), "mse", metrics=["mse"])
    return model


def images(count=22):
    return small_models.images(count, low=0.0)


@pytest.mark.parametrize("noise", NOISES)
def test_noise_acts_in_training_only(noise):
    model, x = denoising(noise), images()
    without_noise = model.decoder(model.encoder.layers[-1](x))
    np.testing.assert_allclose(model(x), without_noise, atol=1e-6)
    np.testing.assert_allclose(model.reconstruct(x), without_noise, atol=1e-6)
    first, second = (np.array(model(x, training=True)) for _ in range(2))
    assert np.abs(first - without_noise).max() > 1e-2
    assert np.abs(first - second).max() > 1e-2
    clean_error = np.mean((np.array(without_noise) - x) ** 2)
    assert model.evaluate(x, verbose=0) == pytest.approx(clean_error, rel=1e-5)


@pytest.mark.parametrize("noise", NOISES)
def test_the_target_of_noisy_images_is_the_clean_ones(noise):
    model, x = denoising(noise), images()
    noisy = noise(0.5, seed=9)(x, training=True)  # the first draw of the model's own layer
    outputs = model.decoder(model.encoder.layers[-1](noisy))
    from_clean, from_noisy = (np.mean((np.array(outputs) - y) ** 2) for y in (x, noisy))
    assert abs(from_clean - from_noisy) > 0.05
    assert model.train_on_batch(x) == pytest.approx(from_clean, rel=1e-5)


def test_noise_goes_on_where_it_was_after_a_reload(tmp_path):
    checks.check_round_trip(denoising, images(), images(), tmp_path)


def test_an_interrupted_denoising_autoencoder_resumes_its_noise(tmp_path):
    results = []
    for name, parts in {"whole": [4], "halves": [2, 4]}.items():
        for epochs in parts:
            keras.utils.set_random_seed(1)
            model, batches = denoising(), data.batches(images(), 8, seed=3)
            resume = callbacks.Resume(tmp_path / f"{name}.state", batches)
            model.fit(batches, epochs=epochs, callbacks=[resume], verbose=0)
        results.append(checks.state(model))
    checks.assert_same_state(*results)


def kl(codes, weight, target):
    q = codes.mean(axis=0)
    terms = target * np.log(target / q) + (1 - target) * np.log((1 - target) / (1 - q))
    return weight * terms.sum()


# Keras divides an activity regularizer's value by the batch size, so that l1 is a mean over the
# images; KLSparsity undoes the division, because its means already are over the batch.
PENALTIES = [
    (keras.regularizers.L1(0.02), lambda codes: 0.02 * np.abs(codes).sum() / len(codes)),
    (losses.KLSparsity(0.05, 0.1), lambda codes: kl(codes, 0.05, 0.1)),
]


@pytest.mark.parametrize("penalty, expected", PENALTIES, ids=["l1", "kl"])
def test_the_loss_is_the_error_and_the_penalty_of_each_batch(penalty, expected):
    model, x = sparse(penalty), images(22)
    codes = np.array(model.encoder(x), "float64")
    errors = np.mean((np.array(model(x), "float64") - x) ** 2, axis=(1, 2, 3))
    batches = [slice(0, 8), slice(8, 16), slice(16, 22)]
    penalties = [expected(codes[batch]) for batch in batches]
    assert min(penalties) > 0.02
    # Each batch counts by its images: the last one, of six, three quarters of the others.
    mean_penalty = np.average(penalties, weights=[8, 8, 6])
    logs = model.evaluate(x, batch_size=8, verbose=0, return_dict=True)
    assert logs["mse"] == pytest.approx(errors.mean(), rel=1e-5)
    assert logs["loss"] == pytest.approx(errors.mean() + mean_penalty, rel=1e-5)
    loss, mse = model.train_on_batch(x[16:])
    assert mse == pytest.approx(errors[16:].mean(), rel=1e-5)
    assert loss == pytest.approx(errors[16:].mean() + penalties[-1], rel=1e-5)


@pytest.mark.parametrize("start", [-6.0, 0.0, 3.0])
def test_kl_moves_the_mean_activation_to_the_target_from_either_side(start):
    model = sparse(losses.KLSparsity(10.0, 0.2), rate=0.1)
    model.encoder.layers[-1].bias.assign(np.full(5, start))
    x = images()
    model.fit(checks.batched(x, batch_size=22).repeat(100), verbose=0)
    np.testing.assert_allclose(model.encode(x).mean(axis=0), 0.2, atol=0.02)


def test_l1_lowers_the_activations():
    x, means = images(), {}
    for weight in (0.0, 1.0):
        keras.utils.set_random_seed(1)
        model = sparse(keras.regularizers.L1(weight), rate=0.1)
        model.fit(checks.batched(x, batch_size=22).repeat(50), verbose=0)
        means[weight] = model.encode(x).mean()
    assert means[1.0] < 0.05 < means[0.0]


def test_a_penalty_survives_a_reload(tmp_path):
    checks.check_round_trip(lambda: sparse(losses.KLSparsity()), images(), images(), tmp_path)
