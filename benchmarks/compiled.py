"""What `jit_compile=True` makes of a training step on a CPU, model by model.

    step      an epoch of `fit()` over batches of synthetic data in the models' range, per step,
              as it is and compiled by XLA; the two take turns, a ratio is the median of the rounds
    start     the first epoch, of one batch, which traces the step and compiles it, less a step
    pays off  after how many steps the longer start is made up for, if it ever is

Shapes are those of the chapters. Leave the machine alone meanwhile. It takes ten minutes on two
cores; `--only rbm vae` picks models.
"""

import functools
import pathlib
import time

import keras
import numpy as np
import tyro
from train_step import FILTERS, dcgan, limit_threads, machine, milliseconds, ratio, table, vae
from translation import pix2pix

from keras_gen import data, layers, models, networks, optimizers

SEED = 1
PIXELS, IMAGE = (784,), (28, 28, 1)


def main(
    rounds: int = 5,
    steps: int = 20,
    threads: int | None = None,
    only: tuple[str, ...] = (),
    output: pathlib.Path | None = None,
) -> None:
    """Times training with and without XLA and prints a table.

    Args:
        rounds: how often every epoch is timed, in turn.
        steps: batches of an epoch.
        threads: threads and cores; by default all cores.
        only: the models; by default all of them.
        output: Markdown file for the table.
    """
    threads = limit_threads(threads)
    unknown = set(only) - set(CASES)
    if unknown:
        raise SystemExit(f"--only: expected some of {', '.join(CASES)}. Received: {unknown}")
    rows = []
    for name in only or CASES:
        print(f"timing {name} ...", flush=True)
        rows.append([name, *row(*timed(*CASES[name], rounds, steps))])
    versions = ", ".join(f"{key} {value}" for key, value in machine(threads).items() if value)
    heading = f"{versions}; per step, {rounds} rounds of an epoch of {steps} steps"
    head = ["model", "step", "compiled", "compiled / not", "start", "compiled", "pays off"]
    report = "\n".join([heading, "", *table(head, rows)])
    print("\n" + report)
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(report + "\n")


def rbm(**options):
    model = models.RestrictedBoltzmannMachine(layers.RBM(500, seed=SEED), PIXELS, seed=SEED)
    model.compile(keras.optimizers.SGD(0.05), **options)
    return model


def deep_belief_network(**options):
    below = [layers.RBM(500, seed=SEED)]
    model = models.DeepBeliefNetwork(layers.RBM(500, seed=SEED), PIXELS, below, seed=SEED)
    model.compile(keras.optimizers.SGD(0.05), **options)
    return model


def deep_boltzmann_machine(**options):
    model = models.DeepBoltzmannMachine((500, 500), PIXELS, particles=100, seed=SEED)
    model.compile(keras.optimizers.SGD(0.01), **options)
    return model


def made(**options):
    model = models.MADE(IMAGE, (500, 500), orderings=1, seed=SEED)
    model.compile(optimizers.FusedAdam(1e-3), **options)
    return model


def pixel_cnn(**options):
    model = models.PixelCNN(IMAGE, FILTERS, seed=SEED)
    model.compile(optimizers.FusedAdam(1e-3), **options)
    return model


def dense_autoencoder(**options):
    encoder = networks.mlp_encoder(PIXELS, (200, 200), 50)
    decoder = networks.mlp_decoder(50, (200, 200), PIXELS, output_activation="sigmoid")
    return autoencoder(encoder, decoder, options)


def convolutional_autoencoder(**options):
    encoder = networks.convolutional_encoder(IMAGE, (16, 32), 50)
    decoder = networks.convolutional_decoder(50, (16, 32), IMAGE, output_activation="sigmoid")
    return autoencoder(encoder, decoder, options)


def recurrent_autoencoder(**options):
    encoder = networks.recurrent_encoder((28, 28), (128,), 30)
    decoder = networks.recurrent_decoder(30, (128,), (28, 28), output_activation="sigmoid")
    return autoencoder(encoder, decoder, options)


