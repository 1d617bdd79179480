import keras
import numpy as np
import pytest

from keras_gen import layers, networks

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


def test_pooling_takes_the_maximum_of_all_outputs_where_a_stride_skips_them():
    strided, pooled = (
        networks.noisy_classifier((8, 8, 2), 3, (4,), 7, pooling=pooling)
        for pooling in (False, True)
    )
    pooled.set_weights(strided.get_weights())
    assert strided.count_params() == pooled.count_params()
    images = IMAGES[:, :8]
    convolution = next(x for x in pooled.layers if isinstance(x, keras.layers.Conv2D))
    maxima = np.asarray(convolution(images)).reshape(6, 4, 2, 4, 2, 4).max(axis=(2, 4))
    found = keras.Model(pooled.input, pooled.get_layer("features").input)(images)
    dense = pooled.layers[-4]
    leaky = np.where(maxima > 0, maxima, 0.1 * maxima).reshape(6, -1)
    np.testing.assert_allclose(found, dense(leaky), atol=1e-4)


def test_view_redraws_images_in_training_only():
    view = layers.RandomAffine(shift=3, seed=1)
    network = networks.noisy_classifier(SHAPE, 3, (4,), 7, 0.0, 0.0, 0.0, view=view)
    plain = networks.noisy_classifier(SHAPE, 3, (4,), 7, 0.0, 0.0, 0.0)
    plain.set_weights(network.trainable_variables)
    np.testing.assert_array_equal(network(IMAGES), plain(IMAGES))
    assert np.abs(network(IMAGES, training=True) - plain(IMAGES)).max() > 1e-3


def test_half_precision_is_that_of_the_work_not_of_weights_and_logits():
    network = networks.noisy_classifier(SHAPE, 3, (4,), 7, dtype="mixed_bfloat16")
    assert {v.dtype for v in network.trainable_variables} == {"float32"}
    assert network.get_layer("features").compute_dtype == "bfloat16"
    assert network.output.dtype == "float32"


def test_maps_are_left_out_whole():
    network = networks.noisy_classifier(SHAPE, 3, (20,), 7, noise=0.0, map_dropout=0.5)
    dropout = next(x for x in network.layers if isinstance(x, keras.layers.SpatialDropout2D))
    maps = np.asarray(dropout(np.ones((6, 5, 4, 20), "float32"), training=True))
    np.testing.assert_array_equal(maps, np.broadcast_to(maps[:, :1, :1], maps.shape))
    assert set(np.unique(maps)) == {0, 2}
