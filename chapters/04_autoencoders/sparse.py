"""Sparse autoencoders: many code units, few of them active at a time.

Instead of few units, the code has few active ones. 300 sigmoid units for an image of 64 pixels are
overcomplete: they could simply copy. A penalty on their activations a, added to the loss, makes
the network spend activity only where it pays, and each unit ends up with a meaning of its own:

    l1:  penalty = weight * sum_j |a_j|                                 mean over the images
    KL:  penalty = weight * sum_j (p log(p / q_j) + (1 - p) log((1 - p) / (1 - q_j)))
         p = target,  q_j = mean of a_j over a batch

The first pulls every activation to zero, the second the mean of each unit to a target. The script
trains without a penalty, with l1 and with KL, and shows how active the units are.

By default it learns 8x8 digits within a minute. The measured run is
`--dataset fashion_mnist --validation 5000 --epochs 10`; its figures, and how long it took, are in
chapters/README.md. Losses there include the penalty.
"""

import pathlib

import keras
import numpy as np
import tensorflow as tf
import tyro

from keras_gen import callbacks, data, losses, models, networks, plotting, saved_models

# Geron (2022), Hands-On Machine Learning, 3rd edition, chapter 17: batches of 32, Nadam,
# 784-100-300-100-784, and the weights and the target of both penalties.
BATCH_SIZE = 32
LEARNING_RATE = 1e-3  # Nadam's default, brought to zero along a cosine
HIDDEN = (100,)
CODE_UNITS = 300
L1_WEIGHT = 1e-4
KL_WEIGHT = 0.05
TARGET = 0.1
STEPS_PER_EXECUTION = 20


def main(
    dataset: str = "digits",
    epochs: int = 60,
    validation: int = 360,
    limit: int | None = None,
    output: pathlib.Path = pathlib.Path("outputs/sparse"),
    seed: int = 1,
) -> None:
    """Trains three autoencoders with 300 code units.

    Args:
        dataset: digits, mnist, fashion_mnist, another TFDS image set, or a folder of images.
        epochs: passes over the training images.
        validation: how many images are held out, the last ones of the training set.
        limit: use only that many training images.
        output: folder for the pictures and the model with the KL penalty; those of the others are
            in its sub-folders `none` and `l1`.
        seed: start of all random numbers.
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()

    # Prepare.
    train = data.load(dataset, f"train[:-{validation}]", value_range=(0, 1)).take(limit or -1)
    held_out = data.arrays(data.load(dataset, f"train[-{validation}:]", value_range=(0, 1)))
    shape = held_out.shape[1:]

    penalties = {
        output / "none": None,
        output / "l1": keras.regularizers.L1(L1_WEIGHT),
        output: losses.KLSparsity(KL_WEIGHT, TARGET),
    }
    for folder, penalty in penalties.items():
        # Build: the penalty is a regularizer of the code's activity.
        encoder = networks.mlp_encoder(
            shape, HIDDEN, CODE_UNITS, output_activation="sigmoid", activity_regularizer=penalty
        )
        decoder = networks.mlp_decoder(CODE_UNITS, HIDDEN, shape)
        autoencoder = models.Autoencoder(encoder, decoder, value_range=(0, 1), seed=seed)
        batches = data.batches(train, BATCH_SIZE, seed=seed)
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

        # Judge.
        loss, error = autoencoder.evaluate(held_out, batch_size=BATCH_SIZE, verbose=0)
        codes = autoencoder.encode(held_out)
        print(
            f"{penalty}: validation MSE {error:.5f}, with penalty {loss:.5f}, "
            f"mean activation {codes.mean():.3f}, {np.mean(codes < 0.1):.0%} below 0.1"
        )

        # Look.
        plotting.activation_histogram(codes, folder / "activations.png", TARGET)
        plotting.filters(encoder.get_weights()[0], shape, folder / "filters.png")
        samples = plotting.reconstructions(
            held_out[:10],
            autoencoder.reconstruct(held_out[:10]),
            path=folder / "reconstructions.png",
        )
        plotting.training_curves(history, folder / "training.png")

    # Save the last one, the autoencoder with the KL penalty.
    autoencoder.save(output / "autoencoder.keras")
    card = saved_models.card(
        f"sparse autoencoder, dense {HIDDEN} and {CODE_UNITS} sigmoid units, KL to {TARGET}",
        dataset,
        (0, 1),
        seed,
        {
            "validation_loss": loss,
            "validation_mse": error,
            "mean_activation": codes.mean(),
        },
    )
    saved_models.export(autoencoder, output / "saved_model", card, samples)
    print(f"Pictures, autoencoder.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