def autoencoder(encoder, decoder, options):
    model = models.Autoencoder(encoder, decoder, value_range=(0, 1), seed=SEED)
    model.compile(optimizers.FusedAdam(1e-3), "mse", **options)
    return model


def character_model(**options):
    cells = [keras.layers.LSTMCell(256)]
    model = models.CharacterModel("".join(map(chr, range(48, 113))), cells, seed=SEED)
    model.compile(optimizers.FusedAdam(2e-3), **options)
    return model


def binary(shape, batch_size, count):
    x = np.random.default_rng(SEED).integers(2, size=(count * batch_size, *shape))
    return data.batches(x.astype("float32"), batch_size, seed=SEED)


def real(shape, batch_size, count, low=0.0):
    x = np.random.default_rng(SEED).uniform(low, 1, (count * batch_size, *shape))
    return data.batches(x.astype("float32"), batch_size, seed=SEED)


def pairs(shape, batch_size, count):
    x, y = np.random.default_rng(SEED).uniform(-1, 1, (2, count * batch_size, *shape))
    return data.batches((x.astype("float32"), y.astype("float32")), batch_size, seed=SEED)


def text(length, batch_size, count):
    x = np.random.default_rng(SEED).integers(65, size=(count * batch_size, length))
    return data.batches(x.astype("int32"), batch_size, seed=SEED)


CASES = {  # the model and its batches, given their number
    "rbm": (rbm, functools.partial(binary, PIXELS, 100)),
    "deep_belief_network": (deep_belief_network, functools.partial(binary, PIXELS, 100)),
    "deep_boltzmann_machine": (deep_boltzmann_machine, functools.partial(binary, PIXELS, 100)),
    "made": (made, functools.partial(binary, IMAGE, 100)),
    "pixel_cnn": (pixel_cnn, functools.partial(binary, IMAGE, 16)),
    "vae": (vae, functools.partial(real, PIXELS, 100)),
    "dense_autoencoder": (dense_autoencoder, functools.partial(real, PIXELS, 100)),
    "convolutional_autoencoder": (convolutional_autoencoder, functools.partial(real, IMAGE, 32)),
    "recurrent_autoencoder": (recurrent_autoencoder, functools.partial(real, (28, 28), 32)),
    "character_model": (character_model, functools.partial(text, 101, 64)),
    "dcgan": (dcgan, functools.partial(real, IMAGE, 32, low=-1)),
    "pix2pix": (pix2pix, functools.partial(pairs, (64, 64, 3), 4)),
}


def timed(make, batches, rounds, steps):
    """Seconds of the first epoch, and per step in each round, as {compiled: value} twice."""
    epoch, single = batches(steps), batches(1)
    first, seconds, made = {}, {False: [], True: []}, {}
    for compiled in (False, True):
        keras.utils.set_random_seed(SEED)
        made[compiled] = make(jit_compile=compiled)
        start = time.perf_counter()
        fit(made[compiled], single)
        first[compiled] = time.perf_counter() - start
        fit(made[compiled], epoch)
    for _ in range(rounds):
        for compiled, model in made.items():
            start = time.perf_counter()
            fit(model, epoch)
            seconds[compiled].append((time.perf_counter() - start) / steps)
    return first, seconds


def fit(model, batches):
    model.fit(batches, epochs=1, verbose=0)


def row(first, seconds):
    """The cells of a model."""
    plain, compiled = (np.median(seconds[key]) for key in (False, True))
    starts = first[False] - plain, first[True] - compiled
    steps = (starts[1] - starts[0]) / (plain - compiled) if compiled < plain else None
    pays = "never" if steps is None else f"after {max(steps, 0):,.0f} steps"
    times = milliseconds(seconds[False]), milliseconds(seconds[True])
    return [*times, ratio(seconds[True], seconds[False]), *[f"{s:.1f} s" for s in starts], pays]


if __name__ == "__main__":
    tyro.cli(main)
