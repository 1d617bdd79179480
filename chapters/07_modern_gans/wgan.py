"""WGAN: a critic that measures a distance instead of a probability.

The Wasserstein (earth mover's) distance between real and fake images falls smoothly even while
the two do not overlap, where the classical loss saturates. Its dual form is what the critic
maximizes, among functions that never change faster than their input:

    critic:    E[C(fake)] - E[C(real)], then every weight w <- clip(w, -0.01, 0.01)
    generator: -E[C(fake)]

Clipping is the crude way to keep the critic slow (Arjovsky et al. 2017, Algorithm 1); the next
script has the better one. `critic_estimate`, E[C(real)] - E[C(fake)], is the distance up to a
factor, and falls as the images get better.

By default it learns 8x8 digits, enlarged, within three minutes; `--dataset mnist --epochs 40
--precision mixed_bfloat16` gives the figures of chapters/README.md.
"""

import pathlib

import keras
import tensorflow as tf
import tyro

from keras_gen import callbacks, data, evaluation, metrics, models, networks, plotting, saved_models

SEED = 1
IMAGE_SIZE = 28
LATENT_DIM = 100
LEARNING_RATE = 2e-4  # Arjovsky et al. (2017), Algorithm 1, have 5e-5, which learns far slower
BATCH_SIZE, CRITIC_STEPS, CLIP = 64, 5, 0.01  # the same algorithm
EMA_DECAY = 0.999  # Karras et al. (2018), section 6: images come from averaged weights


def main(
    dataset: str = "digits",
    epochs: int = 200,
    filters: int = 32,
    limit: int | None = None,
    precision: str = "float32",
    output: pathlib.Path = pathlib.Path("outputs/wgan"),
) -> None:
    """Trains a WGAN.

    Args:
        dataset: digits, mnist or fashion_mnist; a shipped LeNet judges the images.
        epochs: passes over the training images.
        filters: feature maps of the layers next to the image.
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
    batches = data.batches(train, CRITIC_STEPS * BATCH_SIZE, seed=SEED)

    # Build the generator and the critic.
    generator = networks.dcgan_generator(test.shape[1:], LATENT_DIM, filters)
    critic = networks.dcgan_discriminator(test.shape[1:], filters)
    gan = models.WGAN(generator, critic, clip=CLIP, ema_decay=EMA_DECAY, seed=SEED)
    gan.compile(
        keras.optimizers.RMSprop(LEARNING_RATE),
        keras.optimizers.RMSprop(LEARNING_RATE),
        discriminator_steps=CRITIC_STEPS,
    )

    # Fit; interrupt it and run the same command again, and it goes on where it was.
    watch = [
        callbacks.SampleGrid(output / "epochs", every=max(epochs // 10, 1)),
        callbacks.GenerativeMetrics(
            [metrics.FrechetDistance(extractor, gan.value_range)],
            test,
            every=max(epochs // 4, 1),
        ),
        callbacks.Resume(output / "wgan.state", batches),
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
    gan.save(output / "wgan.keras")
    what = f"WGAN generator, {LATENT_DIM} latents, {filters} filters"
    card = saved_models.card(what, dataset, gan.value_range, SEED, report)
    saved_models.export(gan, output / "saved_model", card, samples)
    print(", ".join(f"{name} {value:.2f}" for name, value in report.items()))
    print(f"Pictures, wgan.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
