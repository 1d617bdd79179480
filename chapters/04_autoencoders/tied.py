"""Tied weights: the decoder goes back through the encoder's kernels, transposed.

When the hourglass is neatly symmetrical, its N layers need only the kernels of the first N/2:

    W_{N-L+1} = transpose(W_L),   L = 1 ... N/2

    code = W_2 relu(W_1 x + b_1) + b_2
    x'   = sigmoid(transpose(W_1) relu(transpose(W_2) code + c_2) + c_1)

Each kernel is one variable that both halves train. That halves the weights (the biases b and c are
not shared) and limits overfitting; the error hardly rises. It is the stacked autoencoder otherwise.

By default it learns 8x8 digits within a minute. `--dataset fashion_mnist --validation 5000
--epochs 10` is the published protocol; what it reached is in chapters/README.md.
"""

import pathlib

import keras
import tensorflow as tf
import tyro

from keras_gen import callbacks, data, models, networks, plotting, saved_models

BATCH_SIZE = 32  # the published protocol: Nadam with its default rate, batches of 32, 10 epochs
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
    output: pathlib.Path = pathlib.Path("outputs/tied"),
    seed: int = 1,
) -> None:
    """Trains a stacked autoencoder with tied weights.

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

    # Build: the widths of the encoder say everything.
    shape = held_out.shape[1:]
    autoencoder = models.TiedAutoencoder(
        shape,
        [HIDDEN, LATENT_DIM],
        ACTIVATION,
        OUTPUT_ACTIVATION,
        value_range=(0, 1),
        undercomplete=True,
        seed=seed,
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

    # Judge: the error, and the weights beside those of the same network untied.
    error = autoencoder.evaluate(held_out, verbose=0)
    untied = networks.mlp(shape, [HIDDEN, LATENT_DIM, HIDDEN], shape)
    tied_kernels, kernels = (
        sum(weight.numpy().size for weight in model.weights if weight.name == "kernel")
        for model in (autoencoder, untied)
    )
    print(f"validation MSE {error:.5f}; {tied_kernels:,} kernel weights, untied {kernels:,}")

    # Look: reconstructions, and the way from one image to another through the codes.
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
    plotting.training_curves(history, output / "training.png")

    # Save: the file comes back tied.
    autoencoder.save(output / "autoencoder.keras")
    card = saved_models.card(
        f"Tied autoencoder, {LATENT_DIM} numbers, {HIDDEN} hidden units on either side",
        dataset,
        (0, 1),
        seed,
        {f"validation_mse_{len(held_out)}_images": error, "kernel_weights": tied_kernels},
    )
    saved_models.export(autoencoder, output / "saved_model", card, samples)
    print(f"Pictures, autoencoder.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
