"""LeNet: a convolutional network that reads handwritten digits.

A convolution looks at the image through small local receptive fields and uses the same weights
everywhere; pooling then forgets the exact position. Two such pairs, then dense layers and a
softmax:

    image -> [convolution 5x5, ReLU, max pooling 2x2] * 2 -> dense -> features -> softmax

    loss = -log p(label | image),  averaged over the batch

The last hidden layer, `features`, is how later chapters compare generated images with real ones
(Fréchet distance). By default it learns scikit-learn's 8x8 digits within a minute; with
`--dataset mnist --epochs 15` it reaches the figure in chapters/README.md.
"""

import pathlib

import keras
import numpy as np
import tensorflow as tf
import tyro

from keras_gen import callbacks, data, networks, plotting, saved_models

SEED = 1
BATCH_SIZE = 128
LEARNING_RATE = 1e-3  # Adam's default, brought to zero along a cosine
FILTERS, UNITS, DROPOUT = (32, 64), (256, 128), 0.4  # wider than LeNet-5's (6, 16), (120, 84)
VALUE_RANGE = (0.0, 1.0)
IMAGE_SIZE = 28


def main(
    dataset: str = "digits",
    epochs: int = 15,
    limit: int | None = None,
    output: pathlib.Path = pathlib.Path("outputs/lenet"),
) -> None:
    """Trains LeNet.

    Args:
        dataset: digits, mnist, fashion_mnist, another TFDS image set, or a folder of images.
        epochs: passes over the training images.
        limit: use only that many training images.
        output: folder for the pictures and the model.
    """
    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()

    # Prepare: the images and their labels.
    options = {"image_size": IMAGE_SIZE, "value_range": VALUE_RANGE, "labels": True}
    train = data.load(dataset, f"train[:{limit}]" if limit else "train", **options)
    test_images, test_labels = data.arrays(data.load(dataset, "test", **options))
    batches = data.batches(train, BATCH_SIZE, seed=SEED)

    # Build: alternating convolution and pooling, dense layers, softmax.
    num_classes = int(test_labels.max()) + 1
    lenet = networks.lenet(test_images.shape[1:], num_classes, FILTERS, UNITS, dropout=DROPOUT)
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, epochs * len(batches))
    lenet.compile(
        keras.optimizers.Adam(schedule), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )

    # Fit; interrupt it and run the same command again, and it goes on where it was.
    resume = callbacks.Resume(output / "lenet.state", batches)
    history = lenet.fit(
        batches,
        epochs=epochs,
        shuffle=False,  # the batches come shuffled
        validation_data=(test_images, test_labels),
        callbacks=[resume],
    )

    # Look at the mistakes.
    read = np.argmax(lenet.predict(test_images, verbose=0), axis=1)
    wrong = np.flatnonzero(read != test_labels)
    error = len(wrong) / len(test_labels)
    titles = [f"{test_labels[i]} read as {read[i]}" for i in wrong[:40]]
    plotting.training_curves(history, output / "training.png")
    mistakes = plotting.image_grid(
        test_images[wrong[:40]] if len(wrong) else test_images[:40],
        output / "mistakes.png",
        columns=8,
        value_range=VALUE_RANGE,
        titles=titles or None,
    )

    # Look at what the first layer looks for, and at what it finds in one image.
    first = lenet.layers[1]
    maps = keras.Model(lenet.inputs, first.output).predict(test_images[:1], verbose=0)
    plotting.filters(first.get_weights()[0], path=output / "filters.png", columns=8)
    plotting.image_grid(
        np.moveaxis(maps[0], -1, 0),
        output / "feature_maps.png",
        columns=8,
        value_range=(0, float(maps.max())),
    )

    # Save.
    lenet.save(output / "lenet.keras")
    card = saved_models.card(
        "LeNet classifier; `serve` gives probabilities, `features` 128 features",
        dataset,
        VALUE_RANGE,
        SEED,
        {f"error_{len(test_labels)}": error},
    )
    saved_models.export(lenet, output / "saved_model", card, mistakes)
    print(
        f"Test error {100 * error:.2f} % ({len(wrong)} of {len(test_labels)}). Look into {output}."
    )


if __name__ == "__main__":
    tyro.cli(main)
