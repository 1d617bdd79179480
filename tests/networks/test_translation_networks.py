"""The networks of image translation: sizes, patches, initial values, and what is not normalized."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen import networks
from keras_gen.layers import PermanentDropout, ReflectionPadding2D
from keras_gen.networks.translation import instance_normalized

TRANSLATORS = {"unet": networks.unet, "resnet_translator": networks.resnet_translator}
SIZES = [(30, 46), (63, 64), (17, 5), (64, 64), (8, 8)]


def images(size, channels=3, count=2):
    random = np.random.default_rng(1)
    return random.uniform(-1, 1, (count, *size, channels)).astype("float32")


def kinds(network, kind):
    return [layer for layer in network.layers if isinstance(layer, kind)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("builder", TRANSLATORS.values(), ids=TRANSLATORS)
def test_any_size_comes_out_as_it_went_in(builder, size):
    network = builder((*size, 3), 2, filters=2)
    assert network.output_shape == (None, *size, 2)
    y = network(images(size))
    assert y.shape == (2, *size, 2) and np.abs(y).max() <= 1


def test_the_result_lies_where_the_source_does():
    """Padding and cropping are each other's inverse, and so a shift by a pixel would show."""
    network = networks.unet((30, 46, 1), filters=2, residual=True)
    x = images((30, 46), 1)
    np.testing.assert_array_equal(network(x), x)
    padded = keras.Model(network.input, kinds(network, ReflectionPadding2D)[0].output)(x)
    expected = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)], "reflect")
    np.testing.assert_array_equal(padded, expected)


@pytest.mark.parametrize("builder", TRANSLATORS.values(), ids=TRANSLATORS)
def test_images_of_a_batch_do_not_depend_on_each_other(builder):
    options = {"dropout": 0.0} if builder is networks.unet else {}
    network = builder((16, 16, 3), filters=2, **options)
    x = images((16, 16))
    np.testing.assert_allclose(network(x)[1:], network(x[1:]), atol=1e-5)


@pytest.mark.parametrize(
    "layers, side", [(0, 1), (1, 16), (2, 34), (3, 70), (4, 142), (5, 286), (6, 574)]
)
def test_receptive_field_is_that_of_the_paper(layers, side):
    assert networks.receptive_field(layers) == side


@pytest.mark.parametrize("layers", [0, 1, 2, 3])
def test_receptive_field_is_where_the_gradient_of_a_score_is(layers):
    """Without normalization, whose means let every score see the whole image."""
    side = networks.receptive_field(layers)
    network = networks.patchgan((144, 96, 1), layers=layers, filters=1, normalization=False)
    for weight in network.trainable_weights:
        weight.assign(np.ones(weight.shape))  # nothing cancels
    x = tf.ones((1, 144, 96, 1))
    with tf.GradientTape() as tape:
        tape.watch(x)
        scores = network(x)
        row, column = scores.shape[1] // 2, scores.shape[2] // 2
        score = scores[0, row, column, 0]
    support = np.argwhere(tape.gradient(score, x)[0, :, :, 0].numpy())
    assert (np.ptp(support, axis=0) + 1).tolist() == [side, side]
    assert len(support) == side**2


@pytest.mark.parametrize(
    "size, layers, scores",
    [
        ((256, 256), 3, (30, 30)),  # of the paper
        ((64, 64), 2, (14, 14)),
        ((64, 48), 1, (30, 22)),
        ((8, 8), 1, (2, 2)),
        ((9, 7), 1, (3, 2)),
        ((5, 5), 0, (5, 5)),
    ],
)
def test_the_map_of_scores_has_the_size_of_the_paper(size, layers, scores):
    network = networks.patchgan((*size, 1), layers=layers, filters=1)
    assert network.output_shape == (None, *scores, 1)


def test_a_condition_is_judged_with_the_image():
    network = networks.patchgan((16, 16, 3), (16, 16, 1), layers=1, filters=4)
    x, source = images((16, 16)), images((16, 16), 1)
    assert [each.name for each in network.inputs] == ["images", "sources"]
    scores = network([x, source])
    assert np.abs(scores - network([x, source[::-1]])).max() > 1e-3
    assert np.abs(scores - network([x[::-1], source])).max() > 1e-3


