"""The deep belief network: machines on machines, trained one after the other.

What a restricted Boltzmann machine has learned, its hidden units h ~ P(h|v), are data again: the
next machine learns those, and so on. The last one also sees the label, as one more visible unit
that is on:

    image v -> h_1 -> h_2, label -> top machine

Nothing is trained backwards. Yet the stack can classify, by p(label | h_2) of the top machine, and
generate: keep a label on, let the top machine sample h_2, and go down through the weights:

    label -> top machine -> h_2 -> P(h_1|h_2) -> P(v|h_1)

The label is one unit among hundreds, and some of what the machine dreams up beside it is another
digit. "Guidance" has the label count half as much again in this, and nearly all digits are right.

And as the layers' weights are a good start of a feed-forward network, they are copied into one,
which then learns the labels by gradients: fine-tuning. Expect the fine-tuned network to err least,
and most generated digits to be read as the label that they were asked for.

By default it learns 8x8 digits within a minute, with one machine fewer than in the picture.
`--dataset mnist --hidden 500 500 2000 --batch-size 100 --learning-rate 0.1` has the layers of
Hinton, Osindero & Teh (2006), who report 1.25 % errors; the figures reached here are in
chapters/README.md.
"""

import pathlib

import keras
import numpy as np
import tensorflow as tf
import tyro

from keras_gen import callbacks, data, greedy, layers, models, plotting, saved_models

PARTICLES = 100  # persistent chains of every machine
DROPOUT = 0.2  # in fine-tuning; Srivastava et al. (2014) drop .2 of the pixels, and more above
TUNING_RATE = 1e-3
STEPS_PER_EXECUTION = 10
GUIDANCE = 1.5  # of generated images by their label; 1 is the model as it was trained
SAMPLES = 100  # generated images per label that are judged


def main(
    dataset: str = "digits",
    epochs: int = 30,
    hidden: tuple[int, ...] = (200, 300),
    tuning_epochs: int = 30,
    batch_size: int = 10,
    learning_rate: float = 0.2,
    limit: int | None = None,
    output: pathlib.Path = pathlib.Path("outputs/dbn"),
    seed: int = 1,
) -> None:
    """Trains a deep belief network with labels, greedily, and fine-tunes a classifier.

    Args:
        dataset: digits, mnist, fashion_mnist, or another set of grey images with labels.
        epochs: passes over the training images for every layer.
        hidden: number of hidden units of every layer.
        tuning_epochs: passes over the training images in fine-tuning.
        batch_size: images per step.
        learning_rate: of the machines; falls to zero along a straight line, as in Tieleman (2008).
        limit: use only that many training images.
        output: folder for the pictures and the model.
        seed: start of all random numbers.
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()

    # Prepare: grey values are probabilities of white, drawn anew for every batch.
    options = {"value_range": (0, 1), "labels": True}
    train = data.arrays(data.load(dataset, "train", **options).take(limit or -1))
    test_images, test_labels = data.arrays(data.load(dataset, "test", **options))
    batches = data.batches(train, batch_size, seed=seed, augment=data.binarize)
    shape, num_classes = test_images.shape[1:], int(test_labels.max()) + 1

    # Build and fit, from the bottom to the top. An interrupted run goes on where it was.
    machines = [layers.RBM(units, seed=seed) for units in hidden[:-1]]
    machines.append(layers.LabelRBM(hidden[-1], num_classes, seed=seed))
    networks = [
        models.DeepBeliefNetwork(
            machine,
            shape,
            below=machines[:number],
            particles=PARTICLES,
            centered=True,
            seed=seed,
            guidance=GUIDANCE,
        )
        for number, machine in enumerate(machines)
    ]
    for network in networks:
        schedule = keras.optimizers.schedules.PolynomialDecay(
            learning_rate, epochs * len(batches), end_learning_rate=0.0
        )
        network.compile(keras.optimizers.SGD(schedule), steps_per_execution=STEPS_PER_EXECUTION)
    history = greedy.train_machines(
        networks, train, epochs, batch_size, seed, folder=output / "phases"
    )

    # Fine-tune a copy, on grey images.
    grey_batches = data.batches(train, batch_size, seed=seed)
    classifier = network.to_classifier(num_classes, dropout=DROPOUT)
    schedule = keras.optimizers.schedules.CosineDecay(
        TUNING_RATE, tuning_epochs * len(grey_batches)
    )
    classifier.compile(
        keras.optimizers.Adam(schedule),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        steps_per_execution=STEPS_PER_EXECUTION,
    )
    resume = callbacks.Resume(output / "phases" / "classifier.state", grey_batches)
    classifier.fit(grey_batches, epochs=tuning_epochs, shuffle=False, callbacks=[resume])

    # Judge: errors on test images, and generated images that another network reads as their label.
    untuned = np.mean(network.classify(test_images).argmax(axis=1) != test_labels)
    tuned = np.mean(classifier.predict(test_images).argmax(axis=1) != test_labels)
    wanted = np.repeat(np.arange(num_classes), SAMPLES)
    reader = saved_models.load("lenet_mnist").serve if dataset == "mnist" else classifier
    print(f"test error: greedy {100 * untuned:.2f} %, fine-tuned {100 * tuned:.2f} %")
    read_as_wanted = {}
    for guidance in (1.0, GUIDANCE):
        fantasies = network.generate(labels=wanted, seed=seed, guidance=guidance)
        share = np.mean(np.argmax(reader(fantasies), axis=1) == wanted)
        read_as_wanted[f"read_as_wanted_{len(wanted)}_samples_guidance_{guidance}"] = share
        print(f"generated images read as their label, guidance {guidance}: {100 * share:.1f} %")

    # Look: what the first layer looks for, and a row of generated images for every label.
    plotting.filters(machines[0].kernel, shape, output / "filters.png")
    rows = fantasies.reshape(num_classes, SAMPLES, *shape)[:, :10].reshape(-1, *shape)
    samples = plotting.image_grid(
        rows, output / "samples.png", columns=10, value_range=network.value_range
    )
    plotting.training_curves(history, output / "training.png")

    # Save.
    network.save(output / "dbn.keras")
    card = saved_models.card(
        f"Deep belief network, hidden layers {hidden}, labels in the top machine",
        dataset,
        (0, 1),
        seed,
        {
            f"error_greedy_{len(test_labels)}": untuned,
            f"error_fine_tuned_{len(test_labels)}": tuned,
            **read_as_wanted,
        },
    )
    saved_models.export(network, output / "saved_model", card, samples)
    print(f"Pictures, dbn.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
