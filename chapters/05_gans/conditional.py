"""The conditional GAN: ask for a three and get a three.

Both players get the label y beside their other input. The discriminator sees pairs, so an image
that is good but of another class is a fake, and the generator can no longer choose what to draw:

    discriminator: E[softplus(-D(x, y))] + E[softplus(D(G(z, y), y))]
    generator:     E[softplus(-D(G(z, y), y))]

The generator appends a learned vector per class to its noise; the discriminator scores the image's
features f by weights that depend on the class, D(x, y) = w'f + b + e_y'f (Miyato and Koyama 2018).

Two questions judge the result (Shmelkov et al. 2018): does a classifier of real images read the
generated ones as they were asked for (GAN-test)? And does a classifier that has only ever seen
generated images read real ones (GAN-train)? The second one fails if digits are good but all alike.

A class is easily drawn the same way every time. That of digits passes after two epochs; on
Fashion-MNIST the discriminator stays too strong, and sandals and bags remain a single picture each.
`--no-batch-normalization` takes its batch normalization away and adds a penalty on its slope at
real images, E[||grad_x D(x, y)||^2]; then every class varies.

In samples.png every row is a class and every column one noise vector: what is left when the class
is given, such as slant and width, is the column's. By default it learns 8x8 digits, enlarged,
within three minutes. `--dataset mnist --epochs 12` and `--dataset fashion_mnist --epochs 12
--no-batch-normalization` are the real thing; what they reached is in chapters/README.md.
"""

import pathlib

import keras
import numpy as np
import tensorflow as tf
import tyro

from keras_gen import (
    callbacks,
    data,
    evaluation,
    losses,
    metrics,
    models,
    networks,
    plotting,
    saved_models,
)

SEED = 1
IMAGE_SIZE = 28
LATENT_DIM = 100  # Radford et al. (2016), section 4
LEARNING_RATE, BETA_1 = 2e-4, 0.5  # the same section
BATCH_SIZE = 64  # half the paper's: twice the steps in an epoch
LABEL_SMOOTHING = 0.1  # Salimans et al. (2016), section 3.4: one-sided
PENALTY = 2.0  # Mescheder et al. (2018) have 10
EMA_DECAY = 0.999  # Karras et al. (2018), section 6: images come from averaged weights
COLUMNS = 10  # of the picture


def main(
    dataset: str = "digits",
    epochs: int = 100,
    filters: int = 32,
    batch_normalization: bool = True,
    limit: int | None = None,
    output: pathlib.Path = pathlib.Path("outputs/conditional"),
) -> None:
    """Trains a conditional DCGAN.

    Args:
        dataset: digits, mnist or fashion_mnist; a shipped LeNet reads the generated images.
        epochs: passes over the training images.
        filters: feature maps of the layers next to the image.
        batch_normalization: of the discriminator; without it there is a penalty instead.
        limit: use only that many training images, and as many test images.
        output: folder for the pictures and the model.
    """
    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()

    # Prepare: pixels in [-1, 1], the range of tanh, and integer labels.
    extractor = evaluation.shipped_extractor(dataset)
    chosen = f"[:{limit}]" if limit else ""
    train = data.load(dataset, "train" + chosen, IMAGE_SIZE, labels=True)
    test, test_labels = data.arrays(data.load(dataset, "test" + chosen, IMAGE_SIZE, labels=True))
    train, train_labels = data.arrays(train)
    batches = data.batches((train, train_labels), BATCH_SIZE, seed=SEED)
    classes = int(train_labels.max()) + 1

    # Build the two players, each with an input for labels.
    options = {"filters": filters, "num_classes": classes}
    generator = networks.dcgan_generator(test.shape[1:], LATENT_DIM, **options)
    discriminator = networks.dcgan_discriminator(
        test.shape[1:], normalization=batch_normalization, **options
    )
    gan = models.GAN(generator, discriminator, num_classes=classes, ema_decay=EMA_DECAY, seed=SEED)
    gan.compile(
        keras.optimizers.Adam(LEARNING_RATE, BETA_1),
        keras.optimizers.Adam(LEARNING_RATE, BETA_1),
        losses.NonSaturating(LABEL_SMOOTHING),
        penalty=None if batch_normalization else losses.R1(PENALTY),
    )

    # Fit; interrupt it and run the same command again, and it goes on where it was.
    rows = np.repeat(np.arange(classes), COLUMNS)
    watch = [
        callbacks.SampleGrid(output / "epochs", len(rows), every=max(epochs // 10, 1), labels=rows),
        callbacks.GenerativeMetrics(
            [metrics.FrechetDistance(extractor, gan.value_range)],
            test,
            every=max(epochs // 4, 1),
            labels=test_labels,
        ),
        callbacks.Resume(output / "conditional.state", batches),
    ]
    history = gan.fit(batches, epochs=epochs, callbacks=watch)

    # Judge: the labels asked for are those of the test and of the training images.
    generated = gan.generate(seed=SEED, labels=test_labels)
    report = evaluation.frechet_report(extractor, test, generated, train, gan.value_range)
    read_as_asked = metrics.gan_test(extractor, generated, test_labels, gan.value_range)
    classifier = networks.lenet(test.shape[1:], classes)
    classifier.compile("adam", "sparse_categorical_crossentropy")
    generated = gan.generate(seed=SEED + 1, labels=train_labels)
    learned = metrics.gan_train(
        classifier, generated, train_labels, test, test_labels, gan.value_range
    )
    report[f"gan_test_{len(test)}_{extractor.name}"] = read_as_asked
    report[f"gan_train_{len(train)}_lenet"] = learned

    # Look: a row per class, a column per noise.
    noise = np.tile(gan.latents(COLUMNS, [SEED, 0]), (classes, 1))
    images = gan.predict([noise, rows], verbose=0)
    samples = plotting.image_grid(
        images, output / "samples.png", COLUMNS, value_range=gan.value_range
    )
    plotting.training_curves(history, output / "training.png")

    # Save.
    gan.save(output / "conditional.keras")
    what = f"Conditional DCGAN generator, {LATENT_DIM} latents, {filters} filters"
    card = saved_models.card(what, dataset, gan.value_range, SEED, report)
    saved_models.export(gan, output / "saved_model", card, samples)
    print(", ".join(f"{name} {value:.4g}" for name, value in report.items()))
    print(f"Pictures, conditional.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
