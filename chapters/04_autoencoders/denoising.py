"""Denoising autoencoders: recover the clean image from a damaged one.

Copying is useless when the input is noisy: to undo the damage, the network has to know what the
images look like. A noise layer comes before the encoder; the target stays the clean image:

    code = encoder(noise(x)),  reconstruction = decoder(code),  loss = mean (x - reconstruction)^2

    Gaussian noise:  noise(x) = x + e,  e ~ N(0, stddev^2)
    dropout:         noise(x) = x m / (1 - rate),  m = 0 with probability `rate`, else 1

The noise acts in training only, so the validation loss is that of clean images. To see what the
autoencoder does to noisy ones, the script calls the noise layer with `training=True`.

By default it learns digits drawn with many fonts, with either noise, within a minute. `--dataset
fashion_mnist --validation 5000 --epochs 10` is the published protocol: with dropout .0127 on clean
images, .0150 on noisy ones, in 105 seconds.
"""

from keras_gen import runs

# isort: split
import keras
import numpy as np

from keras_gen import data, models, networks, plotting

BATCH_SIZE = 32  # the published protocol: Nadam, batches of 32, 10 epochs
LEARNING_RATE = 1e-3  # Nadam's default, brought to zero along a cosine
HIDDEN = 100
LATENT_DIM = 30
OUTPUT_ACTIVATION = "sigmoid"  # pixels lie in [0, 1]
DROPOUT_RATE = 0.5  # the protocol's
NOISE_STDDEV = 0.2  # a fifth of the range of a pixel
STEPS_PER_EXECUTION = 20


def main(run: runs.Run = runs.Run(epochs=30), validation: int = 1000) -> None:
    """Trains two denoising autoencoders, and keeps the one that learned with dropout.

    Args:
        run: what to train on and how long.
        validation: how many of the last training images are held out.
    """
    run.begin()

    # Prepare: pixels in [0, 1]; the last images are held out.
    train, held_out = run.images(value_range=(0, 1), validation=validation)
    batches = data.batches(train, BATCH_SIZE, seed=run.seed)
    shape = held_out.shape[1:]
    noises = {
        "gaussian": keras.layers.GaussianNoise(NOISE_STDDEV, seed=run.seed),
        "dropout": keras.layers.Dropout(DROPOUT_RATE, seed=run.seed),
    }
    measures, rows = {}, {"clean": held_out[:10]}
    for name, noise in noises.items():
        # Build: the encoder begins with the noise.
        clean_encoder = networks.mlp_encoder(shape, [HIDDEN], LATENT_DIM)
        encoder = keras.Sequential([keras.Input(shape), noise, clean_encoder], name="encoder")
        decoder = networks.mlp_decoder(
            LATENT_DIM, [HIDDEN], shape, output_activation=OUTPUT_ACTIVATION
        )
        autoencoder = models.Autoencoder(encoder, decoder, value_range=(0, 1), seed=run.seed)
        schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, run.epochs * len(batches))
        autoencoder.compile(
            keras.optimizers.Nadam(schedule), "mse", steps_per_execution=STEPS_PER_EXECUTION
        )

        # Fit; interrupted, the same command resumes where it was.
        watch = run.watch(batches, name=name)
        history = autoencoder.fit(
            batches, epochs=run.epochs, validation_data=(held_out,), callbacks=watch
        )
        plotting.training_curves(history, run.output / f"training_{name}.png")

        # Judge: what is lost of clean images, and what is left of the noise?
        noisy = noise(held_out, training=True).numpy()
        denoiser = models.Autoencoder(clean_encoder, decoder)  # noisy pixels leave the range
        denoised = denoiser.reconstruct(noisy)
        which = f"{len(held_out)}_images" + ("" if name == "dropout" else f"_{name}")
        measures[f"validation_mse_{which}"] = autoencoder.evaluate(held_out, verbose=0)
        measures[f"noisy_mse_{which}"] = np.mean(np.square(noisy - held_out))
        measures[f"denoised_mse_{which}"] = np.mean(np.square(denoised - held_out))
        rows[f"{name}:\nnoisy"], rows[f"{name}:\ndenoised"] = noisy[:10], denoised[:10]

    # Look.
    title = "Images that were never trained on, noisy and denoised"
    path = run.output / "denoised.png"
    samples = plotting.image_rows(rows, path, value_range=(0, 1), title=title)

    # Save the last one, the autoencoder that learned with dropout.
    what = (
        f"Denoising autoencoder, dropout {DROPOUT_RATE}, {LATENT_DIM} numbers, {HIDDEN} hidden "
        "units on either side"
    )
    look = "denoised.png: clean images, what noise made of them, and what the autoencoders restored"
    run.save(autoencoder, what, measures, samples, look, baselines=["noisy"])


if __name__ == "__main__":
    runs.start(main)
