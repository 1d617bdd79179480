"""What the hidden units of an RBM are good for: features for a linear classifier.

A linear classifier on pixels cannot tell digits apart once they move by a pixel: what any single
pixel means changes. Hidden units of a restricted Boltzmann machine look for strokes instead:

    features(x) = P(h = 1 | x) = sigmoid(c + W'x)

They are learned from the images alone; then logistic regression learns the labels from pixels and
from features. Every image of 8x8 digits comes five times: as it is, and moved by one pixel in four
directions. The test images were written by other people than the training images, and copies of
an image never sit on both sides.

Expect the features to win by more than ten points: see chapters/README.md. It takes less than a
minute. The pipeline is scikit-learn's example "Restricted Boltzmann Machine features for digit
classification".
"""

import pathlib

import keras
import numpy as np
import tensorflow as tf
import tyro
from sklearn.linear_model import LogisticRegression

from keras_gen import callbacks, data, layers, models, plotting, saved_models

BATCH_SIZE = 10  # batch size, hidden units and rate are those of scikit-learn's example
HIDDEN = 100
LEARNING_RATE = 0.06
INVERSE_PENALTY = {"pixels": 100.0, "features": 6000.0}  # of the regression, as there
ITERATIONS = 300
STEPS_PER_EXECUTION = 50


def main(
    dataset: str = "digits",
    epochs: int = 20,
    limit: int | None = None,
    output: pathlib.Path = pathlib.Path("outputs/features"),
    seed: int = 1,
) -> None:
    """Compares logistic regression on pixels with that on features of an RBM.

    Args:
        dataset: digits, or another small image set with labels.
        epochs: passes of the RBM over the training images.
        limit: use only that many training images.
        output: folder for the pictures and the model.
        seed: start of all random numbers.
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()

    # Prepare: split first, then move the images.
    options = {"value_range": (0, 1), "labels": True}
    train = data.load(dataset, "train", **options).take(limit or -1)
    images, labels = data.arrays(train)
    test_images, test_labels = data.arrays(data.load(dataset, "test", **options))
    images, test_images = data.nudged(images), data.nudged(test_images)
    labels, test_labels = np.tile(labels, 5), np.tile(test_labels, 5)
    batches = data.batches(images, BATCH_SIZE, seed=seed)

    # Build and fit the machine, without labels. An interrupted run goes on where it was.
    machine = models.RestrictedBoltzmannMachine(
        layers.RBM(HIDDEN, seed=seed), images.shape[1:], seed=seed
    )
    machine.compile(keras.optimizers.SGD(LEARNING_RATE), steps_per_execution=STEPS_PER_EXECUTION)
    resume = callbacks.Resume(output / "rbm.state", batches)
    history = machine.fit(batches, epochs=epochs, callbacks=[resume])

    # Judge: the same linear classifier on pixels and on features.
    pairs = {
        "pixels": (machine.flat(images), machine.flat(test_images)),
        "features": (machine.transform(images), machine.transform(test_images)),
    }
    accuracy = {}
    for name, (x, test_x) in pairs.items():
        regression = LogisticRegression(C=INVERSE_PENALTY[name], max_iter=ITERATIONS)
        accuracy[name] = regression.fit(x, labels).score(test_x, test_labels)
        print(f"logistic regression on {name}: accuracy {100 * accuracy[name]:.1f} %")

    # Look.
    samples = plotting.filters(machine.rbm.kernel, images.shape[1:], output / "filters.png")
    plotting.training_curves(history, output / "training.png")

    # Save.
    machine.save(output / "rbm.keras")
    card = saved_models.card(
        f"Restricted Boltzmann machine, {HIDDEN} hidden units, as features",
        dataset,
        (0, 1),
        seed,
        {f"accuracy_of_{name}": value for name, value in accuracy.items()},
    )
    saved_models.export(machine, output / "saved_model", card, samples)
    print(f"Pictures, rbm.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
