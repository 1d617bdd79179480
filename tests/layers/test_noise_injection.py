import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen.layers import NoiseInjection

IMAGES = np.random.default_rng(0).normal(size=(3, 16, 16, 4)).astype("float32")
NOISE = np.random.default_rng(1).normal(size=(3, 16, 16, 1)).astype("float32")
ZEROS = np.zeros((50, 16, 16, 4), "float32")


def with_strength(strength, **arguments):
    layer = NoiseInjection(**arguments)
    layer.build((None, 16, 16, len(strength)))
    layer.strength.assign(strength)
    return layer


@pytest.mark.parametrize("training", [True, False])
def test_strength_starts_at_zero_and_passes_the_input_through(training):
    layer = NoiseInjection()
    np.testing.assert_array_equal(layer(IMAGES, training=training), IMAGES)
    np.testing.assert_array_equal(layer.strength, np.zeros(4))


@pytest.mark.parametrize("training", [True, False])
def test_all_channels_of_a_pixel_share_their_noise(training):
    added = np.array(with_strength([1, 1, 2, 0])(ZEROS, training=training))
    np.testing.assert_array_equal(added[..., 1], added[..., 0])
    np.testing.assert_array_equal(added[..., 2], 2 * added[..., 0])
    np.testing.assert_array_equal(added[..., 3], 0 * added[..., 0])
    assert abs(np.corrcoef(added[0, :-1, :, 0].ravel(), added[0, 1:, :, 0].ravel())[0, 1]) < 0.3


def test_noise_of_training_is_standard_normal_and_differs_between_samples():
    noise = np.array(with_strength([1] * 4, seed=0)(ZEROS, training=True))[..., 0]
    assert abs(noise.mean()) < 0.03
    assert noise.std() == pytest.approx(1, abs=0.03)
    assert abs(np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1]) < 0.3


def test_noise_of_training_is_drawn_anew_at_every_call():
    layer = with_strength([1] * 4)
    first, second = (np.array(layer(IMAGES, training=True)) - IMAGES for _ in range(2))
    assert abs(np.corrcoef(first[..., 0].ravel(), second[..., 0].ravel())[0, 1]) < 0.2


def test_noise_of_inference_is_one_image_for_all_samples_and_calls():
    layer = with_strength([1] * 4)
    added = np.array(layer(ZEROS))
    np.testing.assert_array_equal(added, np.broadcast_to(layer.noise, added.shape))
    np.testing.assert_array_equal(layer(ZEROS), added)
    layer(ZEROS, training=True)
    np.testing.assert_array_equal(layer(ZEROS, training=False), added)


def test_stored_noise_is_a_standard_normal_weight_that_does_not_train():
    layer = NoiseInjection(dtype="mixed_float16")
    layer.build((None, 128, 64, 3))
    assert layer.noise.shape == (1, 128, 64, 1)
    assert layer.noise.dtype == "float32"
    assert [weight.path for weight in layer.non_trainable_weights] == [layer.noise.path]
    noise = np.array(layer.noise)
    assert abs(noise.mean()) < 0.05
    assert noise.std() == pytest.approx(1, abs=0.05)
    assert np.abs(noise).max() > 2.5  # not truncated


def test_noise_of_inference_is_saved_with_the_model(tmp_path):
    inputs = keras.Input((16, 16, 4))
    model = keras.Model(inputs, NoiseInjection(name="noise")(inputs))
    model.get_layer("noise").strength.assign([1, -1, 0.5, 2])
    model.save(tmp_path / "noise.keras")
    model.save_weights(tmp_path / "noise.weights.h5")
    reloaded = keras.saving.load_model(tmp_path / "noise.keras")
    np.testing.assert_array_equal(reloaded(IMAGES), model(IMAGES))
    rebuilt = keras.Model(inputs, NoiseInjection(name="noise")(inputs))
    assert np.abs(np.array(rebuilt(IMAGES)) - np.array(model(IMAGES))).max() > 0.5
    rebuilt.load_weights(tmp_path / "noise.weights.h5")
    np.testing.assert_array_equal(rebuilt(IMAGES), model(IMAGES))


