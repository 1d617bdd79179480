import copy
import csv

import keras
import numpy as np
import pytest
import small_models

from keras_gen import data, metrics, networks
from keras_gen.callbacks import GenerativeMetrics, Resume
from keras_gen.models import VAE

RANGE = (0.0, 1.0)


def images(count=40, seed=0):
    return np.random.default_rng(seed).uniform(size=(count, 8, 8, 1)).astype("float32")


@pytest.fixture
def vae():
    encoder = networks.gaussian_encoder((8, 8, 1), [4], 2)
    model = VAE(encoder, networks.mlp_decoder(2, [4], (8, 8, 1)), seed=2)
    model.compile(keras.optimizers.Adam(1e-2))
    return model


@pytest.fixture(scope="module")
def fid():
    network = networks.lenet((8, 8, 1), 3, filters=(2,), units=(4,), kernel_size=3)
    return metrics.FrechetDistance(metrics.LeNetExtractor(network), RANGE)


def measured(fid, real, fake):
    fresh = metrics.FrechetDistance(fid.extractor, RANGE)
    fresh.update_state(real, fake)
    return float(fresh.result())


def train(model, *callbacks, epochs=2):
    return model.fit(images(), batch_size=20, epochs=epochs, verbose=0, callbacks=list(callbacks))


def test_logs_hold_the_distance_of_fresh_images_after_every_epoch(vae, fid):
    real = images(seed=1)
    history = train(vae, GenerativeMetrics([fid], real, count=30, seed=5)).history
    distances = history["val_fid_lenet"]
    assert len(distances) == 2 and distances[0] != distances[1]
    expected = measured(fid, real, vae.generate(30, seed=5))
    np.testing.assert_allclose(distances[1], expected, rtol=1e-6)


def test_as_many_images_as_real_ones_are_made_by_default(vae, fid):
    real = images(24, seed=1)
    logged = train(vae, GenerativeMetrics([fid], real), epochs=1).history["val_fid_lenet"]
    np.testing.assert_allclose(logged, measured(fid, real, vae.generate(24, seed=0)), rtol=1e-6)


def test_every_metric_is_logged_under_its_name(vae, fid):
    other = metrics.FrechetDistance(fid.extractor, RANGE, name="other")
    history = train(vae, GenerativeMetrics([fid, other], images()), epochs=1).history
    assert history["val_other"] == history["val_fid_lenet"]


