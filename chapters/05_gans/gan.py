"""The generative adversarial network: a counterfeiter against an inspector.

Every training iteration has two phases. First the inspector sees a batch of real images (label 1)
and as many fakes (label 0) and takes one step of logistic regression; only its own weights move.
Then the counterfeiter makes new images and takes one step towards having them called real; it
never sees a real image, only the gradient that comes back through the inspector:

    discriminator: -E[log D(real)] - E[log(1 - D(G(z)))]
    generator:     -E[log D(G(z))]

Both players are dense here. By default they learn 8x8 digits, enlarged, within a minute or two;
`--dataset mnist --epochs 40` gives the figures of chapters/README.md. Watch `real_accuracy` and
`fake_accuracy`: near 1/2 the players are matched, near 1 the inspector wins. A monitor warns if it
wins for good, if the counterfeiter gets no gradient, or if its images become all alike.
"""

import pathlib

import keras
import tensorflow as tf
import tyro
from keras.layers import LeakyReLU

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
LATENT_DIM = 100
GENERATOR_UNITS, DISCRIMINATOR_UNITS = (256, 512), (512, 256)
LEARNING_RATE, BETA_1 = 2e-4, 0.5  # Radford et al. (2016), section 4
BATCH_SIZE = 64
LABEL_SMOOTHING = 0.1  # Salimans et al. (2016), section 3.4: one-sided


def main(
    dataset: str = "digits",
    epochs: int = 100,
    limit: int | None = None,
    output: pathlib.Path = pathlib.Path("outputs/gan"),
) -> None:
    """Trains a GAN of two dense networks.

    Args:
        dataset: digits, mnist or fashion_mnist; a shipped LeNet judges the images.
        epochs: passes over the training images.
        limit: use only that many training images, and as many test images.
        output: folder for the pictures and the model.
    """
    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()

    # Prepare: pixels in [-1, 1], the range of tanh.
    extractor = evaluation.shipped_extractor(dataset)
    chosen = f"[:{limit}]" if limit else ""
    train = data.load(dataset, "train" + chosen, IMAGE_SIZE)
    test = data.arrays(data.load(dataset, "test" + chosen, IMAGE_SIZE))
    batches = data.batches(train, BATCH_SIZE, seed=SEED)

    # Build the two players.
    shape = test.shape[1:]
    generator = networks.mlp(
        LATENT_DIM, GENERATOR_UNITS, shape, LeakyReLU, output_activation="tanh", name="generator"
    )
    discriminator = networks.mlp(shape, DISCRIMINATOR_UNITS, 1, LeakyReLU, name="discriminator")
    gan = models.GAN(generator, discriminator, seed=SEED)
    gan.compile(
        keras.optimizers.Adam(LEARNING_RATE, BETA_1),
        keras.optimizers.Adam(LEARNING_RATE, BETA_1),
        losses.NonSaturating(LABEL_SMOOTHING),
    )

    # Fit; interrupt it and run the same command again, and it goes on where it was.
    watch = [
        callbacks.SampleGrid(output / "epochs", every=max(epochs // 10, 1)),
        callbacks.GenerativeMetrics(
            [metrics.FrechetDistance(extractor, gan.value_range)],
            test,
            every=max(epochs // 4, 1),
        ),
        callbacks.CollapseMonitor(test[:256]),
        callbacks.Resume(output / "gan.state", batches),
    ]
    history = gan.fit(batches, epochs=epochs, callbacks=watch)

    # Judge and look.
    generated = gan.generate(len(test), seed=SEED)
    report = evaluation.frechet_report(
        extractor, test, generated, data.arrays(train), gan.value_range
    )
    samples = plotting.image_grid(
        generated[:64], output / "samples.png", value_range=gan.value_range
    )
    plotting.training_curves(history, output / "training.png")

    # Save.
    gan.save(output / "gan.keras")
    what = f"GAN generator, {LATENT_DIM} latents, dense {GENERATOR_UNITS}"
    card = saved_models.card(what, dataset, gan.value_range, SEED, report)
    saved_models.export(gan, output / "saved_model", card, samples)
    print(", ".join(f"{name} {value:.2f}" for name, value in report.items()))
    print(f"Pictures, gan.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
