"""A training that stops and goes on ends where the uninterrupted one ends, bit for bit."""

import keras
import numpy as np
import pytest

from keras_gen import data, networks
from keras_gen.callbacks import Resume
from keras_gen.models import GAN, VAE

EPOCHS = 4


def images():
    return np.random.default_rng(0).uniform(size=(20, 4, 4, 1)).astype("float32")


def batches():
    return data.batches(images(), 8, seed=3)


def gan(units=4, **options):
    # A moving average, dropout and batch statistics are state that is easily forgotten.
    generator = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(units),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(16, activation="sigmoid"),
            keras.layers.Reshape((4, 4, 1)),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.5, seed=5),
            keras.layers.Dense(1),
        ]
    )
    model = GAN(generator, discriminator, (0.0, 1.0), ema_decay=0.9, seed=2, **options)
    model.compile(keras.optimizers.Adam(1e-2), keras.optimizers.RMSprop(1e-2))
    return model


def vae():
    encoder = networks.gaussian_encoder((4, 4, 1), [4], 2)
    model = VAE(encoder, networks.mlp_decoder(2, [4], (4, 4, 1)), seed=2)
    model.compile(keras.optimizers.Adam(1e-2))
    return model


def classifier():
    model = networks.mlp((4, 4, 1), [4], 2)
    model.compile("adam", "mse", metrics=["mae"])
    return model


class Stop(Exception):
    """What a kill is to a process, inside one process."""


class StopDuring(keras.callbacks.Callback):
    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        self.now = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.now == self.epoch and batch == 1:
            raise Stop


class SetEpoch(keras.callbacks.Callback):
    def __init__(self, dataset):
        super().__init__()
        self.dataset = dataset

    def on_epoch_begin(self, epoch, logs=None):
        self.dataset.epoch.assign(epoch)


def train(build, path=None, epochs=EPOCHS, stop=None, every=1, seed=1):
    """A new model, as in a new process, trained or resumed; its numbers and its history."""
    keras.utils.set_random_seed(seed)
    model, dataset = build(), batches()
    callbacks = [SetEpoch(dataset) if path is None else Resume(path, dataset, every)]
    callbacks += [] if stop is None else [StopDuring(stop)]
    try:
        history = model.fit(dataset, epochs=epochs, verbose=0, callbacks=callbacks)
    except Stop:
        return model, None
    return model, history


def numbers(model):
    optimizers = [
        value
        for _, value in sorted(vars(model).items())
        if isinstance(value, keras.optimizers.Optimizer)
    ]
    variables = [*model.variables, *(each for one in optimizers for each in one.variables)]
    return [np.asarray(variable) for variable in variables]


def assert_equal(model, other):
    for value, expected in zip(numbers(model), numbers(other), strict=True):
        np.testing.assert_array_equal(value, expected)


@pytest.mark.parametrize("build", [gan, vae])
def test_an_interrupted_and_resumed_training_equals_the_uninterrupted_one(build, tmp_path):
    whole, whole_history = train(build)
    path = tmp_path / "model.state"
    train(build, path, stop=2)
    resumed, history = train(build, path, seed=77)  # other initial weights: all come from the file
    assert_equal(resumed, whole)
    assert history.history == whole_history.history
    assert history.epoch == whole_history.epoch == list(range(EPOCHS))
    np.testing.assert_array_equal(resumed.generate(3), whole.generate(3))
    assert [each.name for each in tmp_path.iterdir()] == ["model.state"]


def test_more_epochs_go_on_from_a_finished_training(tmp_path):
    whole, whole_history = train(vae)
    path = tmp_path / "model.state"
    train(vae, path, epochs=1)
    train(vae, path, epochs=3)
    resumed, history = train(vae, path)
    assert_equal(resumed, whole)
    assert history.history == whole_history.history


def test_state_that_is_saved_every_second_epoch_goes_back_to_the_last_one_saved(tmp_path):
    whole, whole_history = train(vae, epochs=5)
    path = tmp_path / "model.state"
    train(vae, path, epochs=5, every=2, stop=3)
    resumed, history = train(vae, path, epochs=5, every=2)
    assert_equal(resumed, whole)
    assert history.history == whole_history.history
    assert train(vae, path, epochs=5)[1].history == whole_history.history  # the last is saved


