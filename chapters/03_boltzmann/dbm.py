"""The deep Boltzmann machine: layers that all hear their neighbours on both sides.

Every layer of binary units is connected with the next one, and signals run up and down:

    E(v, h1, h2) = -b0'v - b1'h1 - b2'h2 - v'W1 h1 - h1'W2 h2,    p(v, h) = exp(-E(v, h)) / Z

    P(h1=1 | v, h2) = sigmoid(b1 + W1'v + W2 h2)

It learns in two steps. First each pair of layers alone, as a restricted Boltzmann machine, with
twice the input where a neighbour is still missing. Then all layers jointly,

    W1 <- W1 + rate (<v mu1'>_data - <v h1'>_chains),

where mean field, mu1 <- sigmoid(b1 + W1'v + W2 mu2) and mu2 <- sigmoid(b2 + W2'mu1) in turn, says
what the hidden units make of an image, and persistent chains show what the machine believes in.

Mean field also bounds the likelihood, log p(v) >= -E(v, mu) + H(mu) - log Z, with Z by annealed
importance sampling.

By default it learns 8x8 digits within a minute. `--dataset mnist --hidden 500 1000` is the machine
of Salakhutdinov & Hinton (2009), who report a bound of -84.62 nats; the figure reached here is in
chapters/README.md.
"""

import pathlib

import keras
import tensorflow as tf
import tyro

from keras_gen import callbacks, data, greedy, layers, metrics, models, plotting, saved_models

BATCH_SIZE = 100
PARTICLES = 100  # the paper: as many chains as images in a batch
PRETRAINING_RATE = 0.05  # all rates fall to zero along straight lines
MEAN_FIELD_STEPS = 5  # the paper has 10; on MNIST a bound with 25 was 0.001 nats higher
CHAINS, TEMPERATURES = 100, 20_000  # the paper's
STEPS_PER_EXECUTION = 10


def main(
    dataset: str = "digits",
    epochs: int = 150,
    pretraining_epochs: int | None = None,
    hidden: tuple[int, ...] = (100, 100),
    gibbs_steps: int = 5,
    learning_rate: float = 0.05,
    limit: int | None = None,
    output: pathlib.Path = pathlib.Path("outputs/dbm"),
    seed: int = 1,
) -> None:
    """Trains a deep Boltzmann machine, first layer by layer, then jointly.

    Args:
        dataset: digits, mnist, fashion_mnist, another TFDS image set, or a folder of grey images.
        epochs: passes over the training images with all layers.
        pretraining_epochs: passes with each single pair of layers; as many as `epochs` by default.
        hidden: sizes of the hidden layers, two or more.
        gibbs_steps: steps of every chain between two updates.
        learning_rate: of the joint training; the paper starts at 0.005 and takes hundreds of
            epochs.
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
    batches = data.batches(train, BATCH_SIZE, seed=seed, augment=data.binarize)
    shape = train.shape[1:]

    # Fit layer by layer; interrupt it and run the same command again, and it goes on.
    rbms = layers.doubled_rbms(hidden, seed=seed)
    machines = [
        models.RestrictedBoltzmannMachine(rbm, below, 1, PARTICLES, seed=seed)
        for rbm, below in zip(rbms, [shape, *hidden])
    ]
    passes = pretraining_epochs or epochs
    decay = keras.optimizers.schedules.PolynomialDecay
    for machine in machines:
        rate = decay(PRETRAINING_RATE, passes * len(batches), end_learning_rate=0.0)
        machine.compile(keras.optimizers.SGD(rate), steps_per_execution=STEPS_PER_EXECUTION)
    greedy.train_machines(machines, train, passes, BATCH_SIZE, seed, folder=output / "pretraining")

    # Fit all layers jointly.
    dbm = models.DeepBoltzmannMachine.from_rbms(
        rbms, shape, gibbs_steps, MEAN_FIELD_STEPS, PARTICLES, seed=seed
    )
    rate = decay(learning_rate, epochs * len(batches), end_learning_rate=0.0)
    dbm.compile(keras.optimizers.SGD(rate), steps_per_execution=STEPS_PER_EXECUTION)
    history = dbm.fit(
        batches,
        epochs=epochs,
        validation_data=(test,),
        validation_freq=10,
        callbacks=[callbacks.Resume(output / "dbm.state", batches)],
    )

    # Judge: at least how probable are the test images?
    odd, even = dbm.base_probabilities(train)
    partition = metrics.log_partition(
        dbm.as_rbm(), odd, CHAINS, TEMPERATURES, seed, hidden_base_probabilities=even
    )
    bound = dbm.variational_bound(test, partition.log_z).numpy()
    print(f"log Z {partition.log_z:.2f} +- {partition.standard_error:.2f}")
    print(f"log p(v) of {len(test)} test images: at least {bound.mean():.2f} nats")

    # Look: what units of the first layer look for, what the chains believe in, what mean field
    # keeps of test images, and how even the weights of the annealing are.
    plotting.filters(dbm.kernels[0], shape, output / "filters.png")
    fantasies = dbm.generate(64, seed=seed)
    samples = plotting.image_grid(fantasies, output / "samples.png", value_range=dbm.value_range)
    plotting.reconstructions(
        test[:10],
        dbm.reconstruct(test[:10]),
        value_range=dbm.value_range,
        path=output / "reconstructions.png",
    )
    plotting.log_weights(partition, output / "ais_weights.png")
    plotting.training_curves(history, output / "training.png")

    # Save.
    dbm.save(output / "dbm.keras")
    card = saved_models.card(
        f"Deep Boltzmann machine, {'-'.join(map(str, hidden))} hidden units, persistent chains",
        dataset,
        (0, 1),
        seed,
        {
            f"log_likelihood_bound_nats_{len(test)}_images": bound.mean(),
            "log_z_standard_error": partition.standard_error,
        },
    )
    saved_models.export(dbm, output / "saved_model", card, samples)
    print(f"Pictures, dbm.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
