"""The conditional GAN: ask for a three and get a three.

Both players receive the label y next to their other input. The discriminator sees pairs, so an
image that is good but of another class is a fake, and the generator can no longer choose what to
draw:

    discriminator: E[softplus(-D(x, y))] + E[softplus(D(G(z, y), y))]
    generator:     E[softplus(-D(G(z, y), y))]

The generator appends a learned vector per class to its noise; the discriminator scores the image's
features f by weights that depend on the class, D(x, y) = w'f + b + e_y'f (Miyato and Koyama 2018).

Two questions judge the result (Shmelkov et al. 2018): does a classifier of real images read the
generated ones as their label (GAN-test)? And does a classifier trained only on generated images
read real ones (GAN-train)? The second one fails if digits are good but all alike.

A class is easily drawn the same way every time. With digits this passes after two epochs; on
Fashion-MNIST the discriminator stays too strong, and sandals and bags remain a single picture each.
`--no-batch-normalization` takes its batch normalization away and adds a penalty on its slope at
real images, E[||grad_x D(x, y)||^2]; then every class varies.

In samples.png every row is a class and every column one noise vector: what the class leaves open,
such as slant and width, is the column's. By default it learns digits drawn with many fonts, within
three minutes. `--dataset mnist --epochs 12` and `--dataset fashion_mnist --epochs 12
--no-batch-normalization` learn handwritten digits and clothes in less than twenty.
"""

from keras_gen import runs

# isort: split
import keras
import numpy as np

from keras_gen import data, evaluation, losses, metrics, models, networks, plotting

IMAGE_SIZE = 28
LATENT_DIM = 100  # Radford et al. (2016), section 4
LEARNING_RATE, BETA_1 = 2e-4, 0.5  # the same section
BATCH_SIZE = 64  # half the paper's: twice the steps in an epoch
LABEL_SMOOTHING = 0.1  # Salimans et al. (2016), section 3.4: one-sided
PENALTY = 2.0  # Mescheder et al. (2018) have 10
EMA_DECAY = 0.999  # Karras et al. (2018), section 6: images come from averaged weights
COLUMNS = 10  # of the picture


def main(
    run: runs.Run = runs.Run(epochs=10), filters: int = 32, batch_normalization: bool = True
) -> None:
    """Trains a conditional DCGAN.

    Args:
        run: what to train on and how long. The data need a shipped reader, which reads the images.
        filters: feature maps of the layers next to the image.
        batch_normalization: whether the discriminator has it; if not, it has a penalty instead.
    """
    run.begin()

    # Prepare: pixels in [-1, 1], the range of tanh, and integer labels.
    (train, train_labels), (test, test_labels) = run.images(IMAGE_SIZE, labels=True)
    batches = data.batches((train, train_labels), BATCH_SIZE, seed=run.seed)
    shape, classes = test.shape[1:], int(train_labels.max()) + 1

    # Build the two players, each with an input for labels.
    decay = run.ema_decay(EMA_DECAY, batches)
    generator = networks.dcgan_generator(shape, LATENT_DIM, filters, num_classes=classes)
    discriminator = networks.dcgan_discriminator(
        shape, filters, num_classes=classes, normalization=batch_normalization
    )
    gan = models.GAN(generator, discriminator, num_classes=classes, ema_decay=decay, seed=run.seed)
    gan.compile(
        keras.optimizers.Adam(LEARNING_RATE, BETA_1),
        keras.optimizers.Adam(LEARNING_RATE, BETA_1),
        losses.NonSaturating(LABEL_SMOOTHING),
        penalty=None if batch_normalization else losses.R1(PENALTY),
    )

    # Fit; interrupted, the same command resumes where it was.
    rows = np.repeat(np.arange(classes), COLUMNS)
    watch = run.watch(batches, *run.watch_images(gan, test, test_labels, grid_labels=rows))
    history = gan.fit(batches, epochs=run.epochs, callbacks=watch)

    # Judge: the target labels are those of the test and of the training images.
    reader = run.reader()
    generated = gan.generate(seed=run.seed, labels=test_labels)
    measures = evaluation.frechet_report(reader, test, generated, train, gan.value_range)
    measures[f"gan_test_{len(test)}_{reader.name}"] = metrics.gan_test(
        reader, generated, test_labels, gan.value_range
    )
    classifier = networks.lenet(shape, classes)
    classifier.compile("adam", "sparse_categorical_crossentropy")
    generated = gan.generate(seed=run.seed + 1, labels=train_labels)
    measures[f"gan_train_{len(train)}_lenet"] = metrics.gan_train(
        classifier, generated, train_labels, test, test_labels, gan.value_range
    )

    # Look: a row per class, a column per noise.
    noise = np.tile(gan.latents(COLUMNS, [run.seed, 0]), (classes, 1))
    images = gan.predict([noise, rows], verbose=0)
    samples = plotting.reconstructions(
        *np.split(images, classes),
        names=[f"class {number}" for number in range(classes)],
        value_range=gan.value_range,
        path=run.output / "samples.png",
    )
    plotting.training_curves(history, run.output / "training.png")

    # Save.
    what = f"Conditional DCGAN generator, {LATENT_DIM} latents, {filters} filters"
    look = "samples.png: every row is one target class, every column one noise vector"
    run.save(gan, what, measures, samples, look)


if __name__ == "__main__":
    runs.start(main)
