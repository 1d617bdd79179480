"""What the other callbacks remember is part of the state: a resumed training decides as a whole."""

import warnings

import checks
import keras
import numpy as np
import pytest
import tensorflow as tf
import training_process

from keras_gen import callbacks, data, models, networks
from keras_gen.callbacks import OfPlayer, Resume

C = keras.callbacks
RULE = {"monitor": "quality", "mode": "min"}
QUALITY = {0: 3.0, 1: 2.0, 2: 1.0, 6: 0.5}


class Quality(C.Callback):
    def on_epoch_end(self, epoch, logs=None):
        logs["quality"] = QUALITY.get(epoch, 5.0 + epoch)


class Killed(Exception):
    pass


class KillAt(C.Callback):
    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise Killed


def points(count=20):
    return np.random.default_rng(0).normal(size=(count, 4)).astype("float32")


def batches():
    return data.batches(points(), 8, seed=3)


def autoencoder():
    keras.utils.set_random_seed(1)
    model = models.Autoencoder(networks.mlp_encoder(4, [], 2), networks.mlp_decoder(2, [], 4))
    model.compile(keras.optimizers.Adam(1e-2), "mse")
    return model


def gan():
    keras.utils.set_random_seed(1)
    model = models.GAN(networks.mlp(2, [4], 4), networks.mlp(4, [4], 1), value_range=None, seed=2)
    model.compile(keras.optimizers.Adam(1e-2), keras.optimizers.Adam(1e-2))
    return model


def plain():
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4)])
    model.compile(keras.optimizers.Adam(1e-2), "mse")
    return model


def variables(model):
    return [np.asarray(v) for v in callbacks.resume.training_state(model).values()]


def assert_equal(model, other):
    for value, expected in zip(variables(model), variables(other), strict=True):
        np.testing.assert_array_equal(value, expected)


def fit(build, watch, epochs=12, kill=None, x=None, **kwargs):
    """A new model trained with new callbacks; `kill` is the epoch at whose beginning it dies."""
    model = build()
    watch = [*watch, *([] if kill is None else [KillAt(kill)])]
    x = batches() if x is None else x
    try:
        history = model.fit(x, epochs=epochs, verbose=0, callbacks=watch, **kwargs)
    except Killed:
        return model, None
    return model, history


def of_keras(folder, *names):
    """Keras's callbacks, and those of the library, by name."""
    everything = {
        "stop": lambda: C.EarlyStopping(patience=5, restore_best_weights=True, **RULE),
        "plateau": lambda: C.ReduceLROnPlateau(patience=2, cooldown=1, **RULE),
        "best": lambda: C.ModelCheckpoint(folder / "best.keras", save_best_only=True, **RULE),
        "batches": lambda: C.ModelCheckpoint(folder / "last.keras", save_freq=5),
        "schedule": lambda: C.LearningRateScheduler(lambda epoch, rate: rate * (1 - epoch / 99)),
        "csv": lambda: C.CSVLogger(folder / "log.csv"),
        "board": lambda: C.TensorBoard(folder / "board", write_graph=False),
        "nan": C.TerminateOnNaN,
    }
    return [everything[name]() for name in names]


@pytest.mark.parametrize("kill, place", [(1, 0), (4, 7), (7, 2), (11, 5)])
def test_a_resumed_training_decides_as_the_uninterrupted_one(kill, place, tmp_path):
    results = []
    for folder, kills in (("whole", []), ("parts", [kill])):
        folder = tmp_path / folder
        folder.mkdir()
        for each in [*kills, None]:
            watch = of_keras(folder, "stop", "plateau", "best", "batches", "schedule", "csv", "nan")
            watch.insert(place, Resume(folder / "x.state"))
            results.append(fit(autoencoder, [Quality(), *watch], kill=each))
    (whole, expected), _, (resumed, history) = results
    assert history.history == expected.history and history.epoch == expected.epoch
    assert len(expected.epoch) == 12
    assert_equal(resumed, whole)
    rows = [(tmp_path / name / "log.csv").read_bytes() for name in ("whole", "parts")]
    assert rows[0] == rows[1]
    for file in ("best.keras", "last.keras"):
        kept = [keras.saving.load_model(tmp_path / name / file) for name in ("whole", "parts")]
        assert_equal(*kept)


