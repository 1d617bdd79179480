"""LeNet: a convolutional network that reads handwritten digits.

A convolution looks at the image through small local receptive fields and uses the same weights
everywhere; pooling then forgets the exact position. Two such pairs, then dense layers and a
softmax:

    image -> [convolution 5x5, ReLU, max pooling 2x2] * 2 -> dense -> features -> softmax

    loss = -log p(label | image),  averaged over the batch

Later chapters compare generated images with real ones by the last hidden layer, `features` (Fréchet
distance). By default it learns digits drawn with many fonts within a minute, and is tested on
fonts that it has never seen; `--dataset mnist --epochs 15` takes five minutes and errs on 0.5 % of
handwritten digits.
"""

from keras_gen import runs

# isort: split
import keras
import numpy as np

from keras_gen import data, networks, plotting

BATCH_SIZE = 128
LEARNING_RATE = 1e-3  # Adam's default, brought to zero along a cosine
FILTERS, UNITS, DROPOUT = (32, 64), (256, 128), 0.4  # wider than LeNet-5's (6, 16), (120, 84)
VALUE_RANGE = (0.0, 1.0)
IMAGE_SIZE = 28
SHOWN = 40  # mistakes of the picture


def main(run: runs.Run = runs.Run(epochs=15)) -> None:
    """Trains LeNet.

    Args:
        run: what to train on and how long. The data need labels; all test images are read.
    """
    run.begin()

    # Prepare: the images and their labels.
    (train, train_labels), (test, test_labels) = run.images(
        IMAGE_SIZE, VALUE_RANGE, labels=True, limit_test=False
    )
    batches = data.batches((train, train_labels), BATCH_SIZE, seed=run.seed)

    # Build: alternating convolution and pooling, dense layers, softmax.
    num_classes = int(test_labels.max()) + 1
    lenet = networks.lenet(test.shape[1:], num_classes, FILTERS, UNITS, dropout=DROPOUT)
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, run.epochs * len(batches))
    lenet.compile(
        keras.optimizers.Adam(schedule), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )

    # Fit; interrupted, the same command resumes where it was.
    history = lenet.fit(
        batches,
        epochs=run.epochs,
        shuffle=False,  # the batches come shuffled
        validation_data=(test, test_labels),
        callbacks=run.watch(batches),
    )

    # Look at the mistakes.
    read = np.argmax(lenet.predict(test, verbose=0), axis=1)
    wrong = np.flatnonzero(read != test_labels)[:SHOWN]
    error = np.mean(read != test_labels)
    plotting.training_curves(history, run.output / "training.png")
    mistakes = plotting.image_grid(
        test[wrong] if len(wrong) else test[:SHOWN],
        run.output / "mistakes.png",
        columns=8,
        value_range=VALUE_RANGE,
        titles=[f"{test_labels[i]} read as {read[i]}" for i in wrong] or None,
    )

    # Look at what the first layer looks for, and at what it finds in one image.
    first = lenet.layers[1]
    maps = keras.Model(lenet.inputs, first.output).predict(test[:1], verbose=0)
    plotting.filters(first.get_weights()[0], path=run.output / "filters.png", columns=8)
    plotting.image_grid(
        np.moveaxis(maps[0], -1, 0),
        run.output / "feature_maps.png",
        columns=8,
        value_range=(0, float(maps.max())),
    )

    # Save.
    what = "LeNet classifier; `serve` gives probabilities, `features` 128 features"
    measures = {f"error_{len(test_labels)}": error}
    look = "mistakes.png: test images that LeNet misreads, with their label and what it reads"
    run.save(lenet, what, measures, mistakes, look, value_range=VALUE_RANGE)


if __name__ == "__main__":
    runs.start(main)
