"""`compile` finds out at once: whatever it takes has an effect, and the rest is refused by name."""

import keras
import numpy as np
import pytest
import small_models

from keras_gen import losses, models, networks

OWN_LOSS = sorted(set(small_models.ALL) - set(small_models.AUTOENCODERS)) + ["vae"]
BAD_OPTIONS = {
    "loss": ["binary_crossentropy", "mse", keras.losses.BinaryCrossentropy(), losses.Hinge],
    "metrics": [["mae"], ["accuracy"]],
    "weighted_metrics": [["mae"]],
    "loss_weights": [[1.0]],
    "steps_per_execution": [0, -1, 1.5],
    "run_eagerly": ["yes"],
    "jit_compile": ["yes"],
    "optimiser": ["adam"],
}
NO_OPTIMIZERS = [3, None, "adamm", keras.optimizers.Adam, "mse", np.ones(3), keras.losses.Huber()]


def optimizers_of(model):
    adversarial = isinstance(model, models.AdversarialModel)
    return ["generator_optimizer", "discriminator_optimizer"] if adversarial else ["optimizer"]


@pytest.mark.parametrize("name", OWN_LOSS)
def test_options_of_keras_that_have_no_effect_are_refused_by_name(name):
    model = small_models.ALL[name]()
    players = optimizers_of(model)
    old = [getattr(model, player) for player in players]
    for option, values in BAD_OPTIONS.items():
        for value in values:
            with pytest.raises(ValueError, match=f"argument `{option}`"):
                model.compile(**{player: "adam" for player in players}, **{option: value})
    for player in players:
        for value in NO_OPTIMIZERS:
            with pytest.raises(ValueError, match=f"argument `{player}`.*a"):
                model.compile(**{each: "adam" for each in players} | {player: value})
    assert all(getattr(model, player) is each for player, each in zip(players, old))


def test_a_vae_has_its_own_loss_by_position_too():
    with pytest.raises(ValueError, match="argument `loss`"):
        small_models.vae().compile("adam", "mse")


@pytest.mark.parametrize("name", ["gan", "vae", "rbm", "autoencoder"])
def test_whatever_means_an_optimizer_is_taken(name):
    model = small_models.ALL[name]()
    config = keras.optimizers.serialize(keras.optimizers.SGD(0.1))
    for optimizer in ("adam", "Adam", config):
        rest = {"loss": "mse"} if name == "autoencoder" else {}
        model.compile(**{each: optimizer for each in optimizers_of(model)}, **rest)
        model.compile(
            **{each: optimizer for each in optimizers_of(model)}, **rest, steps_per_execution=2
        )


@pytest.mark.parametrize("name", ["gan", "vae", "autoencoder"])
def test_an_optimizer_of_another_model_is_refused(name):
    model, other = small_models.ALL[name](), small_models.ALL[name]()
    player = optimizers_of(model)[0]
    rest = dict.fromkeys(optimizers_of(model), "adam")
    rest |= {"loss": "mse"} if name == "autoencoder" else {}
    x = small_models.images(8)
    other.fit(x, verbose=0)
    with pytest.raises(ValueError, match=f"`{player}`.*new optimizer"):
        model.compile(**rest | {player: getattr(other, player)})
    other.compile(**rest | {player: getattr(other, player)})  # its own one may stay


def mlp_gan(**options):
    generator, discriminator = networks.mlp(2, [4], 4), networks.mlp(4, [4], 1)
    return models.GAN(generator, discriminator, value_range=None, **options)


@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_a_frozen_player_is_refused_with_the_cure(player):
    model = mlp_gan()
    getattr(model, player).trainable = False
    with pytest.raises(ValueError, match=f"`{player}`.*set `trainable = True`"):
        model.compile("adam", "adam")
    getattr(model, player).trainable = True
    model.compile("adam", "adam")
    model.fit(np.zeros((8, 4), "float32"), verbose=0)


