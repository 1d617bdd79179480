"""Estimates of a decoder's log-likelihood, in nats."""

import keras
import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error, positive_integer
from keras_gen.images import check_values


def importance_weighted_nll(log_weights, axis=0):
    """The negative logarithm of the mean importance weight.

        -log(1/K sum_k w_k) = log K - logsumexp_k(log w_k)

    Args:
        log_weights: `log w_k = log p(x | z_k) + log p(z_k) - log q(z_k | x)`, in nats.
        axis: the axis of the K samples.

    Returns:
        Array without that axis, float64, nats.

    Reference:
        Burda et al. (2016), Importance Weighted Autoencoders, arXiv:1509.00519, equation 8.
    """
    log_weights = np.asarray(log_weights, "float64")
    return np.log(log_weights.shape[axis]) - np.logaddexp.reduce(log_weights, axis=axis)


def importance_weighted_bound(vae, x, samples=5000, chunk=500, batch_size=64, seed=0, verbose=1):
    """An upper bound of `-log p(x)` per image, which becomes tight as the number of samples grows.

        -log(1/K sum_k p(x | z_k) p(z_k) / q(z_k | x)),    z_k ~ q(z | x)

    With one sample it is the negative ELBO's estimate. Equal seeds give equal numbers, whatever
    the batch size: an image's latents depend on the seed, its index and the chunk.

    Args:
        vae: object with `encoder(x) -> [mean, log_var]`, `decoder(z)` and
            `likelihood.negative_log_likelihood(target, output)`, a normalized likelihood.
        x: images `(n, ...)`, floats, as the encoder takes them.
        samples: K, the samples per image.
        chunk: largest number of samples decoded at once. A few hundred keep the decoder's
            activations in the processor's cache.
        batch_size: images per step of the progress bar.
        seed: integer.
        verbose: 1 shows a progress bar, 0 does not.

    Returns:
        Array `(n,)`, float64: nats per image.

    Reference:
        Burda et al. (2016), Importance Weighted Autoencoders, arXiv:1509.00519, equation 8 and
        section 5 (5,000 samples per test image).
    """
    x = np.asarray(x)
    _check_arguments(x, samples=samples, chunk=chunk, batch_size=batch_size)
    estimate = _compiled_estimator(vae, samples, chunk, x.shape[1:])
    progress = keras.utils.Progbar(len(x), verbose=verbose)
    estimates = []
    for start in range(0, len(x), batch_size):
        batch = tf.constant(x[start : start + batch_size], tf.float32)
        estimates.append(estimate(batch, tf.constant(start), tf.constant(seed)).numpy())
        progress.update(start + len(batch))
    return np.concatenate(estimates)


def _check_arguments(x, **counts):
    for name, value in counts.items():
        positive_integer(name, value)
    if len(x) == 0:
        raise argument_error("x", "at least one image", received=f"x.shape={x.shape}")
    check_values(x, "x")


def _compiled_estimator(vae, samples, chunk, image_shape):
    """A graph function: images, the index of the first, a seed -> nats per image."""
    chunks = -(-samples // chunk)
    chunk = -(-samples // chunks)

    def log_weights(image, mean, log_var, index, part, seed):
        key = tf.random.fold_in(tf.random.fold_in(tf.stack([seed, 0]), index), part)
        noise = tf.random.stateless_normal([chunk, tf.shape(mean)[0]], key)
        z = mean + tf.exp(0.5 * log_var) * noise
        output = vae.decoder(z, training=False)
        nll = vae.likelihood.negative_log_likelihood(image[None], output)
        # log p(z) - log q(z | x): the normalizations of the two normal distributions cancel.
        ratio = 0.5 * tf.reduce_sum(tf.square(noise) - tf.square(z) + log_var, axis=1)
        counted = part * chunk + tf.range(chunk) < samples
        return tf.where(counted, tf.cast(ratio - nll, tf.float64), -np.inf)

    def nll_of_image(arguments, seed):
        def body(part, total):
            weights = log_weights(*arguments, part, seed)
            return part + 1, tf.reduce_logsumexp(tf.concat([[total], weights], axis=0))

        initial = (tf.constant(0), tf.constant(-np.inf, tf.float64))
        _, total = tf.while_loop(lambda part, _: part < chunks, body, initial)
        return tf.math.log(tf.constant(samples, tf.float64)) - total

    signature = [tf.TensorSpec((None, *image_shape)), *[tf.TensorSpec((), tf.int32)] * 2]

    @tf.function(input_signature=signature)
    def estimate(images, first, seed):
        mean, log_var = vae.encoder(images, training=False)
        mean, log_var = tf.cast(mean, tf.float32), tf.cast(log_var, tf.float32)
        indices = first + tf.range(tf.shape(images)[0])
        # One image at a time: many samples share their target, which is never copied.
        return tf.map_fn(
            lambda arguments: nll_of_image(arguments, seed),
            (images, mean, log_var, indices),
            fn_output_signature=tf.float64,
            parallel_iterations=1,
        )

    return estimate
