import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen import layers

IMAGES = np.random.default_rng(0).uniform(-1, 1, (5, 8, 6, 3)).astype("float32")
KINDS = {
    "colors": layers.RandomColors(),
    "shift": layers.RandomShift(0.25),
    "cutout": layers.RandomCutout(),
    "mirror": layers.RandomMirror(),
    "all": layers.differentiable_augmentation(mirror=True),
}


def shares(layer, count=5, seed=1):
    return np.random.default_rng(seed).uniform(0, 1, (layer.draws, count)).astype("float32")


def rows(*values):
    """The numbers of one image, after a 0, by which it is changed."""
    return np.float32([[0], *([value] for value in values)])


@pytest.mark.parametrize("layer", KINDS.values(), ids=KINDS)
def test_strength_zero_is_the_identity_and_strength_one_changes_images(layer):
    u = shares(layer)
    np.testing.assert_array_equal(layer(IMAGES, u, strength=0.0), IMAGES)
    assert np.abs(layer(IMAGES, u) - IMAGES).max() > 0.1
    assert layer(IMAGES, u).shape == IMAGES.shape


def test_the_strength_is_the_share_of_changed_images():
    layer = layers.RandomColors()
    images = np.ones((2000, 1, 1, 1), "float32")
    changed = layer(images, shares(layer, 2000), strength=0.3) != images
    assert abs(np.mean(changed) - 0.3) < 4 * np.sqrt(0.3 * 0.7 / 2000)


@pytest.mark.parametrize("layer", KINDS.values(), ids=KINDS)
def test_gradients_pass_twice_and_equal_differences(layer):
    u, x = shares(layer), tf.constant(IMAGES)
    direction = np.random.default_rng(2).normal(size=IMAGES.shape).astype("float32")
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = tf.reduce_sum(tf.square(layer(x, u)))
        gradient = tape.gradient(value, x)
        slope = tf.reduce_sum(tf.square(gradient))
    ends = [tf.reduce_sum(tf.square(layer(x + e * direction, u))) for e in (0.01, -0.01)]
    np.testing.assert_allclose(
        tf.reduce_sum(gradient * direction), (ends[0] - ends[1]) / 0.02, rtol=2e-3
    )
    assert np.abs(outer.gradient(slope, x)).max() > 0


def test_colors_follow_their_equations():
    x = IMAGES[:1]
    bright = layers.RandomColors(0.5, 0, 0)(x, rows(0.75, 0, 0))
    np.testing.assert_allclose(bright, x + 0.25, atol=1e-6)
    grey = layers.RandomColors(0, 1, 0)(x, rows(0.3, 0, 0.9))
    np.testing.assert_allclose(grey, np.repeat(x.mean(-1, keepdims=True), 3, -1), atol=1e-6)
    flat = layers.RandomColors(0, 0, 0.5)(x, rows(0.3, 0.9, 0))
    np.testing.assert_allclose(flat, x.mean() + 0.5 * (x - x.mean()), atol=1e-6)


def test_shifts_pad_with_zeros_and_reach_both_ends():
    layer, x = layers.RandomShift(0.25), IMAGES[:1]  # by up to 2 of 8 rows, and 2 of 6 columns
    down_left = layer(x, rows(0.999, 0.0)).numpy()
    expected = np.zeros_like(x)
    expected[:, 2:, :-2] = x[:, :-2, 2:]
    np.testing.assert_array_equal(down_left, expected)
    np.testing.assert_array_equal(layer(x, rows(0.5, 0.5)), x)
    bar = np.zeros((1000, 8, 1, 1), "float32")
    bar[:, 4] = 1
    moved = layers.RandomShift(0.25)(bar, shares(layer, 1000)).numpy().sum(axis=(0, 2, 3))
    np.testing.assert_allclose(moved[2:7], 200, atol=4 * np.sqrt(160))
    assert moved.sum() == 1000


def test_a_cutout_has_half_the_sides_and_its_center_anywhere():
    ones = np.ones((1, 8, 6, 2), "float32")
    cut = layers.RandomCutout()(ones, rows(0.5, 0.5)).numpy() == 0
    assert cut.sum() == 4 * 3 * 2
    assert cut[0, 2:6].all(axis=0).any(axis=0).all() and not cut[0, 0].any()
    corner = layers.RandomCutout()(ones, rows(0.0, 0.0)).numpy() == 0
    assert corner.sum() == 2 * 2 * 2 and corner[0, :2, :2].all()
    layer = layers.RandomCutout()
    often = 1 - layer(np.ones((9000, 8, 6, 1), "float32"), shares(layer, 9000)).numpy().mean(0)
    # An even length, 4 of 8 rows, starts at -2, ..., 6, so row 0 is met by 3 of 9 starts and row 4
    # by 4; an odd one, 3 of 6 columns, at -1, ..., 4: column 0 by 2 of 6 and column 3 by 3.
    np.testing.assert_allclose(often[0, 0], 3 / 9 * 2 / 6, atol=0.02)
    np.testing.assert_allclose(often[4, 3], 4 / 9 * 3 / 6, atol=0.025)


def test_half_of_the_images_are_mirrored():
    x = np.repeat(IMAGES[:1], 2, axis=0)
    u = np.float32([[0, 0], [0.49, 0.51]])
    first, second = layers.RandomMirror()(x, u).numpy()
    np.testing.assert_array_equal(first, x[0, :, ::-1])
    np.testing.assert_array_equal(second, x[0])


def test_each_step_of_several_has_numbers_of_its_own():
    steps = [layers.RandomShift(0.5), layers.RandomColors()]
    both = layers.Augmentations(steps)
    u = shares(both)
    assert both.draws == 7
    expected = steps[1](steps[0](IMAGES, u[:3]), u[3:])
    np.testing.assert_array_equal(both(IMAGES, u), expected)


@pytest.mark.parametrize("layer", KINDS.values(), ids=KINDS)
def test_configurations_survive_and_half_precision_policies_change_nothing(layer):
    u = shares(layer)
    expected = layer(IMAGES, u)
    keras.config.set_dtype_policy("mixed_float16")
    try:
        copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
        np.testing.assert_array_equal(copy(IMAGES, u), expected)
    finally:
        keras.config.set_dtype_policy("float32")
    jitted = tf.function(lambda x, u: layer(x, u), jit_compile=True)
    np.testing.assert_allclose(jitted(IMAGES, u), expected, atol=1e-5)


@pytest.mark.parametrize(
    "make, name",
    [
        (lambda: layers.RandomShift(1.5), "share"),
        (lambda: layers.RandomCutout(-0.1), "share"),
        (lambda: layers.RandomColors(brightness=-1), "brightness"),
        (lambda: layers.RandomColors(contrast=2), "contrast"),
        (lambda: layers.Augmentations([]), "steps"),
        (lambda: layers.Augmentations([keras.layers.RandomFlip()]), "steps"),
    ],
)
def test_wrong_arguments_are_named(make, name):
    with pytest.raises(ValueError, match=f"argument `{name}`"):
        make()
