"""The networks of StyleGAN: what each layer is, what reaches it, and what is between two stages."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from reference_layers import convolved, leaky, normed, scored, weights_of, with_random_biases

from keras_gen import networks
from keras_gen.networks.progressive import enlarged, shrunken

SHAPE, FILTERS, LATENTS = (16, 16, 3), (5, 4, 3), 7
rng = np.random.default_rng(2)


def generator(shape=SHAPE, filters=FILTERS, latent_dim=LATENTS, **options):
    return networks.style_generator(shape, filters, latent_dim, **options)


def discriminator(shape=SHAPE, filters=FILTERS):
    return networks.style_discriminator(shape, filters)


def z(count=5, latent_dim=LATENTS):
    return tf.constant(rng.normal(size=(count, latent_dim)), tf.float32)


def pictures(side, count=5, channels=3):
    return tf.constant(rng.uniform(-1, 1, (count, side, side, channels)), tf.float32)


def noise(network, count=5):
    return tf.constant(rng.normal(size=(count, network.noise_dim())), tf.float32)


def with_noise(network):
    """The network with strengths that are not 0."""
    for layer in styled(network):
        layer.noise.strength.assign(rng.uniform(0.5, 1.5, layer.noise.strength.shape))
    return network


def styled(network):
    return [layer for block in network.blocks for layer in (block.first, block.second)]


# What the layers are, in NumPy


def mapped(g, latents):
    w = normed(np.asarray(latents, "float64"))
    for dense in g.mapping[1::2]:
        kernel, bias = weights_of(dense)
        w = leaky(w @ (kernel * 0.01 * math.sqrt(2 / len(kernel))) + 0.01 * bias)
    return w


def blurred(x):
    kernel = np.array([0.25, 0.5, 0.25])
    padded = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
    height, width = x.shape[1:3]
    return sum(
        kernel[i] * kernel[j] * padded[:, i : i + height, j : j + width]
        for i in range(3)
        for j in range(3)
    )


def finished(layer, x, w, image_of_noise):
    """Noise, bias, leaky ReLU, instance normalization and style, in this order."""
    x = x + np.asarray(layer.noise.strength) * np.asarray(image_of_noise, "float64")
    x = leaky(x + np.asarray(layer.bias, "float64"))
    x = (x - x.mean((1, 2), keepdims=True)) / np.sqrt(x.var((1, 2), keepdims=True) + 1e-8)
    kernel, bias = weights_of(layer.modulation.affine)
    scale, shift = np.split((w @ (kernel / math.sqrt(len(kernel))) + bias)[:, None, None], 2, -1)
    return (1 + scale) * x + shift


def test_the_generator_is_the_authors_layer_by_layer():
    g = with_noise(with_random_biases(generator()))
    latents, given = z(), noise(g)
    g.blocks[0].first.parts[0].constant.assign(rng.normal(size=(4, 4, 5)))
    w, images_of_noise = mapped(g, latents), iter(g.split(given))
    for stage, block in enumerate(g.blocks):
        if stage == 0:
            h = np.repeat(weights_of(block.first.parts[0]), 5, axis=0)
        else:
            h = h.repeat(2, 1).repeat(2, 2)
            h = blurred(convolved(h, *weights_of(block.first.parts[0]), 0.0))
        h = finished(block.first, h, w, next(images_of_noise))
        h = convolved(h, *weights_of(block.second.parts[0]), 0.0)
        h = finished(block.second, h, w, next(images_of_noise))
        image = convolved(h, *weights_of(g.pixel_layers[stage]), gain=1.0)
        made = g.synthesize(g.map(latents), given, stage)
        np.testing.assert_allclose(made, image, rtol=1e-3, atol=1e-4)


def test_the_discriminator_is_the_authors_layer_by_layer():
    d, images = with_random_biases(discriminator()), pictures(16, count=4)
    h = leaky(convolved(np.asarray(images, "float64"), *weights_of(d.pixel_layers[2])))
    for stage in (2, 1):
        kernel, bias, second, second_bias = weights_of(d.blocks[stage])
        h = convolved(blurred(leaky(convolved(h, kernel, bias))), second, 0.0)
        h = h.reshape(4, h.shape[1] // 2, 2, h.shape[2] // 2, 2, -1).mean((2, 4))
        h = leaky(h + second_bias)
    score = scored(h, weights_of(d.blocks[0]))
    np.testing.assert_allclose(d(images), score, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("depth", [0, 1, 8])
def test_styles_are_latents_behind_the_mapping(depth):
    g, latents = with_random_biases(generator(mapping_depth=depth)), z()
    assert len(g.mapping) == 1 + 2 * depth
    styles = g.map(latents)
    assert styles.shape == (5, 6, LATENTS) and styles.dtype == "float32"
    for layer in range(6):
        np.testing.assert_allclose(styles[:, layer], mapped(g, latents), rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("side, count", [(4, 2), (8, 4), (32, 8), (64, 10)])
def test_two_layers_of_each_resolution_take_a_style(side, count):
    g = generator((side, side, 1), [2] * ((side // 4).bit_length()))
    assert g.styled_layers() == len(styled(g)) == count == 2 * math.log2(side) - 2
    assert [layer.bias.shape for layer in styled(g)] == [(2,)] * count
    sides = [side for side in g.resolutions for _ in range(2)]
    assert g.noise_sides() == sides and g.noise_dim() == sum(each**2 for each in sides)


def test_initial_values_are_the_authors():
    g = generator((16, 16, 3), (64, 48, 32), 64)
    constant = g.blocks[0].first.parts[0].constant
    assert constant.trainable and constant.shape == (4, 4, 64)
    np.testing.assert_array_equal(constant, np.ones((4, 4, 64)))
    for layer in styled(g):
        np.testing.assert_array_equal(layer.noise.strength, np.zeros(layer.bias.shape))
        np.testing.assert_array_equal(layer.bias, np.zeros(layer.bias.shape))
        assert np.asarray(layer.noise.noise).std() == pytest.approx(1, abs=0.5)
    for dense in g.mapping[1::2]:  # with the multiplier .01 in use
        assert np.asarray(dense.kernel).std() == pytest.approx(100, rel=0.05)
    convolutions = [layer.parts[0].kernel for layer in styled(g)[1:]]
    affine = [layer.modulation.affine.kernel for layer in styled(g)]
    for kernel in (*convolutions, *affine):
        assert np.asarray(kernel).std() == pytest.approx(1, abs=0.05)


def test_noise_changes_nothing_at_the_start_and_much_later():
    g, latents = generator(), z()
    styles = g.map(latents)
    np.testing.assert_array_equal(g.synthesize(styles, noise(g)), g.synthesize(styles, noise(g)))
    np.testing.assert_array_equal(g(latents, training=True), g(latents))
    with_noise(g)
    assert np.ptp(g.synthesize(styles, noise(g)) - g.synthesize(styles, noise(g))) > 0.1
    assert np.ptp(g(latents, training=True) - g(latents)) > 0.1


def test_without_noise_given_it_is_the_stored_one_and_each_layer_has_its_own():
    g, latents = with_noise(generator()), z()
    stored = g.stored_noise()
    assert stored.shape == (1, g.noise_dim())
    expected = g.synthesize(g.map(latents), stored)
    np.testing.assert_allclose(g(latents), expected, rtol=1e-5, atol=1e-6)
    first, second = (np.asarray(image) for image in g.split(stored)[:2])
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.9


def test_the_noise_of_a_stage_is_the_beginning_of_that_of_all():
    g, latents = with_noise(generator()), z()
    styles, given = g.map(latents), noise(g)
    for stage in range(3):
        short = given[:, : g.noise_dim(stage)]
        few = styles[:, : g.styled_layers(stage)]
        images = g.synthesize(styles, given, stage)
        np.testing.assert_array_equal(g.synthesize(few, short, stage), images)


def test_without_noise_there_are_no_weights_for_it():
    g = generator(noise=False)
    assert g.noise_dim() == 0 and g.stored_noise().shape == (1, 0)
    assert (
        g.count_params() == generator().count_params() - 2 * (5 + 4 + 3) - generator().noise_dim()
    )
    np.testing.assert_array_equal(g(z(2) * 0 + 1, training=True), g(z(2) * 0 + 1))


def test_styles_of_later_stages_reach_no_image_of_an_earlier_one():
    g = generator()
    styles = tf.Variable(g.map(z()))
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(g.synthesize(styles, stage=1) ** 2)
    reached = np.abs(tf.convert_to_tensor(tape.gradient(y, styles))).sum((0, 2))
    assert (reached[:4] > 0).all() and not reached[4:].any()


@pytest.mark.parametrize("stage", [1, 2])
def test_at_alpha_0_a_stage_is_the_one_before_and_at_1_itself(stage):
    g, d, latents, images = with_noise(generator()), discriminator(), z(), pictures(4 << stage)
    before = np.asarray(g(latents, stage=stage - 1)).repeat(2, 1).repeat(2, 2)
    np.testing.assert_array_equal(g(latents, stage=stage, alpha=0.0), before)
    np.testing.assert_array_equal(g(latents, stage=stage, alpha=1.0), g(latents, stage=stage))
    scores = d(shrunken(images), stage=stage - 1)
    np.testing.assert_array_equal(d(images, stage=stage, alpha=0.0), scores)
    np.testing.assert_array_equal(d(images, stage=stage, alpha=1.0), d(images, stage=stage))


def test_a_stage_has_the_variables_that_its_gradient_reaches():
    g, d = generator(), discriminator()
    for stage in range(3):
        inputs = {g: z(), d: pictures(4 << stage)}
        for network, x in inputs.items():
            with tf.GradientTape() as tape:
                y = tf.reduce_sum(network(x, stage=stage, alpha=0.5) ** 2)
            variables = network.trainable_variables
            reached = [g is not None for g in tape.gradient(y, variables)]
            own = {id(variable) for variable in network.variables_at(stage)}
            assert reached == [id(variable) in own for variable in variables]


def test_a_step_of_the_mapping_is_a_hundredth_of_the_usual_one():
    """Adam's first step moves a weight by its rate, whatever the gradient is."""
    steps = []
    for multiplier in (1.0, 0.01):
        keras.utils.set_random_seed(1)
        g, latents = generator(mapping_depth=1, mapping_multiplier=multiplier), z() * 0 + 1
        dense, optimizer = g.mapping[1], keras.optimizers.Adam(0.25, epsilon=1e-30)
        before = np.asarray(dense.kernel * dense.scale, "float64")
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(g.map(latents))
        variables = [dense.kernel]
        optimizer.apply(tape.gradient(loss, variables), variables)
        steps.append(np.asarray(dense.kernel * dense.scale, "float64") - before)
        assert np.std(before) == pytest.approx(math.sqrt(2 / LATENTS), rel=0.4)
    np.testing.assert_allclose(np.abs(steps[0]), 0.25 * math.sqrt(2 / LATENTS), rtol=1e-4)
    np.testing.assert_allclose(np.abs(steps[1]), 0.01 * np.abs(steps[0]), rtol=1e-3)


