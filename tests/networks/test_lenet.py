import keras
import numpy as np
import pytest

from keras_gen import networks


def images(*shape):
    return np.random.default_rng(0).uniform(size=shape).astype("float32")


@pytest.mark.parametrize("size", [28, 32, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_probabilities_for_every_size(size, channels):
    model = networks.lenet((size, size, channels), 7, filters=(2, 3), units=(5, 4))
    probabilities = model(images(2, size, size, channels))
    assert probabilities.shape == (2, 7)
    np.testing.assert_allclose(np.sum(probabilities, axis=1), 1.0, atol=1e-6)


def test_the_defaults_have_the_sizes_of_the_paper():
    # Figure 2 and its text: C1 has 156 trainable parameters, C5 48,120, F6 10,164; the output
    # layer is dense here, and the second convolution sees all six maps: (5 * 5 * 6 + 1) * 16.
    model = networks.lenet((28, 28, 1), 10)
    counts = [layer.count_params() for layer in model.layers if layer.count_params()]
    assert counts == [156, 2416, 48120, 10164, 850]


def test_features_are_what_the_last_layer_reads():
    model = networks.lenet((28, 28, 1), 3, filters=(2, 3), units=(5, 4), dropout=0.5)
    layer = model.get_layer("features")
    assert layer.units == 4
    features = np.asarray(keras.Model(model.input, layer.output)(images(2, 28, 28, 1)))
    assert features.min() >= 0
    kernel, bias = model.layers[-1].get_weights()
    scores = np.exp(features @ kernel + bias)
    expected = scores / scores.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model(images(2, 28, 28, 1)), expected, atol=1e-6)


def test_every_hidden_layer_of_units_is_dropped_out_in_training_alone():
    model = networks.lenet((28, 28, 1), 3, filters=(2, 3), units=(5, 4), dropout=0.5)
    rates = [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    assert rates == [0.5, 0.5, 0.5]
    x = images(8, 28, 28, 1)
    np.testing.assert_array_equal(model(x), model(x))
    assert np.abs(model(x, training=True) - model(x)).max() > 1e-3


def test_probabilities_are_float32_in_mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = networks.lenet((28, 28, 1), 3, filters=(2, 3), units=(5, 4))
    finally:
        keras.config.set_dtype_policy("float32")
    assert model.layers[1].compute_dtype == "bfloat16"
    probabilities = model(images(2, 28, 28, 1))
    assert keras.backend.standardize_dtype(probabilities.dtype) == "float32"
    np.testing.assert_allclose(np.sum(probabilities, axis=1), 1.0, atol=1e-6)
