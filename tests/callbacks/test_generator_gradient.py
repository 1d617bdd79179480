import keras
import numpy as np
import pytest
import small_models

from keras_gen import losses, models
from keras_gen.callbacks import GeneratorGradient

BOTH = {"minimax": losses.Minimax(), "non-saturating": losses.NonSaturating()}


def linear_game(bias):
    """G(z) = z W without bias, D(x) = x w + bias."""
    generator = keras.Sequential([keras.Input((3,)), keras.layers.Dense(5, use_bias=False)])
    critic = keras.Sequential([keras.Input((5,)), keras.layers.Dense(1)])
    critic.layers[0].bias.assign([bias])
    model = models.GAN(generator, critic, value_range=None, seed=5)
    model.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0))
    return model


@pytest.mark.parametrize("bias", [0.0, -6.0])
def test_norms_are_those_of_the_chain_rule(bias):
    model = linear_game(bias)
    callback = GeneratorGradient(BOTH, count=50, seed=9)
    x = np.zeros((4, 5), "float32")
    logs = model.fit(x, epochs=1, verbose=0, callbacks=[callback]).history
    z = model.latents(50, [9, 0]).numpy().astype("float64")
    w = model.discriminator.layers[0].kernel.numpy()[:, 0].astype("float64")
    scores = z @ model.generator.layers[0].kernel.numpy() @ w + bias
    belief = 1 / (1 + np.exp(-scores))
    # dL/dW = mean_i of L'(s_i) z_i w^T
    for name, slope in [("minimax", -belief), ("non-saturating", belief - 1)]:
        expected = np.linalg.norm(np.outer((slope[:, None] * z).mean(0), w))
        np.testing.assert_allclose(logs[f"gradient_{name}"], [expected], rtol=1e-4)
    np.testing.assert_allclose(logs["fake_probability"], [belief.mean()], rtol=1e-5)


def test_a_sure_discriminator_leaves_only_one_of_both_a_gradient():
    model = linear_game(-12.0)
    logs = model.fit(
        np.zeros((4, 5), "float32"), epochs=1, verbose=0, callbacks=[GeneratorGradient(BOTH)]
    ).history
    assert logs["gradient_minimax"][0] < 1e-3 * logs["gradient_non-saturating"][0]


def test_measuring_changes_neither_weights_nor_statistics_nor_random_states():
    games = [small_models.gan(), small_models.gan()]  # with normalization and dropout
    for variable, other in zip(games[1].variables, games[0].variables, strict=True):
        variable.assign(other)
    x = small_models.images()
    games[0].fit(x, epochs=3, batch_size=11, shuffle=False, verbose=0)
    callback = GeneratorGradient(BOTH, count=8)
    history = games[1].fit(
        x, epochs=3, batch_size=11, shuffle=False, verbose=0, callbacks=[callback]
    )
    for value, expected in zip(games[1].variables, games[0].variables, strict=True):
        np.testing.assert_array_equal(value, expected)
    assert len(set(history.history["gradient_minimax"])) == 3


def test_a_loss_of_pairs_is_refused():
    with pytest.raises(ValueError, match="`losses`.*alone.*'paired': RelativisticPairing"):
        GeneratorGradient({**BOTH, "paired": losses.RelativisticPairing()})
