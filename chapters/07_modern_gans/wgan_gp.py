"""WGAN-GP: the critic's slope is held near one by a penalty.

The critic estimates how far the fake images are from the real ones (Wasserstein distance), which
is only meaningful if its score never changes faster than its input. Instead of clipping its
weights, WGAN-GP asks for a gradient of norm 1 at points between real and fake images:

    critic:    E[C(fake)] - E[C(real)] + 10 E[(||grad C(x)||_2 - 1)^2]
    generator: -E[C(fake)]
    x = u real + (1 - u) fake,  u ~ U[0, 1] per sample

The critic takes five steps, each on fresh real images, for one of the generator, and has no batch
normalization, which would mix the samples whose gradients are penalized one by one.

By default it learns 8x8 digits, enlarged, within three minutes. `--dataset fashion_mnist
--epochs 60 --precision mixed_bfloat16` is the real thing; what it reached is in chapters/README.md.
"""

import pathlib

import keras
import tensorflow as tf
import tyro

from keras_gen import (
    callbacks,
    data,
    evaluation,
    metrics,
    models,
    networks,
    optimizers,
    plotting,
    saved_models,
)

SEED = 1
IMAGE_SIZE = 28
LATENT_DIM = 100
INITIALIZER = "he_normal"  # keeps the scale of what the critic's layers hand on without a norm
LEARNING_RATE, BETA_1, BETA_2 = 2e-4, 0.0, 0.9  # Gulrajani et al. (2017): 1e-4, Algorithm 1
BATCH_SIZE, CRITIC_STEPS = 64, 5  # the same algorithm
EMA_DECAY = 0.999  # Karras et al. (2018), section 6: images come from averaged weights


def main(
    dataset: str = "digits",
    epochs: int = 150,
    filters: int = 32,
    limit: int | None = None,
    precision: str = "float32",
    output: pathlib.Path = pathlib.Path("outputs/wgan_gp"),
) -> None:
    """Trains a WGAN-GP.

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
    critic = networks.dcgan_discriminator(
        test.shape[1:], filters, normalization=False, kernel_initializer=INITIALIZER
    )
    gan = models.WGANGP(generator, critic, ema_decay=EMA_DECAY, seed=SEED)
    gan.compile(
        optimizers.FusedAdam(LEARNING_RATE, BETA_1, BETA_2),
        optimizers.FusedAdam(LEARNING_RATE, BETA_1, BETA_2),
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
        callbacks.Resume(output / "wgan_gp.state", batches),
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
    gan.save(output / "wgan_gp.keras")
    what = f"WGAN-GP generator, {LATENT_DIM} latents, {filters} filters"
    card = saved_models.card(what, dataset, gan.value_range, SEED, report)
    saved_models.export(gan, output / "saved_model", card, samples)
    print(", ".join(f"{name} {value:.2f}" for name, value in report.items()))
    print(f"Pictures, wgan_gp.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
