"""WGAN-GP: the critic's slope is held near one by a penalty.

The critic estimates how far the fake images are from the real ones (Wasserstein distance), which
is only meaningful if its score never changes faster than its input. Instead of clipping its
weights, WGAN-GP asks for a gradient of norm 1 at points between real and fake images:

    critic:    E[C(fake)] - E[C(real)] + 10 E[(||grad C(x)||_2 - 1)^2]
    generator: -E[C(fake)]
    x = u real + (1 - u) fake,  u ~ U[0, 1] per sample

The critic takes five steps per generator step, each on fresh real images, and has no batch
normalization, which would mix the samples whose gradients are penalized one by one. `training.png`
shows the mean norm, `critic_slope`, over the epochs.

By default it learns digits drawn with many fonts, within three minutes. `--dataset fashion_mnist
--epochs 60 --precision mixed_bfloat16` learns clothes in three quarters of an hour.
"""

from keras_gen import runs

# isort: split
import numpy as np

from keras_gen import callbacks, data, evaluation, models, networks, optimizers, plotting

IMAGE_SIZE = 28
LATENT_DIM = 100
INITIALIZER = "he_normal"  # keeps the scale of what the critic's layers pass on without a norm
LEARNING_RATE, BETA_1, BETA_2 = 2e-4, 0.0, 0.9  # Gulrajani et al. (2017): 1e-4, Algorithm 1
BATCH_SIZE, CRITIC_STEPS = 64, 5  # the same algorithm
EMA_DECAY = 0.999  # Karras et al. (2018), section 6: images come from averaged weights


def main(run: runs.Run = runs.Run(epochs=22), filters: int = 32) -> None:
    """Trains a WGAN-GP.

    Args:
        run: what to train on and how long. The data need a shipped reader, which judges the images.
        filters: feature maps of the layers next to the image.
    """
    run.begin()

    # Prepare: pixels in [-1, 1], the range of tanh.
    train, test = run.images(IMAGE_SIZE)
    batches = data.batches(train, CRITIC_STEPS * BATCH_SIZE, seed=run.seed)

    # Build the generator and the critic.
    shape = test.shape[1:]
    decay = run.ema_decay(EMA_DECAY, batches)
    generator = networks.dcgan_generator(shape, LATENT_DIM, filters)
    critic = networks.dcgan_discriminator(
        shape, filters, normalization=False, kernel_initializer=INITIALIZER
    )
    gan = models.WGANGP(generator, critic, ema_decay=decay, seed=run.seed)
    gan.compile(
        optimizers.FusedAdam(LEARNING_RATE, BETA_1, BETA_2),
        optimizers.FusedAdam(LEARNING_RATE, BETA_1, BETA_2),
        discriminator_steps=CRITIC_STEPS,
    )

    # Fit; interrupted, the same command resumes where it was.
    slope = callbacks.CriticSlope(train[:256])
    watch = run.watch(batches, slope, *run.watch_images(gan, test))
    history = gan.fit(batches, epochs=run.epochs, callbacks=watch)

    # Judge and look.
    generated = gan.generate(len(test), seed=run.seed)
    measures = evaluation.frechet_report(run.reader(), test, generated, train, gan.value_range)
    measures |= run.quarters(history)
    measures["critic_slope"] = float(np.mean(history.history["critic_slope"]))
    path = run.output / "samples.png"
    samples = plotting.image_grid(generated[:64], path, value_range=gan.value_range)
    plotting.training_curves(history, run.output / "training.png")

    # Save.
    what = f"WGAN-GP generator, {LATENT_DIM} latents, {filters} filters"
    run.save(gan, what, measures, samples, "samples.png: 64 images that nobody drew")


if __name__ == "__main__":
    runs.start(main)
