"""The layers of the growing networks in NumPy, for tests that compute networks layer by layer."""

import itertools
import math

import numpy as np

SQRT_2 = math.sqrt(2)
rng = np.random.default_rng(2)


def leaky(x):
    return np.where(x > 0, x, 0.2 * x)


def normed(x):
    return x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + 1e-8)


def convolved(x, kernel, bias, gain=SQRT_2):
    """Correlation with a kernel that is scaled by gain / sqrt(fan-in), zeros around the image."""
    height, width, inputs, _ = kernel.shape
    weight = kernel * gain / math.sqrt(height * width * inputs)
    x = np.pad(x, [(0, 0), (height // 2,) * 2, (width // 2,) * 2, (0, 0)])
    size = x.shape[1] - height + 1
    return bias + sum(
        x[:, i : i + size, j : j + size] @ weight[i, j]
        for i, j in itertools.product(range(height), range(width))
    )


def with_random_biases(network):
    for variable in network.trainable_variables:
        if len(variable.shape) == 1:
            variable.assign(rng.normal(size=variable.shape))
    return network


def weights_of(layer):
    return [np.asarray(weight, "float64") for weight in layer.weights]


def scored(h, weights):
    """The last block of a discriminator for four images: the batch is one group."""
    kernel, bias, dense, dense_bias, last, last_bias = weights
    deviation = np.sqrt(h.var(axis=0) + 1e-8).mean()
    h = np.concatenate([h, np.full((4, 4, 4, 1), deviation)], axis=-1)
    h = leaky(convolved(h, kernel, bias)).reshape(4, -1)
    h = leaky(h @ (dense * math.sqrt(2 / h.shape[1])) + dense_bias)
    return h @ (last / math.sqrt(h.shape[1])) + last_bias
