"""What data draw and remember is part of the state, or a warning says that it is not."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen.callbacks import Resume, chance
from keras_gen.state import training_state

X = np.random.default_rng(0).normal(size=(12, 4)).astype("float32")


class Killed(Exception):
    pass


class Kill(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            raise Killed


def fit(data, *callbacks, epochs=4):
    """A model after its training on new data, as in a new process."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.1), "mse")
    try:
        model.fit(data(), epochs=epochs, shuffle=False, verbose=0, callbacks=[*callbacks])
    except Killed:
        pass
    return [np.array(v) for v in training_state(model).values()]


def of_tensorflow():
    generator = tf.random.Generator.from_seed(3)
    batches = tf.data.Dataset.from_tensor_slices((X, X[:, :1])).batch(4)
    return batches.map(lambda x, y: (x + generator.normal(tf.shape(x)), y))


def of_keras():
    noise = keras.layers.Dropout(0.5, seed=3)
    batches = tf.data.Dataset.from_tensor_slices((X, X[:, :1])).batch(4)
    return batches.map(lambda x, y: (noise(x, training=True), y))


class Slices(keras.utils.PyDataset):
    """Batches in an order of their own, which changes after every epoch."""

    def __init__(self, **options):
        super().__init__(**options)
        self.order, self.chance = np.arange(12), np.random.default_rng(3)

    def __len__(self):
        return 3

    def __getitem__(self, index):
        chosen = self.order[4 * index : 4 * index + 4]
        return X[chosen], X[chosen, :1] + 0.1 * index

    def on_epoch_end(self):
        self.chance.shuffle(self.order)


class Remembering(Slices):
    def get_state(self):
        return [self.order, self.chance.bit_generator.state]

    def set_state(self, state):
        self.order, self.chance.bit_generator.state = state


@pytest.mark.parametrize("data", [of_tensorflow, of_keras, Remembering])
def test_what_the_data_remember_resumes(data, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        whole = fit(data)
        fit(data, Resume(tmp_path / "x.state"), Kill())
        resumed = fit(data, Resume(tmp_path / "x.state"))
    for value, expected in zip(resumed, whole, strict=True):
        np.testing.assert_array_equal(value, expected)


def test_data_with_other_variables_are_refused(tmp_path):
    fit(of_tensorflow, Resume(tmp_path / "x.state"), epochs=1)
    with pytest.raises(ValueError, match="argument `path`.*data change the same variables"):
        fit(of_keras, Resume(tmp_path / "x.state"))


def test_a_dataset_whose_memory_nobody_knows_is_named(tmp_path):
    with pytest.warns(UserWarning, match=r"does not know the state of Slices \(.*order.*\)"):
        fit(Slices, Resume(tmp_path / "x.state"), epochs=1)


class Drawing(Slices):
    def __getitem__(self, index):
        return np.random.normal(size=(4, 4)), X[:4, :1]


class Still(Slices):
    def on_epoch_end(self):
        pass


@pytest.fixture
def no_seed():
    tf.random.set_seed(None)
    yield
    tf.random.set_seed(7)


RANGE = tf.data.Dataset.range(8)
UNFIXED = {
    "shuffle": lambda: RANGE.shuffle(8, reshuffle_each_iteration=False),
    "random": lambda: tf.data.Dataset.random().take(3),
    "function": lambda: RANGE.map(lambda i: tf.random.uniform([2])),
    "time": lambda: RANGE.map(lambda i: i, num_parallel_calls=2, deterministic=False),
    "workers": lambda: Drawing(workers=2),
    "processes": lambda: Drawing(use_multiprocessing=True),
}
FIXED = {
    "shuffle": lambda: RANGE.shuffle(8, seed=1, reshuffle_each_iteration=False),
    "function": lambda: RANGE.map(lambda i: tf.random.uniform([2], seed=1)),
    "stateless": lambda: RANGE.map(lambda i: tf.random.stateless_uniform([2], [1, 2])),
    "python": lambda: tf.data.Dataset.from_generator(lambda: iter([1]), tf.int32),
    "table": lambda: RANGE.map(tf.as_string).map(keras.layers.StringLookup(vocabulary=["a"])),
    "workers": lambda: Still(workers=2),
    "alone": lambda: Drawing(),
    "arrays": lambda: X,
}


@pytest.mark.parametrize("kind", UNFIXED)
def test_what_nothing_fixes_is_found(kind, no_seed):
    before = np.random.get_state()[1].tobytes()
    assert chance.unfixed([None, UNFIXED[kind]()]) is not None
    assert np.random.get_state()[1].tobytes() == before


@pytest.mark.parametrize("kind", FIXED)
def test_what_is_fixed_is_not_named(kind, no_seed):
    assert chance.unfixed([FIXED[kind](), None]) is None
    assert chance.variables_of([FIXED[kind]()]) == []


def test_data_of_a_python_generator_are_named_in_a_warning(tmp_path):
    def examples():
        yield from zip(X, X[:, :1])

    spec = (tf.TensorSpec([4]), tf.TensorSpec([1]))
    data = tf.data.Dataset.from_generator(examples, output_signature=spec).batch(4)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.warns(UserWarning, match="generator.*whose memory Resume does not know"):
        model.fit(data, verbose=0, callbacks=[Resume(tmp_path / "x.state")])
    assert chance.of_generators([data.map(lambda *pair: pair)])
    assert not any(
        chance.of_generators([make()]) for kind, make in FIXED.items() if kind != "python"
    )


def test_data_that_nothing_fixes_are_named_in_a_warning(tmp_path, no_seed):
    data = tf.data.Dataset.from_tensor_slices((X, X[:, :1]))
    with pytest.warns(UserWarning, match="data are shuffled, or drawn, without a seed.*set_random"):
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        shuffled = data.shuffle(12, reshuffle_each_iteration=False).batch(4)
        model.fit(shuffled, shuffle=False, verbose=0, callbacks=[Resume(tmp_path / "x.state")])


class OwnNoise(keras.layers.Layer):
    def call(self, x):
        return x + tf.random.normal(tf.shape(x))


@pytest.mark.parametrize("noise", [OwnNoise(), keras.layers.GaussianNoise(1.0, seed=1)])
def test_a_step_that_draws_what_no_variable_holds_is_named(noise, tmp_path):
    model = keras.Sequential([keras.Input((4,)), noise, keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        watch = [Resume(tmp_path / "x.state")]
        model.fit(X, X[:, :1], epochs=2, shuffle=False, verbose=0, callbacks=watch)
    found = [each for each in caught if "draws random numbers with TensorFlow" in str(each.message)]
    assert len(found) == isinstance(noise, OwnNoise)
