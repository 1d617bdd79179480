"""Callbacks say before the first step what they cannot do, and can be copied."""

import copy

import keras
import numpy as np
import pytest
import small_models

from keras_gen import callbacks, data, losses, metrics, models, networks

C = keras.callbacks


def gan(shape=(8, 8, 1), value_range=(-1.0, 1.0)):
    generator = networks.mlp(2, [4], shape, output_activation="tanh")
    model = models.GAN(generator, networks.mlp(shape, [4], 1), value_range)
    model.compile("adam", "adam")
    return model


def refused(model, x, watch, message, y=None):
    """The mistake is found before anything has moved."""
    before = model.get_weights()
    with pytest.raises(ValueError, match=message):
        model.fit(x, y, epochs=3, verbose=0, callbacks=[watch])
    for value, expected in zip(model.get_weights(), before):
        np.testing.assert_array_equal(value, expected)


def zeros(*shape):
    return np.zeros((20, *shape), "float32")


@pytest.mark.parametrize(
    "shape, value_range, message",
    [
        ((5,), (-1, 1), "shape"),
        ((8, 8, 4), (-1, 1), "shape"),
        ((8, 8, 1), None, "`model`.*declared `value_range`"),
    ],
)
def test_a_picture_that_cannot_be_drawn(shape, value_range, message, tmp_path):
    refused(gan(shape, value_range), zeros(*shape), callbacks.SampleGrid(tmp_path), message)


def test_a_folder_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    refused(gan(), zeros(8, 8, 1), callbacks.SampleGrid(tmp_path / "file"), "`folder`")
    refused(gan(), zeros(8, 8, 1), callbacks.SampleGrid(tmp_path / "file/more"), "`folder`")


def test_labels_that_do_not_fit(tmp_path):
    x, y = small_models.images(), small_models.labels()
    grid = callbacks.SampleGrid
    refused(gan(), zeros(8, 8, 1), grid(tmp_path, 3, labels=[0, 1, 2]), "`labels`")
    refused(small_models.conditional_gan(), x, grid(tmp_path), "`labels`", y)
    refused(small_models.conditional_gan(), x, grid(tmp_path, 2, labels=[1, 9]), "`labels`", y)
    small_models.conditional_gan().fit(x, y, verbose=0, callbacks=[grid(tmp_path, 2, labels=1)])
    with pytest.raises(ValueError, match="`labels`.*3 integer labels"):
        grid(tmp_path, 3, labels=[1, 2])
    with pytest.raises(ValueError, match="`seed`"):
        grid(tmp_path, 3, seed="a")


def test_a_model_that_does_not_generate(tmp_path):
    model, x = small_models.autoencoder(), small_models.data_of("autoencoder")[0]
    points = np.random.default_rng(0).normal(size=(5, 2))
    for watch in (
        callbacks.SampleGrid(tmp_path),
        callbacks.CollapseMonitor(points),
        callbacks.GeneratorGradient({"minimax": losses.NonSaturating()}),
        callbacks.CriticSlope(points),
        callbacks.FreeEnergyGap(points, points),
        callbacks.PointMoments(tmp_path / "a.png", points),
    ):
        refused(model, x, watch, "`model`")


def test_examples_of_another_shape(tmp_path):
    points = np.random.default_rng(0).normal(size=(5, 2)).astype("float32")
    refused(gan(), zeros(8, 8, 1), callbacks.CollapseMonitor(points), "`real`")
    watch = callbacks.PointMoments(tmp_path / "a.png", points)
    refused(gan(), zeros(8, 8, 1), watch, "`model`.*points in the plane")
    rbm, x = small_models.rbm(), small_models.data_of("rbm")[0]
    refused(rbm, x, callbacks.FreeEnergyGap(x, points), "`held_out`")


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: callbacks.CollapseMonitor(zeros(4)), "`real`"),
        (lambda: callbacks.CollapseMonitor("images"), "`real`"),
        (lambda: callbacks.CollapseMonitor(np.eye(3), saturation="high"), "`saturation`"),
        (lambda: callbacks.CollapseMonitor(np.eye(3), patience=0), "`patience`"),
        (lambda: callbacks.CollapseMonitor(np.eye(3), labels=[1]), "`labels`"),
        (lambda: callbacks.GeneratorGradient([losses.NonSaturating()]), "`losses`"),
        (lambda: callbacks.GeneratorGradient({}, count=0), "`count`"),
        (lambda: callbacks.CriticSlope("images"), "`real`"),
        (lambda: callbacks.FreeEnergyGap(None, zeros(4)), "`training`"),
        (lambda: callbacks.PointMoments("a.png", zeros(3)), "`real`"),
        (lambda: callbacks.PointMoments("a.png", zeros(2), moments=0), "`moments`"),
    ],
)
def test_bad_arguments_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("trained", [False, True])
def test_every_callback_can_be_copied(trained, tmp_path):
    x = np.random.default_rng(0).uniform(-1, 1, (20, 8, 8, 1)).astype("float32")
    network = networks.lenet((8, 8, 1), 3, filters=(2,), units=(4,), kernel_size=3)
    fid = metrics.FrechetDistance(metrics.LeNetExtractor(network), (-1.0, 1.0))
    run = data.batches(x, 10)

    watch = [
        callbacks.GenerativeMetrics([fid], x),
        callbacks.CollapseMonitor(x, log_dir=tmp_path / "logs"),
        callbacks.GeneratorGradient({"minimax": losses.NonSaturating()}),
        callbacks.CriticSlope(x),
        callbacks.SampleGrid(tmp_path),
        callbacks.Resume(tmp_path / "x.state", run),
        callbacks.OfPlayer(C.LearningRateScheduler(lambda epoch, rate: rate), "generator"),
    ]
    if trained:
        gan().fit(run, verbose=0, callbacks=watch)
        (tmp_path / "x.state").unlink()
    copies = copy.deepcopy(watch)
    assert all(one is not other for one, other in zip(watch, copies))
    history = gan().fit(run, verbose=0, callbacks=copies).history
    assert {"val_fid_lenet", "diversity", "gradient_minimax"} <= set(history)


def test_a_trouble_lasts_through_an_interruption(tmp_path):
    x = np.random.default_rng(0).uniform(-1, 1, (20, 8, 8, 1)).astype("float32")

    def run(epochs):
        keras.utils.set_random_seed(1)
        watch = callbacks.CollapseMonitor(x, collapse=1e9, patience=3)
        resume = callbacks.Resume(tmp_path / "x.state")
        gan().fit(data.batches(x, 10, 1), epochs=epochs, verbose=0, callbacks=[watch, resume])

    run(2)
    with pytest.warns(UserWarning, match="Mode collapse: for 3"):
        run(3)
