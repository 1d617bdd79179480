"""A state belongs to a run: another model, other numbers or other data are refused by name."""

import keras
import numpy as np
import pytest
import small_models

from keras_gen import callbacks, data, losses, models
from keras_gen.callbacks import exactness


def train(path, epochs=1, rate=1e-3, smoothing=0.0, images=None, seed=3, batch_size=10, **resume):
    images = small_models.images(20) if images is None else images
    gan = small_models.gan()
    gan.compile(
        keras.optimizers.Adam(rate), keras.optimizers.Adam(1e-3), losses.NonSaturating(smoothing)
    )
    batches = data.batches(images, batch_size, seed=seed)
    watch = callbacks.Resume(path, batches, **resume)
    return gan, gan.fit(batches, epochs=epochs, verbose=0, callbacks=[watch])


def changed_images():
    images = small_models.images(20).copy()
    images[0, 0, 0] += 0.01
    return images


CHANGES = {
    "generator_optimizer.learning_rate": {"rate": 2e-3},
    "loss.label_smoothing": {"smoothing": 0.1},
    "data.checksum": {"images": changed_images()},
    "data.counts": {"images": np.concatenate([small_models.images(20)] * 2)},
    "data.seed": {"seed": 4},
    "data.batches": {"batch_size": 5},
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_state_of_other_numbers_or_data_is_refused_by_name_and_kept(name, tmp_path):
    path = tmp_path / "gan.state"
    train(path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=rf"`path`.*accept_changes=True.*{name}.* was .*, is "):
        train(path, epochs=2, **CHANGES[name])
    assert path.read_bytes() == before


def test_accepted_changes_continue_and_the_state_takes_them_over(tmp_path):
    path = tmp_path / "gan.state"
    train(path)
    gan, history = train(path, epochs=2, rate=2e-3, accept_changes=True)
    assert history.epoch == [0, 1]
    assert float(gan.generator_optimizer.learning_rate) == pytest.approx(2e-3)
    assert train(path, epochs=3, rate=2e-3)[1].epoch == [0, 1, 2]
    with pytest.raises(ValueError, match="was 0.002"):
        train(path, epochs=4)


def test_the_networks_belong_to_the_run(tmp_path):
    def autoencoder(activation):
        layers = keras.layers
        encoder = keras.Sequential(
            [layers.Input((8, 8, 1)), layers.Flatten(), layers.Dense(3, activation)]
        )
        decoder = keras.Sequential(
            [layers.Input((3,)), layers.Dense(64), layers.Reshape((8, 8, 1))]
        )
        model = models.Autoencoder(encoder, decoder, value_range=(-1, 1))
        model.compile("adam", "mse")
        model.fit(
            small_models.images(20), verbose=0, callbacks=[callbacks.Resume(tmp_path / "a.state")]
        )

    keras.utils.set_random_seed(1)
    autoencoder("relu")
    autoencoder("relu")  # Keras counts layers up: other names are no difference
    with pytest.raises(ValueError, match='activation was "relu", is "tanh"'):
        autoencoder("tanh")


def test_numbers_that_callbacks_changed_are_no_difference(tmp_path):
    keras.utils.set_random_seed(1)
    model = small_models.vae()
    rate = float(model.optimizer.learning_rate)
    for epochs in (2, 4):
        schedule = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
        resume = callbacks.Resume(tmp_path / "vae.state")
        model.fit(small_models.images(20), epochs=epochs, verbose=0, callbacks=[schedule, resume])
    assert float(model.optimizer.learning_rate) == pytest.approx(rate / 16)


def test_what_is_watched_or_how_it_is_computed_is_no_difference(tmp_path):
    for number, steps in enumerate((1, 2)):
        keras.utils.set_random_seed(1)
        model = small_models.gan()
        model.compile(keras.optimizers.Adam(), keras.optimizers.Adam(), steps_per_execution=steps)
        history = model.fit(
            small_models.images(20),
            batch_size=10,
            epochs=number + 1,
            verbose=0,
            callbacks=[callbacks.Resume(tmp_path / "gan.state")],
        )
    assert history.epoch == [0, 1]


def test_a_finished_training_says_in_one_line_that_nothing_is_left(tmp_path, capsys):
    path = tmp_path / "gan.state"
    train(path)
    capsys.readouterr()
    gan = small_models.gan()
    gan.compile(keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3), losses.NonSaturating())
    batches = data.batches(small_models.images(20), 10, seed=3)
    gan.fit(batches, epochs=1, verbose=2, callbacks=[callbacks.Resume(path, batches)])
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"{path} holds the complete training of 1 epochs: nothing is left to train."]


def test_the_order_and_the_weights_of_arrays_belong_to_the_run(tmp_path):
    def run(**options):
        keras.utils.set_random_seed(1)
        model = small_models.conditional_gan()
        x, y = small_models.data_of("conditional_gan", 6)
        watch = [callbacks.Resume(tmp_path / "gan.state")]
        return model.fit(x, y, epochs=2, verbose=0, callbacks=watch, **options)

    run(class_weight={0: 1.0, 2: 0.5})
    with pytest.raises(ValueError, match=r"data.class_weight was .*\(2, 0.5\)"):
        run(class_weight={0: 1.0})
    with pytest.raises(ValueError, match="data.shuffle was true, is false"):
        run(class_weight={0: 1.0, 2: 0.5}, shuffle=False)
    older = {"model.class_name": "GAN"}
    now = {**older, "data.class_weight": None, "data.shuffle": True}
    exactness.check_identity(tmp_path / "gan.state", [older], now)


def test_an_older_state_that_names_no_run_is_taken(tmp_path):
    exactness.check_identity(tmp_path / "gan.state", [], {"model.class_name": "GAN"})
