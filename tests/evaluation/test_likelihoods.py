"""Likelihoods over several binarizations, and what a flipped pixel costs."""

import numpy as np
import pytest
from scipy.stats import bernoulli

from keras_gen.evaluation import binarized_nll, flip_costs

P = np.random.default_rng(0).uniform(0.1, 0.9, (2, 3, 1))


def log_prob(images):
    """Independent pixels."""
    return bernoulli.logpmf(np.asarray(images), P).sum(axis=(1, 2, 3))


def test_flipping_a_pixel_costs_its_log_odds():
    images = (np.random.default_rng(1).uniform(size=(4, 2, 3, 1)) < 0.5).astype("float32")
    odds = np.log(P / (1 - P))[..., 0]
    expected = np.where(images[..., 0] == 1, odds, -odds)
    np.testing.assert_allclose(flip_costs(log_prob, images), expected, rtol=1e-5)


def test_binarizations_differ_and_their_mean_is_the_expected_cost():
    grey = np.broadcast_to(np.float32([0.2, 0.5, 0.8])[:, None], (2000, 2, 3, 1))
    costs = binarized_nll(log_prob, grey, seed=3)
    assert len(costs) == len(set(costs)) == 10
    g = grey[0].astype("float64")
    expected = -(g * np.log(P) + (1 - g) * np.log(1 - P)).sum()
    assert np.mean(costs) == pytest.approx(expected, abs=0.03)
    assert costs == binarized_nll(log_prob, grey, seed=3)
    assert costs[:2] == binarized_nll(log_prob, grey, seed=3, draws=2)
    with pytest.raises(ValueError, match="argument `draws`"):
        binarized_nll(log_prob, grey, seed=3, draws=0)
