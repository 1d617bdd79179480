"""The centered gradient, as the gradient of centered states."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen.models.boltzmann import centering

WIDTHS = (4, 3, 2, 5)


def random(*shape):
    return np.random.default_rng(sum(shape)).normal(size=shape).astype("float32")


def test_kernels_get_the_products_of_states_counted_from_their_means():
    data, model = ([random(6 + side, width) for width in WIDTHS] for side in (0, 1))
    means = [random(width) for width in WIDTHS]

    def difference(function):
        """Of the mean over the data and the mean over the model."""
        return function(data) / len(data[0]) - function(model) / len(model[0])

    plain_biases = [difference(lambda s, i=i: s[i].sum(axis=0)) for i in range(4)]
    plain_kernels = [difference(lambda s, i=i: s[i].T @ s[i + 1]) for i in range(3)]
    biases, kernels = centering.centered_gradient(plain_biases, plain_kernels, means)
    for i, kernel in enumerate(kernels):
        expected = difference(lambda s, i=i: (s[i] - means[i]).T @ (s[i + 1] - means[i + 1]))
        np.testing.assert_allclose(kernel, expected, atol=1e-5)
    for i, bias in enumerate(biases):
        expected = plain_biases[i].copy()
        if i > 0:
            expected -= means[i - 1] @ np.array(kernels[i - 1])
        if i < 3:
            expected -= np.array(kernels[i]) @ means[i + 1]
        np.testing.assert_allclose(bias, expected, atol=1e-5)


def test_means_of_zero_change_nothing():
    biases, kernels = [random(4), random(3)], [random(4, 3)]
    received = centering.centered_gradient(biases, kernels, [np.zeros(4), np.zeros(3)])
    for a, b in zip([*received[0], *received[1]], [*biases, *kernels]):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_centered_steps_do_not_depend_on_which_value_is_called_one():
    """Flipping all units of a layer mirrors the centered gradient; the plain one differs."""
    v, v_model = np.split(random(16, 4), 2)
    h, h_model = np.split(random(16, 3), 2)

    def kernel_gradient(v, v_model, means):
        products = [(a.T @ b / 8) for a, b in ((v, h), (v_model, h_model))]
        biases = [(v - v_model).mean(axis=0), (h - h_model).mean(axis=0)]
        kernels = [products[0] - products[1]]
        return kernels[0], centering.centered_gradient(biases, kernels, means)[1][0]

    m, n = v.mean(axis=0), h.mean(axis=0)
    plain, centered = kernel_gradient(v, v_model, [m, n])
    flipped_plain, flipped = kernel_gradient(1 - v, 1 - v_model, [1 - m, n])
    np.testing.assert_allclose(flipped, -centered, atol=1e-6)
    assert np.abs(flipped_plain + plain).max() > 1e-2


def test_means_run_after_the_data():
    model = keras.Model()
    means = centering.add_means(model, [2, 3])
    assert [float(tf.reduce_min(mean)) for mean in means] == [0.5, 0.5]
    states = [np.array([[0.0, 1.0], [0.0, 0.0]]), np.ones((2, 3))]
    centering.move_means(means, states)
    np.testing.assert_allclose(means[0], [0.495, 0.5], atol=1e-7)
    np.testing.assert_allclose(means[1], 0.505 * np.ones(3), atol=1e-7)
    for _ in range(1000):
        centering.move_means(means, states)
    np.testing.assert_allclose(means[0], [0.0, 0.5], atol=1e-4)
    assert means[0].name == "mean_0" and not means[0].trainable


@pytest.mark.parametrize("count", [2, 3])
def test_every_kernel_comes_back(count):
    widths = WIDTHS[:count]
    biases = [random(width) for width in widths]
    kernels = [random(a, b) for a, b in itertools.pairwise(widths)]
    received = centering.centered_gradient(biases, kernels, [random(width) for width in widths])
    assert [len(part) for part in received] == [count, count - 1]
