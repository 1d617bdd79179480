"""A dataset that draws anew in every pass shows `fit` what it would have shown to plain Keras."""

import checks
import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen import data, models, networks
from keras_gen.data.looking import OUTSIDE, states
from keras_gen.state import training_state

COUNT, BATCH = 22, 5
Dataset = tf.data.Dataset


def rows(scale=1.0):
    """Examples in [0, 1] that tell their number."""
    return np.repeat(np.float32(scale * np.arange(COUNT) / COUNT)[:, None], 3, axis=1)


def slices(scale=1.0):
    return Dataset.from_tensor_slices(rows(scale))


def mixed(scale=1.0):
    """Two halves, from which chance chooses anew in every iteration."""
    parts, choice = slices(scale).batch(BATCH), {"rerandomize_each_iteration": True}
    return Dataset.sample_from_datasets([parts.take(2), parts.skip(2)], seed=3, **choice)


def noisy(scale=1.0):
    """The scale of every batch from a generator whose state is a variable."""
    numbers = tf.random.Generator.from_seed(4)
    return slices(scale).batch(BATCH).map(lambda x: x * numbers.uniform([], 0.5, 1.0))


def from_python(scale=1.0):
    """In an order that NumPy's own random numbers give."""

    def generator():
        yield from rows(scale)[np.random.permutation(COUNT)]

    spec = tf.TensorSpec([3], tf.float32)
    cardinality = tf.data.experimental.assert_cardinality(COUNT)
    return Dataset.from_generator(generator, output_signature=spec).apply(cardinality).batch(BATCH)


DRAWING = {
    "shuffle": lambda scale=1.0: slices(scale).shuffle(COUNT, seed=2).batch(BATCH),
    "shuffle, repeat": lambda scale=1.0: slices(scale).shuffle(9, 2).repeat(2).batch(BATCH),
    "shuffle, map, prefetch": lambda scale=1.0: (
        slices().cache().shuffle(9).map(lambda x: scale * x).batch(BATCH).prefetch(2)
    ),
    "random": lambda scale=1.0: (
        Dataset.random(seed=3, rerandomize_each_iteration=True)
        .take(COUNT)
        .map(lambda n: scale * tf.fill([3], tf.cast(n, tf.float32) / 2.0**32))
        .batch(BATCH)
    ),
    "sample": mixed,
    "random operation": lambda scale=1.0: (
        slices(scale).batch(BATCH).map(lambda x: x * tf.random.uniform([], 0.5, seed=4))
    ),
    "variable": noisy,
    "Python": from_python,
}


class Recording:
    """A model that notes every batch of its training and evaluation."""

    def train_step(self, batch):
        self.note(self.seen, batch)
        return super().train_step(batch)

    def test_step(self, batch):
        self.note(self.evaluated, batch)
        return super().test_step(batch)

    def note(self, notes, batch):
        x = batch[0] if isinstance(batch, tuple) else batch
        tf.py_function(lambda x: notes.append(x.numpy()[:, 0]), [x], [])


class Recorded(Recording, models.Autoencoder):
    def __init__(self, **options):
        encoder, decoder = networks.mlp_encoder(3, [], 2), networks.mlp_decoder(2, [], 3)
        noise = keras.Sequential([keras.Input([3]), keras.layers.Dropout(0.2, seed=5), encoder])
        super().__init__(noise, decoder, value_range=(0, 1))
        self.seen, self.evaluated = [], []
        self.compile("sgd", "mse", **options)


class Plain(Recording, keras.Model):
    def __init__(self):
        super().__init__()
        self.dense, self.seen, self.evaluated = keras.layers.Dense(3), [], []
        self.compile("sgd", "mse")

    def call(self, x):
        return self.dense(x)

    def compute_loss(self, x, y, *args, **kwargs):
        return super().compute_loss(x, x, *args, **kwargs)


def orders(model, use, make):
    """What a model sees, and the number that NumPy draws after it."""
    keras.utils.set_random_seed(1)
    use(model, make())
    return [*model.seen, *model.evaluated], np.random.random()


def trained(model, dataset):
    model.fit(dataset, epochs=2, verbose=0)
    model.fit(dataset, verbose=0)


def evaluated(model, dataset):
    model.evaluate(dataset, verbose=0)
    model.evaluate(dataset, verbose=0)


def halves(model, dataset):
    """Training and validation data that are ordered together."""
    model.fit(dataset.skip(2), validation_data=dataset.take(2), epochs=2, verbose=0)


@pytest.mark.parametrize("kind", DRAWING)
@pytest.mark.parametrize("use", [trained, evaluated, halves])
def test_a_model_sees_the_order_that_plain_keras_would_see(kind, use):
    seen, after = orders(Recorded(), use, DRAWING[kind])
    expected, expected_after = orders(Plain(), use, DRAWING[kind])
    assert len(seen) == len(expected) > 2 and after == expected_after
    for one, other in zip(seen, expected):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("options", [{"steps_per_execution": 3}, {"run_eagerly": True}])
