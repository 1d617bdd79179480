"""Sparse autoencoders: many code units, few of them active at a time.

The code of 300 units is larger than an 8x8 image of 64 pixels: overcomplete, it could simply hold
a copy. What keeps it from that is a penalty on the activations a of its sigmoid units. The network
then spends activity only where it pays, and a unit ends up standing for something:

    loss = mean (x - decoder(a))^2 + penalty,  a = encoder(x)

    l1:  penalty = weight * sum_j |a_j|, averaged over the images
    KL:  penalty = weight * sum_j (p log(p / q_j) + (1 - p) log((1 - p) / (1 - q_j)))
         p = target,  q_j = mean of a_j over the batch

l1 pulls every activation to zero; KL pulls the mean of every unit to the target. The script trains
without a penalty, with l1 and with KL, and draws how active the units are. Look closely at KL: its
means are at the target because most activations are low, not because a few are high. The formula
asks for no more.

By default it learns 8x8 digits within a minute. `--dataset fashion_mnist --validation 5000
--epochs 10` is the published protocol; what it reached is in chapters/README.md.
"""

import pathlib

import keras
import numpy as np
import tensorflow as tf
import tyro
from scipy.special import logit

from keras_gen import callbacks, data, losses, models, networks, plotting, saved_models

BATCH_SIZE = 32  # the published protocol: Nadam, batches of 32, 10 epochs, 300 sigmoid units
LEARNING_RATE = 1e-3  # Nadam's default, brought to zero along a cosine
HIDDEN = 100
LATENT_DIM = 300
ACTIVATION = "elu"  # reached a lower loss than relu, whose units can die
L1_WEIGHT = 1e-4  # the protocol's
KL_WEIGHT = 0.05 / BATCH_SIZE  # ten times the protocol's, whose regularizer Keras divides likewise
TARGET = 0.1  # the protocol's
START = 0.02  # mean activation at the start; from 0.5 many units fall silent under l1, for good
STEPS_PER_EXECUTION = 20


def main(
    dataset: str = "digits",
    epochs: int = 60,
    validation: int = 360,
    limit: int | None = None,
    output: pathlib.Path = pathlib.Path("outputs/sparse"),
    seed: int = 1,
) -> None:
    """Trains an autoencoder without a penalty, one with l1 and one with KL.

    Args:
        dataset: digits, mnist, fashion_mnist, another TFDS image set, or a folder of images.
        epochs: passes over the training images.
        validation: how many of the last training images are held out.
        limit: use only that many training images.
        output: folder for the pictures and the model with the KL penalty; those of the others are
            in its sub-folders `none` and `l1`.
        seed: start of all random numbers.
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()

    # Prepare: the data, and a folder for every penalty.
    train = data.load(dataset, f"train[:-{validation}]", value_range=(0, 1)).take(limit or -1)
    held_out = data.arrays(data.load(dataset, f"train[-{validation}:]", value_range=(0, 1)))
    batches = data.batches(train, BATCH_SIZE, seed=seed)
    shape = held_out.shape[1:]
    penalties = {
        output / "none": None,
        output / "l1": keras.regularizers.L1(L1_WEIGHT),
        output: losses.KLSparsity(KL_WEIGHT, TARGET),
    }
    for folder, penalty in penalties.items():
        # Build: the penalty is a regularizer of the code's activity.
        encoder = networks.mlp_encoder(
            shape, [HIDDEN], LATENT_DIM, ACTIVATION, "sigmoid", activity_regularizer=penalty
        )
        encoder.layers[-1].bias.assign(np.full(LATENT_DIM, logit(START)))
        decoder = networks.mlp_decoder(LATENT_DIM, [HIDDEN], shape, ACTIVATION)
        autoencoder = models.Autoencoder(encoder, decoder, value_range=(0, 1), seed=seed)
        schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, epochs * len(batches))
        autoencoder.compile(
            keras.optimizers.Nadam(schedule),
            "mse",
            metrics=["mse"],
            steps_per_execution=STEPS_PER_EXECUTION,
        )

        # Fit; interrupt it and run the same command again, and it goes on where it was.
        resume = callbacks.Resume(folder / "autoencoder.state", batches)
        history = autoencoder.fit(
            batches, epochs=epochs, validation_data=(held_out,), callbacks=[resume]
        )

        # Judge: error and penalty, and how active the units are.
        loss, error = autoencoder.evaluate(held_out, batch_size=BATCH_SIZE, verbose=0)
        codes = autoencoder.encode(held_out)
        print(
            f"{type(penalty).__name__}: validation MSE {error:.5f}, with penalty {loss:.5f}; "
            f"mean activation {codes.mean():.3f}, {np.mean(codes < 0.1):.0%} below 0.1"
        )

        # Look.
        samples = plotting.reconstructions(
            held_out[:10],
            autoencoder.reconstruct(held_out[:10]),
            value_range=autoencoder.value_range,
            path=folder / "reconstructions.png",
        )
        plotting.activation_histogram(codes, folder / "activations.png", TARGET)
        plotting.filters(encoder.weights[0], shape, folder / "filters.png")
        plotting.training_curves(history, folder / "training.png")

    # Save the last one, the autoencoder with the KL penalty.
    autoencoder.save(output / "autoencoder.keras")
    count = f"{len(held_out)}_images"
    card = saved_models.card(
        f"Sparse autoencoder, {LATENT_DIM} sigmoid units, KL to {TARGET}, {HIDDEN} hidden units on "
        "either side",
        dataset,
        (0, 1),
        seed,
        {
            f"validation_mse_{count}": error,
            f"validation_loss_{count}": loss,
            f"mean_activation_{count}": codes.mean(),
        },
    )
    saved_models.export(autoencoder, output / "saved_model", card, samples)
    print(f"Pictures, autoencoder.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
