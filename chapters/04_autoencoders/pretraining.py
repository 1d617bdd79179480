"""Unsupervised pre-training: many images, few labels.

Labels are expensive, images are not. So first an autoencoder learns from all images, unlabeled,
what digits are made of; then its encoder becomes the lower part of a classifier, which needs only
a few labels:

    1. decoder(encoder(noise(x))) -> x                     all images
    2. W encoder(x) + b -> logits of the class             a few labeled ones, without noise

The units are sigmoids, as they were when pre-training made deep networks possible.

Three classifiers are trained in the same way on the same labels: the network from a random start;
on the pre-trained encoder, frozen, so that only W and b learn; and fine-tuned, where everything
learns. Expect pre-training to be worth most where labels are fewest, and freezing to lose to
fine-tuning as their number grows.

By default it takes 8x8 digits and a minute. `--dataset mnist --epochs 100 --steps 500 --seeds 5` is
the measured run; the figures are in chapters/README.md.
"""

import itertools
import pathlib

import keras
import numpy as np
import tensorflow as tf
import tyro
from sklearn.model_selection import train_test_split

from keras_gen import callbacks, data, models, networks, plotting, saved_models

# The network was chosen on the last 5,000 training images of MNIST, `--train "train[:-5000]" --test
# "train[-5000:]"`; rate and steps are the same for all starts.
BATCH_SIZE = 128
HIDDEN, CODE_UNITS, ACTIVATION = (500, 500), 500, "sigmoid"
NOISE_RATE = 0.5  # share of the pixels that are switched off
LEARNING_RATE = 1e-3
FEW_BATCH_SIZE = 50
LABEL_COUNTS = (100, 300, 1000)
STEPS_PER_EXECUTION = 20


def main(
    dataset: str = "digits",
    epochs: int = 30,
    steps: int = 300,
    seeds: int = 2,
    limit: int | None = None,
    train: str = "train",
    test: str = "test",
    output: pathlib.Path = pathlib.Path("outputs/pretraining"),
    seed: int = 1,
) -> None:
    """Trains an autoencoder on all images and classifiers on a few labeled ones.

    Args:
        dataset: digits, mnist, fashion_mnist, or another image set with labels.
        epochs: passes of the autoencoder over the training images.
        steps: batches of labeled images that a classifier sees.
        seeds: trainings per classifier and number of labels, each with its own labeled images.
        limit: use only that many training images.
        train: split with the training images.
        test: split with the images that the classifiers are judged by.
        output: folder for the pictures and the model.
        seed: start of all random numbers of the autoencoder.
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()

    # Prepare.
    options = {"value_range": (0, 1), "labels": True}
    images, labels = data.arrays(data.load(dataset, train, **options).take(limit or -1))
    test_images, test_labels = data.arrays(data.load(dataset, test, **options))
    batches = data.batches(images, BATCH_SIZE, seed=seed)
    shape, num_classes = images.shape[1:], labels.max() + 1
    counts = [count for count in LABEL_COUNTS if count < len(images)]

    # Build and fit the autoencoder, without labels. An interrupted run goes on where it was.
    encoder = networks.mlp_encoder(shape, HIDDEN, CODE_UNITS, ACTIVATION, ACTIVATION)
    noise = keras.layers.Dropout(NOISE_RATE, seed=seed)
    noisy_encoder = keras.Sequential([keras.Input(shape), noise, encoder], name="noisy_encoder")
    decoder = networks.mlp_decoder(CODE_UNITS, HIDDEN, shape, ACTIVATION, "sigmoid")
    autoencoder = models.Autoencoder(noisy_encoder, decoder, value_range=(0, 1), seed=seed)
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, epochs * len(batches))
    autoencoder.compile(
        keras.optimizers.Nadam(schedule),
        "binary_crossentropy",  # pixels as probabilities: steeper than the squared error
        steps_per_execution=STEPS_PER_EXECUTION,
    )
    resume = callbacks.Resume(output / "autoencoder.state", batches)
    history = autoencoder.fit(batches, epochs=epochs, callbacks=[resume])

    # Fit the classifiers: the same network from three starts, on the same labels.
    starts = {
        "random start": lambda: networks.classifier_on(
            keras.models.clone_model(encoder), num_classes
        ),
        "frozen": lambda: networks.classifier_on(encoder, num_classes, frozen=True),
        "fine-tuned": lambda: networks.classifier_on(encoder, num_classes),
    }
    scores = {name: np.zeros((len(counts), seeds)) for name in starts}
    for (row, count), run in itertools.product(enumerate(counts), range(seeds)):
        few, _ = train_test_split(
            np.arange(len(labels)), train_size=count, stratify=labels, random_state=run
        )
        for name, start in starts.items():
            keras.utils.set_random_seed(run)
            classifier = start()
            classifier.compile(
                keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)),
                keras.losses.SparseCategoricalCrossentropy(from_logits=True),
                metrics=["accuracy"],
                steps_per_execution=STEPS_PER_EXECUTION,
            )
            few_batches = data.batches((images[few], labels[few]), FEW_BATCH_SIZE, seed=run)
            classifier.fit(few_batches.repeat(), steps_per_epoch=steps, verbose=0)
            _, scores[name][row, run] = classifier.evaluate(
                test_images, test_labels, batch_size=500, verbose=0
            )

    # Judge.
    for name, (row, count) in itertools.product(scores, enumerate(counts)):
        mean, deviation = scores[name][row].mean(), scores[name][row].std(ddof=1)
        print(f"{name}, {count} labels: accuracy {100 * mean:.2f} +- {100 * deviation:.2f} %")

    # Look.
    plotting.learning_curves(counts, scores, output / "learning_curves.png")
    plotting.filters(encoder.get_weights()[0][:, :100], shape, output / "filters.png")
    samples = plotting.reconstructions(
        test_images[:10],
        autoencoder.reconstruct(test_images[:10]),
        value_range=autoencoder.value_range,
        path=output / "reconstructions.png",
    )
    plotting.training_curves(history, output / "training.png")

    # Save.
    autoencoder.save(output / "autoencoder.keras")
    card = saved_models.card(
        f"Denoising autoencoder, dense {HIDDEN} and {CODE_UNITS} codes, for pre-training",
        dataset,
        (0, 1),
        seed,
        {
            f"accuracy_{count}_labels_{name}": scores[name][row].mean()
            for name, (row, count) in itertools.product(scores, enumerate(counts))
        },
    )
    saved_models.export(autoencoder, output / "saved_model", card, samples)
    print(f"Pictures, autoencoder.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
