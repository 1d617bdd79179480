"""The deep Boltzmann machine: layers that hear their neighbours on both sides.

Every layer of binary units is connected with the next one, and signals run up and down:

    E(v, h1, h2) = -b0'v - b1'h1 - b2'h2 - v'W1 h1 - h1'W2 h2,    p(v, h) = exp(-E(v, h)) / Z

    P(h1=1 | v, h2) = sigmoid(b1 + W1'v + W2 h2)

It learns in two steps. First each pair of layers by itself, as a restricted Boltzmann machine, with
twice the input where a neighbour is still missing. Then all layers jointly,

    W1 <- W1 + rate (<v mu1'>_data - <v h1'>_chains),

where mean field, mu1 <- sigmoid(b1 + W1'v + W2 mu2) and mu2 <- sigmoid(b2 + W2'mu1) in turn, says
what the hidden units make of an image, and persistent chains show what the machine believes in.

Mean field also bounds the likelihood, log p(v) >= -E(v, mu) + H(mu) - log Z, with Z by annealed
importance sampling.

By default it learns digits drawn with many fonts within two minutes, and its bound for images of
other fonts is -105 nats. `--dataset mnist --hidden 500 1000 --learning-rate 0.15
--pretraining-epochs 20 --epochs 140` is the machine of Salakhutdinov & Hinton (2009), who report a
bound of -84.62 nats; it reaches -84.79 in an hour and a half.
"""

from keras_gen import runs

# isort: split
import keras

from keras_gen import data, greedy, layers, metrics, models, plotting

BATCH_SIZE = 100
PARTICLES = 100  # the paper: as many chains as images in a batch
PRETRAINING_RATE = 0.05  # all rates fall to zero along straight lines
MEAN_FIELD_STEPS = 5  # the paper has 10; on MNIST a bound with 25 was 0.001 nats higher
CHAINS, TEMPERATURES = 100, 20_000  # the paper's
STEPS_PER_EXECUTION = 10


def main(
    run: runs.Run = runs.Run(epochs=40),
    pretraining_epochs: int | None = None,
    hidden: tuple[int, ...] = (200, 200),
    gibbs_steps: int = 5,
    learning_rate: float = 0.05,
) -> None:
    """Trains a deep Boltzmann machine, first layer by layer, then jointly.

    Args:
        run: what to train on, grey images, and how long; `epochs` are those with all layers.
        pretraining_epochs: passes with each pair of layers; as many as `epochs` by default.
        hidden: sizes of the hidden layers, two or more.
        gibbs_steps: steps of every chain between two updates.
        learning_rate: of the joint training; the paper starts at 0.005 and takes hundreds of
            epochs.
    """
    run.begin()

    # Prepare: grey values are probabilities of white, drawn anew for every batch.
    train, grey = run.images(value_range=(0, 1))
    test = data.binarize(grey, [run.seed, 0]).numpy()
    batches = data.batches(train, BATCH_SIZE, seed=run.seed, augment=data.binarize)
    shape = train.shape[1:]

    # Fit layer by layer; interrupted, the same command resumes where it was.
    rbms = layers.doubled_rbms(hidden, seed=run.seed)
    machines = [
        models.RestrictedBoltzmannMachine(rbm, below, 1, PARTICLES, seed=run.seed)
        for rbm, below in zip(rbms, [shape, *hidden])
    ]
    passes = pretraining_epochs or run.epochs
    decay = keras.optimizers.schedules.PolynomialDecay
    for machine in machines:
        rate = decay(PRETRAINING_RATE, passes * len(batches), end_learning_rate=0.0)
        machine.compile(keras.optimizers.SGD(rate), steps_per_execution=STEPS_PER_EXECUTION)
    greedy.train_machines(
        machines, train, passes, BATCH_SIZE, run.seed, folder=run.folder("pretraining")
    )

    # Fit all layers jointly.
    dbm = models.DeepBoltzmannMachine.from_rbms(
        rbms, shape, gibbs_steps, MEAN_FIELD_STEPS, PARTICLES, seed=run.seed
    )
    rate = decay(learning_rate, run.epochs * len(batches), end_learning_rate=0.0)
    dbm.compile(keras.optimizers.SGD(rate), steps_per_execution=STEPS_PER_EXECUTION)
    watch = run.watch(batches)
    history = dbm.fit(
        batches, epochs=run.epochs, validation_data=(test,), validation_freq=10, callbacks=watch
    )

    # Judge: how probable are the test images, at least?
    odd, even = dbm.base_probabilities(train)
    partition = metrics.log_partition(
        dbm.as_rbm(), odd, CHAINS, TEMPERATURES, run.seed, hidden_base_probabilities=even
    )
    bound = dbm.variational_bound(test, partition.log_z).numpy()
    measures = {
        "log_z": partition.log_z,
        "log_z_standard_error": partition.standard_error,
        f"log_likelihood_bound_nats_{len(test)}_images": bound.mean(),
    }

    # Look: what mean field keeps of test images and what the chains believe in, what units of the
    # first layer look for, and how even the weights of the annealing are.
    fantasies = dbm.generate(64, seed=run.seed)
    picture = {"value_range": dbm.value_range}
    samples = plotting.image_grid(fantasies, run.output / "samples.png", **picture)
    rows = {
        "test images": test[:12],
        "mean field": dbm.reconstruct(test[:12]),
        "imagined": fantasies[:12],
    }
    title = "What the machine makes of images, and what its chains dream up"
    plotting.image_rows(rows, run.output / "images.png", title=title, **picture)
    title = "What each unit of the first layer looks for: white helps it, black hinders it"
    plotting.filters(dbm.kernels[0], shape, run.output / "filters.png", title=title)
    plotting.log_weights(partition, run.output / "ais_weights.png")
    plotting.training_curves(history, run.output / "training.png")

    # Save.
    sizes = "-".join(map(str, hidden))
    what = f"Deep Boltzmann machine, {sizes} hidden units, persistent chains"
    run.save(dbm, what, measures, samples, "images.png: nobody has drawn those of the last row")


if __name__ == "__main__":
    runs.start(main)
