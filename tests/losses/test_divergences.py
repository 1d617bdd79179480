import keras
import numpy as np
import pytest

from keras_gen.losses import KLSparsity, latent_loss, latent_loss_from_stddev

MEAN = np.array([[0.5, -1.0, 0.0], [2.0, 0.0, 0.3]])
STDDEV = np.array([[0.5, 2.0, 1.0], [1.0, 0.1, 1.5]])


def kl_by_integration(mean, stddev):
    z = np.linspace(mean - 12 * stddev, mean + 12 * stddev, 200_001)
    log_q = -0.5 * ((z - mean) / stddev) ** 2 - np.log(stddev) - 0.5 * np.log(2 * np.pi)
    log_p = -0.5 * z**2 - 0.5 * np.log(2 * np.pi)
    return np.sum(np.exp(log_q) * (log_q - log_p)) * (z[1] - z[0])


def test_latent_loss_is_the_integral_summed_over_latents():
    expected = np.vectorize(kl_by_integration)(MEAN, STDDEV).sum(axis=1)
    np.testing.assert_allclose(latent_loss(MEAN, 2 * np.log(STDDEV)), expected, rtol=1e-5)


def test_latent_loss_by_stddev_is_the_course_formula():
    expected = 0.5 * np.sum(STDDEV**2 + MEAN**2 - 1 - np.log(STDDEV**2), axis=1)
    np.testing.assert_allclose(latent_loss_from_stddev(MEAN, STDDEV), expected, rtol=1e-6)


def test_latent_loss_is_zero_at_the_prior_and_exact_near_it():
    np.testing.assert_array_equal(latent_loss(np.zeros([2, 3]), np.zeros([2, 3])), [0, 0])
    # KL = log_var^2 / 4 + O(log_var^3): 1 + t - exp(t) in float32 would give zero here.
    near = latent_loss(np.zeros([1, 1]), np.full([1, 1], 1e-3))
    np.testing.assert_allclose(near, [0.25e-6], rtol=0.15)


def test_sparsity_is_the_divergence_of_batch_means_summed_over_units():
    activations = np.array([[0.1, 0.6, 0.2], [0.1, 0.2, 0.9]])
    q, p = activations.mean(axis=0), 0.1
    divergence = np.sum(p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q)))
    assert divergence > 0.5
    # Keras divides by the batch size, 2, what an activity regularizer returns.
    value = KLSparsity(weight=0.05, target=p)(activations)
    np.testing.assert_allclose(value, 2 * 0.05 * divergence, rtol=1e-5)


@pytest.mark.parametrize("batch", [1, 32])
def test_sparsity_reaches_the_loss_whatever_the_batch_size(batch):
    layer = keras.layers.ActivityRegularization()
    layer.activity_regularizer = KLSparsity(weight=0.5, target=0.2)
    layer(np.full([batch, 4], 0.4, "float32"))
    divergence = 4 * (0.2 * np.log(0.2 / 0.4) + 0.8 * np.log(0.8 / 0.6))
    np.testing.assert_allclose(layer.losses[0], 0.5 * divergence, rtol=1e-5)


def test_sparsity_is_zero_at_the_target_and_finite_when_saturated():
    np.testing.assert_allclose(KLSparsity(target=0.1)(np.full([4, 3], 0.1)), 0, atol=1e-7)
    for saturated in (np.zeros([4, 3]), np.ones([4, 3])):
        assert 0 < float(KLSparsity(weight=1.0)(saturated)) < 4 * 3 * 20


def test_sparsity_survives_serialization_in_a_layer():
    layer = keras.layers.Dense(3, activity_regularizer=KLSparsity(0.2, 0.05))
    restored = keras.layers.Dense.from_config(layer.get_config())
    assert restored.activity_regularizer.get_config() == {"weight": 0.2, "target": 0.05}


@pytest.mark.parametrize("target", [0, 1, -0.5, float("nan")])
def test_sparsity_target_out_of_range_is_refused(target):
    with pytest.raises(ValueError, match=r"`target`.*\(0, 1\)"):
        KLSparsity(target=target)


def test_negative_sparsity_weight_is_refused():
    with pytest.raises(ValueError, match="`weight`"):
        KLSparsity(weight=-1)
