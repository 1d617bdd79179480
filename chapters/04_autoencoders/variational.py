"""The variational autoencoder: codes that fill a space one can draw from.

The encoder gives not a code but a normal distribution of codes; the decoder reconstructs a draw
from it. A second loss pushes these distributions towards one standard normal cloud, so that
afterwards a draw from the cloud decodes to a new image:

    loss = E_q[-log p(x|z)] + KL(q(z|x) || N(0, I))          (nats per image)
    KL   = -1/2 sum_i (1 + g_i - exp(g_i) - m_i^2),  g = log variance, m = mean

The loss bounds -log p(x) from above; the script also estimates -log p(x) itself by drawing 5,000
codes per test image and weighting them. Pixels are re-sampled as binary at every use.

By default it learns digits drawn with many fonts in two dimensions within three minutes and draws
their map. With `--dataset mnist --latent-dim 50 --epochs 1600` it is the network of Burda et al.
(2016), who report 86.76 nats for it; here it reaches 85.64 in 53 minutes.
"""

from keras_gen import runs

# isort: split
import keras

from keras_gen import data, metrics, models, networks, optimizers, plotting

BATCH_SIZE = 100
LEARNING_RATE = 1e-3  # Adam's default, brought to zero along a cosine
HIDDEN = (200, 200)  # Burda et al. (2016), section 5: two layers of 200 units on either side
ACTIVATION = "elu"  # learns faster than the paper's tanh
IMPORTANCE_SAMPLES = 5000  # the same paper
STEPS_PER_EXECUTION = 20


def main(run: runs.Run = runs.Run(epochs=200), latent_dim: int = 2) -> None:
    """Trains a variational autoencoder.

    Args:
        run: what to train on and how long.
        latent_dim: length of the codes; 2 gives a map of the latent space.
    """
    run.begin()

    # Prepare: grey values are probabilities of white, drawn anew for every batch.
    train, grey = run.images(value_range=(0, 1))
    test = data.binarize(grey, [run.seed, 0]).numpy()
    batches = data.batches(train, BATCH_SIZE, seed=run.seed, augment=data.binarize)

    # Build: recognition network, generative network.
    shape = grey.shape[1:]
    encoder = networks.gaussian_encoder(shape, HIDDEN, latent_dim, ACTIVATION)
    decoder = networks.mlp_decoder(latent_dim, HIDDEN, shape, ACTIVATION)
    vae = models.VAE(encoder, decoder, seed=run.seed)
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, run.epochs * len(batches))
    vae.compile(optimizers.FusedAdam(schedule), steps_per_execution=STEPS_PER_EXECUTION)

    # Fit; interrupted, the same command resumes where it was.
    history = vae.fit(
        batches,
        epochs=run.epochs,
        validation_data=(test,),
        validation_freq=10,
        callbacks=run.watch(batches),
    )

    # Judge: how probable are the test images?
    nll = metrics.importance_weighted_bound(vae, test, IMPORTANCE_SAMPLES, seed=run.seed)
    name = f"nll_nats_{IMPORTANCE_SAMPLES}_importance_samples_{len(nll)}_images"
    measures = {name: nll.mean(), "nll_standard_error_nats": nll.std() / len(nll) ** 0.5}

    # Look.
    picture = {"value_range": vae.value_range}
    samples = plotting.image_grid(
        vae.generate(100, seed=run.seed), run.output / "samples.png", **picture
    )
    look = "samples.png: 100 images decoded from random codes"
    copies = {"image": test[:10], "copy": vae.reconstruct(test[:10])}
    plotting.image_rows(copies, run.output / "reconstructions.png", **picture)
    path_between = vae.interpolate(test[0], test[1], steps=12)
    plotting.image_grid(path_between, run.output / "interpolation.png", 12, **picture)
    plotting.training_curves(history, run.output / "training.png")
    if latent_dim == 2:
        title = "What the decoder makes of every point of its latent plane"
        samples = plotting.latent_manifold(
            vae.decode, run.output / "manifold.png", title=title, **picture
        )
        look = "manifold.png: the map of the latent plane, where neighbours are alike"

    # Save.
    what = f"VAE, {latent_dim} latents, dense {HIDDEN} on either side, Bernoulli pixels"
    run.save(vae, what, measures, samples, look)


if __name__ == "__main__":
    runs.start(main)
