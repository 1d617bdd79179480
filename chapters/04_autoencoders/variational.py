"""The variational autoencoder: codes that fill a space one can draw from.

The encoder does not name a code but a normal distribution of codes; the decoder reconstructs a
draw from it. A second loss pushes these distributions towards one standard normal cloud, so that
afterwards a draw from the cloud decodes to a new image:

    loss = E_q[-log p(x|z)] + KL(q(z|x) || N(0, I))          (nats per image)
    KL   = -1/2 sum_i (1 + g_i - exp(g_i) - m_i^2),  g = log variance, m = mean

The loss bounds -log p(x) from above; the script also estimates -log p(x) itself by drawing 5,000
codes per test image and weighing them. Pixels are re-sampled as binary at every use.

By default it learns 8x8 digits in two dimensions within a minute and draws their map. With
`--dataset mnist --latent-dim 50 --epochs 1600` it is the network of Burda et al. (2016), who
report 86.76 nats for it; the figure reached here is in chapters/README.md.
"""

import pathlib

import keras
import numpy as np
import tensorflow as tf
import tyro

from keras_gen import (
    callbacks,
    data,
    metrics,
    models,
    networks,
    optimizers,
    plotting,
    saved_models,
)

SEED = 1
BATCH_SIZE = 100
LEARNING_RATE = 1e-3  # Adam's default, brought to zero along a cosine
HIDDEN = (200, 200)  # Burda et al. (2016), section 5: two layers of 200 units on either side
ACTIVATION = "elu"  # learns faster than the paper's tanh
IMPORTANCE_SAMPLES = 5000  # the same paper
STEPS_PER_EXECUTION = 20


def main(
    dataset: str = "digits",
    epochs: int = 300,
    latent_dim: int = 2,
    limit: int | None = None,
    output: pathlib.Path = pathlib.Path("outputs/variational"),
) -> None:
    """Trains a variational autoencoder.

    Args:
        dataset: digits, mnist, fashion_mnist, another TFDS image set, or a folder of images.
        epochs: passes over the training images.
        latent_dim: length of the codes; 2 gives a map of the latent space.
        limit: use only that many training images, and as many test images.
        output: folder for the pictures and the model.
    """
    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()

    # Prepare: grey values are probabilities of white, drawn anew for every batch.
    chosen = f"[:{limit}]" if limit else ""
    train = data.load(dataset, "train" + chosen, value_range=(0, 1))
    grey = data.arrays(data.load(dataset, "test" + chosen, value_range=(0, 1)))
    test = data.binarize(grey, [SEED, 0]).numpy()
    batches = data.batches(train, BATCH_SIZE, seed=SEED, augment=data.binarize)

    # Build: recognition network, generative network.
    encoder = networks.gaussian_encoder(grey.shape[1:], HIDDEN, latent_dim, ACTIVATION)
    decoder = networks.mlp_decoder(latent_dim, HIDDEN, grey.shape[1:], ACTIVATION)
    vae = models.VAE(encoder, decoder, seed=SEED)
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, epochs * len(batches))
    vae.compile(optimizers.FusedAdam(schedule), steps_per_execution=STEPS_PER_EXECUTION)

    # Fit; interrupt it and run the same command again, and it goes on where it was.
    resume = callbacks.Resume(output / "vae.state", batches, every=10)
    history = vae.fit(
        batches, epochs=epochs, validation_data=(test,), validation_freq=10, callbacks=[resume]
    )

    # Judge: how probable are the test images?
    nll = metrics.importance_weighted_bound(vae, test, IMPORTANCE_SAMPLES, seed=SEED)
    error = nll.std() / np.sqrt(len(nll))
    print(f"-log p(x) of {len(nll)} test images: {nll.mean():.2f} +- {error:.2f} nats")

    # Look.
    generated = vae.generate(100, seed=SEED)
    samples = plotting.image_grid(generated, output / "samples.png", value_range=vae.value_range)
    plotting.reconstructions(
        test[:10],
        vae.reconstruct(test[:10]),
        value_range=vae.value_range,
        path=output / "reconstructions.png",
    )
    path_between = vae.interpolate(test[0], test[1], steps=12)
    plotting.image_grid(path_between, output / "interpolation.png", 12, value_range=vae.value_range)
    plotting.training_curves(history, output / "training.png")
    if latent_dim == 2:
        samples = plotting.latent_manifold(
            vae.decode, output / "manifold.png", value_range=vae.value_range
        )

    # Save.
    vae.save(output / "vae.keras")
    card = saved_models.card(
        f"VAE, {latent_dim} latents, dense {HIDDEN} on either side, Bernoulli pixels",
        dataset,
        (0, 1),
        SEED,
        {f"nll_nats_{IMPORTANCE_SAMPLES}_importance_samples_{len(nll)}_images": nll.mean()},
    )
    saved_models.export(vae, output / "saved_model", card, samples)
    print(f"Pictures, vae.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
