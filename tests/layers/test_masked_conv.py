import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen import layers


def images(height=6, width=7, channels=2):
    return np.random.default_rng(0).normal(size=(3, height, width, channels)).astype("float32")


def layer(**options):
    made = layers.MaskedConv2D(4, (5, 3), **options)
    made.build(images().shape)
    made.bias.assign(np.arange(4.0))
    return made


@pytest.mark.parametrize("includes_center", [True, False])
@pytest.mark.parametrize("rate", [1, 2])
def test_equals_a_whole_kernel_with_zeros_where_pixels_come_later(includes_center, rate):
    masked = layer(includes_center=includes_center, dilation_rate=rate)
    whole = np.zeros((5, 3, 2, 4), "float32")
    whole[:2] = masked.kernel[:2]
    whole[2, 0] = masked.kernel[2, 0]
    if includes_center:
        whole[2, 1] = masked.kernel[2, 1]
    expected = keras.ops.conv(images(), whole, padding="same", dilation_rate=rate)
    np.testing.assert_allclose(masked(images()), expected + np.arange(4.0), atol=1e-5)


@pytest.mark.parametrize("includes_center", [True, False])
def test_every_output_sees_the_pixels_of_its_mask_and_no_other(includes_center):
    masked = layer(includes_center=includes_center)
    x = tf.constant(images())
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = masked(x)[:, 3, 4]
    seen = np.abs(tape.batch_jacobian(y, x)).sum(axis=(0, 1, 4)) > 0
    expected = np.zeros((6, 7), bool)
    expected[1:3, 3:6] = True
    expected[3, 3] = True
    expected[3, 4] = includes_center
    np.testing.assert_array_equal(seen, expected)


@pytest.mark.parametrize("includes_center", [True, False])
@pytest.mark.parametrize("rate", [1, 2])
def test_above_and_beside_are_the_two_halves_of_the_sum(includes_center, rate):
    masked = layer(includes_center=includes_center, dilation_rate=rate, activation="relu")
    x, kernel = images(), masked.masked_kernel()
    padded = np.pad(x, [(0, 0), (2 * rate, 0), (rate, 0), (0, 0)])
    for i, j in [(0, 0), (3, 4), (5, 6)]:
        above = masked.above(padded[:, i : i + 2 * rate, rate:], kernel)[:, j]
        beside = masked.beside(padded[:, i + 2 * rate, j : j + rate + 1], kernel)
        np.testing.assert_allclose(masked.activated(above + beside), masked(x)[:, i, j], atol=1e-5)


def test_a_single_row_has_nothing_above():
    masked = layers.MaskedConv2D(4, (1, 3))
    masked.build(images().shape)
    above = masked.above(images()[:, :0], masked.masked_kernel())
    np.testing.assert_array_equal(above, np.zeros((3, 7, 4)))
