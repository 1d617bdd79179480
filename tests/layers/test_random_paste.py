import numpy as np
import pytest
import tensorflow as tf

from keras_gen import layers

IMAGES = np.random.default_rng(1).uniform(-1, 1, (5, 6, 8, 2)).astype("float32")


def test_square_is_where_it_is_told_and_of_the_other_image():
    s = np.array([0.75, 1, 0, 1, 0.25], "float32")
    y = np.array([2, 0, 2, 5, 4], "float32") / 5
    x = np.array([3, 7, 4, 0, 1], "float32") / 7
    others, expected = IMAGES[::-1], IMAGES.copy()
    expected[0, 1:4, 2:5] = others[0, 1:4, 2:5]  # side 3 around row 2, column 3
    expected[1, :2, 6:] = others[1, :2, 6:]  # |p - c| < 2 around a corner
    expected[3, 4:, :2] = others[3, 4:, :2]  # the third one has no side
    expected[4, 4, 1] = others[4, 4, 1]
    found = layers.RandomPaste(4).pasted(IMAGES, others, s, y, x)
    np.testing.assert_array_equal(found, expected)


def test_every_pixel_is_that_of_the_image_or_of_the_one_some_places_behind():
    layer = layers.RandomPaste(6, seed=2)
    found = np.asarray(layer(IMAGES, training=True))
    own = (found == IMAGES).all(axis=-1)
    behind = [(found == np.roll(IMAGES, -k, axis=0)).all(axis=-1) for k in range(1, 5)]
    assert sum((own | other).all() for other in behind) == 1
    assert 0 < (~own).mean() < 0.5


def test_squares_differ_between_images_and_calls_and_follow_the_seed():
    layer = layers.RandomPaste(6, seed=3)
    first, second = (np.asarray(layer(IMAGES, training=True)) for _ in range(2))
    assert (first != second).any()
    again = layers.RandomPaste(6, seed=3)(IMAGES, training=True)
    np.testing.assert_array_equal(again, first)


def test_mean_area_is_a_third_of_the_largest_squares():
    """E s^2 = size^2 / 3 far from the border."""
    layer = layers.RandomPaste(9, seed=1)
    images = np.zeros((2, 1, 1, 1), "float32") + np.ones((1, 40, 40, 1), "float32")
    images[1] = -1
    area = [
        np.sum(np.asarray(layer(images, training=True)) != images, (1, 2, 3)) for _ in range(300)
    ]
    # A square whose centre is within the frame keeps (1 - E s / (4 side))^2 of itself, about.
    inside = (1 - 4.5 / (4 * 40)) ** 2
    assert np.mean(area) == pytest.approx(27 * inside, rel=0.12)


def test_images_pass_in_inference_and_alone():
    layer = layers.RandomPaste(6)
    np.testing.assert_array_equal(layer(IMAGES), IMAGES)
    np.testing.assert_array_equal(layer(IMAGES[:1], training=True), IMAGES[:1])
    np.testing.assert_array_equal(layers.RandomPaste(0)(IMAGES, training=True), IMAGES)


def test_gradient_goes_to_the_image_whose_pixel_is_shown():
    layer, images = layers.RandomPaste(6, seed=2), tf.constant(IMAGES)
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(layer(images, training=True))
    assert float(tf.reduce_sum(tape.gradient(total, images))) == IMAGES.size


@pytest.mark.parametrize("size", [-1, float("nan"), float("inf"), "small"])
def test_a_size_that_is_none_is_named(size):
    with pytest.raises(ValueError, match=f"`size`.*Received: size={size}"):
        layers.RandomPaste(size)
