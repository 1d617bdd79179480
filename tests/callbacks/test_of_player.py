import copy

import keras
import numpy as np
import pytest
import small_models

from keras_gen import models, networks
from keras_gen.callbacks import OfPlayer

C = keras.callbacks


def points():
    return np.random.default_rng(0).normal(size=(20, 4)).astype("float32")


def gan(first="adam", second="adam", **kwargs):
    model = models.GAN(networks.mlp(2, [4], 4), networks.mlp(4, [4], 1), None, seed=2)
    model.compile(first, second, **kwargs)
    return model


def halved(player):
    return OfPlayer(C.LearningRateScheduler(lambda epoch, rate: rate / 2), player)


@pytest.mark.parametrize(
    "player, other", [("generator", "discriminator"), ("discriminator", "generator")]
)
def test_a_schedule_moves_the_rate_of_its_player_only(player, other):
    model = gan()
    logs = model.fit(points(), epochs=3, verbose=0, callbacks=[halved(player)]).history
    np.testing.assert_allclose(logs[f"{player}_learning_rate"], [5e-4, 2.5e-4, 1.25e-4])
    assert "learning_rate" not in logs
    rate = float(getattr(model, f"{other}_optimizer").learning_rate)
    assert rate == pytest.approx(1e-3)


def test_early_stopping_of_a_player_stops_the_model():
    stop = OfPlayer(C.EarlyStopping("generator_loss", mode="max", min_delta=1e9), "generator")
    assert gan().fit(points(), epochs=9, verbose=0, callbacks=[stop]).epoch == [0, 1]


def test_half_precision_is_reached_through_the_loss_scale():
    keras.config.set_dtype_policy("mixed_float16")
    model = small_models.gan()
    model.fit(small_models.images(), verbose=0, callbacks=[halved("generator")])
    assert float(model.generator_optimizer.learning_rate) == pytest.approx(5e-4)


@pytest.mark.parametrize(
    "callback",
    [
        lambda: C.LearningRateScheduler(lambda epoch, rate: rate),
        lambda: C.ReduceLROnPlateau("generator_loss", mode="min"),
        lambda: C.SwapEMAWeights(),
        lambda: C.TensorBoard(write_steps_per_second=True),
    ],
)
@pytest.mark.parametrize("wrap", [lambda c: c, lambda c: [c], lambda c: [[c], None][:1]])
def test_callbacks_of_one_optimizer_are_refused_before_training(callback, wrap, tmp_path):
    model = gan()
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"`callbacks`.*a GAN, which has 2 optimizers"):
        model.fit(points(), None, 8, 2, 0, wrap(callback()))
    for value, expected in zip(model.get_weights(), before):
        np.testing.assert_array_equal(value, expected)


def test_the_message_names_the_cure():
    with pytest.raises(ValueError, match=r'OfPlayer\(LearningRateScheduler.*"generator"'):
        schedule = C.LearningRateScheduler(lambda epoch, rate: rate)
        gan().fit(points(), verbose=0, callbacks=schedule)


def test_an_optimizer_with_a_schedule_of_its_own_is_refused():
    schedule = keras.optimizers.schedules.ExponentialDecay(1e-3, 10, 0.9)
    model = gan(keras.optimizers.Adam(schedule), keras.optimizers.Adam(schedule))
    with pytest.raises(ValueError, match=r"`callbacks`.*ExponentialDecay"):
        model.fit(points(), verbose=0, callbacks=[halved("generator")])
    vae = small_models.vae()
    vae.compile(keras.optimizers.Adam(schedule))
    plateau = C.ReduceLROnPlateau("loss")
    with pytest.raises(ValueError, match=r"`callbacks`.*ExponentialDecay"):
        vae.fit(small_models.data_of("vae")[0], verbose=0, callbacks=[plateau])


@pytest.mark.parametrize("player", ["critic", None, "generator_optimizer"])
def test_another_player_is_refused(player):
    with pytest.raises(ValueError, match=r"`player`.*'discriminator', 'generator'"):
        gan().fit(points(), verbose=0, callbacks=[halved(player)])
    with pytest.raises(ValueError, match="`callback`"):
        OfPlayer("adam", "generator")


def test_what_is_no_callback_is_refused():
    with pytest.raises(ValueError, match="`callbacks`. Expected Keras callbacks"):
        gan().fit(points(), verbose=0, callbacks=["stop"])


def test_copies_are_callbacks_of_their_own():
    first = halved("generator")
    gan().fit(points(), verbose=0, callbacks=[first])
    second = copy.deepcopy(first)
    assert second.callback is not first.callback and second.player == "generator"
    gan().fit(points(), verbose=0, callbacks=[second])


@pytest.mark.parametrize("watch", [[], [C.TerminateOnNaN()]])
@pytest.mark.parametrize("name", ["gan", "wgan_gp", "vae", "rbm", "autoencoder", "made"])
def test_nan_ends_the_training_of_every_model(name, watch):
    model = getattr(small_models, name)()
    variable = model.trainable_variables[-1]
    variable.assign(np.nan * variable)
    model.fit(*small_models.data_of(name)[:1], epochs=5, verbose=0, callbacks=watch)
    assert model.history.epoch == [0]


def test_terminate_on_nan_ends_the_epoch_and_raises_if_it_is_to():
    def bad():
        return gan(keras.optimizers.SGD(np.inf), keras.optimizers.SGD(np.inf))

    steps = []
    count = C.LambdaCallback(on_train_batch_end=lambda batch, logs: steps.append(batch))
    bad().fit(points(), batch_size=2, verbose=0, callbacks=[C.TerminateOnNaN(), count])
    assert len(steps) < 4
    with pytest.raises(RuntimeError, match="NaN or Inf"):
        bad().fit(points(), verbose=0, callbacks=[C.TerminateOnNaN(raise_error=True)])
