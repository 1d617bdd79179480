"""What `fit` takes is said once for each model, and looking at it leaves no trace."""

import functools

import checks
import keras
import numpy as np
import pytest
import small_models
import tensorflow as tf

from keras_gen import data
from keras_gen.callbacks import Resume, state_file
from keras_gen.models import inputs
from keras_gen.state import optimizers_of

X, Y = small_models.data_of("conditional_gan")


class Batches(keras.utils.PyDataset):
    """Batches of eight, which count how often each was asked for."""

    def __init__(self, *arrays, **options):
        super().__init__(**options)
        self.arrays = arrays

    def __len__(self):
        return -(-len(self.arrays[0]) // 8)

    def __getitem__(self, index):
        return tuple(array[8 * index : 8 * index + 8] for array in self.arrays)


def generator(*arrays):
    yield from (Batches(*arrays)[index] for index in range(len(Batches(*arrays))))


@functools.cache
def conditional_gan():
    """A model that several tests share: they leave it as it is, or count its steps."""
    return small_models.conditional_gan()


@functools.cache
def autoencoder():
    """As `conditional_gan`."""
    return small_models.autoencoder()


def steps(model):
    """How many steps a model has taken."""
    return int(list(optimizers_of(model).values())[-1].iterations)


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
    model = conditional_gan()
    before = steps(model)
    with pytest.raises(ValueError, match=message):
        model.fit(*FORMS[form](x, y), verbose=0)
    assert steps(model) == before


FORMS_IN_BATCHES = {  # and by how much the weights have moved when the third batch is refused
    **{form: (make, {}, 0) for form, make in FORMS.items()},
    "dataset": (FORMS["dataset"], {}, 2),
    "PyDataset": (FORMS["PyDataset"], {}, 2),
    "generator": (FORMS["generator"], {}, 2),
    "derived dataset": (
        lambda x, y: (FORMS["dataset"](x, y)[0].repeat().prefetch(1),),
        {"steps_per_epoch": 3},
        2,
    ),
}
LATER = [form for form, (_, _, steps) in FORMS_IN_BATCHES.items() if steps]
TRIPLED = np.concatenate([X[:16], 3 * X[16:]])  # in the third batch of eight
BAD_AT_THE_END = {
    "range": (TRIPLED, X, "argument `x`.*declared range.*Received: values from"),
    "nan": (np.where(np.abs(TRIPLED) > 1, np.nan, X), X, "argument `x`.*finite values.*NaN"),
    "targets": (X, TRIPLED, "argument `y`.*declared range.*Received: values from"),
}


@pytest.mark.parametrize(
    "form, bad",
    [(form, "range") for form in FORMS_IN_BATCHES]
    + [(form, bad) for form in ("arrays", "dataset", "PyDataset") for bad in ("nan", "targets")],
)
def test_a_bad_third_batch_is_refused_in_every_form(form, bad):
    """Arrays before anything moves, others before the step that would use the batch."""
    x, y, message = BAD_AT_THE_END[bad]
    make, options, moved = FORMS_IN_BATCHES[form]
    message += ".*, in batch 2, counted from 0$" if moved else ""
    model = autoencoder()
    before = steps(model)
    with pytest.raises(ValueError, match=message):
        model.fit(*make(x, y), shuffle=False, verbose=0, **options)
    assert steps(model) == before + moved


@pytest.mark.parametrize("form", LATER)
def test_a_bad_third_batch_of_an_evaluation_is_refused(form):
    x, y, message = BAD_AT_THE_END["range"]
    make, options, _ = FORMS_IN_BATCHES[form]
    with pytest.raises(ValueError, match=message + ".*in batch 2, counted from 0$"):
        steps = options.get("steps_per_epoch")
        autoencoder().evaluate(*make(x, y), steps=steps, verbose=0)


@pytest.mark.parametrize("form", FORMS_IN_BATCHES)
def test_a_bad_third_batch_of_validation_is_refused_in_every_form(form):
    """Arrays before anything moves, others when the first epoch is validated."""
    x, y, _ = BAD_AT_THE_END["range"]
    make, options, _ = FORMS_IN_BATCHES[form]
    bad = make(x, y)
    given = {"validation_data": bad if len(bad) > 1 else bad[0], "verbose": 0}
    model = autoencoder()
    before = steps(model)
    with pytest.raises(ValueError, match="argument `validation_data`.*declared range.*values from"):
        model.fit(X, X, validation_steps=options.get("steps_per_epoch"), **given)
    assert steps(model) == before + (form in LATER)


@pytest.mark.parametrize("options", [{"workers": 2}, {"workers": 1, "use_multiprocessing": True}])
def test_a_bad_batch_made_by_another_thread_or_process_is_refused(options):
    x, y, message = BAD_AT_THE_END["range"]
    with pytest.raises(ValueError, match=message + ".*in batch 2, counted from 0$"):
        small_models.autoencoder().fit(Batches(x, y, **options), shuffle=False, verbose=0)


@pytest.mark.parametrize("mode", ["steps_per_execution", "two devices"])
def test_a_bad_label_is_refused_in_every_mode(mode):
    labels = np.where(np.arange(22) == 20, 3, Y)
    strategy = checks.mirrored(["CPU:0", "CPU:1"] if mode == "two devices" else ["CPU:0"])
    with strategy.scope():
        model = small_models.conditional_gan()
        if mode == "steps_per_execution":
            model.compile_from_config({**model.get_compile_config(), mode: 2})
    message = "argument `y`.*from 0 to 2.*Received: y from 0 to 3, in batch 2, counted from 0$"
    with pytest.raises(ValueError, match=message):
        model.fit(*FORMS["dataset"](X, labels), verbose=0)


def test_a_resumed_training_gets_the_last_epoch_before_the_bad_batch(tmp_path):
    """The batch appears in the second epoch; the state of the first is kept."""
    x = tf.Variable(X)
    batches = tf.data.Dataset.range(3).map(lambda i: x[8 * i : 8 * i + 8])
    resume = Resume(tmp_path / "a.state")
    spoil = keras.callbacks.LambdaCallback(on_epoch_begin=lambda e, _: e and x.assign(TRIPLED))
    model = small_models.denoising_autoencoder()
    with pytest.raises(ValueError, match=BAD_AT_THE_END["range"][2]):
        model.fit(batches.map(lambda x: (x, x)), epochs=3, callbacks=[resume, spoil], verbose=0)
    assert state_file.read(resume.path)[0]["epochs"] == [0]


def test_a_later_batch_without_negative_values_is_no_mistake(recwarn):
    """The first batch tells whether the images are scaled to another range; one image need not."""
    x = np.concatenate([X[:16], np.abs(X[16:])])
    small_models.autoencoder().fit(*FORMS["dataset"](x, X), verbose=0)
    assert not any("no value below 0" in str(warning.message) for warning in recwarn)


def test_later_batches_of_grey_levels_are_checked():
    x = np.concatenate([np.float32(X[:16] > 0), np.abs(X[16:])])
    with pytest.raises(ValueError, match="pixels of 2 levels.*in batch 2"):
        small_models.made().fit(tf.data.Dataset.from_tensor_slices(x).batch(8), verbose=0)


@pytest.mark.parametrize("kind", ["gan", "denoising_autoencoder"])
def test_data_of_unknown_length_are_trained_on_as_others(kind):
    """Their end, where Keras begins a step without a batch, draws and counts nothing."""
    states = []
    for derive in (lambda batches: batches, lambda batches: batches.filter(lambda *_: True)):
        keras.utils.set_random_seed(3)
        model = getattr(small_models, kind)()
        model.fit(derive(*FORMS["dataset"](X, X)), epochs=2, verbose=0)
        states.append(checks.state(model))
    checks.assert_same_state(*states)


def test_errors_of_a_users_own_pipeline_come_as_they_are():
    dataset = tf.data.Dataset.from_tensor_slices(X).batch(8)
    dataset = dataset.map(lambda x: tf.ensure_shape(x, [8, *x.shape[1:]]))
    with pytest.raises(tf.errors.InvalidArgumentError, match="not compatible with expected shape"):
        small_models.gan().fit(dataset, verbose=0)


def test_checks_of_batches_change_no_bit(monkeypatch):
    """Neither a number nor the random states, with dropout and an order that nothing fixes."""
    states = []
    for checked in (True, False):
        if not checked:
            monkeypatch.setattr("keras_gen.models.checked.checked_batches", lambda _, x, name: x)
        keras.utils.set_random_seed(3)
        model = small_models.gan()
        batches = tf.data.Dataset.from_tensor_slices(X).shuffle(22).batch(8)
        batches = batches.map(lambda x: 0.9 * x + tf.random.uniform(x.shape[1:], 0, 0.1))
        model.fit(batches, epochs=2, verbose=0)
        states.append(checks.state(model))
    checks.assert_same_state(*states)


@pytest.mark.parametrize("form", FORMS)
def test_good_data_train_in_every_form(form):
    model = conditional_gan()
    before = steps(model)
    model.fit(
        *FORMS[form](X[:16], Y[:16]), batch_size=None if form == "generator" else 8, verbose=0
    )
    assert steps(model) == before + 2


@pytest.mark.parametrize("task", ["evaluate", "train_on_batch", "test_on_batch"])
def test_other_entrances_are_checked_as_fit_is(task):
    with pytest.raises(ValueError, match="argument `x`.*declared range"):
        getattr(conditional_gan(), task)(3 * X, Y)
    with pytest.raises(ValueError, match="argument `y`.*from 0 to 2"):
        getattr(conditional_gan(), task)(X, Y + 1)


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
        conditional_gan().fit(X, Y[:20], verbose=0)


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


def test_validation_by_a_generator_loses_no_batch():
    losses = []
    for validation_data in (generator(X, X), (X, X)):
        keras.utils.set_random_seed(1)
        model = small_models.autoencoder()
        history = model.fit(X, X, validation_data=validation_data, shuffle=False, verbose=0).history
        losses.append(history["val_mae"][0])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_every_small_model_says_what_it_expects():
    for name, make in small_models.ALL.items():
        x, y = small_models.data_of(name)
        model = make()
        expected_x, expected_y = model.expects()
        assert isinstance(expected_x, inputs.Expected)
        assert expected_y is None or isinstance(expected_y, inputs.Expected)
        model.check(x, y)
