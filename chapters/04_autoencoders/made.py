"""MADE: a dense network that knows the probability of an image, because its weights are masked.

A fully visible belief network gives every pixel a probability from the pixels before it:

    p(x) = p(x_1) p(x_2 | x_1) ... p(x_n | x_1 ... x_{n-1})         loss = -log p(x)

An autoencoder would do, if no path led from a pixel, or one after it, to its own output. So each
hidden unit is told which pixel is the last that it may see, and the weights that would break this
are multiplied by zero (Germain et al. 2015). Which pixels come "before" is a matter of taste: here
one network learns eight ways of reading an image, row by row or column by column from any corner,
one way per training step, and an image's probability is the mean of the eight. With them any half
of an image can be completed from the other half.

Pixels are re-sampled as binary at every use. By default it learns 8x8 digits within a minute.
`--dataset mnist --hidden 800 800 --orderings 2 --epochs 360` is the real thing: few orderings learn
faster. Germain et al. report 86.64 nats for 32; the figures reached are in chapters/README.md.
"""

import pathlib

import keras
import numpy as np
import tensorflow as tf
import tyro

from keras_gen import callbacks, data, models, plotting, saved_models

SEED = 1
BATCH_SIZE = 100  # Germain et al. (2015), section 6
LEARNING_RATE = 3e-3  # of Adam, brought to zero along a cosine; 1e-3 is far slower
STEPS_PER_EXECUTION = 20


def main(
    dataset: str = "digits",
    epochs: int = 300,
    hidden: tuple[int, ...] = (200, 200),
    orderings: int = 8,
    limit: int | None = None,
    output: pathlib.Path = pathlib.Path("outputs/made"),
) -> None:
    """Trains a masked autoencoder.

    Args:
        dataset: digits, mnist, fashion_mnist, another TFDS image set, or a folder of images.
        epochs: passes over the training images.
        hidden: units of the hidden layers.
        orderings: ways of reading an image.
        limit: use only that many training images, and as many test images.
        output: folder for the pictures and the model.
    """
    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()

    # Prepare: grey values are probabilities of white, drawn anew for every batch.
    chosen = f"[:{limit}]" if limit else ""
    train = data.load(dataset, "train" + chosen, value_range=(0, 1))
    grey = data.arrays(data.load(dataset, "test" + chosen, value_range=(0, 1)))
    test = data.binarize(grey, [SEED, 0]).numpy()
    batches = data.batches(train, BATCH_SIZE, seed=SEED, augment=data.binarize)

    # Build one network with masks for every ordering, which knows the mean image from the start.
    model = models.MADE(grey.shape[1:], hidden, orderings, seed=SEED)
    mean = data.arrays(train).mean(axis=0)
    model.set_level_frequencies(np.concatenate([1 - mean, mean], axis=-1))
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, epochs * len(batches))
    model.compile(keras.optimizers.Adam(schedule), steps_per_execution=STEPS_PER_EXECUTION)

    # Fit; interrupt it and run the same command again, and it goes on where it was.
    resume = callbacks.Resume(output / "made.state", batches)
    history = model.fit(
        batches,
        epochs=epochs,
        validation_data=(test[:1000],),
        validation_freq=5,
        callbacks=[resume],
    )

    # Judge: how probable are the test images?
    nll = -model.log_prob(test)
    error = nll.std() / np.sqrt(len(nll))
    print(f"-log p(x) of {len(nll)} test images: {nll.mean():.2f} +- {error:.2f} nats")

    # Look: new images, and halves drawn anew.
    generated = model.generate(100, seed=SEED)
    samples = plotting.image_grid(generated, output / "samples.png", value_range=model.value_range)
    height, width, _ = grey.shape[1:]
    upper = np.zeros(grey.shape[1:], bool)
    upper[: height // 2] = True
    right = np.zeros(grey.shape[1:], bool)
    right[:, width // 2 :] = True
    for name, given in [("upper", upper), ("right", right)]:
        completions = [model.complete(test[:10], given, seed) for seed in range(5)]
        half = np.where(given, test[:10], 0.5)
        path = output / f"completions_{name}.png"
        plotting.reconstructions(
            test[:10], half, *completions, value_range=model.value_range, path=path
        )
    plotting.training_curves(history, output / "training.png")

    # Save.
    model.save(output / "made.keras")
    card = saved_models.card(
        f"MADE, hidden layers {hidden}, {orderings} orderings, binary pixels",
        dataset,
        (0, 1),
        SEED,
        {f"nll_nats_{len(nll)}_images": nll.mean()},
    )
    saved_models.export(model, output / "saved_model", card, samples)
    print(f"Pictures, made.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
