"""Without any non-linearity an autoencoder is principal component analysis."""

import keras
import numpy as np
import pytest
from scipy.linalg import subspace_angles
from sklearn.decomposition import PCA

from keras_gen import data, models, networks
from keras_gen.data import toy


def linear_autoencoder(shape, codes, **options):
    encoder = networks.mlp_encoder(shape, (), codes)
    decoder = networks.mlp_decoder(codes, (), shape)
    return models.Autoencoder(encoder, decoder, **options)


def trained(x, codes, steps=1600):
    keras.utils.set_random_seed(1)
    model = linear_autoencoder(x.shape[1:], codes, undercomplete=True)
    schedule = keras.optimizers.schedules.CosineDecay(0.05, steps)
    model.compile(keras.optimizers.Adam(schedule), "mse", steps_per_execution=100)
    model.fit(data.batches(x, 64, seed=1).repeat(), steps_per_epoch=steps, verbose=0)
    return model


@pytest.fixture(scope="module")
def cloud():
    return toy.plane(1024, seed=1)


@pytest.fixture(scope="module")
def model_of_the_cloud(cloud):
    return trained(cloud, 2)


def distance_to_pca(model, x):
    """Largest principal angle, in rad, and how much larger the error is, relative to PCA's."""
    flat = x.reshape(len(x), -1).astype("float64")
    pca = PCA(model.encoder.output_shape[1], svd_solver="full").fit(flat)
    kernel = model.decoder.get_weights()[0].astype("float64")
    angle = subspace_angles(kernel.T, pca.components_.T).max()
    left_by_pca = np.mean((flat - pca.inverse_transform(pca.transform(flat))) ** 2)
    left = np.mean((flat - model.reconstruct(x).reshape(flat.shape)) ** 2)
    return angle, left / left_by_pca - 1


def test_a_cloud_near_a_plane_is_projected_onto_it_as_by_pca(cloud, model_of_the_cloud):
    angle, excess = distance_to_pca(model_of_the_cloud, cloud)
    assert angle < 0.01
    assert -1e-5 < excess < 1e-3


def test_the_biases_take_the_mean(cloud, model_of_the_cloud):
    means = [x.mean(axis=0) for x in (model_of_the_cloud.reconstruct(cloud), cloud)]
    np.testing.assert_allclose(*means, atol=2e-3)
    # The mean is not zero, so the best plane through zero would be another one.
    through_zero = np.linalg.svd(cloud)[2][:2]
    kernel = model_of_the_cloud.decoder.get_weights()[0]
    assert subspace_angles(kernel.T, through_zero.T).max() > 0.1


def test_images_are_reconstructed_as_by_pca():
    digits = data.arrays(data.load("digits", "train[:512]", value_range=(0, 1)))
    angle, excess = distance_to_pca(trained(digits, 2), digits)
    assert angle < 0.01
    assert -1e-5 < excess < 1e-3


@pytest.mark.parametrize("shape", [3, (8, 8, 1)])
def test_undercomplete_means_fewer_codes_than_inputs(shape):
    inputs = int(np.prod(shape))
    assert linear_autoencoder(shape, inputs - 1, undercomplete=True).undercomplete
    for codes in (inputs, inputs + 1):
        message = rf"`encoder`. Expected codes of fewer numbers than the {inputs} .*undercomplete.*"
        with pytest.raises(ValueError, match=message + rf"Received: .* {codes} numbers"):
            linear_autoencoder(shape, codes, undercomplete=True)
        assert not linear_autoencoder(shape, codes).undercomplete


def test_a_linear_code_as_large_as_the_input_can_copy_without_learning_anything():
    model = linear_autoencoder(3, 3)
    mixing = np.array([[1, 2, 0], [0, 1, 3], [1, 0, 1]], "float32")
    zero = np.zeros(3, "float32")
    model.encoder.set_weights([mixing, zero])
    model.decoder.set_weights([np.linalg.inv(mixing), zero])
    anything = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
    np.testing.assert_allclose(model.reconstruct(anything), anything, atol=1e-5)
