"""Equations on scores, images and latents: all arithmetic in float32."""

from keras_gen.losses.adversarial import (
    AdversarialLoss,
    Hinge,
    LeastSquares,
    Minimax,
    NonSaturating,
    RelativisticPairing,
    Wasserstein,
)
from keras_gen.losses.divergences import KLSparsity, latent_loss, latent_loss_from_stddev
from keras_gen.losses.likelihoods import Bernoulli, Gaussian, Likelihood
from keras_gen.losses.means import weighted_mean
from keras_gen.losses.penalties import (
    R1,
    R2,
    GradientPenalty,
    Penalty,
    SumOfPenalties,
    squared_gradient_norms,
)

__all__ = [
    "R1",
    "R2",
    "AdversarialLoss",
    "Bernoulli",
    "Gaussian",
    "GradientPenalty",
    "Hinge",
    "KLSparsity",
    "LeastSquares",
    "Likelihood",
    "Minimax",
    "NonSaturating",
    "Penalty",
    "RelativisticPairing",
    "SumOfPenalties",
    "Wasserstein",
    "latent_loss",
    "latent_loss_from_stddev",
    "squared_gradient_norms",
    "weighted_mean",
]
