"""Spaces: the same points and images from a Keras model and from its SavedModel."""

import numpy as np
import pytest
import small_models
import tensorflow as tf
from editable_models import LATENTS, linear_generator, styled

from keras_gen import editing, saved_models


@pytest.fixture(scope="module")
def stylegan():
    return styled()


@pytest.fixture(scope="module")
def loaded(stylegan, tmp_path_factory):
    """The SavedModel of the same model."""
    path = tmp_path_factory.mktemp("stylegan") / "saved_model"
    card = saved_models.card("StyleGAN", "digits", stylegan.value_range, 1, {"fid": 1.0})
    saved_models.export(stylegan, path, card, None)
    return saved_models.load(path)


def test_z_of_a_gan_is_what_it_generates_from():
    gan = small_models.gan()
    space = editing.Z(gan)
    points = space.sample(3, seed=7)
    np.testing.assert_allclose(space.images(points), gan.generate(3, seed=7), atol=1e-6)
    assert (space.shape, space.deviation, space.value_range) == ((4,), 1.0, (-1.0, 1.0))


def test_z_of_a_conditional_gan_has_a_class():
    gan = small_models.conditional_gan()
    space = editing.Z(gan, label=1)
    expected = gan.generate(3, seed=7, labels=1)
    np.testing.assert_allclose(space.images(space.sample(3, 7)), expected, atol=1e-6)
    for label in (None, gan.num_classes):
        with pytest.raises(ValueError, match="argument `label`"):
            editing.Z(gan, label)


def test_z_of_a_vae_are_its_codes():
    vae = small_models.vae()
    space = editing.Z(vae)
    np.testing.assert_allclose(
        space.images(space.sample(3, 7)), vae.generate(3, seed=7), rtol=1e-5, atol=1e-6
    )


def test_z_of_a_functional_generator():
    images = editing.Z(linear_generator()).images([[1.0, -2.0]])
    np.testing.assert_array_equal(images, np.reshape([2.0, -4.0], (1, 1, 2, 1)))


def test_w_has_one_style_and_w_plus_one_for_each_layer(stylegan):
    latents = stylegan.latents(3, tf.constant([7, 0]))
    styles = stylegan.map(latents)
    w, plus = editing.W(stylegan), editing.WPlus(stylegan)
    assert (w.shape, plus.shape) == ((LATENTS,), styles.shape[1:])
    np.testing.assert_allclose(w.sample(3, 7), styles[:, 0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(plus.sample(3, 7), styles, rtol=1e-5, atol=1e-6)
    expected = stylegan.synthesize(styles)
    for space in (w, plus):
        np.testing.assert_allclose(space.images(space.sample(3, 7)), expected, atol=1e-5)
        assert space.centre.shape == space.shape
    mixed = styles.copy()
    mixed[:, 1] = styles[::-1, 1]
    np.testing.assert_allclose(plus.images(mixed), stylegan.synthesize(mixed), atol=1e-5)
    assert np.abs(plus.images(mixed) - expected).max() > 1e-3
    many = stylegan.map(np.random.default_rng(1).normal(size=(20_000, LATENTS)))[:, 0]
    expected = np.sqrt(np.mean((many - stylegan.mean_style.numpy()) ** 2))
    np.testing.assert_allclose(w.deviation, expected, rtol=0.03)


def test_truncated_points_are_nearer_to_the_mean_style(stylegan):
    mean = stylegan.mean_style.numpy()
    whole, half = (editing.W(stylegan, psi).sample(3, 7) for psi in (1.0, 0.5))
    np.testing.assert_allclose(half - mean, 0.5 * (whole - mean), rtol=1e-4, atol=1e-6)


def test_noise_may_be_given(stylegan):
    w = editing.W(stylegan)
    points, noise = w.sample(3, 7), stylegan.noise(3, tf.constant([1, 2])).numpy()
    expected = stylegan.synthesize(stylegan.map(stylegan.latents(3, tf.constant([7, 0]))), noise)
    np.testing.assert_allclose(w.images(points, noise), expected, atol=1e-5)
    assert np.abs(w.images(points) - expected).max() > 1e-2
    assert sum(side**2 for side in w.noise_sides) == len(w.noise[0])
    with pytest.raises(ValueError, match="argument `noise`"):
        w.images(points, noise[:, 1:])


@pytest.mark.parametrize("space", [editing.Z, editing.W, editing.WPlus])
def test_a_saved_model_has_the_same_spaces(stylegan, loaded, space):
    ours, theirs = space(stylegan), space(loaded)
    for name in ("shape", "value_range", "name"):
        assert getattr(theirs, name) == getattr(ours, name)
    for name in ("centre", "deviation"):
        np.testing.assert_allclose(getattr(theirs, name), getattr(ours, name), rtol=1e-4, atol=1e-6)
    points = ours.sample(3, 7)
    np.testing.assert_allclose(theirs.sample(3, 7), points, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(theirs.images(points), ours.images(points), atol=1e-5)


def test_an_image_is_found_again_in_a_saved_model(loaded):
    space = editing.W(loaded, truncation=0.5)  # images far from the mean have false minima nearby
    images = space.images(space.sample(2, seed=3))
    found = editing.invert(space, images, steps=250, restarts=3)
    assert found.end_errors.max() < 0.01 < found.start_errors.min()


def test_style_weights_are_what_layers_make_of_w(stylegan):
    every = editing.style_weights(stylegan)
    assert every.shape == (2 * (4 + 4 + 3 + 3), LATENTS)
    last = stylegan.sampler.blocks[1].second.modulation.affine
    np.testing.assert_array_equal(editing.style_weights(stylegan, [3]), np.transpose(last.kernel))
    np.testing.assert_array_equal(every[-6:], np.transpose(last.kernel))
    with pytest.raises(ValueError, match="argument `layers`"):
        editing.style_weights(stylegan, [4])


@pytest.mark.parametrize(
    "space, model",
    [
        (editing.Z, small_models.pixel_cnn),
        (editing.W, small_models.gan),
        (editing.WPlus, small_models.vae),
        (editing.Z, lambda: "gan"),
    ],
)
def test_models_without_such_a_space_are_refused(space, model):
    with pytest.raises(ValueError, match="argument `model`.*endpoint.*Received"):
        space(model())
