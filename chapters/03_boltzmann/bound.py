"""Is deeper better? The variational bound of a deep belief network.

A restricted Boltzmann machine says p(v) = sum_h P(v|h) p(h), where its own weights make p(h). A
second machine that learns p(h) better, from the states h ~ Q(h|v) that images cause in the first
one, makes the images more probable. That probability is beyond sums, but a bound is not:

    log p(v) >= E_Q[log p_top(h) + log P(v|h) - log Q(h|v)]

The second machine starts as the first one turned over: then p_top(h) is what it was, the bound is
exact, and no likelihood is lost before anything is gained. Annealed importance sampling gives the
one sum that is left, Z of the top machine.

By default it takes 8x8 digits and a minute. `--dataset mnist --top 2000 --trained RBM`, with the
`rbm.keras` of 500 hidden units that rbm.py has made, is the network of Salakhutdinov & Murray
(2008), who report -86.22 nats after -86.34 of the first machine alone; the figures reached here
are in chapters/README.md.
"""

import pathlib

import keras
import tensorflow as tf
import tyro

from keras_gen import callbacks, data, greedy, layers, metrics, models, plotting, saved_models

BATCH_SIZE = 100
PARTICLES = 100  # Tieleman (2008): as many chains as images in a batch
LEARNING_RATE = 0.1  # falls to zero along a straight line, as in the same paper
TOP_LEARNING_RATE = 0.01  # gentler, because the top machine starts where much is known
FURTHER_STDDEV = 1e-3  # of the weights that the first machine does not give
CHAINS, TEMPERATURES = 100, 10_000  # Salakhutdinov & Murray (2008) have 100 and 14,500
DRAWS = 20  # from Q, per test image
STEPS_PER_EXECUTION = 10


def main(
    dataset: str = "digits",
    epochs: int = 150,
    hidden: int = 100,
    top: int = 200,
    gibbs_steps: int = 1,
    trained: pathlib.Path | None = None,
    limit: int | None = None,
    output: pathlib.Path = pathlib.Path("outputs/bound"),
    seed: int = 1,
) -> None:
    """Trains two machines, one on the other, and compares likelihoods.

    Args:
        dataset: digits, mnist, fashion_mnist, another TFDS image set, or a folder of grey images.
        epochs: passes over the training images for each of the two machines.
        hidden: number of hidden units of the first machine.
        top: number of hidden units of the second machine, at least the number of pixels.
        gibbs_steps: steps of every chain between two updates.
        trained: a first machine that is trained already, the `rbm.keras` of rbm.py.
        limit: use only that many training images, and as many test images.
        output: folder for the pictures and the model.
        seed: start of all random numbers.
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()

    # Prepare: grey values are probabilities of white, drawn anew for every batch.
    chosen = f"[:{limit}]" if limit else ""
    images = data.arrays(data.load(dataset, "train" + chosen, value_range=(0, 1)))
    grey = data.arrays(data.load(dataset, "test" + chosen, value_range=(0, 1)))
    test = data.binarize(grey, [seed, 0]).numpy()
    batches = data.batches(images, BATCH_SIZE, seed=seed, augment=data.binarize)
    steps = epochs * len(batches)

    # Build and fit the first machine, unless there is one.
    share = {"steps": gibbs_steps, "particles": PARTICLES, "seed": seed, "centered": True}
    first = models.RestrictedBoltzmannMachine(
        layers.RBM(hidden, seed=seed), images.shape[1:], **share
    )
    schedule = keras.optimizers.schedules.PolynomialDecay(LEARNING_RATE, steps, 0.0)
    first.compile(keras.optimizers.SGD(schedule), steps_per_execution=STEPS_PER_EXECUTION)
    if trained is None:
        folder = output / "phases"
        greedy.train_machines([first], images, epochs, BATCH_SIZE, seed, folder=folder)
    else:
        first = saved_models.load_keras(trained)

    # Build and fit the second one, which starts as the first one turned over.
    network = models.DeepBeliefNetwork(
        layers.RBM(top, FURTHER_STDDEV, seed), images.shape[1:], below=[first.rbm], **share
    )
    network.turn_over()
    network.burn_in(seed=seed)
    schedule = keras.optimizers.schedules.PolynomialDecay(TOP_LEARNING_RATE, steps, 0.0)
    network.compile(keras.optimizers.SGD(schedule), steps_per_execution=STEPS_PER_EXECUTION)
    resume = callbacks.Resume(output / "bound.state", batches)
    history = network.fit(batches, epochs=epochs, callbacks=[resume])

    # Judge: how probable are the test images, with one layer and with two?
    annealing = {"chains": CHAINS, "temperatures": TEMPERATURES, "seed": seed}
    partition = metrics.log_partition(first.rbm, images.mean(axis=0), **annealing)
    likelihood = -first.free_energy(test) - partition.log_z
    print(f"first machine: log Z {partition.log_z:.2f} +- {partition.standard_error:.2f}")
    partition = metrics.log_partition(network.rbm, network.visible_means(images), **annealing)
    bound = network.variational_bound(test, partition.log_z, DRAWS, seed)
    print(f"second machine: log Z {partition.log_z:.2f} +- {partition.standard_error:.2f}")
    print(f"log p(v) of {len(test)} test images: {likelihood.mean():.2f} nats with one layer, ")
    print(f"at least {bound.mean():.2f} nats with two")

    # Look: what both believe in.
    plotting.image_grid(
        first.generate(64, seed), output / "one_layer.png", value_range=first.value_range
    )
    samples = plotting.image_grid(
        network.generate(64, seed), output / "two_layers.png", value_range=network.value_range
    )
    plotting.training_curves(history, output / "training.png")

    # Save.
    network.save(output / "bound.keras")
    card = saved_models.card(
        f"Deep belief network, {hidden} and {top} hidden units, without labels",
        dataset,
        (0, 1),
        seed,
        {
            f"log_likelihood_nats_one_layer_{len(test)}_images": likelihood.mean(),
            f"bound_nats_two_layers_{len(test)}_images": bound.mean(),
            "log_z_standard_error": partition.standard_error,
        },
    )
    saved_models.export(network, output / "saved_model", card, samples)
    print(f"Pictures, bound.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
