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
images rotated, scaled and shifted a little; the classifier sees them redrawn once more, more
boldly, with squares of other images pasted over them, under noise and dropout, and must still agree
with the teacher ("consistency"). And as classes are about equally frequent, its answers should be
too ("balance"). For comparison the same network learns only from the labeled images, with the same
views.

By default it learns 8x8 digits, enlarged, in less than three minutes, and misreads 6 to 8 of 360
test images, compared with 25 or 26 from the labels alone. With `--seed` 1, 2 and 3, `--dataset
mnist --epochs 50 --precision mixed_bfloat16` makes 77 errors of 10,000 on average, in 50 minutes
each, and 408 from the labels alone; Salimans et al. (2016) made 93 +- 6.5 with 100 labels.
"""

from keras_gen import runs

# isort: split
import keras
import numpy as np

from keras_gen import callbacks, data, layers, models, networks, plotting

# Where no source is given: chosen on training images of MNIST, either the last 5,000,
# `--validation 5000`, or those without labels.
IMAGE_SIZE = 28
LATENT_DIM, GENERATOR_FILTERS = 100, 16
VIEW = {"rotation": 15, "zoom": 0.15, "shift": 2, "shear": 0.3, "stretch": 0.15, "fill_value": -1}
PASTES, PASTE_SIZE = 2, 8  # squares over an image, and their largest side in pixels
NOISE, MAP_DROPOUT, UNIT_DROPOUT = 0.3, 0.05, 0.3
LEARNING_RATE, BETA_1 = 2e-3, 0.5
CONSISTENCY_WEIGHT, RAMP_STEPS, BALANCE_WEIGHT, EMA_DECAY = 40.0, 2000, 1.0, 0.999
ADVERSARIAL_WEIGHT = 0.1
BATCH_SIZE, LABELED_SIZE, FAKES = 80, 16, 32
FEW_BATCH_SIZE = 50  # of the classifier that has only the labels
STEPS_PER_EXECUTION = 10
SHOWN, COLUMNS = 40, 10  # mistakes of the picture
ARROW = "\N{RIGHTWARDS ARROW}"


def noisy_classifier(shape, num_classes, precision):
    """The classifier, which sees images rotated, scaled, shifted, and under squares of others."""
    pastes = [layers.RandomPaste(PASTE_SIZE) for _ in range(PASTES)]
    return networks.noisy_classifier(
        shape,
        num_classes,
        noise=NOISE,
        map_dropout=MAP_DROPOUT,
        unit_dropout=UNIT_DROPOUT,
        pooling=True,
        view=keras.Sequential([layers.RandomAffine(**VIEW), *pastes]),
        dtype=precision,
    )


def optimizer(steps):
    """Adam, whose rate goes to zero along a cosine."""
    return keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps), BETA_1
    )


def show_mistakes(images, labels, before, after, **picture):
    """Draws images that were misread before, with what was and what is read; a cross if wrong."""
    wrong = np.flatnonzero(before != labels)[:SHOWN]
    wrong = wrong if len(wrong) else np.arange(min(SHOWN, len(images)))
    plotting.image_grid(
        images[wrong],
        columns=COLUMNS,
        titles=[f"{before[i]} {ARROW} {after[i]}" for i in wrong],
        wrong=after[wrong] != labels[wrong],
        **picture,
    )


def main(
    run: runs.Run = runs.Run(dataset="digits", epochs=120),
    per_class: int = 10,
    steps: int = 1000,
    validation: int | None = None,
) -> None:
    """Trains a classifier on few labels and many images.

    Args:
        run: what to train on and how long. The data need labels; all test images are read. The
            precision is that of the classifier.
        per_class: labeled images of each class.
        steps: batches that the classifier without unlabeled images sees.
        validation: how many of the last training images replace the test images.
    """
    run.begin()
    keras.config.set_dtype_policy("float32")  # for all but the classifier

    # Prepare: all images, and the labels of a few.
    (images, labels), (test, test_labels) = run.images(
        IMAGE_SIZE, labels=True, limit_test=False, validation=validation
    )
    shape, num_classes = images.shape[1:], int(labels.max()) + 1
    few = data.few_per_class(labels, per_class, run.seed)
    labeled = images[few], labels[few]
    options = {"seed": run.seed, "augment": data.jitter(fill_value=-1)}
    batches = data.partly_labeled(
        images, *labeled, BATCH_SIZE, LABELED_SIZE, drop_remainder=True, **options
    )

    # The labels alone, for no longer than the game they are compared with.
    all_steps = run.epochs * len(batches)
    steps = min(steps, all_steps)
    run.print(f"First {steps} steps with only {len(few)} labeled images")
    lonely = noisy_classifier(shape, num_classes, run.precision)
    lonely.compile(
        optimizer(steps),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        steps_per_execution=STEPS_PER_EXECUTION,
    )
    few_batches = data.batches(labeled, min(FEW_BATCH_SIZE, len(few)), **options)
    lonely.fit(few_batches.repeat(), steps_per_epoch=steps, shuffle=False, verbose=0)

    # Build the two players.
    gan = models.SemiSupervisedGAN(
        networks.dcgan_generator(shape, LATENT_DIM, GENERATOR_FILTERS),
        noisy_classifier(shape, num_classes, run.precision),
        adversarial_weight=ADVERSARIAL_WEIGHT,
        consistency_weight=CONSISTENCY_WEIGHT,
        consistency_ramp=min(RAMP_STEPS, all_steps // 3),
        balance_weight=BALANCE_WEIGHT,
        fakes=FAKES,
        ema_decay=EMA_DECAY,
        seed=run.seed,
    )
    gan.compile(optimizer(all_steps), optimizer(all_steps), steps_per_execution=STEPS_PER_EXECUTION)

    # Fit; interrupted, the same command resumes where it was.
    grid = callbacks.SampleGrid(run.output / "epochs", every=run.every(5))
    history = gan.fit(batches, epochs=run.epochs, callbacks=run.watch(batches, grid))

    # Judge.
    read = np.argmax(gan.classify(test), axis=1)
    read_alone = np.argmax(lonely.predict(test, verbose=0), axis=1)
    errors, errors_alone = (int(np.sum(each != test_labels)) for each in (read, read_alone))
    measures = {
        f"errors_of_{len(test)}": errors,
        f"errors_of_{len(test)}_labels_alone": errors_alone,
    }

    # Look at all labeled images, and at those that the labels alone misread.
    picture = {"value_range": gan.value_range}
    plotting.image_grid(
        labeled[0], run.output / "labeled.png", per_class, title="All labeled images", **picture
    )
    counts = f"{errors_alone} {ARROW} {errors} errors of {len(test)} (crossed: still wrong)"
    title = f"{len(few)} labels alone {ARROW} with {len(images)} unlabeled images: {counts}"
    path = run.output / "mistakes.png"
    show_mistakes(test, test_labels, read_alone, read, title=title, path=path, **picture)
    samples = plotting.image_grid(gan.generate(64, run.seed), run.output / "samples.png", **picture)
    plotting.training_curves(history, run.output / "training.png")

    # Save.
    what = f"Semi-supervised GAN, {per_class} labels per class: its classifier and its generator"
    look = "mistakes.png: test images that the labels alone misread, and what unlabeled ones change"
    alone = f"errors_of_{len(test)}_labels_alone"
    run.save(gan, what, measures, samples, look, baselines=[alone])


if __name__ == "__main__":
    runs.start(main)