def test_the_last_epoch_is_always_measured(vae, fid):
    logged = []

    class Log(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logged.append("val_fid_lenet" in logs)

    train(vae, GenerativeMetrics([fid], images(), every=2), Log(), epochs=3)
    assert logged == [False, True, True]


def test_a_checkpoint_can_keep_the_smallest_distance(vae, fid, tmp_path):
    path = tmp_path / "best.weights.h5"
    checkpoint = keras.callbacks.ModelCheckpoint(
        path, monitor="val_fid_lenet", mode="min", save_best_only=True, save_weights_only=True
    )
    real = images(seed=1)
    history = train(vae, GenerativeMetrics([fid], real), checkpoint, epochs=3).history
    assert checkpoint.best == pytest.approx(min(history["val_fid_lenet"]), rel=1e-6)
    vae.load_weights(path)
    assert measured(fid, real, vae.generate(40, seed=0)) == pytest.approx(checkpoint.best, rel=1e-5)


def test_measuring_changes_neither_the_training_nor_the_saved_model(vae, fid, tmp_path):
    twin = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(vae))
    twin.set_weights(vae.get_weights())
    twin.compile(keras.optimizers.Adam(1e-2))
    train(vae, GenerativeMetrics([fid], images()))
    train(twin)
    for value, expected in zip(vae.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(value, expected)
    assert len(vae.variables) == len(twin.variables)


def test_a_conditional_model_generates_the_labels(fid):
    model, labels = small_models.conditional_gan(), np.arange(40) % 3
    fid = metrics.FrechetDistance(fid.extractor, (-1.0, 1.0))
    real = small_models.images(40)
    watch = GenerativeMetrics([fid], real, seed=5, labels=labels)
    history = model.fit(real, labels, batch_size=20, verbose=0, callbacks=[watch]).history
    fid.reset_state()
    fid.update_state(real, model.generate(40, seed=5, labels=labels))
    np.testing.assert_allclose(history["val_fid_lenet"], [float(fid.result())], rtol=1e-6)


class Planned:
    """A metric whose values are planned, and which is asked only when it is to be measured."""

    name = "plan"

    def __init__(self, *values):
        self.values = list(values)

    def update_state(self, real, fake):
        pass

    reset_state = reset_fake = lambda self: None

    def result(self):
        return self.values.pop(0)


def test_a_checkpoint_of_the_best_ignores_epochs_without_an_evaluation(vae, tmp_path):
    saved = []
    path, rule = tmp_path / "best.keras", {"monitor": "val_plan", "mode": "min"}
    checkpoint = keras.callbacks.ModelCheckpoint(path, save_best_only=True, **rule)
    by_name = keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}-{val_plan:.0f}.keras", **rule)
    note = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: saved.append(path.exists() and path.stat().st_mtime_ns)
    )
    watch = [GenerativeMetrics([Planned(3.0, 5.0, 2.0)], images(), every=3), checkpoint, by_name]
    train(vae, *watch, note, epochs=9)
    assert saved[:2] == [False, False] and len(set(saved[2:8])) == 1 and saved[8] != saved[7]
    assert checkpoint.best == 2.0
    assert {each.name for each in tmp_path.glob("*-*")} == {"3-3.keras", "6-5.keras", "9-2.keras"}


def test_patience_counts_evaluations(vae, recwarn):
    rule = {"monitor": "val_plan", "mode": "min"}
    stop = keras.callbacks.EarlyStopping(patience=2, **rule)
    plateau = keras.callbacks.ReduceLROnPlateau(patience=1, factor=0.5, **rule)
    metric = Planned(3.0, 4.0, 5.0, 1.0)
    history = train(vae, GenerativeMetrics([metric], images(), every=4), stop, plateau, epochs=20)
    assert history.epoch[-1] == 11 and history.history["val_plan"] == [3.0, 4.0, 5.0]
    rates = np.array(history.history["learning_rate"])
    np.testing.assert_allclose(rates[[0, 7, 8, 11]], [1e-2, 1e-2, 5e-3, 5e-3], rtol=1e-6)
    assert not [each for each in recwarn if "not available" in str(each.message)]


def test_a_table_has_the_column_from_its_first_row(vae, tmp_path):
    table = keras.callbacks.CSVLogger(tmp_path / "log.csv")
    watch = [GenerativeMetrics([Planned(3.0, 5.0)], images(), every=2), table]
    train(vae, *watch, epochs=4)
    with open(tmp_path / "log.csv") as file:
        rows = [row["val_plan"] for row in csv.DictReader(file)]
    assert rows == ["NA", "3.0", "NA", "5.0"]


def test_waiting_callbacks_resume(tmp_path):
    class ByEpoch(Planned):
        def result(self):
            return {2: 3.0, 5: 4.0, 8: 5.0}.get(self.epoch, 6.0)

    def run(folder, kill=None):
        class Epoch(keras.callbacks.Callback):
            def on_epoch_begin(self, epoch, logs=None):
                metric.epoch = epoch
                if epoch == kill:
                    raise KeyboardInterrupt

        folder.mkdir(exist_ok=True)
        keras.utils.set_random_seed(1)
        metric, model = ByEpoch(), small_models.vae()
        rule = {"monitor": "val_plan", "mode": "min"}
        watch = [
            Epoch(),
            Resume(folder / "x.state"),
            GenerativeMetrics([metric], small_models.data_of("vae")[0], every=3),
            keras.callbacks.ModelCheckpoint(folder / "best.keras", save_best_only=True, **rule),
            keras.callbacks.EarlyStopping(patience=2, **rule),
            keras.callbacks.CSVLogger(folder / "log.csv"),
        ]
        batches = data.batches(small_models.data_of("vae")[0], 8, seed=1)
        try:
            return model.fit(batches, epochs=20, callbacks=watch, verbose=0)
        except KeyboardInterrupt:
            return None

    expected = run(tmp_path / "whole")
    for kill in (4, 7):
        run(tmp_path / "parts", kill)
    history = run(tmp_path / "parts")
    assert history.epoch == expected.epoch == list(range(9))
    assert history.history == expected.history
    tables = [(tmp_path / name / "log.csv").read_bytes() for name in ("whole", "parts")]
    assert tables[0] == tables[1]


