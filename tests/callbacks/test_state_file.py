"""A state is restored whole or not at all, and only into what it came from."""

import itertools
import json

import keras
import numpy as np
import pytest

from keras_gen import data, models, networks
from keras_gen.callbacks import Resume, state_file
from keras_gen.state import training_state

DROPPED = "dropped"  # an entry that is not there
FINE = [("asked", 7), ("run", DROPPED)]  # another number of epochs; older files name no run


def points():
    return np.random.default_rng(0).normal(size=(20, 4)).astype("float32")


def game(kind=models.GAN, optimizer=keras.optimizers.Adam):
    keras.utils.set_random_seed(1)
    model = kind(networks.mlp(2, [4], 4), networks.mlp(4, [4], 1), value_range=None, seed=2)
    model.compile(optimizer(1e-2), optimizer(1e-2))
    return model


def train(model, path, epochs=1):
    model.fit(data.batches(points(), 8, 3), epochs=epochs, verbose=0, callbacks=[Resume(path)])
    return model


def values(model):
    return [np.asarray(v) for v in training_state(model).values()]


def assert_values(model, expected):
    for value, other in zip(values(model), expected, strict=True):
        np.testing.assert_array_equal(value, other)


def refused(model, path, message):
    """The state is refused, and neither the model nor the file has changed."""
    before, content = values(model), path.read_bytes()
    with pytest.raises(ValueError, match=f"(?s)argument `path`.*{message}"):
        train(model, path, 2)
    assert_values(model, before)
    assert path.read_bytes() == content


def rewritten(path, change):
    """The file at `path` after a change of its arrays, a dict."""
    with np.load(path) as archive:
        arrays = dict(archive)
    change(arrays)
    with open(path, "wb") as file:
        np.savez(file, **arrays)


def without(name):
    """A change of arrays: one is missing."""
    return lambda arrays: arrays.pop(name)


def begun(model, path):
    """What `fit` does first of all, a function: it reads the file and restores the model."""
    resume = Resume(path)
    resume.set_model(model)
    resume.set_params({"epochs": 2})
    return resume.on_train_begin


def test_whatever_the_damage_the_state_is_whole_or_the_model_untouched(tmp_path):
    path = tmp_path / "x.state"
    trained = values(train(game(), path))
    whole = path.read_bytes()
    model = game()
    begin = begun(model, path)
    untouched, chance = values(model), np.random.default_rng(1)
    damaged = [whole[:cut] for cut in chance.integers(0, len(whole), 60)]
    for place in [*chance.integers(0, len(whole), 150), *range(len(whole) - 150, len(whole))]:
        flip = 1 << chance.integers(8)
        damaged.append(whole[:place] + bytes([whole[place] ^ flip]) + whole[place + 1 :])
    refusals = 0
    for content in damaged:
        path.write_bytes(content)
        try:
            begin()
        except ValueError as error:
            assert "argument `path`" in str(error) and str(path) in str(error)
            assert_values(model, untouched)
            refusals += 1
        else:  # bytes of an archive that mean nothing, such as dates
            assert_values(model, trained)
            for variable, value in zip(training_state(model).values(), untouched):
                variable.assign(value)
    assert refusals > 0.6 * len(damaged)


def test_a_state_goes_into_its_own_class_only(tmp_path):
    path = tmp_path / "x.state"
    train(game(), path)
    for kind in (models.WGAN, models.WGANGP):
        refused(game(kind), path, "another model, .*keras_gen>GAN.*Adam")
    refused(game(optimizer=keras.optimizers.Nadam), path, "the state of another model")
    other = models.GAN(networks.mlp(2, [4], 4), networks.mlp(4, [4, 4], 1), value_range=None)
    other.compile("adam", "adam")
    refused(other, path, "the state of another model")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(value, tmp_path):
    def change(arrays):
        arrays["1"] = arrays["1"].copy()
        arrays["1"].flat[0] = value

    path = tmp_path / "x.state"
    train(game(), path)
    rewritten(path, change)
    refused(game(), path, "NaN or infinity in model/1/")


