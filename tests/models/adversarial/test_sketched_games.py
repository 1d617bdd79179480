"""The games to come keep the promises of those that are there, and are short."""

import ast
import inspect

import checks
import keras
import numpy as np
import pytest
import sketched_games
import tensorflow as tf
from small_models import images

from keras_gen import callbacks, data

LINES = {"GrowingGAN": 60}


def growing_gan():
    return sketched_games.GrowingGAN(ema_decay=0.9, seed=5)


MODELS = {"GrowingGAN": growing_gan}


@pytest.fixture(params=MODELS)
def make(request):
    def compiled():
        keras.utils.set_random_seed(3)
        model = MODELS[request.param]()
        model.compile(keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3))
        return model

    return compiled


def batches():
    x = images(16)
    return data.batches((x, np.float32(-x)), 8, seed=3)


def test_two_steps_move_both_players(make):
    model = make()
    before = [np.array(v) for v in model.trainable_variables]
    history = model.fit(batches(), verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    players = model.generator_variables + model.discriminator_variables
    moved = {
        id(v) for v, old in zip(model.trainable_variables, before) if not np.array_equal(v, old)
    }
    assert moved >= {id(v) for v in players}


def test_a_stopped_training_ends_like_an_undisturbed_one(make, tmp_path):
    undisturbed, stopped, resumed = make(), make(), make()
    for model, epochs in [(undisturbed, 3), (stopped, 2), (resumed, 3)]:
        run = batches()
        path = tmp_path / ("a.state" if model is undisturbed else "b.state")
        model.fit(run, epochs=epochs, callbacks=[callbacks.Resume(path, run)], verbose=0)
    checks.assert_same_state(checks.state(undisturbed), checks.state(resumed))


def test_saved_and_loaded_it_trains_as_before(make, tmp_path):
    x = images(16)
    checks.check_round_trip(make, x, np.float32(-x), tmp_path)


def test_the_growing_gan_fades_within_one_fit():
    model = growing_gan()
    model.compile("adam", "adam")
    latents = tf.ones([2, 4])
    blocks = [np.asarray(model.images(latents))[0, :, :, 0]]
    model.fit(images(16), batch_size=8, epochs=3, verbose=0)
    blocks.append(np.asarray(model.images(latents))[0, :, :, 0])
    flat = [np.ptp(b.reshape(4, 2, 4, 2), axis=(1, 3)).max() for b in blocks]
    assert flat[0] == 0 and flat[1] > 0  # at first each pixel of 4x4 is a square of four


@pytest.mark.parametrize("name", LINES)
def test_each_is_short(name):
    source = inspect.getsource(getattr(sketched_games, name))
    (tree,) = ast.parse(source).body
    docstring = tree.body[0]
    lines = [line for line in source.splitlines() if line.strip()]
    assert len(lines) - (docstring.end_lineno - docstring.lineno + 1) <= LINES[name]
