"""The pseudo-log-likelihood of a restricted Boltzmann machine, which needs no log Z.

    sum_i log p(v_i | all others) = sum_i log sigmoid(F(v with v_i flipped) - F(v))

Reference:
    Besag (1975), Statistical Analysis of Non-Lattice Data.
"""

import tensorflow as tf


def pseudo_log_likelihood(rbm, visible, inputs, seed):
    """An estimate of it in nats, of shape (batch,), from one unit i drawn for each example.

        n log sigmoid(F(v with v_i flipped) - F(v))

    Args:
        rbm: a `layers.RBM` with binary units.
        visible: states (batch, n).
        inputs: inputs of its hidden units, c + W'v.
        seed: integer tensor of shape (2,).
    """
    count = tf.shape(visible)[1]
    index = tf.random.stateless_uniform([tf.shape(visible)[0]], seed, maxval=count, dtype=tf.int32)
    difference = flip_energy(rbm, visible, index, inputs)
    return tf.cast(count, tf.float32) * tf.math.log_sigmoid(difference)


def flip_energy(rbm, visible, index, inputs):
    """F(v with v_i flipped) - F(v) in nats, of shape (batch,).

    c + W'v changes by (1 - 2 v_i) W_i, and -b'v by -(1 - 2 v_i) b_i.

    Args:
        rbm: a `layers.RBM` with binary units.
        visible: states (batch, visible).
        index: integers (batch,), the unit i of every state.
        inputs: c + W'v.
    """
    change = 1 - 2 * tf.cast(tf.gather(visible, index, batch_dims=1), tf.float32)
    inputs = tf.cast(inputs, tf.float32)
    flipped = inputs + change[:, None] * tf.gather(rbm.kernel, index)
    of_visible = -change * tf.gather(rbm.visible_bias, index)
    return of_visible + rbm.hidden_part(flipped) - rbm.hidden_part(inputs)
