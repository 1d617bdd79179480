import keras
import numpy as np
import pytest
from PIL import Image

from keras_gen import plotting
from keras_gen.callbacks import SampleGrid
from keras_gen.models import GAN


def gan(num_classes=None):
    latents = keras.Input((3,))
    images = keras.Input((4, 4, 1))
    labels = keras.Input((), dtype="int32")
    h, score = latents, keras.layers.Flatten()(images)
    if num_classes:
        h = keras.layers.Concatenate()([h, keras.layers.Embedding(num_classes, 3)(labels)])
    h = keras.layers.Dense(16, activation="sigmoid")(h)
    fake = keras.layers.Reshape((4, 4, 1))(h)
    score = keras.layers.Dense(1)(score)
    condition = [labels] if num_classes else []
    model = GAN(
        keras.Model([latents, *condition], fake),
        keras.Model([images, *condition], score),
        (0.0, 1.0),
        num_classes,
    )
    model.compile("adam", "adam")
    return model


def pixels(path):
    return np.asarray(Image.open(path).convert("L"))


def expected(model, folder, **arguments):
    path = folder / "expected.png"
    plotting.image_grid(model.generate(**arguments), path, value_range=(0.0, 1.0))
    return pixels(path)


def train(model, *callbacks, epochs, labels=None):
    images = np.random.default_rng(0).uniform(size=(8, 4, 4, 1)).astype("float32")
    model.fit(images, labels, batch_size=4, epochs=epochs, verbose=0, callbacks=list(callbacks))


def test_one_picture_per_epoch_the_last_of_the_trained_generator(tmp_path):
    model = gan()
    train(model, SampleGrid(tmp_path / "samples", count=6, seed=4), epochs=2)
    folder = tmp_path / "samples"
    assert sorted(each.name for each in folder.iterdir()) == ["epoch_0001.png", "epoch_0002.png"]
    drawn = pixels(folder / "epoch_0002.png")
    np.testing.assert_array_equal(drawn, expected(model, tmp_path, count=6, seed=4))
    assert (drawn != expected(model, tmp_path, count=6, seed=5)).any()


def test_pictures_show_the_same_latents(tmp_path):
    model = gan()
    model.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0))
    train(model, SampleGrid(tmp_path, count=4), epochs=2)
    first, second = (pixels(tmp_path / f"epoch_000{epoch}.png") for epoch in (1, 2))
    np.testing.assert_array_equal(first, second)


def test_the_last_epoch_always_gets_a_picture(tmp_path):
    train(gan(), SampleGrid(tmp_path, count=1, every=2), epochs=3)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["epoch_0002.png", "epoch_0003.png"]


def test_a_conditional_model_draws_the_labels(tmp_path):
    model, labels = gan(num_classes=3), np.array([2, 0, 1, 2])
    train(model, SampleGrid(tmp_path, 4, labels=labels), epochs=1, labels=np.arange(8) % 3)
    drawn = pixels(tmp_path / "epoch_0001.png")
    np.testing.assert_array_equal(drawn, expected(model, tmp_path, seed=0, labels=labels))


@pytest.mark.parametrize("arguments", [{"count": 0}, {"count": 2.5}, {"every": 0}])
def test_numbers_that_are_not_positive_are_refused_before_training(tmp_path, arguments):
    with pytest.raises(ValueError, match=f"`{next(iter(arguments))}`.*positive integer"):
        SampleGrid(tmp_path, **arguments)
