"""The generative adversarial network: a counterfeiter against an inspector.

Every training iteration has two phases. First the inspector sees a batch of real images (label 1)
and as many fakes (label 0) and takes one step of logistic regression; only its own weights move.
Then the counterfeiter makes new images and takes one step towards having them called real; it
never sees a real image, only the gradient that comes back through the inspector:

    discriminator: -E[log D(real)] - E[log(1 - D(G(z)))]
    generator:     -E[log D(G(z))]

Both players are dense here. By default they learn digits drawn with many fonts, within three
minutes; `--dataset mnist --epochs 40` learns handwritten ones in five. Watch `real_accuracy` and
`fake_accuracy`: near 1/2 the players are matched, near 1 the inspector wins. A monitor warns if it
wins for good, if the counterfeiter gets no gradient, or if its images all become alike.
"""

from keras_gen import runs

# isort: split
import keras

from keras_gen import callbacks, data, evaluation, losses, models, networks, plotting

IMAGE_SIZE = 28
LATENT_DIM = 100
GENERATOR_UNITS, DISCRIMINATOR_UNITS = (256, 512), (512, 256)
LEARNING_RATE, BETA_1 = 2e-4, 0.5  # Radford et al. (2016), section 4
BATCH_SIZE = 64
LABEL_SMOOTHING = 0.1  # Salimans et al. (2016), section 3.4: one-sided


def main(run: runs.Run = runs.Run(epochs=60)) -> None:
    """Trains a GAN of two dense networks.

    Args:
        run: what to train on and how long. The data need a shipped reader, which judges the images.
    """
    run.begin()

    # Prepare: pixels in [-1, 1], the range of tanh.
    train, test = run.images(IMAGE_SIZE)
    batches = data.batches(train, BATCH_SIZE, seed=run.seed)

    # Build the two players.
    shape, leaky = test.shape[1:], networks.FusedLeakyReLU
    generator = networks.mlp(
        LATENT_DIM, GENERATOR_UNITS, shape, leaky, output_activation="tanh", name="generator"
    )
    discriminator = networks.mlp(shape, DISCRIMINATOR_UNITS, 1, leaky, name="discriminator")
    gan = models.GAN(generator, discriminator, seed=run.seed)
    gan.compile(
        keras.optimizers.Adam(LEARNING_RATE, BETA_1),
        keras.optimizers.Adam(LEARNING_RATE, BETA_1),
        losses.NonSaturating(LABEL_SMOOTHING),
    )

    # Fit; interrupted, the same command resumes where it was.
    monitor = callbacks.CollapseMonitor(test[:256])
    watch = run.watch(batches, *run.watch_images(gan, test), monitor)
    history = gan.fit(batches, epochs=run.epochs, callbacks=watch)

    # Judge and look.
    generated = gan.generate(len(test), seed=run.seed)
    measures = evaluation.frechet_report(run.reader(), test, generated, train, gan.value_range)
    measures |= run.quarters(history)
    path = run.output / "samples.png"
    samples = plotting.image_grid(generated[:64], path, value_range=gan.value_range)
    plotting.training_curves(history, run.output / "training.png")

    # Save.
    what = f"GAN generator, {LATENT_DIM} latents, dense {GENERATOR_UNITS}"
    run.save(gan, what, measures, samples, "samples.png: 64 images that nobody drew")


if __name__ == "__main__":
    runs.start(main)
