import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage

from keras_gen import layers

IMAGES = np.random.default_rng(1).uniform(size=(5, 21, 15, 2)).astype("float32")
RANGES = {"rotation": 20.0, "zoom": 0.2, "shift": 2.0, "shear": 0.4, "stretch": 0.25}
SHARES = np.random.default_rng(2).uniform(-1, 1, (6, 5)).astype("float32")


def matrix(t, s, h, a):
    turn = np.radians(20 * t)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    sheared = rotation @ [[1, 0.4 * h], [0, 1]]
    return (1 + 0.2 * s) * sheared @ np.diag([1 + 0.25 * a, 1 / (1 + 0.25 * a)])


def test_images_are_redrawn_as_another_library_does_it():
    layer = layers.RandomAffine(**RANGES, fill_value=-1)
    redrawn = np.asarray(layer.redrawn(IMAGES, *SHARES))
    centre = np.array([7, 10])
    for image, result, (t, s, dx, dy, h, a) in zip(IMAGES, redrawn, SHARES.T):
        map_ = matrix(t, s, h, a)
        offset = centre - map_ @ centre + 2 * np.array([dx, dy])
        for channel in range(2):
            # Columns come first in the equation, rows in SciPy.
            expected = ndimage.affine_transform(
                image[..., channel].T, map_, offset, order=1, mode="grid-constant", cval=-1
            ).T
            np.testing.assert_allclose(result[..., channel], expected, atol=1e-4)


def test_a_positive_shear_slants_upright_lines_by_columns_per_row():
    line = np.zeros((1, 21, 15, 1), "float32")
    line[0, :, 7] = 1
    layer = layers.RandomAffine(shear=0.25)
    still, one = np.zeros(1, "float32"), np.ones(1, "float32")
    slanted = np.asarray(layer.redrawn(line, still, still, still, still, h=one, a=still))
    assert slanted[0, 10, :, 0].argmax() == 7
    assert abs(int(slanted[0, 2, :, 0].argmax()) - int(slanted[0, 18, :, 0].argmax())) == 4


def test_images_change_in_training_only_each_in_its_own_way_and_anew():
    layer = layers.RandomAffine(rotation=10, seed=3)
    same = np.repeat(IMAGES[:1], 2, axis=0)
    np.testing.assert_array_equal(layer(same), same)
    first, second = (np.asarray(layer(same, training=True)) for _ in range(2))
    assert np.abs(first[0] - first[1]).max() > 0.01
    assert np.abs(first - second).max() > 0.01
    again = layers.RandomAffine(rotation=10, seed=3)(same, training=True)
    np.testing.assert_array_equal(again, first)


def test_shares_of_the_ranges_are_uniform_from_minus_one_to_one(monkeypatch):
    layer, seen = layers.RandomAffine(rotation=10, seed=3), []
    monkeypatch.setattr(layer, "redrawn", lambda images, *shares: seen.append(shares) or images)
    layer(np.zeros((4000, 2, 2, 1), "float32"), training=True)
    shares = np.stack(seen[0])
    assert shares.shape == (6, 4000)
    assert shares.min() < -0.99 and shares.max() > 0.99
    np.testing.assert_allclose(shares.mean(axis=1), 0, atol=0.05)
    np.testing.assert_allclose(shares.std(axis=1), 1 / np.sqrt(3), rtol=0.05)
    assert np.abs(np.corrcoef(shares) - np.eye(6)).max() < 0.06


def test_a_pixels_gradient_is_its_share_in_the_redrawn_image():
    layer = layers.RandomAffine(**RANGES)
    images = tf.constant(IMAGES)
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(layer.redrawn(images, *SHARES))
    step = np.zeros_like(IMAGES)
    step[:, 10, 7, 0] = 1
    change = np.sum(layer.redrawn(IMAGES + step, *SHARES) - layer.redrawn(IMAGES, *SHARES))
    np.testing.assert_allclose(np.sum(tape.gradient(total, images)[:, 10, 7, 0]), change, rtol=1e-3)


@pytest.mark.parametrize(
    "arguments, expected",
    [
        ({"rotation": -1}, "a finite non-negative number"),
        ({"rotation": True}, "a finite non-negative number"),
        ({"shift": float("nan")}, "a finite non-negative number"),
        ({"shear": float("inf")}, "a finite non-negative number"),
        ({"zoom": 1.0}, r"a number in \[0, 1\)"),
        ({"stretch": "wide"}, r"a number in \[0, 1\)"),
    ],
)
def test_bad_ranges_are_named(arguments, expected):
    ((name, value),) = arguments.items()
    message = f"argument `{name}`. Expected {expected}. Received: {name}={value}"
    with pytest.raises(ValueError, match=message):
        layers.RandomAffine(**arguments)
