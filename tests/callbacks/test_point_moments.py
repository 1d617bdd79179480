import keras
import numpy as np
import pytest

from keras_gen import data, models
from keras_gen.callbacks import PointMoments, Resume

POINTS = data.toy.ring(40)


@pytest.fixture
def make():
    def build():
        keras.utils.set_random_seed(1)
        generator = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        discriminator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        model = models.GAN(generator, discriminator, value_range=None, seed=1)
        model.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
        return model

    return build


def kept(path):
    with np.load(path) as archive:
        return {int(name): archive[name] for name in archive.files}


def train(model, epochs, *callbacks):
    batches = data.batches(POINTS, 20, seed=1)
    resume = [Resume(path, batches) for path in callbacks[1:]]
    model.fit(batches, epochs=epochs, verbose=0, callbacks=[callbacks[0], *resume])


def test_moments_are_spread_evenly_and_the_last_epoch_is_one(make, tmp_path):
    model, path = make(), tmp_path / "points.png"
    train(model, 7, PointMoments(path, POINTS, moments=3, seed=4))
    clouds = kept(tmp_path / "points.npz")
    assert sorted(clouds) == [3, 5, 7]
    np.testing.assert_array_equal(clouds[7], model.generate(len(POINTS), seed=4))
    assert np.abs(clouds[3] - clouds[7]).max() > 0
    assert path.stat().st_size > 0


def test_fewer_epochs_than_moments_are_shown_once_each(make, tmp_path):
    train(make(), 2, PointMoments(tmp_path / "points.png", POINTS, moments=5))
    assert sorted(kept(tmp_path / "points.npz")) == [1, 2]


def test_an_interrupted_training_goes_on_with_its_picture(make, tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train(make(), 4, PointMoments(whole / "p.png", POINTS, 2), whole / "a.state")

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    class Both(PointMoments):
        def on_epoch_end(self, epoch, logs=None):
            super().on_epoch_end(epoch, logs)
            Stop.on_epoch_end(self, epoch, logs)

    with pytest.raises(KeyboardInterrupt):
        train(make(), 4, Both(parts / "p.png", POINTS, 2), parts / "a.state")
    train(make(), 4, PointMoments(parts / "p.png", POINTS, 2), parts / "a.state")
    first, second = kept(whole / "p.npz"), kept(parts / "p.npz")
    assert sorted(first) == sorted(second) == [2, 4]
    for epoch, points in first.items():
        np.testing.assert_array_equal(second[epoch], points)
    assert (whole / "p.png").read_bytes() == (parts / "p.png").read_bytes()


def test_a_new_training_forgets_the_later_moments_of_an_old_one(make, tmp_path):
    for epochs in (6, 2):
        train(make(), epochs, PointMoments(tmp_path / "points.png", POINTS, moments=2))
    assert sorted(kept(tmp_path / "points.npz")) == [1, 2]


def test_numbers_of_moments_that_are_not_positive_are_refused(tmp_path):
    with pytest.raises(ValueError, match="`moments`.*positive integer"):
        PointMoments(tmp_path / "points.png", POINTS, moments=0)