def test_trainable_may_change_before_compile_and_not_after():
    model, x = mlp_gan(), np.zeros((8, 4), "float32")
    model.discriminator.layers[1].trainable = False
    model.compile("adam", "adam")
    kept = np.array(model.discriminator.layers[1].kernel)
    model.fit(x, verbose=0)
    np.testing.assert_array_equal(kept, model.discriminator.layers[1].kernel)
    for trained in (True, False):  # before and after the first step
        model.discriminator.layers[1].trainable = trained
        model.compile("adam", "adam")
        model.discriminator.layers[1].trainable = not trained
        for train in (model.fit, model.train_on_batch):
            with pytest.raises(ValueError, match="`trainable`.*compile again"):
                train(x)


def test_a_frozen_model_with_one_optimizer_is_refused():
    model = small_models.vae()
    model.trainable = False
    with pytest.raises(ValueError, match="trainable = True"):
        model.compile("adam")


def test_an_autoencoder_trains_its_parameters():
    """A subclass that trains a part leaves the rest, and needs no slots for it."""

    class OfDecoder(models.Autoencoder):
        def parameters(self):
            return self.decoder.trainable_variables

    whole, x = small_models.autoencoder(), small_models.images(8)
    model = OfDecoder(whole.encoder, whole.decoder, value_range=(-1, 1))
    model.compile(keras.optimizers.Adam(0.1), "mse")
    before, moving = model.encoder.get_weights(), model.decoder.get_weights()
    slots = 2 * len(model.decoder.trainable_variables)
    model.fit(x, verbose=0)
    for value, expected in zip(model.encoder.get_weights(), before):
        np.testing.assert_array_equal(value, expected)
    assert not any(map(np.array_equal, model.decoder.get_weights(), moving))
    assert len(model.optimizer.variables) == slots + 2  # the steps and the learning rate


def test_an_autoencoder_with_nothing_to_train_can_be_evaluated_only():
    model, x = small_models.autoencoder(), small_models.images(8)
    model.trainable = False
    with pytest.raises(ValueError, match="`trainable`.*compile again|trainable = True"):
        model.fit(x, verbose=0)
    model.compile("adam", "mse")
    with pytest.raises(ValueError, match="trainable = True"):
        model.fit(x, verbose=0)
    model.trainable = True
    model.compile(None, "mse")
    with pytest.raises(ValueError, match="`optimizer`.*to train with"):
        model.fit(x, verbose=0)
    assert model.evaluate(x, verbose=0, return_dict=True)["loss"] > 0


def test_players_share_no_variable():
    shared = keras.layers.Dense(4)
    generator = keras.Sequential([keras.Input((4,)), shared])
    discriminator = keras.Sequential([keras.Input((4,)), shared, keras.layers.Dense(1)])
    model = models.GAN(generator, discriminator, value_range=None)
    with pytest.raises(ValueError, match=r"`discriminator`.*shares no trainable variable.*kernel"):
        model.compile("adam", "adam")


@pytest.mark.parametrize("penalty", ["r1", 10.0, losses.R1, lambda *_: 0.0, losses.Hinge()])
def test_what_is_no_penalty_is_refused(penalty):
    with pytest.raises(ValueError, match="argument `penalty`"):
        mlp_gan().compile("adam", "adam", penalty=penalty)
    compiled = mlp_gan()
    compiled.compile("adam", "adam")
    with pytest.raises(ValueError, match="argument `penalty`"):
        compiled.penalty = penalty


def test_a_refused_compilation_leaves_the_old_one():
    model = mlp_gan()
    model.compile("adam", "adam", losses.Hinge(), losses.R1(), discriminator_steps=2)
    for bad in ({"metrics": ["mae"]}, {"penalty": 3}, {"discriminator_optimizer": 3}):
        options = {"discriminator_optimizer": "adam"} | bad
        with pytest.raises(ValueError):
            model.compile("adam", loss=losses.Wasserstein(), **options)
    assert (model.loss, model.penalty, model.discriminator_steps) == (
        losses.Hinge(),
        losses.R1(),
        2,
    )
    assert model.fit(np.zeros((8, 4), "float32"), verbose=0).history["discriminator_loss"]
