"""Denoising autoencoders: recover the clean image from a damaged one.

Copying is useless when the input is noisy: to undo the damage, the network has to know what the
images look like. A noise layer stands before the encoder; the target stays the clean image:

    code = encoder(noise(x)),  reconstruction = decoder(code),  loss = mean (x - reconstruction)^2

    Gaussian noise:  noise(x) = x + e,  e ~ N(0, stddev^2)
    dropout:         noise(x) = x m / (1 - rate),  m = 0 with probability `rate`, else 1

The noise acts in training only, so the validation loss is that of clean images. To see what the
autoencoder does to noisy ones, the script calls the noise layer with `training=True`.

By default it learns 8x8 digits, with either noise, within a minute. `--dataset fashion_mnist
--validation 5000 --epochs 10` is the published protocol; what it reached is in chapters/README.md.
"""

import pathlib

import keras
import numpy as np
import tensorflow as tf
import tyro

from keras_gen import callbacks, data, models, networks, plotting, saved_models

BATCH_SIZE = 32  # the published protocol: Nadam, batches of 32, 10 epochs
LEARNING_RATE = 1e-3  # Nadam's default, brought to zero along a cosine
HIDDEN = 100
LATENT_DIM = 30
OUTPUT_ACTIVATION = "sigmoid"  # pixels lie in [0, 1]
DROPOUT_RATE = 0.5  # the protocol's
NOISE_STDDEV = 0.2  # a fifth of the range of a pixel
STEPS_PER_EXECUTION = 20


def main(
    dataset: str = "digits",
    epochs: int = 100,
    validation: int = 360,
    limit: int | None = None,
    output: pathlib.Path = pathlib.Path("outputs/denoising"),
    seed: int = 1,
) -> None:
    """Trains two denoising autoencoders.

    Args:
        dataset: digits, mnist, fashion_mnist, another TFDS image set, or a folder of images.
        epochs: passes over the training images.
        validation: how many images are held out, the last ones of the training set.
        limit: use only that many training images.
        output: folder for the pictures and the model that learned with dropout; the other one's
            are in its sub-folder `gaussian`.
        seed: start of all random numbers.
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()

    # Prepare: the data, and a folder for either noise.
    train = data.load(dataset, f"train[:-{validation}]", value_range=(0, 1)).take(limit or -1)
    held_out = data.arrays(data.load(dataset, f"train[-{validation}:]", value_range=(0, 1)))
    batches = data.batches(train, BATCH_SIZE, seed=seed)
    shape = held_out.shape[1:]
    noises = {
        output / "gaussian": keras.layers.GaussianNoise(NOISE_STDDEV, seed=seed),
        output: keras.layers.Dropout(DROPOUT_RATE, seed=seed),
    }
    for folder, noise in noises.items():
        # Build: the encoder begins with the noise.
        clean_encoder = networks.mlp_encoder(shape, [HIDDEN], LATENT_DIM)
        encoder = keras.Sequential([keras.Input(shape), noise, clean_encoder], name="encoder")
        decoder = networks.mlp_decoder(
            LATENT_DIM, [HIDDEN], shape, output_activation=OUTPUT_ACTIVATION
        )
        autoencoder = models.Autoencoder(encoder, decoder, value_range=(0, 1), seed=seed)
        schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, epochs * len(batches))
        autoencoder.compile(
            keras.optimizers.Nadam(schedule), "mse", steps_per_execution=STEPS_PER_EXECUTION
        )

        # Fit; interrupt it and run the same command again, and it goes on where it was.
        resume = callbacks.Resume(folder / "autoencoder.state", batches)
        history = autoencoder.fit(
            batches, epochs=epochs, validation_data=(held_out,), callbacks=[resume]
        )

        # Judge: what is lost of clean images, and what is left of the noise?
        error = autoencoder.evaluate(held_out, verbose=0)
        noisy = noise(held_out, training=True).numpy()
        noisy_error = np.mean(np.square(noisy - held_out))
        denoiser = models.Autoencoder(clean_encoder, decoder)  # noisy pixels leave the range
        denoised = denoiser.reconstruct(noisy)
        denoised_error = np.mean(np.square(denoised - held_out))
        print(
            f"{type(noise).__name__}: validation MSE {error:.5f} of clean images; "
            f"noisy images {noisy_error:.4f}, denoised {denoised_error:.4f}"
        )

        # Look.
        samples = plotting.reconstructions(
            held_out[:10],
            noisy[:10],
            denoised[:10],
            value_range=autoencoder.value_range,
            path=folder / "denoised.png",
            names=["image", "noisy", "denoised"],
        )
        plotting.training_curves(history, folder / "training.png")

    # Save the last one, the autoencoder that learned with dropout.
    autoencoder.save(output / "autoencoder.keras")
    count = f"{len(held_out)}_images"
    card = saved_models.card(
        f"Denoising autoencoder, dropout {DROPOUT_RATE}, {LATENT_DIM} numbers, {HIDDEN} hidden "
        "units on either side",
        dataset,
        (0, 1),
        seed,
        {
            f"validation_mse_{count}": error,
            f"noisy_mse_{count}": noisy_error,
            f"denoised_mse_{count}": denoised_error,
        },
    )
    saved_models.export(autoencoder, output / "saved_model", card, samples)
    print(f"Pictures, autoencoder.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
