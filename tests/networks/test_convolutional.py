import keras
import numpy as np
import pytest
from keras import layers

from keras_gen import data, models
from keras_gen.networks import convolutional_decoder, convolutional_encoder

SIZES = [
    ((8, 8, 1), (2, 3)),
    ((28, 28, 1), (2, 3)),
    ((32, 32, 3), (2, 3, 4)),
    ((64, 64, 3), (2, 3, 4, 5)),
    ((16, 40, 1), (2, 3, 4)),
]


def values(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def of_kind(model, kind):
    return [layer for layer in model.layers if isinstance(layer, kind)]


@pytest.mark.parametrize(("shape", "filters"), SIZES)
def test_images_become_codes_and_codes_images_of_the_same_shape(shape, filters):
    encoder = convolutional_encoder(shape, filters, 6)
    decoder = convolutional_decoder(6, filters, shape)
    assert (encoder.name, decoder.name) == ("encoder", "decoder")
    codes = encoder(values(2, *shape))
    assert codes.shape == (2, 6)
    assert decoder(codes).shape == (2, *shape)


@pytest.mark.parametrize(("shape", "filters"), SIZES)
def test_the_decoder_doubles_what_the_encoder_halved(shape, filters):
    encoder = convolutional_encoder(shape, filters, 6)
    decoder = convolutional_decoder(6, filters, shape)
    halved = [layer.output.shape for layer in of_kind(encoder, layers.MaxPooling2D)]
    doubled = [layer.input.shape for layer in of_kind(decoder, layers.Conv2DTranspose)]
    assert doubled == halved[::-1]
    assert [maps for *_, maps in halved] == list(filters)
    assert [side for _, side, *_ in halved] == [shape[0] >> n + 1 for n in range(len(filters))]


def test_parameters_of_a_small_case_counted_by_hand():
    encoder = convolutional_encoder((8, 8, 1), (2, 3), 5)
    # Kernels of 3x3, a bias per feature map; 2x2x3 numbers are left for the dense layer.
    assert encoder.count_params() == (9 * 1 * 2 + 2) + (9 * 2 * 3 + 3) + (12 * 5 + 5)
    decoder = convolutional_decoder(5, (2, 3), (8, 8, 1))
    assert decoder.count_params() == (5 * 12 + 12) + (16 * 3 * 2 + 2) + (16 * 2 * 1 + 1)


def test_a_block_is_a_convolution_then_the_activation_then_the_maximum_of_four_pixels():
    encoder = convolutional_encoder((4, 4, 1), (2,), 3, kernel_size=1)
    kernel, bias = np.float32([2.0, -1.0]), np.float32([0.5, -0.2])
    weight, offset = values(8, 3), values(3)
    encoder.set_weights([kernel.reshape(1, 1, 1, 2), bias, weight, offset])
    images = values(5, 4, 4, 1)
    maps = np.maximum(images * kernel + bias, 0.0)
    pooled = maps.reshape(5, 2, 2, 2, 2, 2).max(axis=(2, 4))
    expected = pooled.reshape(5, 8) @ weight + offset
    np.testing.assert_allclose(encoder(images), expected, atol=1e-5)


def test_a_decoded_pixel_comes_from_one_pixel_of_half_the_size():
    # A kernel as large as the stride repeats every small pixel, weighted by the kernel.
    decoder = convolutional_decoder(4, (1,), (4, 4, 1), kernel_size=2, output_activation="tanh")
    kernel, weight, offset = values(2, 2), values(4, 4), values(4)
    decoder.set_weights([weight, offset, kernel.reshape(2, 2, 1, 1), np.float32([0.3])])
    codes = values(5, 4)
    small = np.maximum(codes @ weight + offset, 0.0).reshape(5, 2, 2)
    expected = np.tanh([np.kron(image, kernel) + 0.3 for image in small])
    np.testing.assert_allclose(decoder(codes)[..., 0], expected, atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "filters"),
    [
        ((28, 28, 1), (2, 3, 4)),
        ((32, 28, 1), (2, 3, 4)),
        ((7, 8, 1), (2,)),
    ],
)
def test_an_image_that_cannot_be_halved_that_often_is_named(shape, filters):
    divisor = 2 ** len(filters)
    message = rf"`image_shape`. Expected .* divisible by {divisor}, .* Received: image_shape=\("
    for build in (
        lambda: convolutional_encoder(shape, filters, 2),
        lambda: convolutional_decoder(2, filters, shape),
    ):
        with pytest.raises(ValueError, match=message):
            build()


@pytest.mark.parametrize(
    "filters, message",
    [
        ((), r"at least one positive integer. Received: filters=\(\)"),
        ((0,), "a positive integer. Received: filters=0"),
        ((4, -1), "a positive integer. Received: filters=-1"),
        ((4, 2.0), "a positive integer. Received: filters=2.0"),
    ],
)
def test_feature_maps_that_are_not_positive_are_named(filters, message):
    message = f"`filters`. Expected {message}"
    for build in (
        lambda: convolutional_encoder((8, 8, 1), filters, 2),
        lambda: convolutional_decoder(2, filters, (8, 8, 1)),
    ):
        with pytest.raises(ValueError, match=message):
            build()


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_codes_and_images_are_float32_in_mixed_precision(policy):
    keras.config.set_dtype_policy(policy)
    encoder = convolutional_encoder((8, 8, 1), (2, 3), 4)
    decoder = convolutional_decoder(4, (2, 3), (8, 8, 1))
    assert of_kind(encoder, layers.Conv2D)[0].compute_dtype in policy
    assert of_kind(decoder, layers.Conv2DTranspose)[-1].compute_dtype in policy
    codes = encoder(values(2, 8, 8, 1))
    for output in (codes, decoder(codes)):
        assert keras.backend.standardize_dtype(output.dtype) == "float32"


def test_a_small_autoencoder_learns_more_than_the_mean_image():
    images = data.arrays(data.load("digits", "train[:512]", value_range=(0, 1)))
    encoder = convolutional_encoder((8, 8, 1), (8, 16), 16)
    decoder = convolutional_decoder(16, (8, 16), (8, 8, 1), output_activation="sigmoid")
    autoencoder = models.Autoencoder(encoder, decoder, value_range=(0, 1), undercomplete=True)
    autoencoder.compile(keras.optimizers.Nadam(1e-2), "mse")
    losses = autoencoder.fit(images, epochs=8, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    assert autoencoder.evaluate(images, verbose=0) < 0.5 * images.var(axis=0).mean()


@pytest.mark.parametrize("shape", [(0, 8, 1), (None, 8, 1), (8, 8), 8, "image"])
def test_what_is_no_shape_of_an_image_is_named(shape):
    message = r"`image_shape`. Expected \(height, width, channels\), .* Received: image_shape="
    with pytest.raises(ValueError, match=message):
        convolutional_encoder(shape, (2,), 3)
    with pytest.raises(ValueError, match=message):
        convolutional_decoder(3, (2,), shape)
