"""The restricted Boltzmann machine: a probability of images, learned without a decoder.

Visible units v (pixels) and hidden units h (features) are connected with each other and not among
themselves. The energy of a pair is low where they agree, and low energies are probable:

    E(v, h) = -b'v - c'h - v'W h,    p(v, h) = exp(-E(v, h)) / Z

Learning lowers the free energy F(v) = -log sum_h exp(-E(v, h)) of the data and raises that of
what the machine itself believes in: the states of chains ("particles") that it moves by Gibbs
sampling, h ~ P(h|v), v ~ P(v|h), and never takes back to the data.

    W <- W + rate (<v h'>_data - <v h'>_particles)

(Units are counted from their means here, the "centered" gradient, which allows larger rates.)
The sum Z runs over all states; annealed importance sampling estimates it, and then the script can
say how probable test images are: log p(v) = -F(v) - log Z.

By default it learns 8x8 digits within a minute. `--dataset mnist --hidden 500` is the machine of
Salakhutdinov & Murray (2008), who report -86.34 nats; the figure reached here is in
chapters/README.md.
"""

import pathlib

import keras
import tensorflow as tf
import tyro

from keras_gen import callbacks, data, layers, metrics, models, plotting, saved_models

BATCH_SIZE = 100
PARTICLES = 100  # Tieleman (2008): as many chains as images in a batch
LEARNING_RATE = 0.1  # falls to zero along a straight line, as in the same paper
CHAINS, TEMPERATURES = 100, 10_000  # Salakhutdinov & Murray (2008) have 100 and 14,500
STEPS_PER_EXECUTION = 10


def main(
    dataset: str = "digits",
    epochs: int = 300,
    hidden: int = 100,
    gibbs_steps: int = 1,
    limit: int | None = None,
    output: pathlib.Path = pathlib.Path("outputs/rbm"),
    seed: int = 1,
) -> None:
    """Trains a restricted Boltzmann machine by persistent contrastive divergence.

    Args:
        dataset: digits, mnist, fashion_mnist, another TFDS image set, or a folder of grey images.
        epochs: passes over the training images.
        hidden: number of hidden units.
        gibbs_steps: steps of every chain between two updates.
        limit: use only that many training images, and as many test images.
        output: folder for the pictures and the model.
        seed: start of all random numbers.
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()

    # Prepare: grey values are probabilities of white, drawn anew for every batch.
    chosen = f"[:{limit}]" if limit else ""
    train = data.arrays(data.load(dataset, "train" + chosen, value_range=(0, 1)))
    grey = data.arrays(data.load(dataset, "test" + chosen, value_range=(0, 1)))
    test = data.binarize(grey, [seed, 0]).numpy()
    seen = data.binarize(train[: len(test)], [seed, 1]).numpy()
    batches = data.batches(train, BATCH_SIZE, seed=seed, augment=data.binarize)

    # Build: the visible biases start where the pixels' own frequencies are.
    mean = train.mean(axis=0)
    rbm = layers.RBM(hidden, seed=seed)
    machine = models.RestrictedBoltzmannMachine(
        rbm, grey.shape[1:], gibbs_steps, PARTICLES, seed=seed, centered=True
    )
    rbm.set_visible_frequencies(mean)
    schedule = keras.optimizers.schedules.PolynomialDecay(
        LEARNING_RATE, epochs * len(batches), end_learning_rate=0.0
    )
    machine.compile(keras.optimizers.SGD(schedule), steps_per_execution=STEPS_PER_EXECUTION)

    # Fit; interrupt it and run the same command again, and it goes on where it was. The gap between
    # the free energies of test and training images tells whether it overfits.
    gap = callbacks.FreeEnergyGap(seen, test)
    resume = callbacks.Resume(output / "rbm.state", batches)
    history = machine.fit(batches, epochs=epochs, callbacks=[gap, resume])

    # Judge: how probable are the test images?
    partition = metrics.log_partition(rbm, mean, CHAINS, TEMPERATURES, seed)
    log_likelihood = -machine.free_energy(test) - partition.log_z
    print(f"log Z {partition.log_z:.2f} +- {partition.standard_error:.2f}")
    print(f"log p(v) of {len(test)} test images: {log_likelihood.mean():.2f} nats")

    # Look: what single hidden units look for, what the chains believe in, and how even the weights
    # of the annealing are.
    plotting.filters(rbm.kernel, grey.shape[1:], output / "filters.png")
    fantasies = machine.generate(64, seed=seed)
    samples = plotting.image_grid(
        fantasies, output / "samples.png", value_range=machine.value_range
    )
    plotting.reconstructions(
        test[:10],
        machine.reconstruct(test[:10]),
        value_range=machine.value_range,
        path=output / "reconstructions.png",
    )
    plotting.log_weights(partition, output / "ais_weights.png")
    plotting.training_curves(history, output / "training.png")

    # Save.
    machine.save(output / "rbm.keras")
    card = saved_models.card(
        f"Restricted Boltzmann machine, {hidden} hidden units, persistent chains",
        dataset,
        (0, 1),
        seed,
        {
            f"log_likelihood_nats_{len(test)}_images": log_likelihood.mean(),
            "log_z_standard_error": partition.standard_error,
        },
    )
    saved_models.export(machine, output / "saved_model", card, samples)
    print(f"Pictures, rbm.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
