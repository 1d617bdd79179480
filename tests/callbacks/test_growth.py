"""The callbacks of a growth: its table, its state in the logs, and its film strip."""

import keras
import numpy as np
import pytest
import small_models
import tensorflow as tf

from keras_gen import callbacks, data, losses
from keras_gen.callbacks.growth import multiplications, table
from keras_gen.models.adversarial.growth import images_of_stages, schedule

X = small_models.images(20)


def growing():
    """Eagerly, in steps of eight, eight and four images; it stabilizes for one step, and fades."""
    keras.utils.set_random_seed(3)
    model = small_models.progan()
    model.compile(small_models.adam(), small_models.adam(), run_eagerly=True)
    return model


def trained(*watch, epochs=2, verbose=0, model=None):
    model = model or growing()
    batches = data.batches(X, 8, seed=3)
    return model, model.fit(batches, epochs=epochs, callbacks=watch, verbose=verbose).history


def test_the_logs_say_how_far_the_model_has_grown():
    _, history = trained(callbacks.Growth())
    assert history["resolution"] == [8, 8]
    np.testing.assert_allclose(history["alpha"], [12 / 24, 1])


def test_the_table_has_a_line_for_each_phase():
    rows = schedule([4, 8, 16], [50_000, 0], [40_000, 7])
    lines = table(rows, [61.4, 0, 0]).splitlines()
    assert [line.split() for line in lines[1:]] == [
        ["0", "4x4", "stabilize", "0", "50,000", "61"],
        ["1", "8x8", "fade", "in", "50,000", "40,000"],
        ["1", "8x8", "stabilize", "90,000", "0", "0"],
        ["2", "16x16", "fade", "in", "90,000", "7"],
        ["2", "16x16", "stabilize", "90,007", "the", "rest", "0"],
    ]
    assert len({len(line.rstrip()) for line in lines if "fade" not in line}) == 1


def test_table_and_news_appear_where_fit_shows_its_progress(capsys):
    trained(callbacks.Growth())
    assert capsys.readouterr().out == ""
    trained(callbacks.Growth(), verbose=2)
    first, table_, later = capsys.readouterr().out.partition("stage     pixels")
    assert first == "" and table_
    assert "Images of 8x8 after 20 images and" in later and "the rest takes about" in later


def test_what_is_left_follows_from_the_work_of_a_stage():
    model, growth = growing(), callbacks.Growth()
    growth.set_model(model)
    growth.on_train_begin()
    growth.seconds, growth._images_of_epoch = [10.0, 0.0], 20
    model.images_seen.assign(10)  # two of them after the stage of eight
    first, second = multiplications(model.generator)
    rest = 40 * second / (8 * first) * 10.0
    minutes = f"{rest / 60:.0f} min" if rest >= 120 else f"{rest:.0f} s"
    line = f"Images of 8x8 after 10 images and 10 s; the rest takes about {minutes}."
    assert growth.news(epochs=2) == line


def test_multiplications_of_a_stage_are_those_of_all_blocks_below():
    generator = small_models.progan().generator  # of 4 and of 3 feature maps
    first = 16 * 9 * 4 * 4
    assert multiplications(generator) == [first, first + 64 * 9 * (4 * 3 + 3 * 3)]


def test_images_are_shared_out_among_the_stages():
    rows = schedule([4, 8, 16], [5, 30], [20, 0])  # ends 5, 25, 55
    assert images_of_stages(rows, 0, 4) == [4, 0, 0]
    assert images_of_stages(rows, 3, 60) == [2, 50, 5]
    assert images_of_stages(rows, 30, 40) == [0, 10, 0]
    assert images_of_stages(rows, 70, 80) == [0, 0, 10]