def test_saved_and_loaded_it_gives_the_same(tmp_path):
    options = {"mapping_depth": 3, "mapping_multiplier": 0.1}
    for network, x in [
        (with_noise(generator(**options)), z()),
        (generator(noise=False), z()),
        (discriminator(), pictures(16)),
    ]:
        network.save(tmp_path / "n.keras")
        loaded = keras.saving.load_model(tmp_path / "n.keras")
        assert type(loaded) is type(network) and loaded.get_config() == network.get_config()
        np.testing.assert_array_equal(network(x), loaded(x))
        copy = keras.models.clone_model(network)
        copy.set_weights(network.get_weights())
        np.testing.assert_array_equal(network(x), copy(x))


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_images_scores_and_styles_are_float32_under_every_policy(policy):
    keras.config.set_dtype_policy(policy)
    g, d, latents = generator(), discriminator(), z()
    keras.config.set_dtype_policy("float32")
    styles = g.map(latents)
    np.testing.assert_allclose(styles[:, 0], mapped(g, latents), rtol=1e-3, atol=1e-6)
    images = g(latents)
    assert images.dtype == d(images).dtype == styles.dtype == "float32"
    h = g.blocks[1](tf.ones([5, 8, 8, 5]), styles)
    assert h.dtype == d.blocks[1](tf.ones([5, 8, 8, 4])).dtype == policy.removeprefix("mixed_")
    assert {v.dtype for v in (*g.trainable_variables, *d.trainable_variables)} == {"float32"}


