"""The five guidelines of DCGAN (arXiv:1511.06434, section 3), read off the built graphs."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_gen.networks import dcgan_discriminator, dcgan_generator

SHAPES = [(28, 28, 1), (30, 45, 3), (32, 32, 3), (64, 64, 3), (64, 64, 1), (16, 32, 1), (8, 8, 1)]
WITHOUT_OPERATION = (layers.InputLayer, layers.Dropout, layers.Reshape, layers.Flatten)


def operations(model):
    """Kinds of a model's layers in their order, without those that only move numbers."""
    return [
        type(layer).__name__ for layer in model.layers if not isinstance(layer, WITHOUT_OPERATION)
    ]


def of_kind(model, *kinds):
    return [layer for layer in model.layers if isinstance(layer, kinds)]


def values(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


@pytest.fixture(params=SHAPES, ids=lambda shape: "x".join(map(str, shape)))
def shape(request):
    return request.param


def test_generator_makes_images_and_discriminator_one_score(shape):
    generator = dcgan_generator(shape, latent_dim=3, filters=2)
    discriminator = dcgan_discriminator(shape, filters=2)
    images = generator(values(2, 3))
    assert images.shape == (2, *shape)
    assert np.abs(images).max() <= 1.0
    assert discriminator(images).shape == (2, 1)


def test_no_pooling_but_strided_convolutions(shape):
    for model, kind in [
        (dcgan_generator(shape, 3, filters=2), layers.Conv2DTranspose),
        (dcgan_discriminator(shape, filters=2), layers.Conv2D),
    ]:
        convolutions = of_kind(model, layers.Conv2D, layers.Conv2DTranspose)
        assert {type(layer) for layer in convolutions} == {kind}
        assert {layer.strides for layer in convolutions} == {(2, 2)}
        assert len(convolutions) == {28: 3, 30: 3, 32: 3, 64: 4, 16: 2, 8: 1}[shape[0]]
        assert not [each for each in operations(model) if "Pool" in each or "UpSampling" in each]


def test_normalization_everywhere_but_at_the_generators_output_and_the_discriminators_input():
    generator = dcgan_generator((32, 32, 3), 3, filters=2)
    block = ["FusedBatchNormalization", "ReLU", "Conv2DTranspose"]
    assert operations(generator) == ["Dense", *3 * block, "Activation"]
    discriminator = dcgan_discriminator((32, 32, 3), filters=2)
    block = ["Conv2D", "FusedBatchNormalization", "FusedLeakyReLU"]
    assert operations(discriminator) == ["Conv2D", "FusedLeakyReLU", *2 * block, "Dense"]


def test_no_hidden_dense_layers():
    generator = dcgan_generator((64, 64, 3), 3, filters=2)
    assert [layer.units for layer in of_kind(generator, layers.Dense)] == [4 * 4 * 16]
    discriminator = dcgan_discriminator((64, 64, 3), filters=2)
    assert [layer.units for layer in of_kind(discriminator, layers.Dense)] == [1]


def test_relu_in_the_generator_with_tanh_at_the_end():
    generator = dcgan_generator((32, 32, 3), 3, filters=2)
    assert generator.layers[-1].activation is keras.activations.tanh
    linear = of_kind(generator, layers.Conv2DTranspose, layers.Dense)
    assert {layer.activation for layer in linear} == {keras.activations.linear}


def test_leaky_relu_with_slope_two_tenths_in_the_discriminator():
    discriminator = dcgan_discriminator((32, 32, 3), filters=2)
    layer = of_kind(discriminator, layers.LeakyReLU)[0]
    np.testing.assert_allclose(layer(np.float32([-1.0, 3.0])), [-0.2, 3.0], atol=1e-7)
    linear = of_kind(discriminator, layers.Conv2D, layers.Dense)
    assert {layer.activation for layer in linear} == {keras.activations.linear}


@pytest.mark.parametrize("build", [dcgan_generator, dcgan_discriminator])
def test_weights_start_normal_with_standard_deviation_two_hundredths(build):
    keras.utils.set_random_seed(0)
    for layer in of_kind(build((32, 32, 3), filters=32), layers.Conv2D, layers.Conv2DTranspose):
        kernel = np.asarray(layer.kernel)
        error = 0.02 / np.sqrt(kernel.size)
        assert abs(kernel.mean()) < 5 * error
        assert abs(kernel.std() - 0.02) < 5 * error / np.sqrt(2)
        assert np.abs(kernel).max() > 0.05  # a truncated normal ends at two deviations, 0.04


def test_feature_maps_double_as_the_image_halves():
    generator = dcgan_generator((64, 64, 3), 3, filters=2)
    assert [layer.filters for layer in of_kind(generator, layers.Conv2DTranspose)] == [8, 4, 2, 3]
    discriminator = dcgan_discriminator((64, 64, 3), filters=2)
    assert [layer.filters for layer in of_kind(discriminator, layers.Conv2D)] == [2, 4, 8, 16]


def test_only_layers_without_normalization_have_a_bias():
    generator = dcgan_generator((32, 32, 3), 3, filters=2)
    linear = of_kind(generator, layers.Dense, layers.Conv2DTranspose)
    assert [layer.use_bias for layer in linear] == [False, False, False, True]
    discriminator = dcgan_discriminator((32, 32, 3), filters=2)
    linear = of_kind(discriminator, layers.Conv2D, layers.Dense)
    assert [layer.use_bias for layer in linear] == [True, False, False, True]


@pytest.mark.parametrize("build", [dcgan_generator, dcgan_discriminator])
def test_without_normalization_every_linear_layer_has_a_bias(build):
    model = build((32, 32, 1), filters=2, normalization=False)
    assert not of_kind(model, layers.BatchNormalization)
    linear = of_kind(model, layers.Dense, layers.Conv2D, layers.Conv2DTranspose)
    assert all(layer.use_bias for layer in linear)


def test_initial_kernels_of_the_discriminator_can_keep_the_scale():
    for name, stddev in ((None, 0.02), ("he_normal", (2 / (4 * 4 * 32)) ** 0.5)):
        model = dcgan_discriminator((32, 32, 1), filters=32, kernel_initializer=name)
        kernel = of_kind(model, layers.Conv2D)[1].kernel
        assert float(np.std(kernel)) == pytest.approx(stddev, rel=0.02)


@pytest.mark.parametrize("build", [dcgan_generator, dcgan_discriminator])
def test_normalization_over_all_replicas_is_forwarded(build):
    for synchronized in (True, False):
        model = build((32, 32, 1), filters=2, synchronized=synchronized)
        found = {layer.synchronized for layer in of_kind(model, layers.BatchNormalization)}
        assert found == {synchronized}


def test_dropout_follows_every_layer_and_acts_in_training_alone():
    discriminator = dcgan_discriminator((28, 28, 1), filters=4, dropout=0.3)
    assert [layer.rate for layer in of_kind(discriminator, layers.Dropout)] == [0.3, 0.3, 0.3]
    images = values(4, 28, 28, 1)
    np.testing.assert_array_equal(discriminator(images), discriminator(images))
    outputs = [np.asarray(discriminator(images, training=True)) for _ in range(2)]
    assert np.abs(outputs[0] - outputs[1]).max() > 0
    assert not of_kind(dcgan_discriminator((28, 28, 1), filters=4), layers.Dropout)


def test_labels_change_images_and_scores():
    generator = dcgan_generator((28, 28, 1), 3, filters=2, num_classes=4)
    latents = np.repeat(values(1, 3), 4, axis=0)
    images = np.asarray(generator([latents, np.arange(4)]))
    differences = [np.abs(images[i] - images[j]).max() for i in range(4) for j in range(i)]
    assert min(differences) > 0
    discriminator = dcgan_discriminator((28, 28, 1), filters=2, num_classes=4)
    same = np.repeat(values(1, 28, 28, 1), 4, axis=0)
    scores = np.asarray(discriminator([same, np.arange(4)]))
    assert scores.shape == (4, 1)
    assert len(np.unique(scores)) == 4


def test_score_is_a_projection_of_the_features_on_the_label():
    discriminator = dcgan_discriminator((28, 28, 1), filters=2, num_classes=4)
    [flat], [embedding] = (
        of_kind(discriminator, layers.Flatten),
        of_kind(discriminator, layers.Embedding),
    )
    images, labels = values(5, 28, 28, 1), np.array([3, 0, 0, 2, 1])
    features = np.asarray(keras.Model(discriminator.inputs[0], flat.output)(images))
    assert features.shape == (5, 4 * 4 * 8)
    weight, bias = (np.asarray(w) for w in discriminator.get_layer("score").weights)
    classes = np.asarray(embedding.embeddings)[labels]
    expected = features @ weight[:, 0] + bias + np.sum(features * classes, axis=1)
    np.testing.assert_allclose(discriminator([images, labels])[:, 0], expected, atol=1e-5)


def test_a_class_starts_about_as_long_as_a_one_hot_vector():
    generator = dcgan_generator((28, 28, 1), 100, filters=2, num_classes=200)
    [embedding] = of_kind(generator, layers.Embedding)
    lengths = np.linalg.norm(np.asarray(embedding.embeddings), axis=1)
    assert abs(lengths.mean() - 1) < 0.05


@pytest.mark.parametrize("size", [28, 30, 36, 5])
def test_odd_sides_are_halved_upwards_and_doubled_back(size):
    sides = {28: [28, 14, 7, 4], 30: [30, 15, 8, 4], 36: [36, 18, 9, 5, 3], 5: [5, 3]}[size]
    discriminator = dcgan_discriminator((size, size, 1), filters=2)
    found = [layer.output.shape[1] for layer in of_kind(discriminator, layers.Conv2D)]
    assert found == sides[1:]
    generator = dcgan_generator((size, size, 1), 3, filters=2)
    [start] = of_kind(generator, layers.Reshape)
    assert start.output.shape[1:3] == (sides[-1], sides[-1])
    convolutions = of_kind(generator, layers.Conv2DTranspose)
    assert [layer.input.shape[1] for layer in convolutions] == sides[:0:-1]


@pytest.mark.parametrize("size", [(4, 4), (1, 1), (28, 4)])
@pytest.mark.parametrize("build", [dcgan_generator, dcgan_discriminator])
def test_an_image_too_small_to_be_halved_is_named(build, size):
    message = rf"`image_shape`. Expected .* at least 5. Received: image_shape=\({size[0]}, "
    with pytest.raises(ValueError, match=message):
        build((*size, 1))


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_images_and_scores_are_float32_in_mixed_precision(policy):
    keras.config.set_dtype_policy(policy)
    try:
        generator = dcgan_generator((28, 28, 1), 3, filters=2)
        discriminator = dcgan_discriminator((28, 28, 1), filters=2)
    finally:
        keras.config.set_dtype_policy("float32")
    assert of_kind(generator, layers.Conv2DTranspose)[0].compute_dtype in policy
    assert of_kind(discriminator, layers.Conv2D)[0].compute_dtype in policy
    images = generator(values(2, 3))
    for output in (images, discriminator(images)):
        assert keras.backend.standardize_dtype(output.dtype) == "float32"