@pytest.mark.parametrize("training", [True, False])
def test_equal_seeds_give_equal_noise_and_different_ones_do_not(training):
    first, second, third, fourth, fifth = (
        np.array(with_strength([1] * 4, seed=seed)(IMAGES, training=training))
        for seed in (7, 7, 8, None, None)
    )
    np.testing.assert_array_equal(first, second)
    assert np.abs(first - third).max() > 0.5
    assert np.abs(fourth - fifth).max() > 0.5


def test_noise_of_training_is_not_that_of_inference():
    layer = with_strength([1] * 4, seed=7)
    training, inference = np.array(layer(ZEROS, training=True))[0], np.array(layer(ZEROS))[0]
    assert abs(np.corrcoef(training[..., 0].ravel(), inference[..., 0].ravel())[0, 1]) < 0.3


@pytest.mark.parametrize("training", [True, False])
def test_passed_noise_is_scaled_per_channel_and_added(training):
    strength = np.array([0, 1, -2, 0.5], "float32")
    y = with_strength(strength)([IMAGES, NOISE], training=training)
    np.testing.assert_allclose(y, IMAGES + strength * NOISE, rtol=1e-5, atol=1e-6)


def test_passed_noise_leaves_the_random_state_and_the_stored_noise_alone():
    layer = with_strength([1] * 4)
    before = [np.array(variable) for variable in (layer.seed_generator.state, layer.noise)]
    layer([IMAGES, NOISE], training=True)
    for variable, value in zip((layer.seed_generator.state, layer.noise), before):
        np.testing.assert_array_equal(variable, value)


def test_layers_with_and_without_passed_noise_have_the_same_weights():
    first, second = NoiseInjection(seed=1), NoiseInjection(seed=1)
    first.build((None, 16, 16, 4))
    second.build([(None, 16, 16, 4), (None, 16, 16, 1)])
    second.set_weights(first.get_weights())
    np.testing.assert_array_equal(first.noise, second.noise)


def test_strength_learns_and_stored_noise_stays():
    layer = with_strength([0, 0, 0, 0])
    before = np.array(layer.noise)
    model = keras.Sequential([keras.Input((16, 16, 4)), layer])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    model.fit(IMAGES, IMAGES + NOISE, epochs=1, verbose=0)
    assert np.all(np.array(layer.strength) != 0)
    np.testing.assert_array_equal(layer.noise, before)


def test_layer_may_be_built_inside_of_a_graph():
    layer = NoiseInjection(seed=7)
    tf.function(lambda: layer(tf.constant(IMAGES), training=True))()
    layer.strength.assign([1] * 4)
    expected = with_strength([1] * 4, seed=7)
    np.testing.assert_array_equal(layer(IMAGES), expected(IMAGES))


def test_replicas_store_the_same_noise():
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        layer = with_strength([1] * 4)
    outputs = strategy.run(lambda: layer(tf.zeros((2, 16, 16, 4))))
    first, second = strategy.experimental_local_results(outputs)
    np.testing.assert_array_equal(first, second)
    assert np.ptp(first) > 1


@pytest.mark.parametrize("shape", [(None, None, 16, 4), (None, 16, None, 4), (None, 16, 16, None)])
def test_unknown_size_is_an_error_that_shows_the_shape(shape):
    with pytest.raises(ValueError, match=r"argument `inputs`.*Received: shape .*None, "):
        NoiseInjection().build(shape)
    with pytest.raises(ValueError, match=r"argument `inputs`.*known height"):
        NoiseInjection().build([shape, (*shape[:3], 1)])


def test_inference_at_another_size_is_an_error_and_training_is_not():
    layer, pixel = with_strength([1] * 4), IMAGES[:, :1, :1]  # would broadcast
    with pytest.raises(ValueError, match=r"argument `inputs`.*\(16, 16\).*Received: shape \(3, 1"):
        layer(pixel)
    assert layer(pixel, training=True).shape == pixel.shape
