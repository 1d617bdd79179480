import keras
import numpy as np
import pytest
import small_models

from keras_gen import metrics, networks
from keras_gen.callbacks import GenerativeMetrics
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