@pytest.mark.parametrize("build", [autoencoder, gan, plain])
def test_a_training_that_a_callback_stopped_is_saved_and_over(build, tmp_path):
    class Stop(C.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 3

    def run():
        options = {"x": points(), "y": points(), "shuffle": False} if build is plain else {}
        return fit(build, [Stop(), Resume(tmp_path / "x.state", every=10)], **options)

    first, expected = run()
    again, history = run()
    assert expected.epoch == history.epoch == [0, 1, 2, 3]
    assert history.history == expected.history
    assert_equal(first, again)


def test_the_best_weights_come_back_when_a_stopped_training_is_run_again(tmp_path):
    def run():
        stop = C.EarlyStopping(patience=2, restore_best_weights=True, **RULE)
        return fit(autoencoder, [Quality(), stop, Resume(tmp_path / "x.state")])[0]

    assert_equal(run(), run())


def test_the_epoch_is_part_of_the_state(tmp_path):
    def run(path, initial, epochs, kill=None):
        return fit(gan, [Resume(path)], epochs, kill, initial_epoch=initial)

    whole, expected = run(tmp_path / "whole.state", 10, 14)
    run(tmp_path / "parts.state", 10, 14, kill=12)
    resumed, history = run(tmp_path / "parts.state", 10, 14)
    assert history.epoch == expected.epoch == [10, 11, 12, 13]
    assert_equal(resumed, whole)
    assert run(tmp_path / "parts.state", 0, 14)[1].epoch == [10, 11, 12, 13]
    assert run(tmp_path / "parts.state", 14, 15)[1].epoch == [10, 11, 12, 13, 14]
    with pytest.raises(ValueError, match=r"`initial_epoch`.*one of \[0, 10, 15\].*=12"):
        run(tmp_path / "parts.state", 12, 16)


def test_rows_that_were_there_before_stay(tmp_path):
    def run(folder, kill=None):
        watch = [C.CSVLogger(folder / "log.csv", append=True), Resume(folder / "x.state")]
        return fit(autoencoder, watch, 4, kill)

    for folder in (tmp_path / "whole", tmp_path / "parts"):
        folder.mkdir()
        (folder / "log.csv").write_text("epoch,loss\n0,1.5\n")
    run(tmp_path / "whole")
    for kill in (0, 1, 3):
        run(tmp_path / "parts", kill)
    run(tmp_path / "parts")
    assert (tmp_path / "whole/log.csv").read_text() == (tmp_path / "parts/log.csv").read_text()
    assert (tmp_path / "whole/log.csv").read_text().startswith("epoch,loss\n0,1.5\n")


def test_a_row_of_an_epoch_that_was_not_saved_is_not_there_twice(tmp_path):
    def run(kill=None):
        watch = [C.CSVLogger(tmp_path / "log.csv"), Resume(tmp_path / "x.state", every=3)]
        return fit(autoencoder, watch, 6, kill)

    run(kill=5)
    run()
    rows = (tmp_path / "log.csv").read_text().splitlines()[1:]
    assert [row.split(",")[0] for row in rows] == list("012345")


def test_a_changed_table_is_refused_and_left(tmp_path):
    def run(kill=None):
        watch = [C.CSVLogger(tmp_path / "log.csv"), Resume(tmp_path / "x.state")]
        return fit(autoencoder, watch, 4, kill)

    run(kill=2)
    (tmp_path / "log.csv").write_text("something else")
    with pytest.raises(ValueError, match=r"`callbacks`.*log\.csv, which was changed"):
        run()
    assert (tmp_path / "log.csv").read_text() == "something else"
    (tmp_path / "log.csv").unlink()
    run()
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 5


class Counter(C.Callback):
    def __init__(self):
        super().__init__()
        self.count = 0

    def on_epoch_end(self, epoch, logs=None):
        self.count += 1
        logs["count"] = float(self.count)


class Remembering(Counter):
    def get_state(self):
        return {"count": self.count, "more": (None, [np.float32(2.5), np.arange(3)], {1: True})}

    def set_state(self, state):
        assert isinstance(state["more"], tuple) and state["more"][2] == {1: True}
        np.testing.assert_array_equal(state["more"][1][1], np.arange(3))
        assert type(state["more"][1][0]) is np.float32
        self.count = state["count"]


class Unwritable(Counter):
    def get_state(self):
        return {"count": object()}

    def set_state(self, state):
        pass


class Patient(C.EarlyStopping):
    pass


class Reader(C.Callback):
    def __init__(self):
        super().__init__()
        self.images, self.names, self.rule = points(), ["a"], lambda value: value


def test_a_callback_with_get_state_and_set_state_resumes(tmp_path):
    fit(autoencoder, [Remembering(), Resume(tmp_path / "x.state")], 5, kill=3)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        _, history = fit(autoencoder, [Resume(tmp_path / "x.state"), Remembering()], 5)
    assert history.history["count"] == [1, 2, 3, 4, 5]


def test_a_state_that_cannot_be_written_is_found_before_training(tmp_path):
    model = autoencoder()
    before = variables(model)
    with pytest.raises(ValueError, match=r"`get_state\(\)`.*Unwritable: a object"):
        model.fit(batches(), callbacks=[Unwritable(), Resume(tmp_path / "x")], verbose=0)
    for value, expected in zip(variables(model), before):
        np.testing.assert_array_equal(value, expected)


def test_callbacks_whose_state_nobody_knows_are_named_in_one_warning(tmp_path):
    class Chances(C.Callback):
        def __init__(self):
            super().__init__()
            self.chance, self.seen = np.random.default_rng(0), []

        def on_epoch_end(self, epoch, logs=None):
            self.chance.normal()
            self.seen.append(epoch)

    watch = [Counter(), Reader(), Quality(), Patient(patience=9, **RULE), Chances()]
    with pytest.warns(UserWarning) as caught:
        fit(autoencoder, [*watch, Resume(tmp_path / "x.state")], 3)
    texts = [str(each.message) for each in caught if "does not know" in str(each.message)]
    assert len(texts) == 1
    assert "Counter (count); Chances (chance, seen)," in texts[0]
    assert "Reader" not in texts[0] and "Patient" not in texts[0]


def test_other_callbacks_than_before_are_named_in_one_warning(tmp_path):
    fit(autoencoder, [Quality(), Resume(tmp_path / "x.state")], 2)
    stop = C.EarlyStopping(patience=5, **RULE)
    with pytest.warns(UserWarning, match="EarlyStopping.quality. cannot resume"):
        fit(autoencoder, [Quality(), stop, Resume(tmp_path / "x.state")], 3)


def test_what_makes_the_result_inexact_is_refused_before_training(tmp_path):
    x = points()
    plain_dataset = tf.data.Dataset.from_tensor_slices(x)
    cases = [
        ({"x": x, "steps_per_epoch": 2, "batch_size": 4}, "`steps_per_epoch`"),
        ({"x": ((x[i : i + 4],) for i in range(0, 20, 4))}, "`x`.*generator"),
        ({"x": plain_dataset.shuffle(9).batch(4)}, "`x`.*shuffle"),
        ({"x": batches().unbatch().shuffle(9).batch(4)}, "`x`.*shuffle"),
        ({"x": x, "watch": C.BackupAndRestore(tmp_path / "b")}, "`callbacks`.*BackupAndRestore"),
        ({"x": x, "watch": Resume(tmp_path / "y")}, "`callbacks`.*a single Resume"),
        (
            {"x": x, "validation_data": plain_dataset.shuffle(9).batch(4)},
            "`validation_data`.*shuffle",
        ),
    ]
    for arguments, message in cases:
        model = gan()
        before = variables(model)
        watch = [Resume(tmp_path / "x"), arguments.pop("watch", C.TerminateOnNaN())]
        with pytest.raises(ValueError, match=message):
            model.fit(**arguments, epochs=2, callbacks=watch, verbose=0)
        for value, expected in zip(variables(model), before):
            np.testing.assert_array_equal(value, expected)
    assert list(tmp_path.iterdir()) == []


class Slices(keras.utils.PyDataset):
    def __len__(self):
        return 5

    def __getitem__(self, index):
        return points()[4 * index : 4 * index + 4] + np.random.normal(size=(4, 4))


@pytest.mark.parametrize(
    "kind", ["found", "mapped", "arrays", "fixed", "pass", "pydataset", "split"]
)
def test_every_other_order_is_exact(kind, tmp_path):
    def arguments():
        keras.utils.set_random_seed(1)
        x, steps = points(), tf.data.Dataset.from_tensor_slices(points())
        return {
            "found": {"x": batches()},
            "mapped": {"x": batches().map(lambda each: 2.0 * each).prefetch(1)},
            "arrays": {"x": x, "batch_size": 4, "shuffle": True},
            "fixed": {"x": steps.shuffle(20, 1, reshuffle_each_iteration=False).batch(4)},
            "pass": {"x": x, "batch_size": 4, "steps_per_epoch": 5},
            "pydataset": {"x": Slices()},
            "split": {"x": x, "validation_split": 0.25, "validation_freq": 2, "batch_size": 4},
        }[kind]

    whole, expected = fit(gan, [], 5, **arguments())
    fit(gan, [Resume(tmp_path / "x.state")], 5, kill=3, **arguments())
    resumed, history = fit(gan, [Resume(tmp_path / "x.state")], 5, **arguments())
    assert history.history == expected.history
    assert_equal(resumed, whole)


@pytest.mark.parametrize("build", [gan, autoencoder, plain])
def test_nan_ends_a_training_and_the_last_good_state_stays(build, tmp_path):
    class Poison(C.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                weight = self.model.trainable_variables[0]
                weight.assign(np.nan * weight)

    path = tmp_path / "x.state"
    options = {"x": points(), "y": points(), "shuffle": False} if build is plain else {}
    good, _ = fit(build, [Resume(path)], 2, **options)
    kept = path.read_bytes()
    with pytest.warns(UserWarning, match=r"(?s)NaN.*keeps the last good state"):
        _, history = fit(build, [Poison(), Resume(path)], 9, **options)
    assert history.epoch == [0, 1, 2]
    assert path.read_bytes() == kept
    again, _ = fit(build, [Resume(path)], 2, **options)
    assert_equal(again, good)


def test_learning_rates_of_two_players_resume(tmp_path):
    def watch():
        plateau = C.ReduceLROnPlateau(patience=2, factor=0.5, **RULE)
        halve = C.LearningRateScheduler(lambda epoch, rate: rate * 0.9)
        return [Quality(), OfPlayer(plateau, "generator"), OfPlayer(halve, "discriminator")]

    whole, expected = fit(gan, watch(), 8)
    fit(gan, [*watch(), Resume(tmp_path / "x.state")], 8, kill=5)
    resumed, history = fit(gan, [Resume(tmp_path / "x.state"), *watch()], 8)
    assert history.history == expected.history
    assert_equal(resumed, whole)
    rates = history.history["generator_learning_rate"]
    assert rates[0] == pytest.approx(1e-2) and rates[-1] < 5e-3
    expected = 1e-2 * 0.9 ** np.arange(1, 9)
    np.testing.assert_allclose(history.history["discriminator_learning_rate"], expected, rtol=1e-5)


def test_killed_five_times_a_watched_training_ends_as_an_undisturbed_one(tmp_path):
    checks.check_resume_after_kills(
        "vae", tmp_path, epochs=24, function=training_process.train_with_callbacks
    )
    files = [tmp_path / f"{run}.state" for run in ("undisturbed", "killed")]
    whole, killed = (file.with_name(f"{file.name}.csv").read_bytes() for file in files)
    assert whole == killed
    assert len(whole.splitlines()) == 1 + 15  # six epochs after the best one, the ninth
    models = [keras.saving.load_model(f"{file}.best.keras") for file in files]
    assert_equal(*models)
