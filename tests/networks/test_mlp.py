import keras
import numpy as np
import pytest

from keras_gen import networks


def values(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def test_an_mlp_is_dense_layers_on_the_flat_input():
    model = networks.mlp((2, 3, 1), [4], (5, 2), activation="relu", output_activation="tanh")
    x = values(3, 2, 3, 1)
    kernel, bias, output_kernel, output_bias = model.get_weights()
    assert kernel.shape == (6, 4) and output_kernel.shape == (4, 10)
    hidden = np.maximum(x.reshape(3, 6) @ kernel + bias, 0)
    expected = np.tanh(hidden @ output_kernel + output_bias).reshape(3, 5, 2)
    np.testing.assert_allclose(model(x), expected, atol=1e-6)


@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 32, 3), (64, 64, 1)])
def test_encoder_and_decoder_fit_together(shape):
    encoder = networks.mlp_encoder(shape, [4], 3)
    decoder = networks.mlp_decoder(3, [4], shape)
    assert encoder.output_shape == (None, 3)
    assert decoder.output_shape == (None, *shape)
    assert decoder(encoder(values(2, *shape))).shape == (2, *shape)


def test_integers_mean_vectors_and_no_units_an_affine_map():
    model = networks.mlp(3, [], 2)
    kernel, bias = model.get_weights()
    x = values(4, 3)
    np.testing.assert_allclose(model(x), x @ kernel + bias, atol=1e-6)


def test_an_activation_may_be_a_function_that_makes_a_layer():
    class Slope(keras.layers.LeakyReLU):
        def __init__(self):
            super().__init__(0.5)

    model = networks.mlp(3, [4, 4], 2, activation=Slope)
    slopes = [layer for layer in model.layers if isinstance(layer, Slope)]
    assert len(slopes) == 2 and slopes[0] is not slopes[1]
    kernel, bias = model.layers[1].get_weights()
    hidden = values(2, 3) @ kernel + bias
    first = keras.Model(model.input, slopes[0].output)
    expected = np.where(hidden > 0, hidden, 0.5 * hidden)
    np.testing.assert_allclose(first(values(2, 3)), expected, atol=1e-6)


def test_a_gaussian_encoder_has_a_free_mean_and_log_variance_of_one_hidden_layer():
    model = networks.gaussian_encoder((4, 4, 1), [5], 3)
    x = values(2, 4, 4, 1)
    weights = model.get_weights()
    hidden = np.maximum(x.reshape(2, 16) @ weights[0] + weights[1], 0)
    mean, log_var = model(x)
    np.testing.assert_allclose(mean, hidden @ weights[2] + weights[3], atol=1e-6)
    np.testing.assert_allclose(log_var, hidden @ weights[4] + weights[5], atol=1e-6)
    assert [layer.name for layer in model.layers[-2:]] == ["mean", "log_var"]


@pytest.mark.parametrize("units", [[0], [4, -1]])
@pytest.mark.parametrize(
    "build",
    [
        lambda units: networks.mlp(3, units, 2),
        lambda units: networks.gaussian_encoder(3, units, 2),
    ],
)
def test_a_width_that_is_not_positive_is_named(build, units):
    message = f"`units`. Expected a positive integer. Received: units={units[-1]}"
    with pytest.raises(ValueError, match=message):
        build(units)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_outputs_are_float32_in_mixed_precision(policy):
    keras.config.set_dtype_policy(policy)
    try:
        models = [networks.mlp(3, [4], (2, 2)), networks.gaussian_encoder(3, [4], 2)]
    finally:
        keras.config.set_dtype_policy("float32")
    for model in models:
        assert model.layers[1].compute_dtype == policy.removeprefix("mixed_")
        outputs = model(values(2, 3))
        outputs = outputs if isinstance(outputs, list) else [outputs]
        assert {keras.backend.standardize_dtype(each.dtype) for each in outputs} == {"float32"}
