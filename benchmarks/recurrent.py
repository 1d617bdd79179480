"""How time and memory of a training step of the recurrent autoencoder grow with the sequence.

An LSTM does the same work at each time-step and keeps each one's states for the way back, so
neither should grow faster than linearly with the number T of time-steps:

    seconds(T) ~ T^a,  bytes(T) ~ T^b,  a <= 1,  b <= 1

The exponents are the slopes of straight lines through the points (log T, log seconds) and
(log T, log bytes). Every length is measured in a process of its own, on batches of 32 sequences
of 28 features: LSTM 128 -> 30 numbers -> LSTM 128, Nadam, mean squared error, a loop over the
time-steps.

    time     the step that `fit()` calls, on a batch that is ready; the median of some steps
    memory   how far the process's resident memory rises during such steps above what it was
             before, when the same step had run on a single sequence and the free memory of
             the heap was given back: what a step needs besides weights, optimizer and program

Leave the machine alone meanwhile. It takes a minute on two cores, and needs Linux.
"""

import ctypes
import dataclasses
import functools
import multiprocessing
import pathlib
import platform
import re
import time

import keras
import numpy as np
import tensorflow as tf
import tyro

from keras_gen import models, networks

SEED = 1
BATCH_SIZE, FEATURES = 32, 28
UNITS, LATENT_DIM = (128,), 30  # those of chapters/04_autoencoders/recurrent.py
RESET_PEAK = "5"  # what `man proc` says to write to clear_refs


def main(
    lengths: tuple[int, ...] = (16, 32, 64, 128, 256),
    steps: int = 20,
    output: pathlib.Path | None = None,
) -> None:
    """Measures a training step for several sequence lengths and prints a table.

    Args:
        lengths: numbers of time-steps.
        steps: how many training steps are timed for each.
        output: Markdown file for the table.
    """
    if len(set(lengths)) < 2:
        raise SystemExit(f"--lengths: expected at least two different ones. Received: {lengths}")
    fresh_processes = multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1)
    with fresh_processes as pool:
        results = pool.map(functools.partial(measure, steps=steps), lengths, chunksize=1)
    text = table(results, steps)
    print(text)
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text + "\n")


@dataclasses.dataclass(frozen=True)
class Result:
    """What one training step took.

    Attributes:
        length: time-steps of a sequence.
        seconds: the median step.
        bytes: rise of the resident memory.
    """

    length: int
    seconds: float
    bytes: int


def measure(length, steps):
    """The `Result` for one length."""
    keras.utils.set_random_seed(SEED)
    step = compiled_step(autoencoder(length))
    sequences = np.random.default_rng(SEED).uniform(size=(BATCH_SIZE, length, FEATURES))
    single, batch = endless(sequences[:1]), endless(sequences)
    for _ in range(2):
        step(single)  # compiles
    rise = memory_rise(lambda: [step(batch) for _ in range(3)])
    return Result(length, np.median([seconds(step, batch) for _ in range(steps)]), rise)


def autoencoder(length):
    shape = (length, FEATURES)
    encoder = networks.recurrent_encoder(shape, UNITS, LATENT_DIM)
    decoder = networks.recurrent_decoder(LATENT_DIM, UNITS, shape, output_activation="sigmoid")
    model = models.Autoencoder(encoder, decoder, value_range=(0, 1), seed=SEED)
    model.compile(keras.optimizers.Nadam(), "mse")
    return model


def compiled_step(model):
    """The function that `fit()` calls for each step."""
    model.make_train_function()
    return model.train_function


def endless(sequences):
    """The same batch again and again; batches of any size have one type, so all share a program."""
    dataset = tf.data.Dataset.from_tensor_slices(sequences.astype("float32"))
    return iter(dataset.batch(BATCH_SIZE).cache().repeat())


def seconds(step, batch):
    start = time.perf_counter()
    step(batch)
    return time.perf_counter() - start


def memory_rise(function):
    """Bytes by which the resident memory of this process rises, at most, during a call."""
    ctypes.CDLL(None).malloc_trim(0)
    pathlib.Path("/proc/self/clear_refs").write_text(RESET_PEAK)
    before = peak_memory()
    function()
    return peak_memory() - before


def peak_memory():
    status = pathlib.Path("/proc/self/status").read_text()
    return 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])


def table(results, steps):
    """Markdown: a row per length, then the exponents."""
    head = ["time-steps", "step", "per time-step", "memory", "per time-step"]
    rows = [head, ["---"] * len(head)]
    for result in results:
        time_text = [f"{1e3 * t:.2f} ms" for t in (result.seconds, result.seconds / result.length)]
        memory_text = [f"{m / 2**20:.2f} MiB" for m in (result.bytes, result.bytes / result.length)]
        rows.append([str(result.length), *time_text, *memory_text])
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    versions = f"Python {platform.python_version()}, TensorFlow {tf.__version__}"
    exponents = (
        f"time grows as T^{growth(results, 'seconds'):.3f}, "
        f"memory as T^{growth(results, 'bytes'):.3f}"
    )
    heading = f"{versions}, Keras {keras.__version__}; medians of {steps} steps"
    return "\n".join([heading, "", *lines, "", exponents])


def growth(results, quantity):
    """The slope of log quantity over log length, by least squares."""
    lengths = [result.length for result in results]
    values = [getattr(result, quantity) for result in results]
    return np.polyfit(np.log(lengths), np.log(values), 1)[0]


if __name__ == "__main__":
    tyro.cli(main)
