"""The networks of progressive growing: every stage, and what is between two of them."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from reference_layers import (
    convolved,
    leaky,
    normed,
    scored,
    weights_of,
    with_random_biases,
)

from keras_gen.networks import progressive
from keras_gen.networks.progressive import enlarged, progressive_discriminator, shrunken

SHAPE, FILTERS, LATENTS = (16, 16, 3), (5, 4, 3), 7
rng = np.random.default_rng(2)


def generator(shape=SHAPE, filters=FILTERS, latent_dim=LATENTS):
    return progressive.progressive_generator(shape, filters, latent_dim)


def discriminator(shape=SHAPE, filters=FILTERS):
    return progressive_discriminator(shape, filters)


def at(network, x, stage, alpha=None):
    return network(x, stage=stage, alpha=alpha)


def z(count=5, latent_dim=LATENTS):
    return tf.constant(rng.normal(size=(count, latent_dim)), tf.float32)


def pictures(side, count=5, channels=3):
    return tf.constant(rng.uniform(-1, 1, (count, side, side, channels)), tf.float32)


@pytest.mark.parametrize("shape", [(4, 4, 1), (8, 8, 4), (32, 32, 3)])
def test_each_stage_has_twice_the_side_of_the_one_before(shape):
    filters = [6, 5, 4, 3][: (shape[0] // 4).bit_length()]
    g, d = generator(shape, filters), discriminator(shape, filters)
    assert g.resolutions == d.resolutions == [4, 8, 16, 32][: len(filters)]
    for stage, side in enumerate(g.resolutions):
        images = at(g, z(), stage)
        assert images.shape == (5, side, side, shape[2])
        assert at(d, images, stage).shape == (5, 1)
    np.testing.assert_array_equal(g(z()).shape, at(g, z(), len(filters) - 1).shape)


def test_the_last_stage_is_meant_where_none_is_named():
    g, d, latents, images = generator(), discriminator(), z(), pictures(16)
    np.testing.assert_array_equal(g(latents), at(g, latents, 2))
    np.testing.assert_array_equal(d(images), at(d, images, 2))


@pytest.mark.parametrize("stage", [1, 2])
@pytest.mark.parametrize("alpha", [0.0, tf.zeros([5, 1]), np.float32(0)], ids=str)
def test_at_alpha_0_images_are_those_of_the_stage_before_enlarged(stage, alpha):
    g, latents = generator(), z()
    before = np.asarray(at(g, latents, stage - 1))
    np.testing.assert_array_equal(at(g, latents, stage, alpha), before.repeat(2, 1).repeat(2, 2))


@pytest.mark.parametrize("stage", [1, 2])
def test_at_alpha_0_scores_are_those_of_the_stage_before_for_shrunken_images(stage):
    d, images = discriminator(), pictures(4 << stage)
    np.testing.assert_array_equal(at(d, images, stage, 0.0), at(d, shrunken(images), stage - 1))


@pytest.mark.parametrize("stage", [1, 2])
def test_at_alpha_1_nothing_of_the_stage_before_is_left(stage):
    g, d, latents, images = generator(), discriminator(), z(), pictures(4 << stage)
    np.testing.assert_array_equal(at(g, latents, stage, 1.0), at(g, latents, stage))
    np.testing.assert_array_equal(at(d, images, stage, 1.0), at(d, images, stage))


def test_the_first_stage_fades_nothing():
    g, d, latents, images = generator(), discriminator(), z(), pictures(4)
    np.testing.assert_array_equal(at(g, latents, 0, 0.25), at(g, latents, 0))
    np.testing.assert_array_equal(at(d, images, 0, 0.25), at(d, images, 0))


def test_each_image_may_have_its_own_share():
    g, latents = generator(), z(3)
    shares = np.float32([[0.0], [0.25], [1.0]])
    old, new = np.asarray(enlarged(at(g, latents, 1))), np.asarray(at(g, latents, 2))
    alpha = shares[:, :, None, None]
    expected = (1 - alpha) * old + alpha * new
    np.testing.assert_allclose(at(g, latents, 2, shares), expected, rtol=1e-5, atol=1e-6)


def test_a_fade_of_the_discriminator_mixes_features_behind_the_pooling():
    d, images = discriminator(), pictures(8)
    new = shrunken(d.blocks[1](d.pixel_layers[1](images)))
    old = d.pixel_layers[0](shrunken(images))
    expected = d.blocks[0](0.75 * old + 0.25 * new)
    np.testing.assert_allclose(at(d, images, 1, 0.25), expected, rtol=1e-4, atol=1e-5)


def test_enlarging_repeats_pixels_and_shrinking_takes_means():
    images = np.asarray(pictures(4))
    for factor in (1, 2, 4):
        large = images.repeat(factor, 1).repeat(factor, 2)
        np.testing.assert_array_equal(enlarged(tf.constant(images), factor), large)
    np.testing.assert_allclose(shrunken(tf.constant(large), 4), images, rtol=1e-6, atol=1e-7)
    means = images.reshape(5, 2, 2, 2, 2, 3).mean((2, 4))
    np.testing.assert_allclose(shrunken(tf.constant(images)), means, rtol=1e-5, atol=1e-6)


# What the layers are, in NumPy


def test_the_generator_is_the_authors_layer_by_layer():
    g, latents = with_random_biases(generator()), z()
    h = normed(np.asarray(latents, "float64"))
    kernel = np.asarray(g.dense.kernel, "float64") * math.sqrt(2) / 4 / math.sqrt(LATENTS)
    h = (h @ kernel).reshape(5, 4, 4, 5) + np.asarray(g.bias, "float64")
    h = normed(leaky(h))
    for stage, count in enumerate([1, 2, 2]):
        kernels = weights_of(g.blocks[stage])
        assert len(kernels) == 2 * count
        h = h.repeat(2, 1).repeat(2, 2) if stage else h
        for i in range(count):
            h = normed(leaky(convolved(h, *kernels[2 * i : 2 * i + 2])))
        image = convolved(h, *weights_of(g.pixel_layers[stage]), gain=1.0)
        np.testing.assert_allclose(at(g, latents, stage), image, rtol=1e-4, atol=1e-5)


def test_the_discriminator_is_the_authors_layer_by_layer():
    d, images = with_random_biases(discriminator()), pictures(16, count=4)
    h = leaky(convolved(np.asarray(images, "float64"), *weights_of(d.pixel_layers[2])))
    for stage in (2, 1):
        first, second = np.split(np.arange(4), 2)
        kernels = weights_of(d.blocks[stage])
        for chosen in (first, second):
            h = leaky(convolved(h, *[kernels[i] for i in chosen]))
        h = h.reshape(4, h.shape[1] // 2, 2, h.shape[2] // 2, 2, -1).mean((2, 4))
    score = scored(h, weights_of(d.blocks[0]))
    np.testing.assert_allclose(d(images), score, rtol=1e-4, atol=1e-4)


def test_weights_start_standard_normal_and_biases_at_zero():
    for network in (generator(filters=(64, 48, 32)), discriminator(filters=(64, 48, 32))):
        biases = [np.asarray(v) for v in network.trainable_variables if len(v.shape) == 1]
        kernels = [np.ravel(v) for v in network.trainable_variables if len(v.shape) > 1]
        assert all(not bias.any() for bias in biases)
        numbers = np.concatenate(kernels)
        assert abs(numbers.mean()) < 0.02 and numbers.std() == pytest.approx(1, abs=0.01)
        large = [kernel for kernel in kernels if kernel.size > 2000]
        assert all(kernel.std() == pytest.approx(1, abs=0.05) for kernel in large)


def test_signals_keep_their_size_through_eight_layers_of_the_generator():
    g = generator((32, 32, 512), (32, 32, 32, 32), 32)  # of so many channels that chance averages
    h = g.blocks[0](g.start(z(8, 32)))
    for stage in range(4):
        h = g.blocks[stage](enlarged(h)) if stage else h
        assert float(tf.reduce_mean(h**2)) == pytest.approx(1, abs=1e-3)
        image = g.pixel_layers[stage](h)
        assert float(tf.reduce_mean(image**2)) == pytest.approx(1, abs=0.1)


def test_signals_keep_their_size_through_eight_layers_of_the_discriminator():
    """The gain of sqrt(2) is exact for a ReLU; a slope of 0.2 adds 4 % with each layer.

    Every layer gets noise of variance 1: what comes from the layer before is so much alike from
    place to place that a few kernels would not average out. Nor would those of a first layer of
    three channels, so the mean is over many.
    """
    rng = np.random.default_rng(6)
    d = discriminator((32, 32, 3), (24, 24, 24, 24))
    parts = [d.pixel_layers[3], d.blocks[3], d.blocks[2], d.blocks[1]]
    convolutions = [layer for part in parts for layer in part.layers if layer.weights]
    assert len(convolutions) == 7
    size = 1.0
    for convolution in convolutions:
        shape, squares = convolution.kernel.shape, []
        for _ in range(60):
            convolution.kernel.assign(rng.normal(size=shape))
            noise = tf.constant(rng.normal(size=(2, 8, 8, shape[2])), tf.float32)
            h = d.activated()[0](convolution(noise))[:, 1:-1, 1:-1]  # far from the zeros around
            squares.append(float(tf.reduce_mean(h**2)))
        size *= np.mean(squares)
    assert size == pytest.approx(1.04**7, rel=0.1)


def test_a_stage_has_the_variables_that_its_gradient_reaches():
    g, d = generator(), discriminator()
    for stage in range(3):
        inputs = {g: z(), d: pictures(4 << stage)}
        for network, x in inputs.items():
            with tf.GradientTape() as tape:
                y = tf.reduce_sum(at(network, x, stage, 0.5) ** 2)
            variables = network.trainable_variables
            reached = [g is not None for g in tape.gradient(y, variables)]
            own = {id(variable) for variable in network.variables_at(stage)}
            assert reached == [id(variable) in own for variable in variables]
    assert len(g.variables_at(2)) == len(g.trainable_variables) - 2  # to_image of 4x4 pixels


def test_number_of_weights_is_that_of_the_layers():
    g, d = generator(), discriminator()
    layer = {(a, b): 9 * a * b + b for a in (3, 4, 5, 6) for b in (3, 4, 5)}
    of_generator = [7 * 80 + 5 + layer[5, 5], layer[5, 4] + layer[4, 4], layer[4, 3] + layer[3, 3]]
    of_last = 80 * 5 + 5 + 5 + 1
    of_discriminator = [layer[6, 5] + of_last, layer[4, 4] + layer[4, 5], layer[3, 3] + layer[3, 4]]
    to_images, from_images = [18, 15, 12], [20, 16, 12]
    assert g.count_params() == sum(of_generator) + sum(to_images)
    assert d.count_params() == sum(of_discriminator) + sum(from_images)


def test_filters_of_the_authors_are_the_default():
    assert progressive._filters_of(None, 1024) == (512, 512, 512, 512, 256, 128, 64, 32, 16)
    assert progressive._filters_of(None, 4) == (512,)


def test_saved_and_loaded_it_gives_the_same(tmp_path):
    for network, x in [(generator(), z()), (discriminator(), pictures(16))]:
        network.save(tmp_path / "n.keras")
        loaded = keras.saving.load_model(tmp_path / "n.keras")
        assert type(loaded) is type(network)
        np.testing.assert_array_equal(network(x), loaded(x))
        copy = keras.models.clone_model(network)
        copy.set_weights(network.get_weights())
        np.testing.assert_array_equal(network(x), copy(x))


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_images_and_scores_are_float32_and_alpha_is_not_rounded(policy):
    keras.config.set_dtype_policy(policy)
    g, d, latents = generator(), discriminator(), z()
    keras.config.set_dtype_policy("float32")
    alpha = 1.0 + 2.0**-10  # to half precision, 1
    images = at(g, latents, 2, alpha)
    assert images.dtype == "float32" and at(d, images, 2, alpha).dtype == "float32"
    old, new = enlarged(at(g, latents, 1)), at(g, latents, 2)
    np.testing.assert_allclose(images - new, 2.0**-10 * (new - old), rtol=1e-2, atol=1e-6)
    assert {v.dtype for v in (*g.trainable_variables, *d.trainable_variables)} == {"float32"}
    assert g.blocks[1](tf.ones([1, 8, 8, 5])).dtype == policy.removeprefix("mixed_")


@pytest.mark.parametrize(
    "shape", [(6, 6, 1), (12, 12, 3), (8, 16, 1), (2, 2, 1), (0, 0, 1), (8, 8), (8, 8, 0), 8, None]
)
@pytest.mark.parametrize("make", [generator, discriminator])
def test_sides_that_are_not_4_times_a_power_of_2_are_refused(make, shape):
    with pytest.raises(ValueError, match=r"argument `image_shape`.*Received: image_shape="):
        make(shape, [4, 4])


@pytest.mark.parametrize("filters", [[4], [4, 4, 4], [], [4, 0], [4, -1], [4, 2.5], 4, "44"])
@pytest.mark.parametrize("make", [generator, discriminator])
def test_filters_of_another_number_are_refused(make, filters):
    with pytest.raises(ValueError, match="argument `filters`.*Received: filters="):
        make((8, 8, 1), filters)


@pytest.mark.parametrize("latent_dim", [0, -1, 2.5, None])
def test_a_length_of_latents_that_is_not_positive_is_refused(latent_dim):
    with pytest.raises(ValueError, match="argument `latent_dim`"):
        generator(latent_dim=latent_dim)


@pytest.mark.parametrize("stage", [-1, 3, 1.0, True, "1"])
def test_a_stage_that_there_is_not_is_refused(stage):
    with pytest.raises(ValueError, match="argument `stage`.*at most 2"):
        at(generator(), z(), stage)
    with pytest.raises(ValueError, match="argument `stage`.*at most 2"):
        at(discriminator(), pictures(16), stage)


def test_images_of_another_stage_are_refused():
    with pytest.raises(ValueError, match=r"argument `images`.*\(8, 8, 3\) at stage 1.*16, 16, 3"):
        at(discriminator(), pictures(16), 1)
    with pytest.raises(ValueError, match=r"argument `images`.*\(16, 16, 3\) at stage 2"):
        discriminator()(pictures(16, channels=1))
