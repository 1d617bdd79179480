"""The semi-supervised GAN: ten labels per class, and fakes as teachers.

A discriminator that tells real images from fakes must know what images are made of, and so must a
classifier. Here one network is both. It gives a logit l_k per class; an image is real if it is of
any class:

    p(class k | x) = exp l_k / Z,    Z = sum_k exp l_k,    D(x) = Z / (Z + 1)

    discriminator: E[-log p(class | x)] of the labeled images + the usual game on log Z of all
    generator:     || E f(x) - E f(G(z)) ||^2,    f: activations of the last hidden layer

The generator only has to match mean features ("feature matching"), which makes it a mediocre
painter and a good teacher: its fakes lie close to the data, between and around the classes, and
whatever is called fake there cannot be crossed by a class.

The paper's classifier is dense and trains for 300 epochs. To get far in fewer, this one is
convolutional and has a second teacher: the moving average of its own weights. The teacher sees
images turned, scaled and shifted a little; the classifier sees them redrawn once more, bolder, with
squares of other images pasted over them, under noise and dropout, and shall agree with the teacher
in spite of it ("consistency"). And as classes are about equally frequent, so shall its answers be
("balance"). Beside it the same network learns from the labeled images alone, with the same views.

By default it learns 8x8 digits, enlarged, within three minutes. `--dataset mnist --epochs 50
--precision mixed_bfloat16` with `--seed` 1, 2 and 3 are the measured runs; the figures are in
chapters/README.md. Salimans et al. (2016) made 93 +- 6.5 errors with 100 labels.
"""

import pathlib

import keras
import tensorflow as tf
import tyro

from keras_gen import callbacks, data, layers, models, networks, plotting, saved_models

# Where no source is given: chosen on training images of MNIST, either the last 5,000, `--train
# "train[:-5000]" --test "train[-5000:]"`, or those without labels.
IMAGE_SIZE = 28
LATENT_DIM, GENERATOR_FILTERS = 100, 16
VIEW = {"rotation": 15, "zoom": 0.15, "shift": 2, "shear": 0.3, "stretch": 0.15, "fill_value": -1}
PASTES, PASTE_SIZE = 2, 8  # squares over an image, and their largest side in pixels
NOISE, MAP_DROPOUT, UNIT_DROPOUT = 0.3, 0.05, 0.3
LEARNING_RATE, BETA_1 = 2e-3, 0.5
CONSISTENCY_WEIGHT, RAMP_STEPS, BALANCE_WEIGHT, EMA_DECAY = 40.0, 2000, 1.0, 0.999
ADVERSARIAL_WEIGHT = 0.1
BATCH_SIZE, LABELED_SIZE, FAKES = 80, 16, 32
FEW_BATCH_SIZE = 50  # of the classifier that has nothing but the labels
STEPS_PER_EXECUTION = 10


def main(
    dataset: str = "digits",
    epochs: int = 120,
    per_class: int = 10,
    steps: int = 1000,
    precision: str = "float32",
    limit: int | None = None,
    train: str = "train",
    test: str = "test",
    output: pathlib.Path = pathlib.Path("outputs/semi_supervised"),
    seed: int = 1,
) -> None:
    """Trains a classifier on few labels and many images.

    Args:
        dataset: digits, mnist, fashion_mnist, or another image set with labels.
        epochs: passes over the training images.
        per_class: labeled images of each class.
        steps: batches that the classifier without unlabeled images sees.
        precision: dtype policy of the classifier; mixed_bfloat16 is faster on CPUs that know the
            type.
        limit: use only that many training images.
        train: split with the training images.
        test: split with the images that the classifiers are judged by.
        output: folder for the pictures and the model.
        seed: start of all random numbers, the choice of the labeled images among them.
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()

    # Prepare: all images, and the labels of a few.
    images, labels = data.arrays(
        data.load(dataset, train, IMAGE_SIZE, labels=True).take(limit or -1)
    )
    test_images, test_labels = data.arrays(data.load(dataset, test, IMAGE_SIZE, labels=True))
    shape, num_classes = images.shape[1:], int(labels.max()) + 1
    few = data.few_per_class(labels, per_class, seed)
    labeled = images[few], labels[few]
    options = {"seed": seed, "augment": data.jitter(fill_value=-1)}
    batches = data.partly_labeled(
        images, *labeled, BATCH_SIZE, LABELED_SIZE, drop_remainder=True, **options
    )

    def view():
        pastes = [layers.RandomPaste(PASTE_SIZE) for _ in range(PASTES)]
        return keras.Sequential([layers.RandomAffine(**VIEW), *pastes])

    def classifier():
        return networks.noisy_classifier(
            shape,
            num_classes,
            noise=NOISE,
            map_dropout=MAP_DROPOUT,
            unit_dropout=UNIT_DROPOUT,
            pooling=True,
            view=view(),
            dtype=precision,
        )

    # The labels alone; not longer than what is compared with it.
    all_steps = epochs * len(batches)
    steps = min(steps, all_steps)
    lonely = classifier()
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    lonely.compile(
        keras.optimizers.Adam(schedule, BETA_1),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        steps_per_execution=STEPS_PER_EXECUTION,
    )
    few_batches = data.batches(labeled, min(FEW_BATCH_SIZE, len(few)), **options)
    lonely.fit(few_batches.repeat(), steps_per_epoch=steps, verbose=0)

    # Build the two players.
    gan = models.SemiSupervisedGAN(
        networks.dcgan_generator(shape, LATENT_DIM, GENERATOR_FILTERS),
        classifier(),
        adversarial_weight=ADVERSARIAL_WEIGHT,
        consistency_weight=CONSISTENCY_WEIGHT,
        consistency_ramp=min(RAMP_STEPS, all_steps // 3),
        balance_weight=BALANCE_WEIGHT,
        fakes=FAKES,
        ema_decay=EMA_DECAY,
        seed=seed,
    )
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, all_steps)
    gan.compile(
        keras.optimizers.Adam(schedule, BETA_1),
        keras.optimizers.Adam(schedule, BETA_1),
        steps_per_execution=STEPS_PER_EXECUTION,
    )

    # Fit; interrupt it and run the same command again, and it goes on where it was.
    watch = [
        callbacks.SampleGrid(output / "epochs", every=max(epochs // 5, 1)),
        callbacks.Resume(output / "semi_supervised.state", batches),
    ]
    history = gan.fit(batches, epochs=epochs, callbacks=watch)

    # Judge.
    count = len(test_labels)
    errors = {
        f"errors_of_{count}": int((gan.classify(test_images).argmax(1) != test_labels).sum()),
        f"errors_of_{count}_labels_alone": int(
            (lonely.predict(test_images, verbose=0).argmax(1) != test_labels).sum()
        ),
    }

    # Look.
    samples = plotting.image_grid(
        gan.generate(64, seed), output / "samples.png", value_range=gan.value_range
    )
    plotting.training_curves(history, output / "training.png")

    # Save.
    gan.save(output / "semi_supervised.keras")
    what = f"Semi-supervised GAN, {per_class} labels per class: its classifier and its generator"
    card = saved_models.card(what, dataset, gan.value_range, seed, errors)
    saved_models.export(gan, output / "saved_model", card, samples)
    print(", ".join(f"{name} {value}" for name, value in errors.items()))
    print(f"Pictures, semi_supervised.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