@pytest.mark.parametrize("change", [lambda a: a.astype("float64"), lambda a: a.T[None]])
def test_arrays_of_another_type_or_shape_are_refused(change, tmp_path):
    path = tmp_path / "x.state"
    train(game(), path)
    rewritten(path, lambda arrays: arrays.update({"1": change(arrays["1"])}))
    refused(game(), path, "another model")


def test_a_header_that_lacks_entries_or_has_others_is_refused(tmp_path):
    def change(arrays):
        header = json.loads(arrays["header"].tobytes())
        header[name] = value
        header = {n: v for n, v in header.items() if v != DROPPED}
        arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)

    path, other = tmp_path / "x.state", game()
    train(game(), path)
    whole, untouched, begin = path.read_bytes(), values(other), begun(other, path)
    with np.load(path) as archive:
        names = json.loads(archive["header"].tobytes())
    for name, value in itertools.product(names, [7, "text", [[1]], {"array": 99}, None, DROPPED]):
        if (name, value) in FINE:
            continue
        path.write_bytes(whole)
        rewritten(path, change)
        with pytest.raises(ValueError, match=f"argument `path`.*{path}"):
            begin()
        assert_values(other, untouched)


def test_a_file_without_one_of_its_arrays_is_refused(tmp_path):
    path, other = tmp_path / "x.state", game()
    train(game(), path)
    whole, untouched, begin = path.read_bytes(), values(other), begun(other, path)
    with np.load(path) as archive:
        names = archive.files
    for name in names:
        path.write_bytes(whole)
        rewritten(path, without(name))
        with pytest.raises(ValueError, match=f"(?s)argument `path`.*intact.*{path}.*damaged"):
            begin()
        assert_values(other, untouched)


def test_states_of_the_former_format_are_read(tmp_path):
    def former(arrays):
        header = json.loads(arrays["header"].tobytes())
        variables = training_state(model)
        older = {
            "history": [{n: v for n, v in logs["dict"]} for logs in header["history"]],
            "variables": state_file.older_signature(variables),
        }
        for name in [name for name in arrays if name.startswith("extra_")]:
            del arrays[name]
        arrays["header"] = np.frombuffer(json.dumps(older).encode(), np.uint8)

    path = tmp_path / "x.state"
    whole = values(train(game(), tmp_path / "whole.state", 3))
    model = train(game(), path, 2)
    rewritten(path, former)
    resumed = train(game(), path, 3)
    assert_values(resumed, whole)
    assert resumed.history.epoch == [0, 1, 2] and len(resumed.history.history) == 4


@pytest.mark.parametrize(
    "value",
    [None, True, 3, 2.5, "a", [1, [2]], (1, (2,)), {"a": 1, 2: (3,)}, float("inf"), 1e-320],
)
def test_what_is_encoded_comes_back(value):
    arrays = []
    encoded = json.loads(json.dumps(state_file.encode(value, arrays)))
    decoded = state_file.decode(encoded, arrays)
    assert decoded == value and type(decoded) is type(value)


@pytest.mark.parametrize("dtype", ["float32", "int64", "bool", "bfloat16"])
def test_arrays_come_back_in_their_type(dtype, tmp_path):
    array = np.asarray(keras.ops.cast(np.arange(6).reshape(2, 3), dtype))
    arrays = []
    header = {"variables": [], "history": [], "it": state_file.encode([array, array[0, 1]], arrays)}
    state_file.write(tmp_path / "x", header, [], arrays)
    header, _ = state_file.read(tmp_path / "x")
    with np.load(tmp_path / "x") as archive:
        read = [archive[f"extra_{i}"] for i in range(2)]
    whole, scalar = state_file.decode(header["it"], read)
    np.testing.assert_array_equal(whole, array)
    assert whole.dtype == array.dtype and scalar == array[0, 1]


def test_a_path_that_cannot_be_written_is_refused_before_training(tmp_path):
    (tmp_path / "file").write_text("")
    for path, message in [(tmp_path, "which is a folder"), (tmp_path / "file/x", "a folder")]:
        model = game()
        before = values(model)
        with pytest.raises(ValueError, match=f"`path`.*{message}"):
            train(model, path)
        assert_values(model, before)
