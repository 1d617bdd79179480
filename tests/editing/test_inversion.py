"""Inversion: own images are found again, by seeds, from several starts, with noise."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from editable_models import linear_generator, styled

from keras_gen import editing
from keras_gen.editing import inversion


def generator():
    """A small generator of 4x4 pixels that bends its latents."""
    keras.utils.set_random_seed(4)
    inputs = keras.Input((3,))
    hidden = keras.layers.Dense(16, "tanh")(inputs)
    outputs = keras.layers.Dense(16, "tanh")(hidden)
    return keras.Model(inputs, keras.layers.Reshape((4, 4, 1))(outputs))


@pytest.fixture(scope="module")
def space():
    return editing.Z(generator())


@pytest.fixture(scope="module")
def noisy():
    return editing.W(styled())


def test_an_own_image_is_found_again(space):
    points = space.sample(4, seed=5)
    images = space.images(points)
    found = editing.invert(space, images, steps=300)
    assert found.end_errors.max() < 0.01
    assert found.start_errors.min() > 0.05
    assert found.noise is None and found.points.shape == points.shape
    np.testing.assert_allclose(found.points, points, atol=0.1)
    np.testing.assert_allclose(space.images(found.points), found.images, atol=1e-6)
    for errors, made in ((found.end_errors, found.images), (found.start_errors, space_mean(space))):
        np.testing.assert_allclose(errors, np.abs(images - made).mean(axis=(1, 2, 3)), atol=1e-6)


def space_mean(space):
    return space.images(np.zeros((1, 3)))


def test_equal_seeds_give_equal_results_and_others_do_not(space):
    images = space.images(space.sample(2, seed=5))
    first, again, other = (
        editing.invert(space, images, steps=20, restarts=2, seed=seed) for seed in (1, 1, 2)
    )
    for name in ("points", "images", "start_errors", "end_errors", "errors"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
    assert np.abs(first.points - other.points).max() > 1e-3


def test_the_best_of_all_restarts_is_taken(space):
    images = space.images(space.sample(5, seed=8))
    found = editing.invert(space, images, steps=30, restarts=4)
    assert found.errors.shape == (4, 5)
    np.testing.assert_allclose(found.end_errors, found.errors.min(axis=0), atol=1e-6)
    assert len(set(found.errors.argmin(axis=0))) > 1  # else the test would show little


def test_another_distance_may_be_minimized():
    images = np.reshape([4.0, 4.0], (1, 1, 2, 1)).astype("float32")

    def of_the_first_pixel(real, fake):
        return (real - fake)[:, 0, 0, 0] ** 2

    space = editing.Z(linear_generator())
    found = editing.invert(space, images, steps=200, distance=of_the_first_pixel)
    np.testing.assert_allclose(found.points[0, 0], 2, atol=0.05)
    assert abs(found.points[0, 1]) < 0.5  # which looks around, and otherwise stays


def test_noise_is_fitted_and_stays_noise(noisy):
    rng = np.random.default_rng(3)
    drawn = rng.normal(size=(2, *noisy.noise_shape)).astype("float32")
    images = noisy.images([noisy.centre, noisy.centre], drawn)  # so the start is right
    without, fitted = (
        editing.invert(noisy, images, steps=150, fit_noise=fit) for fit in (False, True)
    )
    assert without.noise is None and fitted.noise.shape == drawn.shape
    assert (fitted.end_errors < 0.9 * without.end_errors).all()
    np.testing.assert_allclose(noisy.images(fitted.points, fitted.noise), fitted.images, atol=1e-6)
    start = 0
    for side in noisy.noise_sides:
        layer = fitted.noise[:, start : start + side * side]
        np.testing.assert_allclose(layer.mean(axis=1), 0, atol=1e-4)
        np.testing.assert_allclose(layer.std(axis=1), 1, atol=1e-3)
        start += side * side


def test_roughness_is_that_of_known_noise():
    constant, checks = np.ones((1, 16, 16)), np.indices((16, 16)).sum(axis=0)[None] % 2 * 2.0 - 1
    halves = np.zeros((1, 4, 4))
    halves[:, :, 0] = 2  # the product with its neighbour is 0 across, and 4 of 16 pixels down: 1
    values = [
        inversion.roughness([tf.constant(each, tf.float32)], [each.shape[1]])[0]
        for each in (constant, checks, halves)
    ]
    # Constants: two axes, at 16 and at 8 pixels. Checks: at 16 only, since their means are 0.
    np.testing.assert_allclose(values, [4, 2, 1], atol=1e-6)


def test_the_rate_rises_stays_and_falls():
    shares = [inversion.ramp(t) for t in (0, 0.025, 0.05, 0.5, 0.75, 0.875, 0.999)]
    np.testing.assert_allclose(shares, [0, 0.5, 1, 1, 1, 0.5, 0], atol=1e-4)


IMAGES = np.zeros((1, 4, 4, 1), "float32")


@pytest.mark.parametrize(
    "name, arguments",
    [
        ("images", {"images": IMAGES[:, :3]}),
        ("images", {"images": IMAGES * np.nan}),
        ("steps", {"steps": 0}),
        ("restarts", {"restarts": 0}),
        ("learning_rate", {"learning_rate": -1.0}),
        ("seed", {"seed": 1.5}),
        ("noise", {"fit_noise": True}),
        ("space", {"space": "w"}),
    ],
)
def test_what_cannot_be_is_refused(space, name, arguments):
    with pytest.raises(ValueError, match=f"argument `{name}`.*Received"):
        editing.invert(**{"space": space, "images": IMAGES, "steps": 1, **arguments})


def test_images_out_of_range_are_refused(noisy):
    images = np.full((1, 8, 8, 1), 255.0, "float32")
    with pytest.raises(ValueError, match=r"argument `images`.*\[-1"):
        editing.invert(noisy, images, steps=1)
