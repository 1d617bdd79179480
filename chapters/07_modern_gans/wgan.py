"""WGAN: a critic that measures a distance instead of a probability.

The Wasserstein (earth mover's) distance between real and fake images falls smoothly even while the
two do not overlap, where the classical loss saturates. The critic maximizes its dual form, among
functions that never change faster than their input:

    critic:    E[C(fake)] - E[C(real)], then every weight w <- clip(w, -0.01, 0.01)
    generator: -E[C(fake)]

Clipping is the crude way to keep the critic slow (Arjovsky et al. 2017, Algorithm 1); the next
script has the better one. `critic_estimate`, E[C(real)] - E[C(fake)], is the distance up to a
factor, and should fall as the images get better. estimate.png has it beside the FID; Spearman's
rank correlation of the two, 1 if they always rise and fall together, is measured.

By default it sees digits drawn with many fonts for three minutes, in which clipped weights get only
as far as blots with the strokes of digits; wgan_gp.py draws digits in the same time. `--dataset
mnist --epochs 40 --precision mixed_bfloat16` learns handwritten ones in half an hour.
"""

from keras_gen import runs

# isort: split
import keras

from keras_gen import data, evaluation, models, networks, plotting

IMAGE_SIZE = 28
LATENT_DIM = 100
LEARNING_RATE = 2e-4  # Arjovsky et al. (2017), Algorithm 1, have 5e-5, which learns far slower
BATCH_SIZE, CRITIC_STEPS, CLIP = 64, 5, 0.01  # the same algorithm
EMA_DECAY = 0.999  # Karras et al. (2018), section 6: images come from averaged weights
JUDGED = 20  # how often the FID is measured


def main(run: runs.Run = runs.Run(epochs=30), filters: int = 32) -> None:
    """Trains a WGAN.

    Args:
        run: what to train on and how long. The data need a shipped reader, which judges the images.
        filters: feature maps of the layers next to the image.
    """
    run.begin()

    # Prepare: pixels in [-1, 1], the range of tanh.
    train, test = run.images(IMAGE_SIZE)
    batches = data.batches(train, CRITIC_STEPS * BATCH_SIZE, seed=run.seed)

    # Build the generator and the critic.
    decay = run.ema_decay(EMA_DECAY, batches)
    generator = networks.dcgan_generator(test.shape[1:], LATENT_DIM, filters)
    critic = networks.dcgan_discriminator(test.shape[1:], filters)
    gan = models.WGAN(generator, critic, clip=CLIP, ema_decay=decay, seed=run.seed)
    gan.compile(
        keras.optimizers.RMSprop(LEARNING_RATE),
        keras.optimizers.RMSprop(LEARNING_RATE),
        discriminator_steps=CRITIC_STEPS,
    )

    # Fit; interrupted, the same command resumes where it was.
    watch = run.watch(batches, *run.watch_images(gan, test, judged=JUDGED))
    history = gan.fit(batches, epochs=run.epochs, callbacks=watch)

    # Judge and look.
    generated = gan.generate(len(test), seed=run.seed)
    measures = evaluation.frechet_report(run.reader(), test, generated, train, gan.value_range)
    measures |= run.quarters(history)
    epochs, distances = run.judgements(history)
    estimates = [history.history["critic_estimate"][epoch - 1] for epoch in epochs]
    measures |= evaluation.rank_report(estimates, distances)
    panels = {
        "critic's estimate": {"estimate": (epochs, estimates)},
        "FID": {"FID": (epochs, distances)},
    }
    plotting.curve_panels(panels, "epoch", run.output / "estimate.png")
    path = run.output / "samples.png"
    samples = plotting.image_grid(generated[:64], path, value_range=gan.value_range)
    plotting.training_curves(history, run.output / "training.png")

    # Save.
    what = f"WGAN generator, {LATENT_DIM} latents, {filters} filters"
    look = "estimate.png: the critic's estimate falls while the images get closer to real ones"
    run.save(gan, what, measures, samples, look)


if __name__ == "__main__":
    runs.start(main)
