import keras
import numpy as np
import pytest
import small_models

from keras_gen import models
from keras_gen.callbacks import CriticSlope


def squared_game():
    """G(z) = z W, C(x) = ||x||^2 / 2, whose gradient at x is x."""
    generator = keras.Sequential([keras.Input((3,)), keras.layers.Dense(5, use_bias=False)])
    inputs = keras.Input((5,))
    scores = keras.ops.sum(keras.layers.Dense(5, use_bias=False)(inputs) ** 2, axis=-1) / 2
    critic = keras.Model(inputs, keras.ops.expand_dims(scores, -1))
    critic.layers[1].kernel.assign(np.eye(5))
    model = models.WGANGP(generator, critic, value_range=None, seed=5)
    model.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0), discriminator_steps=1)
    return model


def test_the_slope_is_that_of_points_between_real_and_fake():
    model, real = squared_game(), np.zeros((4000, 5), "float32")
    callback = CriticSlope(real, seed=9)
    logs = model.fit(real[:4], epochs=1, verbose=0, callbacks=[callback]).history
    fake = model.latents(4000, [9, 0]).numpy() @ model.generator.layers[0].kernel.numpy()
    # Between 0 and G(z) the gradient of C is (1 - u) G(z), and 1/2 is the mean of u.
    expected = np.linalg.norm(fake, axis=1).mean() / 2
    np.testing.assert_allclose(logs["critic_slope"], [expected], rtol=0.03)


def test_measuring_changes_nothing_and_epochs_differ():
    games = [small_models.wgan_gp(), small_models.wgan_gp()]
    for variable, other in zip(games[1].variables, games[0].variables, strict=True):
        variable.assign(other)
    x, options = small_models.images(), {"epochs": 3, "shuffle": False, "verbose": 0}
    games[0].fit(x, **options)
    history = games[1].fit(x, callbacks=[CriticSlope(x)], **options).history
    for value, expected in zip(games[1].variables, games[0].variables, strict=True):
        np.testing.assert_array_equal(value, expected)
    assert len(set(history["critic_slope"])) == 3


def test_games_with_labels_and_images_of_another_size_are_refused():
    x, game = small_models.images(), small_models.conditional_gan()
    with pytest.raises(ValueError, match="`real`"):
        small_models.wgan_gp().fit(x, verbose=0, callbacks=[CriticSlope(x[:, 1:])])
    with pytest.raises(ValueError, match="a game without labels"):
        game.fit(x, small_models.labels(), verbose=0, callbacks=[CriticSlope(x)])
