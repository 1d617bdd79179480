"""Annealed importance sampling: the partition function of a restricted Boltzmann machine."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error, positive_integer
from keras_gen.images import check_values

_PART = 500  # temperatures between two steps of the progress bar


@dataclasses.dataclass(frozen=True)
class PartitionEstimate:
    """An estimate of log Z in nats.

    Attributes:
        log_z: log of the mean importance weight times the base distribution's Z.
        standard_error: of `log_z`, by the delta method: std(w) / (mean(w) sqrt(chains)).
        log_weights: float64 array, one log weight per chain; log Z is near each of them if the
            annealing was slow enough.
    """

    log_z: float
    standard_error: float
    log_weights: np.ndarray


def log_partition(
    rbm,
    base_probabilities,
    chains=100,
    temperatures=10_000,
    seed=0,
    verbose=1,
    hidden_base_probabilities=None,
):
    """log Z of a binary RBM by annealed importance sampling.

        p*_k(v) = exp((1 - t_k) a'v + t_k b'v)
                  prod_j (1 + exp((1 - t_k) d_j + t_k (c_j + (W'v)_j)))
        w       = Z_0 prod_k p*_k(v_k-1) / p*_k-1(v_k-1),    0 = t_0 < ... < t_K = 1
        log Z   = log mean w

    `v_0` is drawn from independent pixels with biases `a`, each `v_k` by a Gibbs step at `t_k`;
    the temperatures are dense near 1, as in the paper: half of the steps lie above 0.9. The
    paper's hidden biases `d` of the base are 0. Others help where hidden units are rarely on, such
    as the pixels among those of `DeepBoltzmannMachine.as_rbm()`.

    Args:
        rbm: a built `keras_gen.layers.RBM`.
        base_probabilities: array (visible,), the mean of the training data.
        chains: number of independent runs.
        temperatures: number of steps K.
        seed: integer.
        verbose: 1 shows a progress bar, 0 does not.
        hidden_base_probabilities: array (hidden,) of means of the hidden units on the data, whose
            logits are `d`; `None` means 1/2.

    Returns:
        A `PartitionEstimate`.

    Raises:
        ValueError: for another kind of machine, counts that are not positive, or probabilities of
            the wrong shape.

    Reference:
        Salakhutdinov and Murray (2008), On the Quantitative Analysis of Deep Belief Networks,
        equations 9 to 13 and section 4.
    """
    if not rbm.binary:
        raise argument_error("rbm", "a machine of independent binary units", rbm)
    chains = positive_integer("chains", chains)
    temperatures = positive_integer("temperatures", temperatures)
    visible, hidden = rbm.kernel.shape
    base_bias = _logits("base_probabilities", base_probabilities, visible)
    hidden_base_bias = np.zeros(hidden)
    if hidden_base_probabilities is not None:
        name = "hidden_base_probabilities"
        hidden_base_bias = _logits(name, hidden_base_probabilities, hidden)
    base = [tf.constant(bias, tf.float32) for bias in (base_bias, hidden_base_bias)]
    anneal = _compiled_annealing(rbm, *base)
    schedule = annealing_schedule(temperatures)
    uniform = np.random.default_rng(seed).random((chains, visible))
    state = tf.constant(uniform < 1 / (1 + np.exp(-base_bias)), tf.float32)
    base_log_z = np.sum(np.logaddexp(0, base_bias)) + np.sum(np.logaddexp(0, hidden_base_bias))
    log_weights = base_log_z + np.zeros(chains)
    progress = keras.utils.Progbar(temperatures, verbose=verbose)
    for start in range(0, temperatures, _PART):
        part = schedule[start : start + _PART + 1]
        change, state = anneal(state, tf.constant(part, tf.float64), tf.constant([seed, start]))
        log_weights = log_weights + change.numpy()
        progress.update(start + len(part) - 1)
    return _estimate(log_weights)


def annealing_schedule(temperatures):
    """`temperatures + 1` inverse temperatures from 0 to 1: 5 % of the steps to 0.5, 45 % to 0.9."""
    return np.interp(
        np.linspace(0, 1, temperatures + 1), [0.0, 0.05, 0.5, 1.0], [0.0, 0.5, 0.9, 1.0]
    )


def _logits(name, probabilities, count):
    """log(p / (1 - p)) of as many probabilities as there are units."""
    p = np.asarray(probabilities, "float64").ravel()
    if p.shape != (count,):
        raise argument_error(name, f"{count} numbers in [0, 1]", received=f"{p.size} of them")
    check_values(p, name, (0, 1))
    p = np.clip(p, 0.02, 0.98)  # units that never change anneal badly
    return np.log(p / (1 - p))


def _estimate(log_weights):
    largest = log_weights.max()
    weights = np.exp(log_weights - largest)
    error = (
        weights.std(ddof=1) / (weights.mean() * np.sqrt(len(weights))) if len(weights) > 1 else 0
    )
    return PartitionEstimate(largest + np.log(weights.mean()), float(error), log_weights)


def _compiled_annealing(rbm, base_bias, hidden_base_bias):
    """A graph function: states, a part of the schedule, a seed -> change of log w, new states."""
    kernel, b, c = (
        tf.convert_to_tensor(w) for w in (rbm.kernel, rbm.visible_bias, rbm.hidden_bias)
    )

    @tf.function(reduce_retracing=True)
    def anneal(state, schedule, seed):
        low, high = tf.cast(schedule[:-1], tf.float32), tf.cast(schedule[1:], tf.float32)

        def step(k, state, log_weights):
            visible_input = tf.linalg.matvec(state, b - base_bias)
            hidden_input = tf.matmul(state, kernel) + (c - hidden_base_bias)
            low_input = hidden_base_bias + low[k] * hidden_input
            high_input = hidden_base_bias + high[k] * hidden_input
            # log p*_k(v) - log p*_k-1(v), in a form without the difference of large numbers
            bias_change = (high[k] - low[k]) * visible_input
            soft = tf.math.softplus(high_input) - tf.math.softplus(low_input)
            change = tf.cast(bias_change + tf.reduce_sum(soft, axis=1), tf.float64)
            keys = [tf.random.fold_in(tf.random.fold_in(seed, k), half) for half in range(2)]
            hidden = _bernoulli(high_input, keys[0])
            field = high[k] * (tf.matmul(hidden, kernel, transpose_b=True) + b)
            state = _bernoulli((1 - high[k]) * base_bias + field, keys[1])
            return k + 1, state, log_weights + change

        nothing = tf.zeros(tf.shape(state)[0], tf.float64)
        _, state, change = tf.while_loop(
            lambda k, *_: k < len(low), step, (tf.constant(0), state, nothing)
        )
        return change, state

    return anneal


def _bernoulli(logits, key):
    uniform = tf.random.stateless_uniform(tf.shape(logits), key)
    return tf.cast(uniform < tf.sigmoid(logits), tf.float32)