def test_a_u_net_of_the_paper_has_its_layers():
    """64-128-256-512x5 feature maps and no normalization in the first and the innermost layer."""
    network = networks.unet((256, 256, 3))
    down = kinds(network, keras.layers.Conv2D)
    up = kinds(network, keras.layers.Conv2DTranspose)
    assert [layer.filters for layer in down] == [64, 128, 256] + 5 * [512]
    assert [layer.filters for layer in up] == 4 * [512] + [256, 128, 64, 3]
    assert [layer.use_bias for layer in down] == [True, *6 * [False], True]
    assert down[-1].output.shape == (None, 1, 1, 512)
    assert {layer.kernel_size for layer in down + up} == {(4, 4)}
    assert {layer.strides for layer in down + up} == {(2, 2)}
    normalized = [layer.input.shape for layer in kinds(network, keras.layers.GroupNormalization)]
    assert len(normalized) == 6 + 7 and (None, 1, 1, 512) not in normalized
    noisy = [layer.output.shape[1] for layer in kinds(network, PermanentDropout)]
    assert noisy == [2, 4, 8]


def test_networks_have_as_many_parameters_as_those_of_the_authors():
    """But for biases: theirs lack two in the U-Net and have one before each mean of the other."""
    assert networks.unet((256, 256, 3)).count_params() == 54_413_955 + 64 + 512
    discriminator = networks.patchgan((256, 256, 3), (256, 256, 3))
    assert discriminator.count_params() == 2_768_705
    network = networks.resnet_translator((256, 256, 3), blocks=9)
    without_bias = kinds(network, keras.layers.GroupNormalization)
    biases = sum(layer.input.shape[-1] for layer in without_bias)
    assert network.count_params() + biases == 11_378_179


def test_severed_skips_take_the_expected_parameters_away():
    """Each doubling but the first one loses the maps that came over a skip."""
    options = {"filters": 3, "depth": 4}
    with_skips = networks.unet((16, 16, 2), **options)
    without = networks.unet((16, 16, 2), **options, skips=False)
    widths = [3, 6, 12, 24]
    outputs = [2, *widths[:-2]]
    lost = sum(16 * width * below for width, below in zip(widths[:-1], outputs))
    assert with_skips.count_params() - without.count_params() == lost
    assert not kinds(without, keras.layers.Concatenate)


def test_severed_skips_leave_only_the_bottleneck():
    network = networks.unet((8, 8, 1), filters=2, depth=3, skips=False, dropout=0.0)
    bottleneck = kinds(network, keras.layers.Conv2D)[2]
    bottleneck.kernel.assign(np.zeros(bottleneck.kernel.shape))
    x = images((8, 8), 1)
    np.testing.assert_array_equal(network(x)[0], network(x)[1])
    network = networks.unet((8, 8, 1), filters=2, depth=3, dropout=0.0)
    bottleneck = kinds(network, keras.layers.Conv2D)[2]
    bottleneck.kernel.assign(np.zeros(bottleneck.kernel.shape))
    assert np.abs(network(x)[0] - network(x)[1]).max() > 1e-4


@pytest.mark.parametrize(
    "network",
    [
        lambda: networks.unet((32, 32, 3), filters=16),
        lambda: networks.resnet_translator((32, 32, 3), filters=16, blocks=2),
        lambda: networks.resnet_translator((32, 32, 3), filters=16, blocks=2, resize=True),
        lambda: networks.patchgan((32, 32, 3), layers=2, filters=16),
    ],
)
def test_initial_values_are_those_of_the_papers(network):
    network = network()
    kernels = [w for w in network.weights if w.name == "kernel"]
    flat = np.concatenate([np.ravel(w) for w in kernels])
    assert abs(flat.std() - 0.02) < 0.02 * 5 / np.sqrt(2 * flat.size)
    assert abs(flat.mean()) < 0.02 * 5 / np.sqrt(flat.size)
    for weight in network.weights:
        if weight.name in ("bias", "beta"):
            assert not np.any(weight)
    gammas = [np.ravel(w) for w in network.weights if w.name == "gamma"]
    assert bool(gammas) == ("translator" not in network.name)
    if gammas:
        gammas = np.concatenate(gammas)
        assert abs(gammas.mean() - 1) < 0.02 * 5 / np.sqrt(gammas.size)
        assert 0.01 < gammas.std() < 0.03


