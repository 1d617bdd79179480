"""The restricted Boltzmann machine: a probability of images, learned without a decoder.

Visible units v (pixels) and hidden units h (features) are connected to each other and not among
themselves. The energy of a pair is low where they agree, and low energies are probable:

    E(v, h) = -b'v - c'h - v'W h,    p(v, h) = exp(-E(v, h)) / Z

Learning lowers the free energy F(v) = -log sum_h exp(-E(v, h)) of the data and raises that of
what the machine itself believes in: the states of chains ("particles") that it moves by Gibbs
sampling, h ~ P(h|v), v ~ P(v|h), and never restarts at the data.

    W <- W + rate (<v h'>_data - <v h'>_particles)

(Units are measured from their means here, the "centered" gradient, which allows larger rates.)
The sum Z runs over all states; annealed importance sampling estimates it, and then the script can
say how probable test images are: log p(v) = -F(v) - log Z.

By default it learns digits drawn with many fonts within a minute. `--dataset mnist --hidden 500
--gibbs-steps 5 --epochs 200` is the machine of Salakhutdinov & Murray (2008), who report -86.34
nats; it reaches -83.88 in an hour.
"""

from keras_gen import runs

# isort: split
import keras

from keras_gen import callbacks, data, layers, metrics, models, plotting

BATCH_SIZE = 100
PARTICLES = 100  # Tieleman (2008): as many chains as images in a batch
LEARNING_RATE = 0.1  # falls to zero along a straight line, as in the same paper
CHAINS, TEMPERATURES = 100, 10_000  # Salakhutdinov & Murray (2008) have 100 and 14,500
STEPS_PER_EXECUTION = 10


def main(run: runs.Run = runs.Run(epochs=60), hidden: int = 200, gibbs_steps: int = 1) -> None:
    """Trains a restricted Boltzmann machine by persistent contrastive divergence.

    Args:
        run: what to train on and how long; grey images.
        hidden: number of hidden units.
        gibbs_steps: steps of every chain between two updates.
    """
    run.begin()

    # Prepare: grey values are probabilities of white, drawn anew for every batch.
    train, grey = run.images(value_range=(0, 1))
    test = data.binarize(grey, [run.seed, 0]).numpy()
    seen = data.binarize(train[: len(test)], [run.seed, 1]).numpy()
    batches = data.batches(train, BATCH_SIZE, seed=run.seed, augment=data.binarize)

    # Build: the visible biases start where the pixels' own frequencies are.
    mean = train.mean(axis=0)
    rbm = layers.RBM(hidden, seed=run.seed)
    machine = models.RestrictedBoltzmannMachine(
        rbm, grey.shape[1:], gibbs_steps, PARTICLES, seed=run.seed, centered=True
    )
    rbm.set_visible_frequencies(mean)
    schedule = keras.optimizers.schedules.PolynomialDecay(
        LEARNING_RATE, run.epochs * len(batches), end_learning_rate=0.0
    )
    machine.compile(keras.optimizers.SGD(schedule), steps_per_execution=STEPS_PER_EXECUTION)

    # Fit; interrupted, the same command resumes where it was. The gap between the free energies of
    # test and training images shows whether it overfits.
    watch = run.watch(batches, callbacks.FreeEnergyGap(seen, test))
    history = machine.fit(batches, epochs=run.epochs, callbacks=watch)

    # Judge: how probable are the test images?
    partition = metrics.log_partition(rbm, mean, CHAINS, TEMPERATURES, run.seed)
    log_likelihood = -machine.free_energy(test) - partition.log_z
    measures = {
        "log_z": partition.log_z,
        "log_z_standard_error": partition.standard_error,
        f"log_likelihood_nats_{len(test)}_images": log_likelihood.mean(),
    }

    # Look: what the chains believe in, what single hidden units look for, and how even the weights
    # of the annealing are.
    fantasies = machine.generate(64, seed=run.seed)
    picture = {"value_range": machine.value_range}
    samples = plotting.image_grid(fantasies, run.output / "samples.png", **picture)
    rows = {
        "test images": test[:12],
        "reconstructed": machine.reconstruct(test[:12]),
        "imagined": fantasies[:12],
    }
    title = "What the machine makes of images, and what its chains dream up"
    plotting.image_rows(rows, run.output / "images.png", title=title, **picture)
    title = "What each hidden unit looks for: white helps it, black hinders it"
    plotting.filters(rbm.kernel, grey.shape[1:], run.output / "filters.png", title=title)
    plotting.log_weights(partition, run.output / "ais_weights.png")
    plotting.training_curves(history, run.output / "training.png")

    # Save.
    what = f"Restricted Boltzmann machine, {hidden} hidden units, persistent chains"
    look = "images.png: nobody has drawn those of the last row"
    run.save(machine, what, measures, samples, look)


if __name__ == "__main__":
    runs.start(main)
