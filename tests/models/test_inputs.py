"""What `fit` takes is said once for each model, and looking at it leaves no trace."""

import keras
import numpy as np
import pytest
import small_models
import tensorflow as tf

from keras_gen import data
from keras_gen.models import inputs

X, Y = small_models.data_of("conditional_gan")


class Batches(keras.utils.PyDataset):
    """Batches of eight, which count how often each was asked for."""

    def __init__(self, *arrays):
        super().__init__()
        self.arrays = arrays

    def __len__(self):
        return -(-len(self.arrays[0]) // 8)

    def __getitem__(self, index):
        return tuple(array[8 * index : 8 * index + 8] for array in self.arrays)


def generator(*arrays):
    yield from (Batches(*arrays)[index] for index in range(len(Batches(*arrays))))


FORMS = {
    "arrays": lambda x, y: (x, y),
    "tensors": lambda x, y: (tf.constant(x), tf.constant(y)),
    "variables": lambda x, y: (tf.Variable(x), tf.Variable(y)),
    "keras variables": lambda x, y: (keras.Variable(x, dtype=x.dtype), tf.Variable(y)),
    "dataset": lambda x, y: (tf.data.Dataset.from_tensor_slices((x, y)).batch(8),),
    "PyDataset": lambda x, y: (Batches(x, y),),
    "generator": lambda x, y: (generator(x, y),),
}
NAN = np.where(np.arange(X.size).reshape(X.shape) == 3, np.float32("nan"), X)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "x, y, message",
    [
        (3 * X, Y, r"argument `x`.*declared range \[-1.0, 1.0\].*Received: values from"),
        (NAN, Y, "argument `x`.*finite values.*1 NaN"),
        (np.uint8(X > 0), Y, "argument `x`.*floating-point.*uint8"),
        (X[:, :4], Y, r"argument `x`.*\(batch, 8, 8, 1\).*Received: x.shape"),
        (X, Y + 1, "argument `y`.*from 0 to 2.*Received: y from 1 to 3"),
        (X, np.float32(Y), "argument `y`.*integer labels.*float32"),
        (X, np.eye(3, dtype="int32")[Y], "argument `y`.*one-hot"),
    ],
    ids=["range", "nan", "uint8", "shape", "labels", "float labels", "one-hot"],
)
def test_bad_data_are_refused_in_every_form(form, x, y, message):
    model = small_models.conditional_gan()
    with pytest.raises(ValueError, match=message):
        model.fit(*FORMS[form](x, y), verbose=0)
    assert int(model.generator_optimizer.iterations) == 0


@pytest.mark.parametrize("form", FORMS)
def test_good_data_train_in_every_form(form):
    model = small_models.conditional_gan()
    model.fit(
        *FORMS[form](X[:16], Y[:16]), batch_size=None if form == "generator" else 8, verbose=0
    )
    assert int(model.generator_optimizer.iterations) == 2


@pytest.mark.parametrize("task", ["evaluate", "train_on_batch", "test_on_batch"])
def test_other_entrances_are_checked_as_fit_is(task):
    with pytest.raises(ValueError, match="argument `x`.*declared range"):
        getattr(small_models.conditional_gan(), task)(3 * X, Y)
    with pytest.raises(ValueError, match="argument `y`.*from 0 to 2"):
        getattr(small_models.conditional_gan(), task)(X, Y + 1)


def test_targets_are_checked_as_the_examples_are():
    """An autoencoder that is given images with their labels would learn to draw the labels."""
    model = small_models.autoencoder()
    with pytest.raises(ValueError, match="argument `y`.*batch, 8, 8, 1.*Received: y.shape"):
        model.fit(X, np.float32(Y), verbose=0)
    with pytest.raises(ValueError, match="argument `y`.*declared range"):
        model.fit(X, 2 * X, verbose=0)
    with pytest.raises(ValueError, match="argument `y`.*batch, 8, 8, 1"):
        model.fit(data.batches((X, Y), 8, seed=1), verbose=0)


def test_targets_of_another_number_are_refused():
    with pytest.raises(ValueError, match="argument `y`.*22 of them.*Received: y.shape"):
        small_models.conditional_gan().fit(X, Y[:20], verbose=0)


def test_validation_data_are_checked_before_training():
    model = small_models.conditional_gan()
    with pytest.raises(ValueError, match="argument `validation_data`.*from 0 to 2"):
        model.fit(X, Y, validation_data=(X, Y + 1), verbose=0)
    assert int(model.generator_optimizer.iterations) == 0


# No trace


def derived(batches):
    return batches.map(lambda x: x).take(2)


@pytest.mark.parametrize("derive", [lambda batches: batches, derived], ids=["plain", "derived"])
def test_looking_at_batches_uses_no_epoch_up(derive):
    batches = data.batches(X, 8, seed=1)
    model = small_models.gan()
    before = np.array(model.seed_generator.state)
    model.check(derive(batches))
    assert int(batches.epoch) == 0
    np.testing.assert_array_equal(before, model.seed_generator.state)
    model.fit(derive(batches), epochs=3, validation_data=data.batches(X, 8, seed=2), verbose=0)
    assert int(batches.epoch) == 3


def test_iterations_count_again_after_a_look():
    batches = data.batches(X, 8, seed=1)
    first = np.concatenate(list(batches.as_numpy_iterator()))
    batches.epoch.assign(0)
    small_models.gan().check(batches)
    np.testing.assert_array_equal(np.concatenate(list(batches.as_numpy_iterator())), first)
    assert int(batches.epoch) == 1


def test_a_failed_look_uses_no_epoch_up():
    batches = data.batches(3 * X, 8, seed=1)
    with pytest.raises(ValueError, match="declared range"):
        small_models.gan().check(batches)
    next(iter(batches))
    assert int(batches.epoch) == 1


def test_a_generator_loses_no_batch():
    """Its first batch is looked at, and then trained on like the others."""
    seen = []

    def batches():
        for start in (0, 8):
            seen.append(start)
            yield (X[start : start + 8],)

    model = small_models.gan()
    model.fit(batches(), verbose=0)
    assert seen == [0, 8] and int(model.generator_optimizer.iterations) == 2


def test_every_small_model_says_what_it_expects():
    for name, make in small_models.ALL.items():
        x, y = small_models.data_of(name)
        model = make()
        expected_x, expected_y = model.expects()
        assert isinstance(expected_x, inputs.Expected)
        assert expected_y is None or isinstance(expected_y, inputs.Expected)
        model.check(x, y)
