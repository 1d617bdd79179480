"""The convolutional autoencoder: the encoder sees neighbours, the decoder runs it backwards.

A dense autoencoder learns every pixel's place anew. Convolutions use one small kernel everywhere,
so they suit images. The encoder is an ordinary convolutional network: the image shrinks and the
feature maps grow in number, until what is left is flattened and squeezed into a code. The decoder
does the reverse: a transposed convolution of stride 2 doubles the image.

    28x28x1 -> 14x14x32 -> 7x7x64 -> 30 numbers -> 7x7x64 -> 14x14x32 -> 28x28x1

    mean((x - decoder(encoder(x)))^2) -> min

The code has 30 numbers, as that of the stacked autoencoder has, so the two can be compared; an
image has 784 (64 for digits). On the way there are more numbers than that, but the code is the
only way through.

By default it learns 8x8 digits within a minute; there 30 of 64 numbers are hardly a bottleneck, and
PCA, printed beside, loses less. `--dataset fashion_mnist --validation 5000 --epochs 10` is the
published protocol; what it reached is in chapters/README.md.
"""

import pathlib

import keras
import tensorflow as tf
import tyro

from keras_gen import callbacks, data, metrics, models, networks, plotting, saved_models

BATCH_SIZE = 32  # the published protocol: Nadam, batches of 32, 10 epochs
LEARNING_RATE = 1e-3  # Nadam's default, brought to zero along a cosine
FILTERS = (32, 64)  # two blocks, because 28 can be halved twice
LATENT_DIM = 30  # the stacked autoencoder's


def main(
    dataset: str = "digits",
    epochs: int = 60,
    validation: int = 360,
    limit: int | None = None,
    output: pathlib.Path = pathlib.Path("outputs/convolutional"),
    seed: int = 1,
) -> None:
    """Trains a convolutional autoencoder.

    Args:
        dataset: digits, mnist, fashion_mnist, another TFDS image set, or a folder of images.
        epochs: passes over the training images.
        validation: how many of the last training images are held out.
        limit: use only that many training images.
        output: folder for the pictures and the model.
        seed: start of all random numbers.
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()

    # Prepare: pixels in [0, 1]; the last images are held out.
    train = data.load(dataset, f"train[:-{validation}]", value_range=(0, 1)).take(limit or -1)
    held_out = data.arrays(data.load(dataset, f"train[-{validation}:]", value_range=(0, 1)))
    batches = data.batches(train, BATCH_SIZE, seed=seed)

    # Build: the decoder goes through the encoder's feature maps backwards.
    shape = held_out.shape[1:]
    encoder = networks.convolutional_encoder(shape, FILTERS, LATENT_DIM)
    decoder = networks.convolutional_decoder(
        LATENT_DIM, FILTERS, shape, output_activation="sigmoid"
    )
    autoencoder = models.Autoencoder(
        encoder, decoder, value_range=(0, 1), undercomplete=True, seed=seed
    )
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, epochs * len(batches))
    autoencoder.compile(keras.optimizers.Nadam(schedule), "mse")

    # Fit; interrupt it and run the same command again, and it goes on where it was.
    history = autoencoder.fit(
        batches,
        epochs=epochs,
        validation_data=(held_out,),
        callbacks=[callbacks.Resume(output / "autoencoder.state", batches)],
    )

    # Judge, beside the best linear code of the same length.
    error = autoencoder.evaluate(held_out, verbose=0)
    pca_error = metrics.pca_error(data.arrays(train), held_out, LATENT_DIM, seed)
    print(f"validation MSE {error:.5f}; PCA with {LATENT_DIM} components {pca_error:.5f}")

    # Look: reconstructions, and the way from one image to another through the codes.
    samples = plotting.reconstructions(
        held_out[:10],
        autoencoder.reconstruct(held_out[:10]),
        value_range=autoencoder.value_range,
        path=output / "reconstructions.png",
    )
    between = autoencoder.interpolate(held_out[4], held_out[2], steps=12)
    plotting.image_grid(
        between, output / "interpolation.png", 12, value_range=autoencoder.value_range
    )
    plotting.training_curves(history, output / "training.png")

    # Save.
    autoencoder.save(output / "autoencoder.keras")
    card = saved_models.card(
        f"Convolutional autoencoder, {LATENT_DIM} numbers, filters {FILTERS} on either side",
        dataset,
        (0, 1),
        seed,
        {f"validation_mse_{len(held_out)}_images": error, "pca_mse": pca_error},
    )
    saved_models.export(autoencoder, output / "saved_model", card, samples)
    print(f"Pictures, autoencoder.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