def test_a_film_strip_holds_the_last_images_of_each_stage(tmp_path):
    model, film = growing(), callbacks.FilmStrip(tmp_path / "film.png", count=3, seed=7)
    ends = []

    class Ends(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            latents = self.model.latents(3, tf.constant([7, 0]))
            ends.append([self.model.images_at(latents, stage).numpy() for stage in (0, 1)])

    trained(Ends(), film, model=model)
    assert list(film.frames) == [0, 1]
    np.testing.assert_array_equal(film.frames[0], ends[0][0])  # the stage ends with a step
    np.testing.assert_array_equal(film.frames[1], ends[-1][1])
    np.testing.assert_array_equal(film.frames[1], model.generate(3, seed=7))
    blocks = film.frames[0].reshape(3, 4, 2, 4, 2)
    assert np.ptp(blocks, axis=(2, 4)).max() == 0 and film.frames[0].shape == (3, 8, 8, 1)
    assert (tmp_path / "film.png").stat().st_size > 0


def test_after_an_interruption_the_film_has_its_first_frames(tmp_path):
    films = []
    for epochs in (2, 1, 2, 2):  # undisturbed, interrupted, resumed, complete already
        path = tmp_path / ("a" if not films else "b")
        film, growth = callbacks.FilmStrip(path / "film.png", count=2), callbacks.Growth()
        trained(film, growth, callbacks.Resume(path / "state"), epochs=epochs)
        films.append(film.frames)
        assert growth.seconds[0] > 0
    for film in films[2:]:
        assert list(film) == [0, 1]
        for stage, images in film.items():
            np.testing.assert_array_equal(images, films[0][stage])


def test_models_that_do_not_grow_and_bad_numbers_are_refused(tmp_path):
    for watch in (callbacks.Growth(), callbacks.FilmStrip(tmp_path / "film.png")):
        with pytest.raises(ValueError, match="argument `model`.*GAN, which has no"):
            small_models.gan().fit(X, verbose=0, callbacks=[watch])
    for options in ({"count": 0}, {"seed": 1.5}):
        with pytest.raises(ValueError, match=f"argument `{next(iter(options))}`"):
            callbacks.FilmStrip("film.png", **options)
    logger = keras.callbacks.CSVLogger(tmp_path / "log.csv")
    with pytest.raises(ValueError, match="`callbacks`.*Growth before CSVLogger"):
        trained(logger, callbacks.Growth())


def test_the_games_of_all_stages_can_be_watched():
    """What the monitors measure is of the images of the present stage."""
    model = growing()
    monitor = callbacks.CollapseMonitor(X, collapse=0.0, vanishing=0.0)
    gradient = callbacks.GeneratorGradient({"own": losses.Wasserstein()}, count=8)
    slope = callbacks.CriticSlope(X)
    for images in (0, 20, 99):
        model.images_seen.assign(images)
        for callback in (monitor, gradient, slope):
            callback.set_model(model)
            callback.on_train_begin()
        real = model.as_shown(tf.constant(X))
        latents = model.latents(len(X), tf.constant([0, 0]))
        share = [model.alpha()] * (model.stage > 0)
        fake = model.generator(latents, stage=model.stage, alpha=next(iter(share), None))
        assert real.shape == fake.shape == (20, 4 << model.stage, 4 << model.stage, 1)
        spread = [
            np.mean([np.linalg.norm(a - b) for i, a in enumerate(x) for b in x[:i]])
            for x in (np.asarray(fake), np.asarray(real))
        ]
        logs = {}
        monitor.on_epoch_end(0, logs)
        gradient.on_epoch_end(0, logs)
        slope.on_epoch_end(0, logs)
        assert logs["critic_slope"] > 0
        assert logs["diversity"] == pytest.approx(spread[0] / spread[1], rel=1e-4)
        assert logs["gradient_share"] == pytest.approx(1, rel=1e-5)
        assert logs["discriminator_gradient"] > 0 and logs["gradient_own"] > 0


def test_the_gradient_follows_the_growth_within_one_training():
    model, watch = growing(), callbacks.GeneratorGradient({"own": losses.Wasserstein()}, count=8)
    watch.set_model(model)
    watch.on_train_begin()
    found = []
    for images in (0, 99):
        model.images_seen.assign(images)
        logs = {}
        watch.on_epoch_end(0, logs)
        found.append(logs["gradient_own"])
    fresh = callbacks.GeneratorGradient({"own": losses.Wasserstein()}, count=8)
    fresh.set_model(model)
    fresh.on_train_begin()
    logs = {}
    fresh.on_epoch_end(0, logs)
    assert found[0] != found[1] == pytest.approx(logs["gradient_own"], rel=1e-6)
