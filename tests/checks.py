"""The contract that every model keeps, as functions of a small compiled model and its data.

`make` returns a new compiled model; `x` (and `y`) are arrays that it can be trained on.
"""

import atexit
import functools
import json
import random
import signal
import subprocess
import sys
import time
import warnings

import keras
import numpy as np
import processes
import pytest
import tensorflow as tf
import worker_process
from training_process import train

from keras_gen import saved_models
from keras_gen.callbacks import state_file
from keras_gen.state import optimizers_of, training_state

RUN_ENDPOINTS = """
import json, sys, traceback
sys.modules["keras"] = sys.modules["keras_gen"] = None
import tensorflow as tf

def run(path, names):
    model = tf.saved_model.load(path)
    shapes = {}
    for name in names:
        endpoint = getattr(model, name)
        signature = endpoint.concrete_functions[0].structured_input_signature
        for count in (2, 5):
            inputs = []
            for spec in tf.nest.flatten(signature):
                side = 8 if len(spec.shape) == 4 else count  # of images of free sizes
                free = [count, *[side] * len(spec.shape)]
                shape = [n or free[axis] for axis, n in enumerate(spec.shape)]
                value = {tf.int32: 2, tf.string: "a", tf.bool: True}.get(spec.dtype, 0.5)
                inputs.append(tf.fill(shape, tf.constant(value, spec.dtype)))
            outputs = endpoint(*inputs)
            shapes[f"{name}_{count}"] = tf.nest.map_structure(lambda t: list(t.shape), outputs)
    return shapes

for line in sys.stdin:
    try:
        answer = run(*json.loads(line))
    except Exception:
        answer = traceback.format_exc()
    print(json.dumps(answer), flush=True)
"""


