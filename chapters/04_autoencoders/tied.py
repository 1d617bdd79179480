"""Tied weights: the decoder goes back through the encoder's kernels, transposed.

When the hourglass is neatly symmetrical, its N layers need only the kernels of the first N/2:

    W_{N-L+1} = transpose(W_L),   L = 1 ... N/2

    code = W_2 relu(W_1 x + b_1) + b_2
    x'   = sigmoid(transpose(W_1) relu(transpose(W_2) code + c_2) + c_1)

Each kernel is one variable that both halves train. That halves the weights (the biases b and c are
not shared) and limits overfitting; the error hardly rises. Otherwise it is the stacked autoencoder.

By default it learns digits drawn with many fonts within a minute. `--dataset fashion_mnist
--validation 5000 --epochs 10` is the published protocol: .0111 in 45 seconds.
"""

from keras_gen import runs

# isort: split
import keras

from keras_gen import data, metrics, models, networks, plotting

BATCH_SIZE = 32  # the published protocol: Nadam with its default rate, batches of 32, 10 epochs
LEARNING_RATE = 1e-3
HIDDEN, LATENT_DIM = 100, 30  # the hourglass of the slides
ACTIVATION = "relu"  # the protocol's, in the hidden layers; codes are linear
OUTPUT_ACTIVATION = "sigmoid"  # pixels lie in [0, 1]
STEPS_PER_EXECUTION = 20


def main(run: runs.Run = runs.Run(epochs=40), validation: int = 1000) -> None:
    """Trains a stacked autoencoder with tied weights.

    Args:
        run: what to train on and how long.
        validation: how many of the last training images are held out.
    """
    run.begin()

    # Prepare: pixels in [0, 1]; the last images are held out.
    train, held_out = run.images(value_range=(0, 1), validation=validation)
    batches = data.batches(train, BATCH_SIZE, seed=run.seed)

    # Build: the widths of the encoder say everything.
    shape = held_out.shape[1:]
    autoencoder = models.TiedAutoencoder(
        shape,
        [HIDDEN, LATENT_DIM],
        ACTIVATION,
        OUTPUT_ACTIVATION,
        value_range=(0, 1),
        undercomplete=True,
        seed=run.seed,
    )
    optimizer = keras.optimizers.Nadam(LEARNING_RATE)
    autoencoder.compile(optimizer, "mse", steps_per_execution=STEPS_PER_EXECUTION)

    # Fit; interrupted, the same command resumes where it was.
    history = autoencoder.fit(
        batches,
        epochs=run.epochs,
        validation_data=(held_out,),
        callbacks=run.watch(batches),
    )

    # Judge: the error, and the weights compared with those of the same network untied.
    untied = networks.mlp(shape, [HIDDEN, LATENT_DIM, HIDDEN], shape)
    measures = {
        f"validation_mse_{len(held_out)}_images": autoencoder.evaluate(held_out, verbose=0),
        "pca_mse": metrics.pca_error(train, held_out, LATENT_DIM, run.seed),
        "kernel_weights": kernel_weights(autoencoder),
        "kernel_weights_untied": kernel_weights(untied),
    }

    # Look: reconstructions, and the way from one image to another through the codes.
    samples = plotting.image_rows(
        {"image": held_out[:10], "copy": autoencoder.reconstruct(held_out[:10])},
        run.output / "reconstructions.png",
        value_range=(0, 1),
        title=f"Images that were never trained on, copied through {LATENT_DIM} numbers",
    )
    between = autoencoder.interpolate(held_out[4], held_out[6], steps=12)
    plotting.image_grid(between, run.output / "interpolation.png", 12, value_range=(0, 1))
    plotting.training_curves(history, run.output / "training.png")

    # Save: the file comes back tied.
    what = f"Tied autoencoder, {LATENT_DIM} numbers, {HIDDEN} hidden units on either side"
    look = "reconstructions.png: what half of the weights can copy"
    run.save(autoencoder, what, measures, samples, look)


def kernel_weights(model):
    """How many numbers the kernels of a model have; those that are shared count once."""
    return sum(weight.numpy().size for weight in model.weights if weight.name == "kernel")


if __name__ == "__main__":
    runs.start(main)
