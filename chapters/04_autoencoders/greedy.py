"""One autoencoder at a time: greedy layer-wise training, then the whole stack.

Instead of training the hourglass 784-100-30-100-784 in one go, train two shallow autoencoders:

    phase 1:  784-100-784  learns to copy the images x
    phase 2:  100-30-100   learns to copy the codes encoder_1(x) of the whole training set

    stack:    x' = decoder_1(decoder_2(encoder_2(encoder_1(x))))

The stack puts the encoders one behind the other and the decoders in reverse order. No phase knew
what a later one would lose, so a few epochs of joint training repair much of the error. Deep
networks were first trained this way; today it is rare.

By default it learns 8x8 digits within a minute (their 64 pixels fit into 100 numbers, so there the
first phase has nothing to compress). `--dataset fashion_mnist --validation 5000 --epochs 10` is the
measured run; what it reached is in chapters/README.md.
"""

import pathlib

import keras
import tensorflow as tf
import tyro

from keras_gen import callbacks, data, greedy, models, networks, plotting, saved_models

BATCH_SIZE = 32  # the published protocol: Nadam with its default rate, batches of 32
LEARNING_RATE = 1e-3
HIDDEN, LATENT_DIM = 100, 30  # the hourglass of the slides
ACTIVATION = "relu"  # the protocol's, in the hidden layers; codes are linear
OUTPUT_ACTIVATION = "sigmoid"  # pixels lie in [0, 1]
JOINT_EPOCHS = 5
STEPS_PER_EXECUTION = 20


def main(
    dataset: str = "digits",
    epochs: int = 100,
    validation: int = 360,
    limit: int | None = None,
    output: pathlib.Path = pathlib.Path("outputs/greedy"),
    seed: int = 1,
) -> None:
    """Trains a stacked autoencoder greedily, then jointly.

    Args:
        dataset: digits, mnist, fashion_mnist, another TFDS image set, or a folder of images.
        epochs: passes over the training images in each of the two phases.
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

    # Build: the second autoencoder copies the first one's codes, which are not negative.
    shape = held_out.shape[1:]
    outer = models.Autoencoder(
        networks.mlp_encoder(shape, [], HIDDEN, output_activation=ACTIVATION),
        networks.mlp_decoder(HIDDEN, [], shape, output_activation=OUTPUT_ACTIVATION),
        value_range=(0, 1),
        seed=seed,
    )
    inner = models.Autoencoder(
        networks.mlp_encoder(HIDDEN, [], LATENT_DIM),
        networks.mlp_decoder(LATENT_DIM, [], HIDDEN, output_activation=ACTIVATION),
        seed=seed,
    )
    for phase in (outer, inner):
        optimizer = keras.optimizers.Nadam(LEARNING_RATE)
        phase.compile(optimizer, "mse", steps_per_execution=STEPS_PER_EXECUTION)

    # Fit one after the other; interrupt it and run the same command again, and it goes on.
    autoencoder = greedy.train_autoencoders(
        [outer, inner],
        data.arrays(train),
        epochs,
        BATCH_SIZE,
        seed,
        validation_data=held_out,
        folder=output / "phases",
    )
    optimizer = keras.optimizers.Nadam(LEARNING_RATE)
    autoencoder.compile(optimizer, "mse", steps_per_execution=STEPS_PER_EXECUTION)
    greedy_error = autoencoder.evaluate(held_out, verbose=0)
    greedy_reconstructions = autoencoder.reconstruct(held_out[:10])

    # Fit all layers jointly.
    history = autoencoder.fit(
        batches,
        epochs=JOINT_EPOCHS,
        validation_data=(held_out,),
        callbacks=[callbacks.Resume(output / "autoencoder.state", batches)],
    )

    # Judge.
    error = autoencoder.evaluate(held_out, verbose=0)
    print(f"validation MSE {greedy_error:.5f} after the phases, {error:.5f} after joint training")

    # Look: images, what the phases made of them, and what joint training made of them.
    samples = plotting.reconstructions(
        held_out[:10],
        greedy_reconstructions,
        autoencoder.reconstruct(held_out[:10]),
        value_range=autoencoder.value_range,
        path=output / "reconstructions.png",
        names=["images", "greedy", "joint"],
    )
    plotting.training_curves(outer.history, output / "phase_1.png")
    plotting.training_curves(inner.history, output / "phase_2.png")
    plotting.training_curves(history, output / "training.png")

    # Save.
    autoencoder.save(output / "autoencoder.keras")
    card = saved_models.card(
        f"Greedily trained autoencoder, {LATENT_DIM} numbers, {HIDDEN} hidden units on either side",
        dataset,
        (0, 1),
        seed,
        {f"validation_mse_{len(held_out)}_images": error, "greedy_mse": greedy_error},
    )
    saved_models.export(autoencoder, output / "saved_model", card, samples)
    print(f"Pictures, autoencoder.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
