import keras
import numpy as np
import pytest

from keras_gen.layers import NoiseInjection

IMAGES = np.random.default_rng(0).normal(size=(3, 16, 16, 4)).astype("float32")


def with_strength(strength, **arguments):
    layer = NoiseInjection(**arguments)
    layer.build((None, 16, 16, len(strength)))
    layer.strength.assign(strength)
    return layer


def test_strength_starts_at_zero_and_passes_the_input_through():
    layer = NoiseInjection()
    np.testing.assert_array_equal(layer(IMAGES), IMAGES)
    np.testing.assert_array_equal(layer.strength, np.zeros(4))


def test_given_noise_is_scaled_per_channel_and_added():
    noise = np.random.default_rng(1).normal(size=(3, 16, 16, 1)).astype("float32")
    strength = np.array([0, 1, -2, 0.5], "float32")
    y = with_strength(strength)([IMAGES, noise])
    np.testing.assert_allclose(y, IMAGES + strength * noise, rtol=1e-5, atol=1e-6)


def test_all_channels_share_one_standard_normal_noise_image_per_sample():
    added = np.array(with_strength([1, 1, 2, 0], seed=0)(np.zeros((50, 16, 16, 4))))
    np.testing.assert_array_equal(added[..., 1], added[..., 0])
    np.testing.assert_array_equal(added[..., 2], 2 * added[..., 0])
    np.testing.assert_array_equal(added[..., 3], 0 * added[..., 0])
    noise = added[..., 0]
    assert abs(noise.mean()) < 0.03
    assert noise.std() == pytest.approx(1, abs=0.03)
    assert not np.allclose(noise[0], noise[1])


@pytest.mark.parametrize("training", [True, False])
def test_noise_is_drawn_anew_at_every_call_in_training_and_inference(training):
    layer = with_strength([1, 1, 1, 1])
    first, second = layer(IMAGES, training=training), layer(IMAGES, training=training)
    assert np.abs(np.array(first) - np.array(second)).max() > 0.1


def test_equal_seeds_give_equal_noise():
    first, second = (with_strength([1] * 4, seed=7)(IMAGES) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_given_noise_leaves_the_random_state_alone():
    layer = with_strength([1] * 4)
    before = keras.ops.convert_to_numpy(layer.seed_generator.state).copy()
    layer([IMAGES, IMAGES[..., :1]])
    np.testing.assert_array_equal(layer.seed_generator.state, before)
