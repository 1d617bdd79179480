"""The recurrent autoencoder: a sequence is read into one vector and written out again.

For sequences the dense layers of an autoencoder become recurrent ones. The encoder reads step
after step and keeps what it remembers at the end (sequence to vector); the decoder gets this code
again at every step and writes one step after the other (vector to sequence):

    h_1 ... h_T = LSTM(x_1 ... x_T),       code = W h_T + b
    g_1 ... g_T = LSTM(code ... code),     x_t' = sigmoid(V g_t + c)

    mean((x - x')^2) -> min

Here an image is the sequence: its rows, from top to bottom, are the steps, and a row's pixels are
the features of a step. A picture of 28x28 pixels is 28 steps of 28 numbers. The code has 30
numbers, as that of the stacked autoencoder has, where the sequence has 784 (64 for digits).

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
LEARNING_RATE = 5e-3  # brought to zero along a cosine; Nadam's default 1e-3 is slower
UNITS = (128,)  # one layer learns faster than two of this width
LATENT_DIM = 30  # the stacked autoencoder's


def main(
    dataset: str = "digits",
    epochs: int = 60,
    validation: int = 360,
    limit: int | None = None,
    output: pathlib.Path = pathlib.Path("outputs/recurrent"),
    seed: int = 1,
) -> None:
    """Trains a recurrent autoencoder.

    Args:
        dataset: digits, mnist, fashion_mnist, another TFDS set of grey images, or a folder of them.
        epochs: passes over the training images.
        validation: how many of the last training images are held out.
        limit: use only that many training images.
        output: folder for the pictures and the model.
        seed: start of all random numbers.
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()

    # Prepare: pixels in [0, 1]; without the channel axis an image is a sequence of rows.
    train = data.load(dataset, f"train[:-{validation}]", value_range=(0, 1)).take(limit or -1)
    held_out = data.arrays(data.load(dataset, f"train[-{validation}:]", value_range=(0, 1)))
    train, held_out = data.arrays(train)[..., 0], held_out[..., 0]
    batches = data.batches(train, BATCH_SIZE, seed=seed)

    # Build: sequence to vector, vector to sequence.
    shape = held_out.shape[1:]
    encoder = networks.recurrent_encoder(shape, UNITS, LATENT_DIM, unroll=True)
    decoder = networks.recurrent_decoder(
        LATENT_DIM, UNITS, shape, output_activation="sigmoid", unroll=True
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
    pca_error = metrics.pca_error(train, held_out, LATENT_DIM, seed)
    print(f"validation MSE {error:.5f}; PCA with {LATENT_DIM} components {pca_error:.5f}")

    # Look: the rows below each other are an image again.
    samples = plotting.reconstructions(
        held_out[:10],
        autoencoder.reconstruct(held_out[:10]),
        value_range=autoencoder.value_range,
        path=output / "reconstructions.png",
    )
    plotting.training_curves(history, output / "training.png")

    # Save.
    autoencoder.save(output / "autoencoder.keras")
    card = saved_models.card(
        f"Recurrent autoencoder, {LATENT_DIM} numbers, LSTM {UNITS} on either side, rows as steps",
        dataset,
        (0, 1),
        seed,
        {f"validation_mse_{len(held_out)}_images": error, "pca_mse": pca_error},
    )
    saved_models.export(autoencoder, output / "saved_model", card, samples)
    print(f"Pictures, autoencoder.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
