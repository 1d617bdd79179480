"""Kullback-Leibler divergences in closed form, in nats."""

import keras
from keras import ops

from keras_gen.arguments import argument_error, number_from_zero


def latent_loss(mean, log_var):
    """The divergence of a diagonal Gaussian from the standard normal distribution.

        KL(N(mean, exp(log_var)) || N(0, 1)) = -1/2 * sum(1 + log_var - exp(log_var) - mean ** 2)

    Args:
        mean: means `(batch, ...)`.
        log_var: logarithms of the variances, of the same shape.

    Returns:
        Tensor `(batch,)`, float32: nats per sample, summed over all other axes.

    Reference:
        Kingma and Welling (2014), Auto-Encoding Variational Bayes, arXiv:1312.6114, appendix B.
    """
    mean, log_var = ops.cast(mean, "float32"), ops.cast(log_var, "float32")
    # expm1 keeps the digits that exp(log_var) - 1 loses where the posterior is near the prior.
    terms = ops.expm1(log_var) - log_var + ops.square(mean)
    return 0.5 * ops.sum(terms, axis=tuple(range(1, len(terms.shape))))


def latent_loss_from_stddev(mean, stddev):
    """The divergence of a diagonal Gaussian from the standard normal, by standard deviations.

        KL(N(mean, stddev ** 2) || N(0, 1))
            = 1/2 * sum(stddev ** 2 + mean ** 2 - 1 - log(stddev ** 2))

    Args:
        mean: means `(batch, ...)`.
        stddev: standard deviations, positive, of the same shape.

    Returns:
        Tensor `(batch,)`, float32: nats per sample, summed over all other axes.
    """
    return latent_loss(mean, 2 * ops.log(ops.cast(stddev, "float32")))


@keras.saving.register_keras_serializable("keras_gen")
class KLSparsity(keras.regularizers.Regularizer):
    """The divergence of the units' mean activations from a target: an activity regularizer.

        q_j  = mean of unit j over the batch
        loss = weight * sum_j (p * log(p / q_j) + (1 - p) * log((1 - p) / (1 - q_j)))

    This is what `activity_regularizer=KLSparsity()` adds to a model's loss. Keras divides what an
    activity regularizer returns by the batch size, so calling the object returns
    `batch size * loss`.

    Args:
        weight: weight of the sum, zero or more.
        target: `p`, the mean activation that costs nothing, in (0, 1).

    Input shape:
        Activations in (0, 1), such as a sigmoid's, `(batch, ...)`; all further axes are units.

    Reference:
        Ng (2011), Sparse autoencoder, CS294A lecture notes, section 3.
    """

    def __init__(self, weight=0.05, target=0.1):
        number_from_zero("weight", weight)
        if not 0 < target < 1:
            raise argument_error("target", "a number in (0, 1)", target)
        self.weight = weight
        self.target = target

    def __call__(self, x):
        p, epsilon = self.target, keras.config.epsilon()
        q = ops.clip(ops.mean(ops.cast(x, "float32"), axis=0), epsilon, 1 - epsilon)
        divergences = p * ops.log(p / q) + (1 - p) * ops.log((1 - p) / (1 - q))
        # Undoes the division of keras.layers.Layer, which is meant for sums over samples.
        return ops.cast(ops.shape(x)[0], "float32") * self.weight * ops.sum(divergences)

    def get_config(self):
        return {"weight": self.weight, "target": self.target}
