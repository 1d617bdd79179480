"""The monitor names each trouble of a game that has it, and keeps quiet about a healthy one."""

import warnings

import keras
import numpy as np
import pytest
import small_models
import tensorflow as tf

from keras_gen import losses, models
from keras_gen.callbacks import CollapseMonitor


def points(mean=0.0, count=64, seed=0):
    return (mean + np.random.default_rng(seed).normal(size=(count, 2))).astype("float32")


def game(loss=None, generator_mean=0.0, generator_scale=1.0, discriminator_rate=0.1):
    """Two linear players of points; the generator stands still."""
    generator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    generator.set_weights([generator_scale * np.eye(2), np.full(2, generator_mean)])
    discriminator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    discriminator.set_weights([np.array([[0.3], [-0.2]]), np.zeros(1)])
    model = models.GAN(generator, discriminator, value_range=None, seed=1)
    model.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(discriminator_rate), loss)
    return model


def warned(model, real, epochs=6, **options):
    """The first words of what the monitor says while a model trains, and the history."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        history = model.fit(
            real,
            batch_size=16,
            epochs=epochs,
            verbose=0,
            callbacks=[CollapseMonitor(real, **options)],
        ).history
    return [str(w.message) for w in caught if "epoch(s)" in str(w.message)], history


def test_nothing_is_said_about_a_healthy_game():
    texts, history = warned(game(), points())
    assert texts == []
    np.testing.assert_allclose(history["diversity"], 1, atol=0.15)
    np.testing.assert_allclose(history["gradient_share"], 0.5, atol=0.1)


def test_a_discriminator_that_always_wins_is_called_saturated():
    texts, history = warned(game(generator_mean=-9.0), points(9.0))
    assert len(texts) == 1 and texts[0].startswith("The discriminator is saturated: for 3 epoch(s)")
    assert history["fake_accuracy"][-1] == 1
    assert history["gradient_share"][-1] > 0.99  # the non-saturating loss keeps its gradient


def test_the_minimax_generator_loses_its_gradient_against_it():
    texts, history = warned(game(losses.Minimax(), generator_mean=-9.0), points(9.0))
    assert len(texts) == 2
    assert "The generator's gradient vanishes: for 3 epoch(s)" in "".join(texts)
    assert history["gradient_share"][-1] < 0.01


def test_a_generator_that_ignores_its_latents_has_collapsed():
    texts, history = warned(game(generator_scale=0.01), points())
    assert len(texts) == 1 and texts[0].startswith("Mode collapse: for 3 epoch(s)")
    assert history["diversity"][-1] == pytest.approx(0.01, rel=0.2)


def test_a_discriminator_without_any_slope_leaves_no_gradient():
    model = game(discriminator_rate=0.0)
    model.discriminator.set_weights([np.zeros((2, 1)), np.zeros(1)])
    texts, history = warned(model, points())
    assert history["gradient_share"] == [0.0] * 6
    assert len(texts) == 1 and "gradient vanishes" in texts[0]


def test_a_warning_comes_once_in_a_phase_and_again_in_the_next():
    model, real = game(), points()
    monitor = CollapseMonitor(real, patience=2)
    monitor.set_model(model)
    monitor.on_train_begin()
    said = []
    for scale in (0.01, 1, 0.01, 0.01, 0.01, 0.01, 1, 0.01, 0.01):
        model.generator.set_weights([scale * np.eye(2), np.zeros(2)])
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            monitor.on_epoch_end(0, {})
        said.append(len(caught))
    assert said == [0, 0, 0, 1, 0, 0, 0, 0, 1]


def test_gradients_and_diversity_equal_their_formulas():
    model, real = game(generator_mean=1.0, generator_scale=2.0), points()
    monitor = CollapseMonitor(real, seed=4)
    monitor.set_model(model)
    values = monitor.observe()
    z = model.latents(64, tf.constant([4, 0])).numpy().astype("float64")
    fake, w = 2 * z + 1, np.array([0.3, -0.2])
    real_score, fake_score = real @ w, fake @ w

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    # d softplus(-s) / ds = -sigmoid(-s), and s is linear in the weights of both players.
    d_scores = np.concatenate([-sigmoid(-real_score), sigmoid(fake_score)]) / 64
    inputs = np.concatenate([real, fake])
    d_norm = np.linalg.norm([*(d_scores @ inputs), d_scores.sum()])

    def generator_norm(scores):
        kernel, bias = np.outer(scores @ z, w), scores.sum() * w
        return np.sqrt(np.sum(kernel**2) + np.sum(bias**2))

    g_norm = generator_norm(-sigmoid(-fake_score) / 64)
    share = g_norm / generator_norm(np.full(64, 1 / 64))
    distances = [
        np.mean([np.linalg.norm(a - b) for i, a in enumerate(x) for b in x[:i]])
        for x in (fake, real)
    ]
    expected = {
        "discriminator_gradient": d_norm,
        "generator_gradient": g_norm,
        "gradient_share": share,
        "diversity": distances[0] / distances[1],
    }
    assert values == pytest.approx(expected, rel=1e-4)


def test_training_is_the_same_with_and_without_the_monitor():
    """The model has dropout, batch normalization and an averaged generator."""
    images, results, histories = small_models.images(), [], []
    for watch in ([], [CollapseMonitor(images, collapse=0.0)]):
        keras.utils.set_random_seed(3)
        model = small_models.gan()
        history = model.fit(
            images, batch_size=8, epochs=2, shuffle=False, verbose=0, callbacks=watch
        ).history
        results.append([np.array(v) for v in model.variables])
        histories.append(history)
    for a, b in zip(*results, strict=True):
        np.testing.assert_array_equal(a, b)
    assert {name: histories[1][name] for name in histories[0]} == histories[0]


@pytest.mark.parametrize("name", ["wgan_gp", "conditional_gan", "replay_gan", "relativistic_gan"])
def test_every_game_can_be_watched(name):
    model, (x, y) = small_models.ALL[name](), small_models.data_of(name)
    labels = y if name == "conditional_gan" else None
    history = model.fit(x, y, verbose=0, callbacks=[CollapseMonitor(x, labels)]).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert history["discriminator_gradient"][0] > 0
    if name == "wgan_gp":
        assert history["gradient_share"][0] == pytest.approx(1, rel=1e-5)


def test_it_watches_several_replicas():
    strategy = tf.distribute.MirroredStrategy(
        ["CPU:0", "CPU:1"], tf.distribute.ReductionToOneDevice()
    )
    with strategy.scope():
        model = small_models.replay_gan()
    x = small_models.images(16)
    batches = tf.data.Dataset.from_tensor_slices(x).batch(8)
    history = model.fit(batches, verbose=0, callbacks=[CollapseMonitor(x)]).history
    twin = small_models.replay_gan()
    twin.set_weights(model.get_weights())
    monitor = CollapseMonitor(x)
    monitor.set_model(twin)
    values = {name: history[name][0] for name in monitor.observe()}
    assert values == pytest.approx(monitor.observe(), rel=1e-4)


def test_tensorboard_gets_every_quantity_of_every_epoch(tmp_path):
    _, history = warned(game(), points(), epochs=2, log_dir=tmp_path / "logs")
    written = {}
    for file in (tmp_path / "logs").iterdir():
        for record in tf.data.TFRecordDataset(str(file)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                written[value.tag, event.step] = float(tf.make_ndarray(value.tensor))
    names = ("real_accuracy", "fake_accuracy", "diversity", "gradient_share")
    names += ("generator_gradient", "discriminator_gradient")
    assert written == pytest.approx(
        {(name, epoch): history[name][epoch] for name in names for epoch in range(2)}, rel=1e-5
    )


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"real": points(count=1)}, "`real`.*at least two images that differ"),
        ({"real": np.ones((4, 2))}, "`real`.*at least two images that differ"),
        ({"real": points(), "patience": 0}, "`patience`.*positive integer"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        CollapseMonitor(**arguments)


@pytest.mark.parametrize("name, labels", [("conditional_gan", None), ("gan", [0] * 22)])
def test_labels_go_with_conditional_networks_alone(name, labels):
    model, (x, y) = small_models.ALL[name](), small_models.data_of(name)
    with pytest.raises(ValueError, match="`labels`.*num_classes"):
        model.fit(x, y, verbose=0, callbacks=[CollapseMonitor(x, labels)])