@pytest.mark.parametrize("reader", ["stop", "table", "name"])
def test_a_callback_that_reads_the_logs_too_early_is_refused(vae, reader, tmp_path):
    early = {
        "stop": lambda: keras.callbacks.EarlyStopping("val_plan", mode="min"),
        "table": lambda: keras.callbacks.CSVLogger(tmp_path / "log.csv"),
        "name": lambda: keras.callbacks.ModelCheckpoint(tmp_path / "{val_plan}.keras"),
    }[reader]()
    with pytest.raises(ValueError, match="`callbacks`. Expected GenerativeMetrics before"):
        train(vae, early, GenerativeMetrics([Planned()], images()))


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"count": 0}, "`count`"),
        ({"count": 2.5}, "`count`"),
        ({"every": 0}, "`every`"),
        ({"every": "2"}, "`every`"),
        ({"seed": 1.5}, "`seed`"),
        ({"labels": [1, 2]}, "`labels`.*40 integer labels"),
        ({"labels": np.zeros(40)}, "`labels`.*float64"),
        ({"metrics": []}, "`metrics`"),
        ({"metrics": Planned()}, "`metrics`"),
        ({"metrics": ["fid"]}, "`metrics`"),
        ({"metrics": [Planned(), Planned()]}, "`metrics`.*different names"),
        ({"real": images(0)}, "`real`"),
        ({"real": None}, "`real`"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        GenerativeMetrics(**{"metrics": [Planned()], "real": images(), **arguments})


def test_what_does_not_fit_the_model_is_found_before_the_first_step(vae, fid):
    wide = np.zeros((9, 10, 8, 1), "float32")
    conditional, before = small_models.conditional_gan(), vae.get_weights()
    for watch in (
        GenerativeMetrics([fid], images(), labels=np.arange(40) % 3),
        GenerativeMetrics([fid], 9.0 + images()),
    ):
        with pytest.raises(ValueError, match="argument"):
            train(vae, watch)
    for value, expected in zip(vae.get_weights(), before):
        np.testing.assert_array_equal(value, expected)
    with pytest.raises(ValueError, match="`labels`"):
        labels = small_models.labels(22)
        watch = GenerativeMetrics([fid], wide, labels=labels[:9] + 3)
        conditional.fit(small_models.images(22), labels, callbacks=[watch], verbose=0)


def test_copies_measure_the_same(vae, fid):
    watch = GenerativeMetrics([fid], images(seed=1))
    first, copied = train(vae, watch, epochs=1), copy.deepcopy(watch)
    assert copied is not watch and copied.count == 40
    twin = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(vae))
    twin.compile(keras.optimizers.Adam(1e-2))
    assert "val_fid_lenet" in train(twin, copied, epochs=1).history
    assert first.history["val_fid_lenet"]


def test_a_metric_of_another_range_than_the_models_is_refused_before_training():
    metric = metrics.SlicedWasserstein((0, 1))
    real = (small_models.images(8) + 1) / 2
    model = small_models.gan()
    watch = [GenerativeMetrics([metric], real)]
    with pytest.raises(ValueError, match=r"argument `metrics`.*\(-1.0, 1.0\).*\(0.0, 1.0\)"):
        model.fit(small_models.images(), callbacks=watch, verbose=0)
    assert int(model.generator_optimizer.iterations) == 0