@pytest.mark.parametrize(
    "argument, bad",
    [
        ("image_shape", [(6, 6, 1), (8, 16, 1), (2, 2, 1), (8, 8), None]),
        ("filters", [[4], [4, 4, 4], [4, 0], 4]),
        ("latent_dim", [0, 2.5, None]),
        ("mapping_depth", [-1, 2.5, None, True]),
        ("mapping_multiplier", [0, -1.0, "1", None]),
    ],
)
def test_bad_numbers_are_refused(argument, bad):
    numbers = {"image_shape": (8, 8, 1), "filters": [4, 4], "latent_dim": 3}
    for value in bad:
        with pytest.raises(ValueError, match=f"argument `{argument}`.*Received: {argument}="):
            networks.style_generator(**{**numbers, argument: value})


def test_enlarged_features_are_blurred_squares():
    """A constant map stays constant inside, whatever the kernel: no squares are left."""
    g = generator((8, 8, 1), [2, 2])
    layer = g.blocks[1].first
    kernel = np.zeros((3, 3, 2, 2))
    kernel[1, 1] = np.eye(2)
    layer.parts[0].kernel.assign(kernel)
    x = tf.constant(rng.normal(size=(1, 4, 4, 2)), tf.float32)
    h = enlarged(x)
    for part in layer.parts:
        h = part(h)
    h = np.asarray(h)[0, :, :, 0] * math.sqrt(9 * 2 / 2)
    row = np.asarray(x)[0, :, :, 0]
    # Between two squares the values are weighted 9:3:3:1, as in bilinear interpolation.
    expected = (9 * row[1, 1] + 3 * row[0, 1] + 3 * row[1, 0] + row[0, 0]) / 16
    assert h[2, 2] == pytest.approx(expected, rel=1e-4)
