import numpy as np
import pytest

from keras_gen import networks

SHAPE = (9, 8, 2)
IMAGES = np.random.default_rng(1).uniform(-1, 1, (6, *SHAPE)).astype("float32")


def test_gives_logits_and_has_features():
    network = networks.noisy_classifier(SHAPE, 3, filters=(4, 5), units=7)
    assert network.output_shape == (None, 3)
    assert network.get_layer("features").output.shape == (None, 7)
    logits = network.predict(IMAGES, verbose=0)
    assert logits.min() < 0
    assert np.abs(logits.sum(axis=1) - 1).max() > 1e-3


@pytest.mark.parametrize("name", ["noise", "map_dropout", "unit_dropout"])
def test_each_kind_of_noise_acts_in_training_only(name):
    rates = {"noise": 0.0, "map_dropout": 0.0, "unit_dropout": 0.0}
    network = networks.noisy_classifier(SHAPE, 3, (4,), 7, **{**rates, name: 0.3})
    exact = network(IMAGES)
    np.testing.assert_array_equal(network(IMAGES), exact)
    noisy = [network(IMAGES, training=True) for _ in range(2)]
    assert np.abs(noisy[0] - noisy[1]).max() > 1e-3


def test_maps_are_left_out_whole():
    network = networks.noisy_classifier(SHAPE, 3, (20,), 7, noise=0.0, map_dropout=0.5)
    dropout = network.layers[4]
    maps = np.asarray(dropout(np.ones((6, 5, 4, 20), "float32"), training=True))
    np.testing.assert_array_equal(maps, np.broadcast_to(maps[:, :1, :1], maps.shape))
    assert set(np.unique(maps)) == {0, 2}