def test_every_way_of_training_sees_that_order(options):
    seen, _ = orders(Recorded(**options), trained, DRAWING["shuffle"])
    expected, _ = orders(Plain(), trained, DRAWING["shuffle"])
    assert all(map(np.array_equal, seen, expected)) and len(seen) == len(expected) == 15


def test_two_devices_share_the_batches_of_that_order():
    with checks.mirrored(["CPU:0", "CPU:1"]).scope():
        model = Recorded()
    seen, _ = orders(model, trained, DRAWING["shuffle"])
    expected, _ = orders(Plain(), trained, DRAWING["shuffle"])
    for batch in expected:
        part, rest = sorted(seen[:2], key=lambda each: -len(each))
        if part[0] != batch[0]:
            part, rest = rest, part
        np.testing.assert_array_equal(np.concatenate([part, rest]), batch)
        seen = seen[2:]
    assert seen == []


def numbers(model):
    return [np.array(variable) for variable in training_state(model).values()]


@pytest.mark.parametrize("kind", DRAWING)
def test_a_bad_first_batch_is_refused_before_anything_moves(kind):
    model = Recorded()
    before = numbers(model)
    with pytest.raises(
        ValueError, match=r"argument `x`.*declared range \[0, 1\].*Received: values from"
    ):
        model.fit(DRAWING[kind](-3.0), epochs=2, verbose=0)
    with pytest.raises(ValueError, match="argument `x`.*declared range"):
        model.evaluate(DRAWING[kind](-3.0), verbose=0)
    checks.assert_same_state(before, numbers(model))
    assert model.seen == model.evaluated == []


@pytest.mark.parametrize("options", [{"steps_per_execution": 3}, {"run_eagerly": True}, None])
def test_every_way_of_training_refuses_it(options):
    devices = ["CPU:0"] if options else ["CPU:0", "CPU:1"]
    with checks.mirrored(devices).scope():
        model = Recorded(**options or {})
    before = numbers(model)
    targets = slices().map(lambda x: (x, -x)).shuffle(COUNT).batch(BATCH)
    with pytest.raises(ValueError, match="argument `y`.*declared range.*Received: values from"):
        model.fit(targets, verbose=0)
    checks.assert_same_state(before, numbers(model))


def test_shapes_are_refused_without_a_batch():
    dataset = slices().map(lambda x: x[:2]).shuffle(COUNT, seed=2).batch(BATCH)
    with pytest.raises(ValueError, match=r"argument `x`.*\(batch, 3\).*Received: x.shape"):
        Recorded().fit(dataset, verbose=0)
    with pytest.raises(ValueError, match="argument `x`.*at least one batch.*empty"):
        Recorded().fit(slices().shuffle(COUNT).batch(BATCH).take(0), verbose=0)


def test_parts_of_a_batch_may_be_missing_but_not_ragged():
    model, dataset = Recorded(), slices().shuffle(COUNT)
    model.fit(dataset.batch(BATCH).map(lambda x: (x, None)), verbose=0)
    assert len(model.seen) == 5
    with pytest.raises(ValueError, match="argument `x`.*Received: x of type RaggedTensor"):
        model.fit(dataset.batch(BATCH).map(tf.RaggedTensor.from_tensor), verbose=0)


def test_validation_data_are_refused_before_training():
    model = Recorded()
    with pytest.raises(ValueError, match="argument `validation_data`.*declared range"):
        model.fit(rows(), validation_data=DRAWING["shuffle"](-3.0), verbose=0)
    assert model.seen == []


def test_validation_data_that_share_their_order_are_refused_before_the_evaluation():
    model, dataset = Recorded(), DRAWING["shuffle"]()
    with pytest.raises(ValueError, match="argument `validation_data`.*declared range"):
        bad = dataset.take(2).map(lambda x: -3.0 * x)
        model.fit(dataset.skip(2), validation_data=bad, verbose=0)
    assert len(model.seen) == 3 and model.evaluated == []


class Noise(keras.utils.PyDataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        return np.random.uniform(size=(BATCH, 3)).astype("float32")


def test_a_look_draws_no_number_of_numpy():
    np.random.seed(1)
    first = np.random.random()
    np.random.seed(1)
    Recorded().check(Noise())
    assert np.random.random() == first


def test_states_are_what_a_look_would_change():
    shuffled = slices().shuffle(COUNT)
    fixed = slices().shuffle(COUNT, reshuffle_each_iteration=False)
    weight = tf.Variable(2.0)
    assert states(shuffled.batch(2).prefetch(1)) == {shuffled}
    assert states(fixed.map(lambda x: 2.0 * x).batch(2)) == states(rows()) == set()
    assert states(Dataset.zip(slices(), shuffled)) == {shuffled}
    assert states(slices().map(lambda x: weight * x)) == states(from_python()) == {OUTSIDE}
    assert states(data.batches(rows(), 2, augment=lambda x, seed: x).take(2)) == set()
