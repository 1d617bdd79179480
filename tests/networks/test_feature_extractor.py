import keras
import numpy as np
import pytest

from keras_gen import networks


def names(network):
    return [type(layer).__name__ for layer in network.layers]


def test_sizes_are_those_of_the_paper():
    """Figure 4a: 5x5 convolutions of 32 and 48 maps; 28 -> 24 -> 12 -> 8 -> 4."""
    network = networks.feature_extractor((28, 28, 3), normalization=False)
    assert network.output_shape == (None, 4 * 4 * 48)
    assert network.count_params() == (75 * 32 + 32) + (800 * 48 + 48)


def test_normalization_takes_the_place_of_biases():
    network = networks.feature_extractor((28, 28, 3))
    assert names(network).count("FusedBatchNormalization") == 2
    assert network.count_params() == 75 * 32 + 4 * 32 + 800 * 48 + 4 * 48


def test_dropout_leaves_out_whole_maps_of_all_blocks_but_the_first():
    keras.utils.set_random_seed(1)
    network = networks.feature_extractor((28, 28, 1), (4, 40), map_dropout=0.5)
    assert names(network).count("SpatialDropout2D") == 1
    x = np.random.default_rng(1).normal(size=(50, 28, 28, 1)).astype("float32")
    alive = (np.asarray(network(x, training=True)).reshape(50, 16, 40) > 0).any(axis=1)
    without = (np.asarray(network(x)).reshape(50, 16, 40) > 0).any(axis=1)
    assert alive.mean() / without.mean() == pytest.approx(0.5, abs=0.1)


def test_last_values_are_not_negative():
    x = np.random.default_rng(1).normal(size=(5, 28, 28, 1)).astype("float32")
    assert np.min(networks.feature_extractor((28, 28, 1))(x)) == 0