@functools.cache
def process_without_keras():
    """A process that runs the endpoints of SavedModels, one line of JSON for each."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([sys.executable, "-c", RUN_ENDPOINTS], text=True, **pipes)
    atexit.register(process.kill)
    return process


def state(model):
    """Every number that a training moves: weights, statistics, random states, optimizer slots."""
    return [np.array(v) for v in training_state(model).values()]


def restore(model, values):
    """Gives a model a state that `state` returned, so that it can train once more from there."""
    for variable, value in zip(training_state(model).values(), values, strict=True):
        variable.assign(value)
    model.reset_metrics()


def assert_same_state(first, second):
    assert len(first) == len(second)
    for a, b in zip(first, second):
        np.testing.assert_array_equal(a, b)


def batched(*arrays, batch_size=8):
    """A dataset of batches whose last one is partial; one array gives plain batches of it."""
    data = arrays if len(arrays) > 1 else arrays[0]
    return tf.data.Dataset.from_tensor_slices(data).batch(batch_size)


def check_fit_takes_every_kind_of_data(make, x, y, needs_y=False, every=True):
    """Arrays and datasets, with and without targets and weights, a partial last batch, validation.

    Args:
        make: returns a new compiled model.
        x, y: arrays of a length that 8 does not divide.
        needs_y: whether the model cannot do without `y`.
        every: whether to try all kinds, each of which is a graph of its own, and not only the
            fullest as a dataset, the barest as a dataset, and arrays.
    """
    weight = np.linspace(0.5, 1.5, len(x)).astype("float32")
    kinds = [(x, y, weight)] + [(x, y)] * every
    kinds += [] if needs_y else [x] + [(x,)] * every
    model, names = make(), None
    for data in kinds:
        parts = data if isinstance(data, tuple) else (data,)
        dataset = tf.data.Dataset.from_tensor_slices(data).batch(8)
        history = model.fit(dataset, validation_data=dataset, verbose=0).history
        names = names or set(history)
        assert set(history) == names
        assert all(np.isfinite(values).all() for values in history.values())
        if every:
            model.fit(*parts[:2], sample_weight=parts[2] if len(parts) > 2 else None, verbose=0)
        evaluated = model.evaluate(dataset, verbose=0, return_dict=True)
        assert {f"val_{name}" for name in evaluated} | set(evaluated) == names
    logs = model.train_on_batch(x, y, return_dict=True)
    assert set(logs) == set(evaluated)
    model.fit(x, y, validation_data=(x, y), callbacks=[keras.callbacks.TerminateOnNaN()], verbose=0)


def check_execution_modes_agree(make, x, y, several_steps=True):
    """Several steps per execution, eager execution: the same training as one compiled step."""
    logs = {}
    for mode in [{}, *[{"steps_per_execution": 3}] * several_steps, {"run_eagerly": True}]:
        keras.utils.set_random_seed(1)
        model = make()
        model.compile_from_config({**model.get_compile_config(), **mode})
        history = model.fit(x, y, batch_size=8, shuffle=False, epochs=2, verbose=0).history
        logs[str(mode)] = np.array([history[name] for name in sorted(history)])
    first, *others = logs.values()
    for other in others:
        np.testing.assert_allclose(other, first, rtol=2e-4, atol=2e-4)


def check_jit_compiled_step(make, x, y):
    """One step compiles with XLA and moves the weights."""
    model = make()
    model.compile_from_config({**model.get_compile_config(), "jit_compile": True})
    before = state(model)
    model.train_on_batch(x[:8], y[:8])
    assert any(not np.array_equal(a, b) for a, b in zip(before, state(model)))


def without_identities(config):
    """A configuration without the addresses by which Keras recognizes shared objects."""
    if isinstance(config, dict):
        kept = config.items()
        return {k: without_identities(v) for k, v in kept if k != "shared_object_id"}
    return [without_identities(v) for v in config] if isinstance(config, (list, tuple)) else config


def check_round_trip(make, x, y, folder):
    """`load_model` gives back everything, and training continues as if it had never stopped."""
    model = make()
    options = {"batch_size": 8, "shuffle": False, "verbose": 0}
    model.fit(x, y, epochs=2, **options)
    path = folder / "model.keras"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DeprecationWarning)
        model.save(path)
        loaded = keras.saving.load_model(path)
    assert type(loaded) is type(model)
    assert without_identities(loaded.get_config()) == without_identities(model.get_config())
    compiled, expected = loaded.get_compile_config(), model.get_compile_config()
    assert without_identities(compiled) == without_identities(expected)
    assert_same_state(state(model), state(loaded))
    first, second = model.fit(x, y, **options), loaded.fit(x, y, **options)
    assert first.history == second.history
    assert_same_state(state(model), state(loaded))


def check_failed_saving_loses_nothing(make, folder, monkeypatch):
    """A disk that is full while saving leaves the older file whole and nothing beside it."""
    model, path = make(), folder / "model.keras"
    model.save(path)
    before = path.read_bytes()

    def full_disk(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("keras.src.saving.saving_lib._save_state", full_disk)
    with pytest.raises(OSError, match="No space left"):
        model.save(path)
    assert path.read_bytes() == before
    assert [file.name for file in folder.iterdir()] == ["model.keras"]


def check_export(make, folder):
    """Every endpoint runs, on batches of different size, in a process without keras."""
    endpoints = saved_models.export(make(), folder / "exported")
    process = process_without_keras()
    process.stdin.write(json.dumps([str(folder / "exported"), endpoints]) + "\n")
    process.stdin.flush()
    shapes = json.loads(process.stdout.readline())
    assert isinstance(shapes, dict), shapes
    assert set(shapes) == {f"{name}_{count}" for name in endpoints for count in (2, 5)}


def check_mixed_precision(make, x, y, policy):
    """Trains with finite losses, float32 variables, and loss scaling for each optimizer."""
    keras.config.set_dtype_policy(policy)
    model = make()
    history = model.fit(x, y, batch_size=8, epochs=2, validation_data=(x, y), verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert {v.dtype for v in model.trainable_variables} == {"float32"}
    scaled = [
        isinstance(o, keras.optimizers.LossScaleOptimizer) for o in optimizers_of(model).values()
    ]
    assert scaled and all(flag == (policy == "mixed_float16") for flag in scaled)


def mirrored(devices):
    # Collective reductions of several strategies in one process share their instance keys.
    return tf.distribute.MirroredStrategy(devices, tf.distribute.ReductionToOneDevice())


def check_two_replicas_take_the_step_of_one(make, x, y):
    """Two replicas of half the batch end where one replica of the whole batch ends."""
    results = []
    for devices in (["CPU:0"], ["CPU:0", "CPU:1"]):
        strategy = mirrored(devices)
        with strategy.scope():
            keras.utils.set_random_seed(1)
            model = make()
        model.fit(batched(x, y), epochs=2, verbose=0)
        results.append(model.get_weights())
    for one, two in zip(*results):
        np.testing.assert_allclose(two, one, rtol=1e-4, atol=1e-5)


def check_mirrored_training(make, x, y):
    """Any model trains, evaluates and keeps its replicas equal on two devices.

    Of a batch of seven one device has four examples, and of the last, of one, one device has none;
    of a batch of five one has three, and batches of eight are even.
    """
    strategy = mirrored(["CPU:0", "CPU:1"])
    with strategy.scope():
        model = make()
    assert len(x) % 7 == 1
    for size in (7, 5, 8):
        data = batched(x, y, batch_size=size)
        history = model.fit(data, validation_data=data, verbose=0).history
        assert all(np.isfinite(values).all() for values in history.values())
    for variable in model.weights:
        first, second = strategy.experimental_local_results(variable.value)
        assert np.isfinite(np.asarray(first, "float32")).all()
        np.testing.assert_array_equal(first, second)


def check_two_workers_agree(names, folder, victim=1):
    """Two processes on the loopback train models in turn and end with the same variables, and so
    does a pair of which one was killed in the middle of the second epoch, started again."""

    def start(function, label, *arguments):
        logs = [folder / f"{label}_{index}.log" for index in range(2)]
        workers = processes.start_workers(function, names, str(folder), *arguments, logs=logs)
        return list(zip(workers, logs))

    pair = start(worker_process.train_and_be_killed, "killed", victim)
    (killed, log), (other, _) = pair[victim], pair[1 - victim]
    killed.join(600)
    assert killed.exitcode == -signal.SIGKILL, log.read_text()[-3000:]
    assert processes.end(other, 15) != 0  # it fails, or waits for the one that is no more
    states = [state_file.read(folder / f"killed_{name}.state")[0] for name in names]
    assert all(state["epochs"] == [0] for state in states)
    for worker in start(worker_process.train, "restarted", "killed"):
        processes.finish(*worker, 600)
    for name in names:
        first, *others = (
            result(folder, f"{run}_{name}_{worker}")
            for run in ("undisturbed", "killed")
            for worker in range(2)
        )
        assert all(np.isfinite(value).all() for value in first), name
        for other in others:
            assert_same_state(first, other)


def check_resume_after_kills(name, folder, kills=5, epochs=16, function=train):
    """Killed `kills` times at random moments, a training ends exactly as an undisturbed one."""
    undisturbed = start_training(name, folder, "undisturbed", epochs, function=function)
    chance = random.Random(name)
    for _ in range(kills):
        process = start_training(name, folder, "killed", epochs, function=function)
        started = folder / "killed.state.started"
        while not started.exists() and process.is_alive():
            time.sleep(0.02)
        time.sleep(chance.uniform(0.0, 0.5))
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL, (folder / "killed.log").read_text()[-2000:]
        started.unlink(missing_ok=True)
    last = start_training(name, folder, "killed", epochs, function=function)
    processes.finish(undisturbed, folder / "undisturbed.log")
    processes.finish(last, folder / "killed.log")
    assert_same_state(result(folder, "undisturbed"), result(folder, "killed"))


def start_training(name, folder, run, epochs, environment=None, function=train):
    """Starts a function of `training_process`; its state, result and log are called after `run`."""
    files = [str(folder / f"{run}.{ending}") for ending in ("state", "npz")]
    log = folder / f"{run}.log"
    return processes.start(function, name, *files, epochs, log=log, environment=environment)


def result(folder, run):
    with np.load(folder / f"{run}.npz") as archive:
        return [archive[f"arr_{index}"] for index in range(len(archive.files))]


def check_bad_input(make, x, y):
    """Every kind of bad data is refused with a clear error before anything has moved."""
    model = make()
    before = state(model)
    nan = x.copy()
    nan[1, 0] = np.nan
    cases = [
        ((255 * np.abs(x)).astype("uint8"), "floating-point values"),
        (3.0 * x, "values in the declared range"),
        (nan, "finite values"),
        (x[..., 0], "batches of shape"),
        (np.repeat(x, 3, axis=-1), "batches of shape"),
        (x[:0], "at least one"),
    ]
    for bad, message in cases:
        for data in (bad, None if len(bad) == 0 else batched(bad, y[: len(bad)])):
            if data is None:
                continue
            labels = () if isinstance(data, tf.data.Dataset) else (y[: len(bad)],)
            with pytest.raises(ValueError, match=f"argument `x`.*{message}.*Received"):
                model.fit(data, *labels, verbose=0)
    with pytest.raises(ValueError, match="argument `x`.*at least one batch"):
        model.fit(batched(x, y).take(0), verbose=0)
    with pytest.raises(ValueError, match="argument `validation_data`.*declared range"):
        model.fit(x, y, validation_data=(3.0 * x, y), verbose=0)
    assert_same_state(before, state(model))


def check_bad_tokens(make, x, y):
    """As `check_bad_input`, of a model whose examples are rows of integers."""
    model = make()
    before = state(model)
    cases = [
        (x.astype("float32"), "integer tokens"),
        (x - 1, "tokens from 0 to"),
        (x + 1, "tokens from 0 to"),
        (x[:, 0], "batches of shape"),
        (x[:, :1], "batches of shape"),
        (x[..., None], "batches of shape"),
        (x[:0], "at least one"),
    ]
    for bad, message in cases:
        for data in (bad, None if len(bad) == 0 else batched(bad)):
            if data is None:
                continue
            with pytest.raises(ValueError, match=f"argument `x`.*{message}.*Received"):
                model.fit(data, verbose=0)
    with pytest.raises(ValueError, match="argument `x`.*at least one batch"):
        model.fit(batched(x, y).take(0), verbose=0)
    with pytest.raises(ValueError, match="argument `validation_data`.*tokens from 0 to"):
        model.fit(x, y, validation_data=(x + 1, y), verbose=0)
    assert_same_state(before, state(model))
