"""The centered gradient of Boltzmann machines: units are measured from their means.

A change of the weights between two layers also moves the mean input of both. The centered gradient
leaves that to the biases, which makes larger rates possible:

    gW_l = dL/dW_l - m_l-1 (dL/db_l)' - (dL/db_l-1) m_l'
    gb_l = dL/db_l - gW_l' m_l-1 - gW_l+1 m_l+1,              m_l = <s_l> over the data

The first line is the gradient of connected states s_l - m_l; the second keeps the machine's
energy where the change of W_l alone would shift it.

Reference:
    Melchior, Fischer, Wiskott (2016), How to Center Deep Boltzmann Machines, arXiv:1311.1354,
    section 4.
"""

import keras
import tensorflow as tf

MEAN_RATE = 0.01  # of the running means


def add_means(model, widths):
    """Adds a running mean, starting at 1/2, for each layer of units; they are saved with the model.

    Args:
        model: the Keras model.
        widths: numbers of units of the layers.
    """
    half = keras.initializers.Constant(0.5)
    return [
        model.add_weight((width,), half, trainable=False, aggregation="mean", name=f"mean_{layer}")
        for layer, width in enumerate(widths)
    ]


def move_means(means, states):
    """m_l <- m_l + MEAN_RATE (<s_l> - m_l), for the states of a batch, one tensor per layer."""
    for mean, state in zip(means, states):
        now = tf.reduce_mean(tf.cast(state, tf.float32), axis=0)
        mean.assign(mean + MEAN_RATE * (now - mean))


def centered_gradient(biases, kernels, means):
    """The centered gradient from the plain one.

    Args:
        biases: dL/db_l of the layers 0 ... n.
        kernels: dL/dW_l of the kernels between layers l-1 and l, l = 1 ... n.
        means: m_l of the layers.

    Returns:
        The lists gb, gW.
    """
    kernels = [
        kernel - m_below[:, None] * b - b_below[:, None] * m
        for kernel, m_below, m, b_below, b in zip(kernels, means, means[1:], biases, biases[1:])
    ]
    biases = list(biases)
    for layer, kernel in enumerate(kernels, 1):
        biases[layer] -= tf.linalg.matvec(kernel, means[layer - 1], transpose_a=True)
        biases[layer - 1] -= tf.linalg.matvec(kernel, means[layer])
    return biases, kernels
