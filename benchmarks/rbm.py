"""How long an epoch of contrastive divergence takes, side by side with scikit-learn, on the CPU.

Both learn a machine of 784 visible and 500 hidden units by one Gibbs step from the data, in
batches of 100 images of MNIST:

    W <- W + rate (<v h'>_data - <v h'>_reconstruction)

keras_gen is what a chapter script calls: `fit()` over `data.batches`, with its shuffling, progress
and logs, in float32, in float32 compiled by XLA, and under the policy mixed_bfloat16. scikit-learn
is `BernoulliRBM.fit` on a float32 array. All take turns, an epoch each, for some rounds of one run;
a ratio is the median of the rounds' ratios. The `products` are the five matrix products of a step
alone, done by NumPy as often as an epoch does them: what no implementation in float32 can fall
below by much.

Leave the machine alone meanwhile. It takes a few minutes on two cores.
"""

import pathlib
import platform
import time

import keras
import numpy as np
import sklearn
import tensorflow as tf
import tyro
from sklearn.neural_network import BernoulliRBM

from keras_gen import data, layers, models

SEED = 1
VISIBLE, HIDDEN, BATCH_SIZE, LEARNING_RATE = 784, 500, 100, 0.01
STEPS_PER_EXECUTION = 20


def main(rounds: int = 5, dataset: str = "mnist", output: pathlib.Path | None = None) -> None:
    """Times epochs of contrastive divergence and prints a table.

    Args:
        rounds: how often every epoch is timed, in turn.
        dataset: TFDS set of 28x28 grey images.
        output: Markdown file for the table.
    """
    images = data.arrays(data.load(dataset, "train", value_range=(0, 1)))
    vectors = images.reshape(-1, VISIBLE)
    batches = data.batches(vectors, BATCH_SIZE, seed=SEED)
    epochs = {
        "float32": keras_epoch("float32", batches),
        "float32, jit_compile": keras_epoch("float32", batches, jit_compile=True),
        "mixed_bfloat16": keras_epoch("mixed_bfloat16", batches),
        "scikit-learn": lambda: BernoulliRBM(
            HIDDEN, learning_rate=LEARNING_RATE, batch_size=BATCH_SIZE, n_iter=1, random_state=SEED
        ).fit(vectors),
        "products": lambda: products(vectors),
    }
    for epoch in epochs.values():
        epoch()  # compiles
    seconds = {name: [] for name in epochs}
    for _ in range(rounds):
        for name, epoch in epochs.items():
            seconds[name].append(timed(epoch))
    text = table({name: np.array(times) for name, times in seconds.items()})
    print(text)
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text + "\n")


def keras_epoch(policy, batches, **options):
    """A function that trains for one epoch under a dtype policy; takes options of `compile`."""
    keras.config.set_dtype_policy(policy)
    rbm = layers.RBM(HIDDEN, seed=SEED)
    machine = models.RestrictedBoltzmannMachine(rbm, VISIBLE, seed=SEED)
    optimizer = keras.optimizers.SGD(LEARNING_RATE)
    machine.compile(optimizer, steps_per_execution=STEPS_PER_EXECUTION, **options)
    keras.config.set_dtype_policy("float32")
    return lambda: machine.fit(batches, epochs=1, verbose=0)


def products(vectors):
    """The matrix products of an epoch: up, down, up again, and the two correlations."""
    kernel = np.zeros((VISIBLE, HIDDEN), "float32")
    for start in range(0, len(vectors), BATCH_SIZE):
        v_data = vectors[start : start + BATCH_SIZE]
        h_data = v_data @ kernel
        v_model = h_data @ kernel.T
        h_model = v_model @ kernel
        v_data.T @ h_data
        v_model.T @ h_model


def timed(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def table(seconds):
    """The measurement as Markdown."""
    lines = [
        f"{platform.machine()}, {len(next(iter(seconds.values())))} rounds, Keras "
        f"{keras.__version__}, TensorFlow {tf.__version__}, scikit-learn {sklearn.__version__}",
        "",
        "| epoch | seconds | of scikit-learn's |",
        "| --- | --- | --- |",
    ]
    for name, times in seconds.items():
        ratios = times / seconds["scikit-learn"]
        lines.append(
            f"| {name} | {np.median(times):.2f} | {np.median(ratios):.2f} "
            f"({ratios.min():.2f} to {ratios.max():.2f}) |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    tyro.cli(main)