def test_a_finished_training_returns_at_once(tmp_path):
    path = tmp_path / "model.state"
    trained, trained_history = train(vae, path, epochs=2)
    before = path.read_bytes()
    again, history = train(vae, path, epochs=2, stop=0)
    assert history.history == trained_history.history
    assert_equal(again, trained)
    assert path.read_bytes() == before


def test_a_plain_keras_model_resumes_with_its_metrics(tmp_path):
    def run(epochs, path):
        keras.utils.set_random_seed(1)
        model = classifier()
        x, y = images(), np.zeros([20, 2], "float32")
        options = {"epochs": epochs, "verbose": 0, "shuffle": False, "validation_data": (x, y)}
        return model, model.fit(x, y, callbacks=[Resume(path)], **options)

    whole, whole_history = run(3, tmp_path / "whole.state")
    run(1, tmp_path / "parts.state")
    resumed, history = run(3, tmp_path / "parts.state")
    for value, expected in zip(resumed.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(value, expected)
    assert history.history == whole_history.history
    assert set(history.history) == {"loss", "mae", "val_loss", "val_mae"}


def test_a_later_fit_without_resume_starts_at_its_own_first_epoch(tmp_path):
    path = tmp_path / "model.state"
    train(vae, path, epochs=2)
    interrupted, _ = train(vae, path, epochs=4, stop=3)
    assert interrupted.fit(batches(), epochs=1, verbose=0).epoch == [0]
    finished, _ = train(vae, path, epochs=3)
    assert finished.fit(batches(), epochs=1, verbose=0).epoch == [0]


def test_half_precision_weights_are_restored(tmp_path):
    keras.config.set_dtype_policy("bfloat16")
    trained, _ = train(vae, tmp_path / "model.state", epochs=1)
    again, _ = train(vae, tmp_path / "model.state", epochs=1, seed=5)
    types = {keras.backend.standardize_dtype(weight.dtype) for weight in trained.weights}
    assert "bfloat16" in types
    assert_equal(again, trained)


@pytest.mark.parametrize("damage", ["truncated", "flipped", "text", "empty", "archive"])
def test_a_damaged_file_is_named_and_left(tmp_path, damage):
    path = tmp_path / "model.state"
    train(vae, path, epochs=1)
    whole = path.read_bytes()
    middle = len(whole) // 2
    flipped = bytes([whole[middle] ^ 1])
    np.savez(tmp_path / "other.npz", something=np.zeros(3))
    content = {
        "truncated": whole[:middle],
        "flipped": whole[:middle] + flipped + whole[middle + 1 :],
        "text": b"not a state",
        "empty": b"",
        "archive": (tmp_path / "other.npz").read_bytes(),
    }[damage]
    path.write_bytes(content)
    message = r"(?s)`path`. Expected an intact state file; delete it .*model\.state.* damaged"
    with pytest.raises(ValueError, match=message):
        train(vae, path)
    assert path.read_bytes() == content


def test_a_file_of_another_model_or_optimizer_is_named_and_left(tmp_path):
    def with_other_optimizer():
        model = gan()
        model.compile(keras.optimizers.Adam(1e-2), keras.optimizers.Adam(1e-2))
        return model

    path = tmp_path / "model.state"
    train(gan, path, epochs=1)
    content = path.read_bytes()
    for other in (vae, lambda: gan(units=5), with_other_optimizer):
        with pytest.raises(ValueError, match=r"(?s)`path`.*model\.state, the state of another"):
            train(other, path)
        assert path.read_bytes() == content


def test_a_full_disk_during_saving_leaves_the_last_state(tmp_path, monkeypatch):
    path = tmp_path / "model.state"
    train(vae, path, epochs=2)
    before = path.read_bytes()

    def no_space(file, **arrays):
        file.write(b"half")
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", no_space)
        with pytest.raises(OSError, match="No space left"):
            train(vae, path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    assert_equal(train(vae, path)[0], train(vae)[0])


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"every": 0}, "`every`. Expected a positive integer. Received: every=0"),
        ({"every": 1.5}, "every=1.5"),
        ({"data": [1, 2]}, "`data`. Expected the dataset that `keras_gen.data.batches` returned"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        Resume("model.state", **arguments)


def test_a_dataset_that_lost_its_epoch_is_refused():
    with pytest.raises(ValueError, match="`data`"):
        Resume("model.state", batches().take(1))
