"""The stacked autoencoder: several layers on the way to the code, as many on the way back.

Its shape is an hourglass, 784-100-30-100-784: the 784 pixels of an image must pass through a code
of 30 numbers. Hidden layers bend space, so the code can follow the data where a linear one (PCA)
cannot:

    code = W_2 relu(W_1 x + b_1) + b_2                 encoder
    x'   = sigmoid(W_4 relu(W_3 code + b_3) + b_4)     decoder
    mean((x - x')^2) -> min

What the code has kept of an image shows in four pictures: reconstructions, the way from one image
to another through the codes, a map of the codes (30 numbers laid out in a plane by t-SNE, coloured
by labels that the autoencoder never saw), and the kernels of the first 100 units. A kernel of pure
noise is still the initial one: its unit is dead, zero for every image, and relu passes no gradient.

By default it learns 8x8 digits within a minute. `--dataset fashion_mnist --validation 5000
--epochs 20` is the published protocol; what it reached is in chapters/README.md.
"""

import pathlib

import keras
import tensorflow as tf
import tyro
from sklearn.manifold import TSNE

from keras_gen import callbacks, data, metrics, models, networks, plotting, saved_models

BATCH_SIZE = 32  # the published protocol: Nadam with its default rate, batches of 32, 20 epochs
LEARNING_RATE = 1e-3
HIDDEN, LATENT_DIM = 100, 30  # the hourglass of the slides
ACTIVATION = "relu"  # the protocol's, in the hidden layers; codes are linear
OUTPUT_ACTIVATION = "sigmoid"  # pixels lie in [0, 1]
STEPS_PER_EXECUTION = 20


def main(
    dataset: str = "digits",
    epochs: int = 200,
    validation: int = 360,
    limit: int | None = None,
    output: pathlib.Path = pathlib.Path("outputs/stacked"),
    seed: int = 1,
) -> None:
    """Trains a stacked autoencoder.

    Args:
        dataset: digits, mnist, fashion_mnist, another labelled TFDS image set, or a folder with a
            sub-folder of images per class.
        epochs: passes over the training images.
        validation: how many of the last training images are held out.
        limit: use only that many training images.
        output: folder for the pictures and the model.
        seed: start of all random numbers.
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()

    # Prepare: pixels in [0, 1]; the last images are held out, their labels colour the map.
    train = data.load(dataset, f"train[:-{validation}]", value_range=(0, 1)).take(limit or -1)
    held_out, labels = data.arrays(
        data.load(dataset, f"train[-{validation}:]", value_range=(0, 1), labels=True)
    )
    batches = data.batches(train, BATCH_SIZE, seed=seed)

    # Build the hourglass.
    shape = held_out.shape[1:]
    encoder = networks.mlp_encoder(shape, [HIDDEN], LATENT_DIM, ACTIVATION)
    decoder = networks.mlp_decoder(LATENT_DIM, [HIDDEN], shape, ACTIVATION, OUTPUT_ACTIVATION)
    autoencoder = models.Autoencoder(
        encoder, decoder, value_range=(0, 1), undercomplete=True, seed=seed
    )
    optimizer = keras.optimizers.Nadam(LEARNING_RATE)
    autoencoder.compile(optimizer, "mse", steps_per_execution=STEPS_PER_EXECUTION)

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

    # Look: reconstructions, the way between two images, the map of codes, the first layer.
    samples = plotting.reconstructions(
        held_out[:10],
        autoencoder.reconstruct(held_out[:10]),
        value_range=autoencoder.value_range,
        path=output / "reconstructions.png",
    )
    between = autoencoder.interpolate(held_out[4], held_out[6], steps=12)  # sneaker to boot
    plotting.image_grid(
        between, output / "interpolation.png", 12, value_range=autoencoder.value_range
    )
    plane = TSNE(random_state=seed).fit_transform(autoencoder.encode(held_out))
    plotting.code_scatter(plane, labels, output / "codes.png")
    plotting.filters(encoder.weights[0], shape, output / "filters.png")
    plotting.training_curves(history, output / "training.png")

    # Save.
    autoencoder.save(output / "autoencoder.keras")
    card = saved_models.card(
        f"Stacked autoencoder, {LATENT_DIM} numbers, {HIDDEN} hidden units on either side",
        dataset,
        (0, 1),
        seed,
        {f"validation_mse_{len(held_out)}_images": error, "pca_mse": pca_error},
    )
    saved_models.export(autoencoder, output / "saved_model", card, samples)
    print(f"Pictures, autoencoder.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
