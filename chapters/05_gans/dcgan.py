"""DCGAN: the five guidelines that made convolutional GANs stable.

A generator turns noise z into images; a discriminator scores how real an image looks. They
descend in turn, each on its own loss:

    discriminator: E[softplus(-D(real))] + E[softplus(D(G(z)))]     real is 1, fake is 0
    generator:     E[softplus(-D(G(z)))]                            wants its images called real

The guidelines (Radford et al. 2016): strided convolutions instead of pooling, batch normalization
in both players, no hidden dense layers, ReLU and tanh in the generator, leaky ReLU in the
discriminator.

By default it learns 8x8 digits, enlarged, within three minutes. `--dataset mnist --epochs 40
--precision mixed_bfloat16` is the real thing; what it reached is in chapters/README.md.
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
    optimizers,
    plotting,
    saved_models,
)

SEED = 1
IMAGE_SIZE = 28
LATENT_DIM = 100  # Radford et al. (2016), section 4
LEARNING_RATE, BETA_1 = 2e-4, 0.5  # the same section
BATCH_SIZE = 64  # half the paper's: twice the steps in an epoch
LABEL_SMOOTHING = 0.1  # Salimans et al. (2016), section 3.4: one-sided
EMA_DECAY = 0.999  # Karras et al. (2018), section 6: images come from averaged weights


def main(
    dataset: str = "digits",
    epochs: int = 100,
    filters: int = 32,
    limit: int | None = None,
    precision: str = "float32",
    output: pathlib.Path = pathlib.Path("outputs/dcgan"),
) -> None:
    """Trains a DCGAN.

    Args:
        dataset: digits, mnist or fashion_mnist; a shipped LeNet judges the images.
        epochs: passes over the training images.
        filters: feature maps of the layers next to the image; the paper has 64 at 28 pixels.
        limit: use only that many training images, and as many test images.
        precision: dtype policy of Keras; mixed_bfloat16 is faster on CPUs that know the type.
        output: folder for the pictures and the model.
    """
    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    keras.config.set_dtype_policy(precision)

    # Prepare: pixels in [-1, 1], the range of tanh.
    extractor = evaluation.shipped_extractor(dataset)
    chosen = f"[:{limit}]" if limit else ""
    train = data.load(dataset, "train" + chosen, IMAGE_SIZE)
    test = data.arrays(data.load(dataset, "test" + chosen, IMAGE_SIZE))
    batches = data.batches(train, BATCH_SIZE, seed=SEED)

    # Build the two players.
    generator = networks.dcgan_generator(test.shape[1:], LATENT_DIM, filters)
    discriminator = networks.dcgan_discriminator(test.shape[1:], filters)
    gan = models.GAN(generator, discriminator, ema_decay=EMA_DECAY, seed=SEED)
    gan.compile(
        optimizers.FusedAdam(LEARNING_RATE, BETA_1),
        optimizers.FusedAdam(LEARNING_RATE, BETA_1),
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
    between = np.linspace(*gan.latents(2, [SEED, 0]).numpy(), 12)
    plotting.image_grid(
        gan.predict(between, verbose=0),
        output / "interpolation.png",
        12,
        value_range=gan.value_range,
    )
    plotting.training_curves(history, output / "training.png")

    # Save.
    gan.save(output / "gan.keras")
    what = f"DCGAN generator, {LATENT_DIM} latents, {filters} filters"
    card = saved_models.card(what, dataset, gan.value_range, SEED, report)
    saved_models.export(gan, output / "saved_model", card, samples)
    print(", ".join(f"{name} {value:.2f}" for name, value in report.items()))
    print(f"Pictures, gan.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