def test_the_residual_network_of_the_paper_has_its_layers():
    network = networks.resnet_translator((128, 128, 3))
    convolutions = kinds(network, (keras.layers.Conv2D, keras.layers.Conv2DTranspose))
    widths = [layer.filters for layer in convolutions]
    assert widths == [64, 128, 256] + 12 * [256] + [128, 64, 3]
    assert [layer.kernel_size[0] for layer in convolutions] == [7, *16 * [3], 7]
    assert len(kinds(network, keras.layers.Add)) == 6
    assert len(kinds(network, keras.layers.GroupNormalization)) == 17
    padding = [layer.padding[0] for layer in kinds(network, ReflectionPadding2D)]
    assert padding == [(3, 3), *12 * [(1, 1)], (3, 3)]


def test_resizing_takes_the_place_of_transposed_convolutions():
    transposed, resized = (
        networks.resnet_translator((16, 16, 1), filters=2, blocks=1, resize=resize)
        for resize in (False, True)
    )
    assert len(kinds(transposed, keras.layers.Conv2DTranspose)) == 2
    assert not kinds(resized, keras.layers.Conv2DTranspose)
    assert len(kinds(resized, keras.layers.UpSampling2D)) == 2
    assert transposed.count_params() == resized.count_params()


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_instance_normalization_has_mean_0_and_variance_1_of_each_image_and_channel(policy):
    keras.config.set_dtype_policy(policy)
    x = keras.Input((16, 12, 3))
    network = keras.Model(x, instance_normalized(x, affine=False))
    offsets = np.array([[[[0.0, 5.0, -30.0]]], [[[1.0, 0.0, 9.0]]]], "float32")
    y = np.asarray(network(images((16, 12)) * [1.0, 0.1, 4.0] + offsets))
    assert y.dtype == "float32"
    np.testing.assert_allclose(y.mean((1, 2)), 0, atol=1e-3)
    np.testing.assert_allclose(y.var((1, 2)), 1, rtol=5e-3)


def test_dropout_is_active_in_inference_and_absent_where_it_is_not_wanted():
    x = images((16, 16))
    network = networks.unet((16, 16, 3), filters=8)
    assert np.abs(network(x) - network(x)).max() > 1e-4
    network = networks.unet((16, 16, 3), filters=8, dropout=0.0)
    np.testing.assert_array_equal(network(x), network(x))


def test_a_residual_network_starts_as_the_identity_and_learns():
    network = networks.unet((16, 16, 3), filters=4, residual=True)
    x = images((16, 16))
    np.testing.assert_array_equal(network(x), x)
    network.compile("sgd", "mae")
    network.fit(x, -x, verbose=0)
    assert np.abs(network(x) - x).max() > 0


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: networks.unet((30, 46, 3), depth=7), "`depth`.*at most 6 for images of 30x46"),
        (lambda: networks.unet((30, 46, 3), depth=0), "`depth`.*at least 1"),
        (lambda: networks.unet((30, 46), depth=2), "`source_shape`"),
        (lambda: networks.unet((16, 16, 3), 0), "`channels`"),
        (lambda: networks.unet((16, 16, 3), 1, residual=True), "`channels`.*of the source, 3"),
        (lambda: networks.unet((16, 16, 3), dropout=1.0), "`dropout`"),
        (lambda: networks.resnet_translator((4, 16, 3)), "`source_shape`.*at least 5"),
        (lambda: networks.resnet_translator((16, 16, 3), blocks=-1), "`blocks`"),
        (lambda: networks.patchgan((8, 64, 3), layers=2), "`layers`.*at most 1.*8x64"),
        (lambda: networks.patchgan((8, 8, 3), layers=-1), "`layers`.*at least 0"),
        (lambda: networks.patchgan((8, 8, 3), (8, 9, 3), 1), "`condition_shape`.*8x8"),
        (lambda: networks.receptive_field(1.5), "`layers`"),
    ],
)
def test_what_a_network_cannot_be_made_of_is_named(call, message):
    with pytest.raises(ValueError, match=f"argument {message}.*Received"):
        call()


def test_the_deepest_network_that_is_taken_works():
    network = networks.unet((30, 46, 1), filters=1, depth=6)
    assert network(images((30, 46), 1)).shape == (2, 30, 46, 1)
