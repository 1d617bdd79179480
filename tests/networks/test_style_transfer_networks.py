"""Encoders of several taps, and their mirror."""

import keras
import numpy as np
import pytest

from keras_gen import networks


def pictures(*shape):
    return np.random.default_rng(1).uniform(-1, 1, shape).astype("float32")


def test_each_stage_has_a_tap_and_half_the_size():
    encoder = networks.style_encoder((3, 4, 5, 6))
    shapes = [tuple(tap.shape) for tap in encoder(pictures(2, 32, 48, 3))]
    assert shapes == [(2, 32, 48, 3), (2, 16, 24, 4), (2, 8, 12, 5), (2, 4, 6, 6)]
    assert networks.tap_scales(encoder) == [1, 2, 4, 8]
    kinds = [type(layer).__name__ for layer in encoder.layers]
    assert kinds.count("Conv2D") == 7 and "BatchNormalization" not in kinds


def test_taps_are_rectified():
    for tap in networks.style_encoder((3, 4))(pictures(2, 8, 8, 3)):
        assert np.min(tap) == 0 < np.max(tap)


def test_the_encoder_scales_its_own_range():
    x = pictures(2, 8, 8, 3)
    signed, bytes_ = (
        networks.style_encoder((3, 4)),
        networks.style_encoder((3, 4), value_range=(0.0, 255.0)),
    )
    bytes_.set_weights(signed.get_weights())
    for first, second in zip(signed(x), bytes_(127.5 * (x + 1))):
        np.testing.assert_allclose(first, second, atol=1e-4)


def test_a_constant_image_shows_no_border():
    """Zeros around it would."""
    encoder = networks.style_encoder((3, 4, 5))
    image = np.full((1, 16, 16, 3), 0.7, "float32")
    image = networks.mirrored_decoder(encoder)(encoder(image)[-1])
    np.testing.assert_allclose(image, np.broadcast_to(image[:, :1, :1], image.shape), atol=1e-5)


def test_the_decoder_mirrors_the_encoder_and_is_not_confined():
    encoder = networks.style_encoder((3, 4, 5), channels=1)
    decoder = networks.mirrored_decoder(encoder, value_range=(0.0, 1.0))
    features = 100 * pictures(2, 3, 4, 5)
    assert decoder(features).shape == (2, 12, 16, 1)
    assert np.min(decoder(features)) < -1 and np.max(decoder(features)) > 2
    maps = [layer.filters for layer in decoder.layers if hasattr(layer, "filters")]
    assert maps == [4, 4, 3, 3, 1]
    kinds = {type(layer).__name__ for layer in decoder.layers}
    assert kinds == {"InputLayer", "ReflectionPadding2D", "Conv2D", "UpSampling2D", "Rescaling"}


def test_a_tapped_encoder_is_a_fixed_copy_in_the_policy_of_now():
    x = pictures(2, 8, 8, 3)
    source = networks.style_encoder((3, 4))
    half = networks.tapped_encoder(source, dtype="float16")
    assert {variable.dtype for variable in half.variables} == {"float16"}
    full = networks.tapped_encoder(half)
    assert {variable.dtype for variable in full.variables} == {"float32"}
    assert not full.trainable_variables and source.trainable_variables
    for first, second in zip(source(x), full(x)):
        np.testing.assert_allclose(first, second, atol=5e-3)
    source.set_weights([0 * each for each in source.get_weights()])
    assert np.max(full(x)[-1]) > 0


def test_taps_are_the_named_layers_behind_the_preprocessing():
    source = networks.style_encoder((3, 4, 5), value_range=(0.0, 1.0))
    names = ["stage_1_convolution_2", "stage_3_convolution_1"]
    inner = keras.Model(source.inputs, [source.get_layer(name).output for name in names])
    encoder = networks.tapped_encoder(source, names, [keras.layers.Rescaling(0.5, 0.5)])
    x = pictures(2, 8, 8, 3)
    for first, second in zip(inner((x + 1) / 2), encoder(x)):
        np.testing.assert_allclose(first, second, atol=1e-5)
    assert networks.tap_scales(encoder) == [1, 4]


def test_vgg_gets_blue_green_and_red_minus_their_means():
    encoder = networks.vgg19_encoder(weights=None)
    assert networks.tap_scales(encoder) == [1, 2, 4, 8]
    assert [tap.shape[-1] for tap in encoder.outputs] == [64, 128, 256, 512]
    assert not encoder.trainable_variables
    x = pictures(1, 8, 8, 3)
    colors = encoder.get_layer("blue_green_red")
    expected = keras.applications.vgg19.preprocess_input(127.5 * (x + 1))
    np.testing.assert_allclose(colors(x), expected, atol=1e-3)


def uneven():
    x = keras.Input((30, 30, 1))
    return keras.Model(x, keras.layers.Conv2D(2, 3, 4, padding="same")(x))


@pytest.mark.parametrize(
    "argument, call",
    [
        ("filters", lambda: networks.style_encoder(())),
        ("convolutions", lambda: networks.style_encoder((3, 4), 0)),
        ("value_range", lambda: networks.style_encoder((3, 4), value_range=(1, 0))),
        ("encoder", lambda: networks.mirrored_decoder(networks.mlp(4, [3], 2))),
        ("encoder", lambda: networks.tap_scales(uneven())),
        ("model", lambda: networks.tapped_encoder("vgg")),
        ("taps", lambda: networks.tapped_encoder(networks.style_encoder((3, 4)), ["block1"])),
    ],
)
def test_bad_arguments_are_refused(argument, call):
    with pytest.raises(ValueError, match=f"argument `{argument}`"):
        call()
