"""Is deeper better? The variational bound of a deep belief network.

A restricted Boltzmann machine says p(v) = sum_h P(v|h) p(h), where its own weights make p(h). A
second machine that learns p(h) better, from the states h ~ Q(h|v) that images cause in the first
one, makes the images more probable. That probability cannot be summed, but it can be bounded:

    log p(v) >= E_Q[log p_top(h) + log P(v|h) - log Q(h|v)]

The second machine starts as the first one turned over: then p_top(h) is what it was, the bound is
exact, and no likelihood is lost before anything is gained. Annealed importance sampling gives the
one sum that is left, Z of the top machine.

By default both learn digits drawn with many fonts, the first machine with 50 hidden units, and the
second one gains 2.6 nats; that takes a minute. `--dataset mnist --top 2000 --epochs 20
--trained RBM`, with the `rbm.keras` of 500 hidden units that rbm.py saved, is the network of
Salakhutdinov & Murray (2008), who report -86.22 nats, compared with -86.34 for the first machine
alone. It reaches -84.50 in twelve minutes, after -83.88: no gain.
"""

import pathlib

from keras_gen import runs

# isort: split
import keras

from keras_gen import data, greedy, layers, metrics, models, plotting, saved_models

BATCH_SIZE = 100
PARTICLES = 100  # Tieleman (2008): as many chains as images in a batch
LEARNING_RATE = 0.1  # falls to zero along a straight line, as in the same paper
TOP_LEARNING_RATE = 0.01  # gentler, because the top machine starts where much is known
FURTHER_STDDEV = 1e-3  # of the weights that do not come from the first machine
CHAINS, TEMPERATURES = 100, 10_000  # Salakhutdinov & Murray (2008) have 100 and 14,500
DRAWS = 20  # from Q, per test image
STEPS_PER_EXECUTION = 10


def main(
    run: runs.Run = runs.Run(epochs=40),
    hidden: int = 50,
    top: int = 1000,
    gibbs_steps: int = 1,
    trained: pathlib.Path | None = None,
) -> None:
    """Trains two machines, one on the other, and compares likelihoods.

    Args:
        run: what to train on, grey images, and how long; `epochs` are those of each machine.
        hidden: number of hidden units of the first machine.
        top: number of hidden units of the second machine, at least the number of pixels.
        gibbs_steps: steps of every chain between two updates.
        trained: a trained first machine, the `rbm.keras` of rbm.py.
    """
    run.begin()

    # Prepare: grey values are probabilities of white, drawn anew for every batch.
    images, grey = run.images(value_range=(0, 1))
    test = data.binarize(grey, [run.seed, 0]).numpy()
    batches = data.batches(images, BATCH_SIZE, seed=run.seed, augment=data.binarize)
    steps = run.epochs * len(batches)
    decay = keras.optimizers.schedules.PolynomialDecay
    share = {"steps": gibbs_steps, "particles": PARTICLES, "seed": run.seed, "centered": True}

    # Build and fit the first machine, unless there is one. Interrupted, the same command resumes.
    if trained is None:
        rbm = layers.RBM(hidden, seed=run.seed)
        first = models.RestrictedBoltzmannMachine(rbm, images.shape[1:], **share)
        optimizer = keras.optimizers.SGD(decay(LEARNING_RATE, steps, 0.0))
        first.compile(optimizer, steps_per_execution=STEPS_PER_EXECUTION)
        greedy.train_machines([first], images, run.epochs, BATCH_SIZE, run.seed, run.folder())
    else:
        first = saved_models.load_keras(trained)

    # Build and fit the second one, which starts as the first one turned over.
    network = models.DeepBeliefNetwork(
        layers.RBM(top, FURTHER_STDDEV, run.seed), images.shape[1:], below=[first.rbm], **share
    )
    network.turn_over()
    network.burn_in(seed=run.seed)
    optimizer = keras.optimizers.SGD(decay(TOP_LEARNING_RATE, steps, 0.0))
    network.compile(optimizer, steps_per_execution=STEPS_PER_EXECUTION)
    history = network.fit(batches, epochs=run.epochs, callbacks=run.watch(batches))

    # Judge: how probable are the test images, with one layer and with two?
    annealing = {"chains": CHAINS, "temperatures": TEMPERATURES, "seed": run.seed}
    of_first = metrics.log_partition(first.rbm, images.mean(axis=0), **annealing)
    of_second = metrics.log_partition(network.rbm, network.visible_means(images), **annealing)
    likelihood = -first.free_energy(test) - of_first.log_z
    bound = network.variational_bound(test, of_second.log_z, DRAWS, run.seed)
    measures = {
        "log_z_one_layer": of_first.log_z,
        "log_z_one_layer_standard_error": of_first.standard_error,
        "log_z": of_second.log_z,
        "log_z_standard_error": of_second.standard_error,
        f"log_likelihood_nats_one_layer_{len(test)}_images": likelihood.mean(),
        f"bound_nats_two_layers_{len(test)}_images": bound.mean(),
    }

    # Look: how much more probable the second layer makes each test image, and what both believe in.
    title = "What test images gain from a second layer, at least"
    plotting.gains(bound - likelihood, "nats", run.output / "gains.png", title=title)
    imagined = {
        "one layer": first.generate(64, run.seed),
        "two layers": network.generate(64, run.seed),
    }
    picture = {"value_range": network.value_range}
    rows = {"test images": test[:12], **{name: made[:12] for name, made in imagined.items()}}
    title = "Test images, and what machines of one and of two layers dream up"
    plotting.image_rows(rows, run.output / "images.png", title=title, **picture)
    samples = plotting.image_grid(imagined["two layers"], run.output / "two_layers.png", **picture)
    plotting.training_curves(history, run.output / "training.png")

    # Save.
    what = f"Deep belief network, {first.rbm.units} and {top} hidden units, without labels"
    look = "gains.png: what lies right of the dashed line has become more probable"
    run.save(network, what, measures, samples, look)


if __name__ == "__main__":
    runs.start(main)
