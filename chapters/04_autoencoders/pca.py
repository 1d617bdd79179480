"""The linear autoencoder: principal component analysis, found by gradient descent.

An autoencoder copies its input through a code. Without any non-linearity, and with the squared
error, the best it can do is known: project onto the directions in which the data vary most.

    x' = (x V + a) W + b,   mean((x - x')^2) -> min
    rows of W span the first principal components, and b holds the mean at a code of zero

It finds the plane of the components, not the components: the rows of W are any axes of it, neither
sorted nor at right angles. So the script compares the two subspaces by the largest of the angles
between them, and the errors.

Undercomplete means that the code is smaller than the input; then something must be left out, and
the autoencoder learns what matters least. An overcomplete one, with a code as large as the input or
larger, can copy perfectly and learns nothing, unless noise or a penalty stops it. The model here
is told to be undercomplete and refuses other codes.

By default it learns ten components of 8x8 digits in half a minute; expect an angle below .01 and
an error within .1 % of that of PCA. `--dataset mnist --components 30 --epochs 100` takes all 60,000
training images; the figures are in chapters/README.md. There the 30th and the 31st component vary
almost equally, and the last bit of angle between them is what takes the time.
"""

import pathlib

import keras
import numpy as np
import scipy.linalg
import sklearn.decomposition
import tensorflow as tf
import tyro

from keras_gen import callbacks, data, metrics, models, networks, plotting, saved_models

BATCH_SIZE = 64  # small ones give the many steps that neighbouring components need to part
LEARNING_RATE = 1e-2  # Adam's, brought to zero along a cosine, which silences the batches' noise
STEPS_PER_EXECUTION = 20


def main(
    dataset: str = "digits",
    epochs: int = 400,
    components: int = 10,
    limit: int | None = None,
    output: pathlib.Path = pathlib.Path("outputs/pca"),
    seed: int = 1,
) -> None:
    """Trains a linear autoencoder and compares it with PCA.

    Args:
        dataset: digits, mnist, fashion_mnist, or another image set with labels, which colour the
            codes.
        epochs: passes over the training images.
        components: length of the code, smaller than the number of pixels.
        limit: use only that many training images.
        output: folder for the pictures and the model.
        seed: start of all random numbers.
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()

    # Prepare: both methods see the same images, and none is held out. PCA needs flat ones.
    train = data.load(dataset, "train", value_range=(0, 1), labels=True).take(limit or -1)
    images, labels = data.arrays(train)
    pixels = images.reshape(len(images), -1).astype("float64")
    batches = data.batches(images, BATCH_SIZE, seed=seed)

    # Build: one linear layer on either side, from a random start.
    encoder = networks.mlp_encoder(images.shape[1:], (), components)
    decoder = networks.mlp_decoder(components, (), images.shape[1:])
    autoencoder = models.Autoencoder(
        encoder, decoder, value_range=(0, 1), undercomplete=True, seed=seed
    )
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, epochs * len(batches))
    autoencoder.compile(
        keras.optimizers.Adam(schedule), "mse", steps_per_execution=STEPS_PER_EXECUTION
    )

    # Fit; interrupt it and run the same command again, and it goes on where it was.
    resume = callbacks.Resume(output / "autoencoder.state", batches, every=10)
    history = autoencoder.fit(batches, epochs=epochs, callbacks=[resume])

    # Judge: the same subspace, the same error?
    pca = sklearn.decomposition.PCA(components, svd_solver="full").fit(pixels)
    kernel, _ = decoder.get_weights()
    angle = scipy.linalg.subspace_angles(kernel.T.astype("float64"), pca.components_.T).max()
    copies = autoencoder.reconstruct(images).reshape(pixels.shape)
    error = np.mean((pixels - copies) ** 2)
    pca_error = metrics.pca_error(pixels, pixels, components, seed)
    print(f"Largest principal angle between the two subspaces: {angle:.4f} rad")
    print(f"MSE {error:.6f}, of PCA {pca_error:.6f}: {100 * (error / pca_error - 1):.4f} % more")

    # Look: components in the first rows, what the autoencoder copies of them in the last ones.
    moved = (pca.mean_ + pca.components_).reshape(-1, *images.shape[1:])  # no images: out of range
    copied = autoencoder.predict(moved, verbose=0)
    copied = copied.reshape(components, -1) - pca.mean_
    both = np.concatenate([pca.components_, copied])
    plotting.filters(both.T, images.shape[1:], output / "components.png", columns=10)
    plotting.filters(kernel.T, images.shape[1:], output / "decoder.png", columns=10)
    plotting.code_scatter(pca.transform(copies)[:2000, :2], labels[:2000], output / "codes.png")
    samples = plotting.reconstructions(
        images[:10],
        copies[:10].reshape(-1, *images.shape[1:]),
        value_range=autoencoder.value_range,
        path=output / "reconstructions.png",
    )
    plotting.training_curves(history, output / "training.png")

    # Save.
    autoencoder.save(output / "autoencoder.keras")
    card = saved_models.card(
        f"Linear autoencoder, {components} codes, equal to PCA",
        dataset,
        (0, 1),
        seed,
        {"angle_to_pca_rad": angle, "training_mse": error, "pca_mse": pca_error},
    )
    saved_models.export(autoencoder, output / "saved_model", card, samples)
    print(f"Pictures, autoencoder.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
