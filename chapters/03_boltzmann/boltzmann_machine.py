"""The Boltzmann machine: units that are on or off by chance, each connected with each.

A state s of all units, the visible ones (pixels) and the hidden ones, has an energy. States of low
energy are probable, the more so the lower the temperature T is:

    E(s) = -sum_{i<j} w_ij s_i s_j - sum_i b_i s_i,    p(s) = exp(-E(s) / T) / Z

Learning makes the training images probable. It strengthens what units do together when the pixels
are given, and weakens what they do together when the machine runs freely:

    d log p(v) / dw_ij = (<s_i s_j>_data - <s_i s_j>_model) / T

The 14 bars and stripes of 3x3 pixels are few enough to sum over all states, so the machine learns
with exact averages: the loss is -mean log p(v) and cannot fall below log 14 = 2.64 nats. What it
lies above that is the divergence KL(data || model), which is printed; below 0.1 nat nearly all
probability is on the 14 patterns. `--no-exact` takes both averages from Gibbs sampling instead,
one unit drawn after the other, as machines with more than 16 units have to; the loss is then a
difference of energies near 0, which does not tell how far learning has come.

It reaches 0.003 nats in 15 seconds, and 0.06 in half a minute with `--no-exact`.
"""

import pathlib

import keras
import numpy as np
import tensorflow as tf
import tyro

from keras_gen import callbacks, data, models, plotting, saved_models

REPEATS = 100  # every pattern comes once in a batch, and so often in an epoch
LEARNING_RATE = 0.03  # of Adam, falls to zero along a straight line
GIBBS_STEPS, PARTICLES = 10, 500  # only without exact sums
WHITE_IS_GREY = (0, 1.3)  # in the picture of samples, so that the lines between them are seen


def main(
    epochs: int = 20,
    hidden: int = 7,
    exact: bool = True,
    limit: int | None = None,
    output: pathlib.Path = pathlib.Path("outputs/boltzmann_machine"),
    seed: int = 1,
) -> None:
    """Trains a Boltzmann machine on bars and stripes.

    Args:
        epochs: passes over 100 copies of the patterns.
        hidden: number of hidden units, at most 7 for exact sums.
        exact: sums over all states, or else Gibbs sampling.
        limit: use only that many patterns.
        output: folder for the pictures and the model.
        seed: start of all random numbers.
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()

    # Prepare: every batch has each pattern once.
    patterns = data.toy.bars_and_stripes()[:limit]
    copies = np.tile(patterns, (REPEATS, 1, 1, 1))
    batches = data.batches(copies, len(patterns), shuffle=False)

    # Build.
    machine = models.BoltzmannMachine(
        patterns.shape[1:],
        hidden,
        exact=exact,
        gibbs_steps=GIBBS_STEPS,
        particles=PARTICLES,
        seed=seed,
    )
    schedule = keras.optimizers.schedules.PolynomialDecay(
        LEARNING_RATE, epochs * len(batches), end_learning_rate=0.0
    )
    machine.compile(keras.optimizers.Adam(schedule), steps_per_execution=REPEATS)

    # Fit; interrupt it and run the same command again, and it goes on where it was.
    resume = callbacks.Resume(output / "boltzmann_machine.state", batches)
    history = machine.fit(batches, epochs=epochs, callbacks=[resume])

    # Judge: how far is the machine's distribution of images from that of the data?
    probabilities = machine.probabilities().numpy()
    numbers = machine.state_numbers(patterns).numpy()
    divergence = machine.kl_divergence(patterns)
    print(f"probability of the {len(patterns)} patterns: {probabilities[numbers].sum():.3f}")
    print(f"KL(data || model): {divergence:.4f} nats")

    # Look: the probability of each possible image, and what chains from random states end in.
    plotting.state_probabilities(probabilities, numbers, output / "probabilities.png")
    generated = machine.generate(64, seed=seed)
    samples = plotting.image_grid(generated, output / "samples.png", value_range=WHITE_IS_GREY)
    plotting.training_curves(history, output / "training.png")

    # Save.
    machine.save(output / "boltzmann_machine.keras")
    card = saved_models.card(
        f"Boltzmann machine, 9 visible and {hidden} hidden units, "
        + ("exact gradient" if exact else "Gibbs sampling"),
        "bars_and_stripes",
        (0, 1),
        seed,
        {"kl_divergence_nats": divergence},
    )
    saved_models.export(machine, output / "saved_model", card, samples)
    print(f"Pictures, boltzmann_machine.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
