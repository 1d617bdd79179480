"""The Boltzmann machine: units that are on or off by chance, each connected to all others.

A state s of all units, the visible ones (pixels) and the hidden ones, has an energy. States of low
energy are probable, the more so the lower the temperature T is:

    E(s) = -sum_{i<j} w_ij s_i s_j - sum_i b_i s_i,    p(s) = exp(-E(s) / T) / Z

Learning makes the training images probable. It strengthens what units do together when the pixels
are given, and weakens what they do together when the machine runs freely:

    d log p(v) / dw_ij = (<s_i s_j>_data - <s_i s_j>_model) / T

The 14 bars and stripes of 3x3 pixels are few enough to sum over all states, so the machine learns
with exact averages: the loss is -mean log p(v) and cannot fall below log 14 = 2.64 nats. Its excess
over that is the divergence KL(data || model), which is printed; below 0.1 nat nearly all
probability is on the 14 patterns. `--no-exact` takes both averages from Gibbs sampling instead, one
unit drawn after the other, as machines with more than 16 units have to; the loss is then a
difference of energies near 0, which does not show how far learning has come.

It reaches 0.003 nats in ten seconds, and 0.06 in half a minute with `--no-exact`.
"""

from keras_gen import runs

# isort: split
import keras
import numpy as np

from keras_gen import data, models, plotting

REPEATS = 100  # every pattern comes once in a batch, and this often in an epoch
LEARNING_RATE = 0.03  # of Adam, falls to zero along a straight line
GIBBS_STEPS, PARTICLES = 10, 500  # only without exact sums
WHITE_IS_GREY = (0, 1.3)  # in the picture of samples, so that the lines between them are seen


def main(
    run: runs.Run = runs.Run(dataset=None, epochs=20), hidden: int = 7, exact: bool = True
) -> None:
    """Trains a Boltzmann machine on bars and stripes.

    Args:
        run: how long to train; `epochs` are passes over 100 copies of the patterns, and `limit`
            leaves only that many patterns.
        hidden: number of hidden units, at most 7 for exact sums.
        exact: sums over all states, or else Gibbs sampling.
    """
    run.begin()

    # Prepare: every batch has each pattern once.
    patterns = data.toy.bars_and_stripes()[: run.limit]
    copies = np.tile(patterns, (REPEATS, 1, 1, 1))
    batches = data.batches(copies, len(patterns), shuffle=False)

    # Build.
    sampling = {"gibbs_steps": GIBBS_STEPS, "particles": PARTICLES}
    machine = models.BoltzmannMachine(
        patterns.shape[1:], hidden, exact=exact, seed=run.seed, **sampling
    )
    schedule = keras.optimizers.schedules.PolynomialDecay(
        LEARNING_RATE, run.epochs * len(batches), end_learning_rate=0.0
    )
    machine.compile(keras.optimizers.Adam(schedule), steps_per_execution=REPEATS)

    # Fit; interrupted, the same command resumes where it was.
    history = machine.fit(batches, epochs=run.epochs, callbacks=run.watch(batches))

    # Judge: how far is the machine's distribution of images from that of the data?
    probabilities = machine.probabilities().numpy()
    numbers = machine.state_numbers(patterns).numpy()
    measures = {
        f"probability_of_{len(patterns)}_patterns": probabilities[numbers].sum(),
        "kl_divergence_nats": machine.kl_divergence(patterns),
    }

    # Look: the probability of each possible image, and where chains from random states end.
    title = f"What the machine expects to see: all {len(probabilities)} images of 3x3 pixels"
    plotting.state_probabilities(
        probabilities, numbers, run.output / "probabilities.png", title=title
    )
    samples = plotting.image_grid(
        machine.generate(64, seed=run.seed),
        run.output / "samples.png",
        value_range=WHITE_IS_GREY,
        title="Bars and stripes that the machine draws",
    )
    plotting.training_curves(history, run.output / "training.png")

    # Save.
    learned = "exact gradient" if exact else "Gibbs sampling"
    what = f"Boltzmann machine, 9 visible and {hidden} hidden units, {learned}"
    look = "probabilities.png: only the data are probable, and all of them equally, once learned"
    run.save(machine, what, measures, samples, look, data="bars_and_stripes")


if __name__ == "__main__":
    runs.start(main)
