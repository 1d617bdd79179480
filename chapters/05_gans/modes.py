"""Mode collapse, counted: three digits in the channels of one image, 1,000 combinations.

A generator that makes only what it makes best is hard to convict by looking. With stacked digits
it is a matter of counting. Each channel is a digit of its own, so ten classes give

    10 * 10 * 10 = 1,000 equally likely modes

and a classifier of digits reads, channel by channel, which mode an image belongs to. Of 26,000
generated images, how many modes are there, and how evenly do they share the images?

    KL(p || uniform) = log 1000 + sum_m p_m log p_m        0 if even, log 1000 = 6.91 if all are one

Published for a DCGAN: 99 modes, KL 3.40 (Srivastava et al. 2017, VEEGAN; quoted by Lin et al. 2018,
PacGAN). That is their network, their training and their classifier: PacGAN's code has four halvings
to 2x2 with 64 to 512 filters, two generator steps per discriminator step and 128,000 stacks. The
number here is listed next to it; it does not beat it.

The networks are dcgan.py's with three channels. `--game Wasserstein` plays WGAN-GP's game instead,
with five steps of a critic without batch normalization; published for it: 959 modes and a KL of .73
(quoted by Huang et al. 2024). Every batch is stacked anew, so no two epochs show the same
combinations. By default it stacks digits drawn with many fonts, within two minutes; `--dataset
mnist --epochs 4` stacks handwritten ones in five.
"""

from keras_gen import runs

# isort: split
from typing import Literal

import keras
import numpy as np

from keras_gen import callbacks, data, losses, metrics, models, networks, optimizers, plotting

IMAGE_SIZE = 28
LATENT_DIM = 100  # Radford et al. (2016), section 4
LEARNING_RATE, BETA_1 = 2e-4, 0.5  # the same section
BATCH_SIZE = 64
LABEL_SMOOTHING = 0.1  # Salimans et al. (2016), section 3.4: one-sided
EMA_DECAY = 0.999  # Karras et al. (2018), section 6: images come from averaged weights
SLOW, BETAS = 1e-4, (0.0, 0.9)  # of WGAN-GP: Gulrajani et al. (2017), Algorithm 1
PENALTY, CRITIC_STEPS = 10.0, 5  # the same algorithm
COUNT = 26_000  # of generated images, as in the literature: more would find more modes
SHOWN = 16  # images of the picture, channel by channel


def non_saturating(shape, filters):
    """A discriminator for the game of DCGAN, and how that is played."""
    adam = [keras.optimizers.Adam(LEARNING_RATE, BETA_1) for _ in range(2)]
    loss = losses.NonSaturating(LABEL_SMOOTHING)
    return networks.dcgan_discriminator(shape, filters), adam, {"loss": loss}


def wasserstein(shape, filters):
    """A critic for the game of WGAN-GP, and how that is played."""
    options = {"normalization": False, "kernel_initializer": "he_normal"}
    adam = [optimizers.FusedAdam(SLOW, *BETAS) for _ in range(2)]
    game = {"loss": losses.Wasserstein(), "penalty": losses.GradientPenalty(PENALTY)}
    game["discriminator_steps"] = CRITIC_STEPS
    return networks.dcgan_discriminator(shape, filters, **options), adam, game


GAMES = {"non-saturating": non_saturating, "Wasserstein": wasserstein}


def main(
    run: runs.Run = runs.Run(epochs=10),
    filters: int = 32,
    game: Literal[tuple(GAMES)] = "non-saturating",
) -> None:
    """Trains a GAN on stacked digits and counts its modes.

    Args:
        run: what to train on and how long. The data need a shipped reader, which reads one channel;
            `limit` is also the number of counted images.
        filters: feature maps of the layers next to the image.
        game: which game the two players play.
    """
    run.begin()

    # Prepare: every batch is stacked within itself.
    modes = metrics.StackedModes(run.reader(), (-1, 1))
    train, _ = run.images(IMAGE_SIZE)
    size = BATCH_SIZE * (CRITIC_STEPS if game == "Wasserstein" else 1)
    batches = data.batches(train, size, seed=run.seed, augment=data.stacked)
    shape = batches.element_spec.shape[1:]

    # Build the two players.
    decay = run.ema_decay(EMA_DECAY, batches)
    generator = networks.dcgan_generator(shape, LATENT_DIM, filters)
    discriminator, adam, options = GAMES[game](shape, filters)
    gan = models.GAN(generator, discriminator, ema_decay=decay, seed=run.seed)
    gan.compile(*adam, **options)

    # Fit; interrupted, the same command resumes where it was.
    grid = callbacks.SampleGrid(run.output / "epochs", every=run.every(10))
    slope = callbacks.CriticSlope(data.stacked(train[:256], 0))
    history = gan.fit(batches, epochs=run.epochs, callbacks=run.watch(batches, slope, grid))

    # Count, among the generated images and among as many real stacks.
    count = run.limit or COUNT
    real = data.stacked(np.resize(train, (count, *train.shape[1:])), run.seed)
    generated = gan.generate(count, seed=run.seed)
    measures = {"critic_slope": float(np.mean(history.history["critic_slope"]))}
    for suffix, stacks in [("", generated), ("_training_images", real)]:
        modes.reset_fake()
        modes.update_state(None, stacks)
        measures[f"{modes.name}_{count}{suffix}"] = modes.result()
        measures[f"kl_nats_{count}{suffix}"] = modes.divergence()

    # Look: the three digits of an image, and the image whose colours they are.
    shown = generated[:SHOWN]
    plotting.reconstructions(
        *(np.repeat(shown[..., i : i + 1], 3, axis=-1) for i in range(3)),
        shown,
        names=["red digit", "green digit", "blue digit", "all three"],
        value_range=gan.value_range,
        path=run.output / "digits.png",
    )
    path = run.output / "samples.png"
    samples = plotting.image_grid(generated[:64], path, value_range=gan.value_range)
    plotting.training_curves(history, run.output / "training.png")

    # Save.
    what = (
        f"Generator of three stacked digits, {game} game, {LATENT_DIM} latents, {filters} filters"
    )
    look = "digits.png: each image is three digits in red, green and blue, one of 1,000 modes"
    run.save(gan, what, measures, samples, look, data=f"{run.dataset}, stacked")


if __name__ == "__main__":
    runs.start(main)
