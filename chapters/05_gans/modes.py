"""Mode collapse, counted: three digits in the channels of one image, 1,000 combinations.

A generator that makes only what it makes best is hard to convict by looking. With stacked digits
it is a matter of counting. Each channel is a digit of its own, so ten classes give

    10 * 10 * 10 = 1,000 equally likely modes

and a classifier of digits reads, channel by channel, which mode an image belongs to. Of 26,000
generated images, how many modes are there, and how evenly do they share the images?

    KL(p || uniform) = log 1000 + sum_m p_m log p_m        0 if even, log 1000 = 6.91 if all are one

Published for a DCGAN: 99 modes, KL 3.40 (Srivastava et al. 2017, VEEGAN; quoted by Lin et al. 2018,
PacGAN). That is their network, their training and their classifier: PacGAN's
code has four halvings to 2x2 with 64 to 512 filters, two generator steps per discriminator step and
128,000 stacks. The number here stands beside it; it does not beat it.

The network is dcgan.py's with three channels. Every batch is stacked anew, so no two epochs show
the same combinations. By default it stacks 8x8 digits, enlarged, within three minutes;
`--dataset mnist --epochs 4` is the real thing.
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
BATCH_SIZE = 64
LABEL_SMOOTHING = 0.1  # Salimans et al. (2016), section 3.4: one-sided
EMA_DECAY = 0.999  # Karras et al. (2018), section 6: images come from averaged weights
COUNT = 26_000  # of generated images, as in the literature: more would find more modes


def main(
    dataset: str = "digits",
    epochs: int = 100,
    filters: int = 32,
    limit: int | None = None,
    output: pathlib.Path = pathlib.Path("outputs/modes"),
) -> None:
    """Trains a DCGAN on stacked digits and counts its modes.

    Args:
        dataset: digits, mnist or fashion_mnist, each with a LeNet that reads one channel.
        epochs: passes over the training images.
        filters: feature maps of the layers next to the image.
        limit: use only that many training images, and generate as many.
        output: folder for the pictures and the model.
    """
    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()

    # Prepare: every batch is stacked within itself.
    extractor = evaluation.shipped_extractor(dataset)
    train = data.load(dataset, f"train[:{limit}]" if limit else "train", IMAGE_SIZE)
    batches = data.batches(train, BATCH_SIZE, seed=SEED, augment=data.stacked)
    shape = batches.element_spec.shape[1:]

    # Build the two players.
    generator = networks.dcgan_generator(shape, LATENT_DIM, filters)
    discriminator = networks.dcgan_discriminator(shape, filters)
    gan = models.GAN(generator, discriminator, ema_decay=EMA_DECAY, seed=SEED)
    gan.compile(
        keras.optimizers.Adam(LEARNING_RATE, BETA_1),
        keras.optimizers.Adam(LEARNING_RATE, BETA_1),
        losses.NonSaturating(LABEL_SMOOTHING),
    )

    # Fit; interrupt it and run the same command again, and it goes on where it was.
    watch = [
        callbacks.SampleGrid(output / "epochs", every=max(epochs // 10, 1)),
        callbacks.Resume(output / "modes.state", batches),
    ]
    history = gan.fit(batches, epochs=epochs, callbacks=watch)

    # Count, among the generated images and among as many real stacks.
    count = limit or COUNT
    images = data.arrays(train)
    real = data.stacked(np.resize(images, (count, *images.shape[1:])), SEED)
    generated = gan.generate(count, seed=SEED)
    modes = metrics.StackedModes(extractor, gan.value_range)
    report = {}
    for suffix, stacks in [("", generated), ("_training_images", real)]:
        modes.reset_fake()
        modes.update_state(None, stacks)
        report[f"{modes.name}_{count}{suffix}"] = modes.result()
        report[f"kl_nats_{count}{suffix}"] = modes.divergence()

    # Look: the picture's colours are the three digits.
    samples = plotting.image_grid(
        generated[:64], output / "samples.png", value_range=gan.value_range
    )
    plotting.training_curves(history, output / "training.png")

    # Save.
    gan.save(output / "modes.keras")
    what = f"DCGAN generator of three stacked digits, {LATENT_DIM} latents, {filters} filters"
    card = saved_models.card(what, f"{dataset}, stacked", gan.value_range, SEED, report)
    saved_models.export(gan, output / "saved_model", card, samples)
    print(", ".join(f"{name} {value:.4g}" for name, value in report.items()))
    print(f"Pictures, modes.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
