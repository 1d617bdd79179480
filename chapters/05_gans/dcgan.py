"""DCGAN: the five guidelines that made convolutional GANs stable.

A generator turns noise z into images; a discriminator scores how real an image looks. They
descend in turn, each on its own loss:

    discriminator: E[softplus(-D(real))] + E[softplus(D(G(z)))]     real is 1, fake is 0
    generator:     E[softplus(-D(G(z)))]                            wants its images called real

The guidelines (Radford et al. 2016): strided convolutions instead of pooling, batch normalization
in both players, no hidden dense layers, ReLU and tanh in the generator, leaky ReLU in the
discriminator.

By default it learns digits drawn with many fonts, within three minutes. `--dataset mnist --epochs
40 --precision mixed_bfloat16` learns handwritten digits in half an hour.
"""

from keras_gen import runs

# isort: split
import numpy as np

from keras_gen import data, evaluation, losses, models, networks, optimizers, plotting

IMAGE_SIZE = 28
LATENT_DIM = 100  # Radford et al. (2016), section 4
LEARNING_RATE, BETA_1 = 2e-4, 0.5  # the same section
BATCH_SIZE = 64  # half the paper's: twice the steps in an epoch
LABEL_SMOOTHING = 0.1  # Salimans et al. (2016), section 3.4: one-sided
EMA_DECAY = 0.999  # Karras et al. (2018), section 6: images come from averaged weights


def main(run: runs.Run = runs.Run(epochs=16), filters: int = 32) -> None:
    """Trains a DCGAN.

    Args:
        run: what to train on and how long. The data need a shipped reader, which judges the images.
        filters: feature maps of the layers next to the image; the paper has 64 at 28 pixels.
    """
    run.begin()

    # Prepare: pixels in [-1, 1], the range of tanh.
    train, test = run.images(IMAGE_SIZE)
    batches = data.batches(train, BATCH_SIZE, seed=run.seed)

    # Build the two players.
    decay = run.ema_decay(EMA_DECAY, batches)
    generator = networks.dcgan_generator(test.shape[1:], LATENT_DIM, filters)
    discriminator = networks.dcgan_discriminator(test.shape[1:], filters)
    gan = models.GAN(generator, discriminator, ema_decay=decay, seed=run.seed)
    gan.compile(
        optimizers.FusedAdam(LEARNING_RATE, BETA_1),
        optimizers.FusedAdam(LEARNING_RATE, BETA_1),
        losses.NonSaturating(LABEL_SMOOTHING),
    )

    # Fit; interrupted, the same command resumes where it was.
    watch = run.watch(batches, *run.watch_images(gan, test))
    history = gan.fit(batches, epochs=run.epochs, callbacks=watch)

    # Judge and look.
    generated = gan.generate(len(test), seed=run.seed)
    measures = evaluation.frechet_report(run.reader(), test, generated, train, gan.value_range)
    measures |= run.quarters(history)
    picture = {"value_range": gan.value_range}
    samples = plotting.image_grid(generated[:64], run.output / "samples.png", **picture)
    between = np.linspace(*gan.latents(2, [run.seed, 0]).numpy(), 12)
    images = gan.predict(between, verbose=0)
    plotting.image_grid(images, run.output / "interpolation.png", 12, **picture)
    plotting.training_curves(history, run.output / "training.png")

    # Save.
    what = f"DCGAN generator, {LATENT_DIM} latents, {filters} filters"
    run.save(gan, what, measures, samples, "samples.png: 64 images that nobody drew")


if __name__ == "__main__":
    runs.start(main)
