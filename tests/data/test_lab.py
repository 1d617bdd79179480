"""CIE L*a*b*: values by hand, the way back, and colours that no screen can show."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gen import data
from keras_gen.data import lab

SIDE = np.linspace(0, 1, 18)
COLOURS = np.stack(np.meshgrid(SIDE, SIDE, SIDE), axis=-1).reshape(54, 108, 3).astype("float32")


@pytest.mark.parametrize(
    "rgb, expected",
    [
        ((1, 1, 1), (100, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((1, 0, 0), (53.2408, 80.0925, 67.2032)),
        ((0, 1, 0), (87.7347, -86.1827, 83.1793)),
        ((0, 0, 1), (32.2970, 79.1875, -107.8602)),
        ((1, 1, 0), (97.1393, -21.5537, 94.4780)),
        ((0, 1, 1), (91.1132, -48.0875, -14.1312)),
        ((1, 0, 1), (60.3242, 98.2343, -60.8249)),
        ((119 / 255,) * 3, (50.0344, 0, 0)),
        ((2 / 255,) * 3, (0.5483, 0, 0)),  # on the straight lines: 903.3 * 2 / 255 / 12.92
    ],
)
def test_known_colours_have_their_values(rgb, expected):
    np.testing.assert_allclose(lab.to_lab(np.float32(rgb)), expected, atol=0.005)
    np.testing.assert_allclose(lab.to_rgb(np.float32(expected)), rgb, atol=2e-4)


def test_an_image_comes_back_exactly_to_a_step_of_eight_bits():
    back = lab.to_rgb(lab.to_lab(COLOURS)).numpy()
    assert np.abs(back - COLOURS).max() < 0.05 / 255
    np.testing.assert_array_equal(np.rint(255 * back), np.rint(255 * COLOURS))


def test_greys_have_no_colour_and_rise_in_lightness():
    greys = np.repeat(np.linspace(0, 1, 256, dtype="float32")[:, None], 3, axis=1)
    values = lab.to_lab(greys).numpy()
    assert np.abs(values[:, 1:]).max() < 1e-3
    assert (np.diff(values[:, 0]) > 0).all()


def test_every_colour_lies_within_the_declared_bounds():
    lightness, colours = (part.numpy() for part in lab.split(COLOURS))
    assert lightness.shape == (54, 108, 1) and colours.shape == (54, 108, 2)
    assert lightness.min() == -1 and abs(lightness.max() - 1) < 1e-5
    assert np.abs(colours).max() < 1
    np.testing.assert_allclose(colours.max((0, 1)), [98.2343 / 110, 94.4780 / 110], atol=1e-4)


def test_split_and_joined_are_each_others_inverse():
    back = lab.joined(*lab.split(COLOURS)).numpy()
    assert np.abs(back - COLOURS).max() < 1 / 255
    assert np.abs(back - COLOURS).mean() < 1e-5


def test_the_lightness_is_kept_whatever_the_colours_are():
    """Cutting off alone would miss it by dozens."""
    random = np.random.default_rng(1)
    lightness = random.uniform(-1, 1, (40, 40, 1)).astype("float32")
    colours = random.uniform(-1, 1, (40, 40, 2)).astype("float32")
    image = lab.joined(lightness, colours).numpy()
    assert image.min() >= 0 and image.max() <= 1
    kept, shown = (part.numpy() for part in lab.split(image))
    np.testing.assert_allclose(kept, lightness, atol=2e-3)
    cut = lab.to_rgb(np.concatenate([50 * (lightness + 1), 110 * colours], -1))
    assert np.abs(lab.split(cut)[0] - lightness).max() > 0.4
    # The hue stays, and the colour is as strong as a screen allows.
    product = (shown * colours).sum(-1) / np.linalg.norm(shown, axis=-1)
    near_grey = np.linalg.norm(shown, axis=-1) < 0.05
    cosine = (product / np.linalg.norm(colours, axis=-1))[~near_grey]
    assert cosine.min() > 0.99
    changed = np.abs(shown - colours).max(-1) > 0.01
    edge = np.minimum(image, 1 - image).min(-1)
    assert edge[changed].max() < 2e-3


def test_it_works_within_a_pipeline_and_on_batches():
    images = tf.data.Dataset.from_tensor_slices(COLOURS.reshape(-1, 9, 8, 3))
    pairs = images.map(lab.split)
    assert [tuple(spec.shape) for spec in pairs.element_spec] == [(9, 8, 1), (9, 8, 2)]
    lightness, colours = data.arrays(pairs)
    np.testing.assert_allclose(lab.joined(lightness, colours), list(images), atol=1 / 255)


@pytest.mark.parametrize(
    "call, name",
    [
        (lambda: lab.to_lab(np.zeros((4, 4, 1), "float32")), "image"),
        (lambda: lab.to_lab(np.zeros((4, 4, 3), "uint8")), "image"),
        (lambda: lab.to_rgb("red"), "lab"),
        (lambda: lab.joined(np.zeros((4, 4, 2), "float32"), np.zeros((4, 4, 2))), "lightness"),
        (lambda: lab.joined(np.zeros((4, 4, 1), "float32"), np.zeros((4, 4, 3))), "colours"),
    ],
)
def test_what_is_no_such_image_is_named(call, name):
    with pytest.raises(ValueError, match=f"argument `{name}`.*channel.*Received"):
        call()
