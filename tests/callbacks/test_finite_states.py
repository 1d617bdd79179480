"""A state that is not finite is never saved, and the end of training says what is kept."""

import keras
import numpy as np
import pytest

from keras_gen.callbacks import Resume, finite, state_file
from keras_gen.state import training_state

X = np.random.default_rng(0).normal(size=(20, 4)).astype("float32")
RATE = 1e-3


class Mask(keras.layers.Layer):
    """Holds what is infinite from the start."""

    def build(self, shape):
        self.mask = self.add_weight(
            (2,), lambda shape, dtype: np.array([0, -np.inf]), trainable=False
        )

    def call(self, x):
        return x + 0.0 * keras.ops.maximum(self.mask[1], 0.0)


def infinite_if_large(target, output):
    """The squared error, or infinity with the same gradient."""
    large = keras.ops.max(keras.ops.abs(output)) > 1e6
    return keras.ops.mean(keras.ops.square(output - target)) + keras.ops.where(large, np.inf, 0.0)


def network(rate=RATE):
    keras.utils.set_random_seed(1)
    layers = [keras.layers.Dense(3), keras.layers.BatchNormalization(), Mask()]
    model = keras.Sequential([keras.Input((4,)), *layers, keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(rate), infinite_if_large)
    return model


def values(model):
    return [np.array(v) for v in training_state(model).values()]


class Spoil(keras.callbacks.Callback):
    """Gives a variable a value after a batch of the second epoch."""

    def __init__(self, name, value, batch):
        super().__init__()
        self.spoiled = name, value, batch

    def on_epoch_begin(self, epoch, logs=None):
        self.now = epoch

    def on_train_batch_end(self, batch, logs=None):
        name, value, after = self.spoiled
        if self.now == 1 and batch == after:
            found = next(v for n, v in training_state(self.model).items() if name in n)
            found.assign(np.full(found.shape, value))

    def get_state(self):
        return None

    def set_state(self, state):
        pass


def fit(path, *callbacks, model=None, x=X, epochs=4, **resume):
    model = network() if model is None else model
    watch = [*callbacks, Resume(path, **resume)]
    options = {"batch_size": 5, "shuffle": False, "verbose": 0}
    return model, model.fit(x, x[:, :1], epochs=epochs, callbacks=watch, **options)


SPOILED = {  # a variable, its value, the number of the batch, and what is found to be broken
    "weight": ("/kernel", np.nan, 3, "/kernel"),
    "statistics": ("/moving_variance", np.inf, 3, "/moving_variance"),
    "slot": ("_velocity", np.inf, 3, "_velocity"),
    "loss": ("/beta", 1e8, 2, "loss"),
}


@pytest.mark.filterwarnings("ignore:Resume does not know")
@pytest.mark.parametrize("terminate", [False, True])
@pytest.mark.parametrize("case", SPOILED)
def test_the_last_good_state_survives_and_training_can_go_on(case, terminate, tmp_path):
    *spoiled, broken = SPOILED[case]
    path = tmp_path / "x.state"
    good = values(fit(path, epochs=1)[0])
    kept = path.read_bytes()
    watch = [Spoil(*spoiled)] + [keras.callbacks.TerminateOnNaN()] * terminate
    message = rf"(?s)Epoch 2 ended .* in \S*{broken}\S*\. .*{path} keeps .* end of epoch 1\..*"
    with pytest.warns(UserWarning, match=message + "accept_changes=True.*delete the file"):
        spoiled, history = fit(path, *watch)
    assert history.epoch == [0, 1]
    assert path.read_bytes() == kept
    again, _ = fit(path, epochs=1, model=spoiled)  # the same model, and its file restores it
    for array, expected in zip(values(again), good, strict=True):
        np.testing.assert_array_equal(array, expected)
    _, history = fit(path, model=network(RATE / 2), accept_changes=True)
    assert history.epoch == [0, 1, 2, 3] and np.isfinite(history.history["loss"]).all()


def test_the_end_says_that_nothing_is_kept_or_the_beginning(tmp_path):
    path, nan = tmp_path / "x.state", np.full_like(X, np.nan)
    with pytest.warns(UserWarning, match="nothing has been saved"):
        fit(path, x=nan)
    assert not path.exists()
    rows = keras.callbacks.CSVLogger(tmp_path / "x.csv", append=True)
    with pytest.warns(UserWarning, match="keeps the last good state, from the beginning"):
        fit(path, rows, x=nan)
    assert state_file.read(path)[0]["epochs"] == []


def test_what_is_infinite_from_the_start_does_not_count():
    variables = training_state(network())
    (mask,) = finite.infinite_of(variables)
    assert variables[mask].shape == (2,)
    arrays = [np.array(v) for v in variables.values()]
    assert finite.not_finite(variables, arrays, {mask}) is None
    assert finite.not_finite(variables, arrays, set()) == mask
    place = list(variables).index(mask)
    arrays[place] = np.array([np.nan, -np.inf], "float32")
    assert finite.not_finite(variables, arrays, {mask}) == mask
