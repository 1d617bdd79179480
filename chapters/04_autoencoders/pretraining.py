"""Unsupervised pre-training: many images, few labels.

Labels are expensive, images are not. So first an autoencoder learns from all images, unlabeled,
what digits are made of; then its encoder becomes the lower part of a classifier, which needs only
a few labels:

    1. decoder(encoder(noise(x))) -> x                     all images
    2. W encoder(x) + b -> logits of the class             a few labeled ones, without noise

The units are sigmoids, as they were when pre-training made deep networks possible.

Three classifiers are trained in the same way on the same labels: the network from a random start;
on the pre-trained encoder, frozen, so that only W and b learn; and fine-tuned, where everything
learns. Expect pre-training to be worth most where labels are fewest, and freezing to lose to
fine-tuning as their number grows.

By default it learns digits drawn with many fonts in three minutes; there a frozen encoder loses to
the random start too, and only fine-tuning pays. `--dataset mnist --epochs 100 --steps 500 --seeds
5` reaches 84.4 % with 100 labels, where a random start reaches 74.3, and 93.4 with 1,000, where
that reaches 88.1; it takes 36 minutes.
"""

from keras_gen import runs

# isort: split
import keras

from keras_gen import data, models, networks, plotting

# The network was chosen on the last 5,000 training images of MNIST, `--validation 5000`; rate and
# steps are the same for all starts.
BATCH_SIZE = 128
HIDDEN, CODE_UNITS, ACTIVATION = (500, 500), 500, "sigmoid"
NOISE_RATE = 0.5  # share of the pixels that is switched off
LEARNING_RATE = 1e-3
FEW_BATCH_SIZE = 50
LABEL_COUNTS = (100, 300, 1000)
STEPS_PER_EXECUTION = 20


def main(
    run: runs.Run = runs.Run(epochs=60),
    steps: int = 300,
    seeds: int = 2,
    validation: int | None = None,
) -> None:
    """Trains an autoencoder on all images and classifiers on a few labeled ones.

    Args:
        run: what to train on, with labels, and how long the autoencoder learns.
        steps: batches of labeled images that a classifier sees.
        seeds: trainings per classifier and number of labels, each with its own labeled images.
        validation: how many of the last training images replace the test images.
    """
    run.begin()

    # Prepare.
    parts = run.images(value_range=(0, 1), labels=True, validation=validation)
    (images, labels), test = parts
    batches = data.batches(images, BATCH_SIZE, seed=run.seed)
    shape, num_classes = images.shape[1:], labels.max() + 1
    counts = [count for count in LABEL_COUNTS if count < len(images)]

    # Build and fit the autoencoder, without labels; interrupted, it resumes where it was.
    encoder = networks.mlp_encoder(shape, HIDDEN, CODE_UNITS, ACTIVATION, ACTIVATION)
    noise = keras.layers.Dropout(NOISE_RATE, seed=run.seed)
    noisy_encoder = keras.Sequential([keras.Input(shape), noise, encoder], name="noisy_encoder")
    decoder = networks.mlp_decoder(CODE_UNITS, HIDDEN, shape, ACTIVATION, "sigmoid")
    autoencoder = models.Autoencoder(noisy_encoder, decoder, value_range=(0, 1), seed=run.seed)
    autoencoder.compile(
        keras.optimizers.Nadam(falling_rate(run.epochs * len(batches))),
        "binary_crossentropy",  # pixels as probabilities: steeper than the squared error
        steps_per_execution=STEPS_PER_EXECUTION,
    )
    history = autoencoder.fit(batches, epochs=run.epochs, callbacks=run.watch(batches))

    # Fit the classifiers: the same network from three starts, on the same labels.
    starts = {
        "random start": lambda: networks.classifier_on(
            keras.models.clone_model(encoder), num_classes
        ),
        "frozen": lambda: networks.classifier_on(encoder, num_classes, frozen=True),
        "fine-tuned": lambda: networks.classifier_on(encoder, num_classes),
    }
    table = runs.Comparison("start")
    for count in counts:
        for draw in range(seeds):
            few = data.stratified(labels, count, draw)
            for name, start in starts.items():
                keras.utils.set_random_seed(draw)
                classifier = start()
                fit_classifier(classifier, (images[few], labels[few]), steps, draw)
                _, accuracy = classifier.evaluate(*test, batch_size=500, verbose=0)
                table.add(name, **{f"accuracy_{count}_labels": accuracy})

    # Look.
    scores = {name: list(row.values()) for name, row in table.rows.items()}
    title = f"Accuracy of {len(test[0]):,} images after {len(images):,} without labels"
    plotting.learning_curves(counts, scores, run.output / "learning_curves.png", title)
    kernel = encoder.get_weights()[0][:, :100]
    plotting.filters(kernel, shape, run.output / "filters.png", title="What 100 units look for")
    copies = {"image": test[0][:10], "copy": autoencoder.reconstruct(test[0][:10])}
    path = run.output / "reconstructions.png"
    samples = plotting.image_rows(copies, path, value_range=(0, 1))
    plotting.training_curves(history, run.output / "training.png")

    # Save.
    what = f"Denoising autoencoder, dense {HIDDEN} and {CODE_UNITS} codes, for pre-training"
    look = "learning_curves.png: pre-training is worth more, the fewer labels there are"
    run.save(autoencoder, what, table, samples, look)


def falling_rate(steps):
    """The learning rate, brought to zero along a cosine."""
    return keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)


def fit_classifier(classifier, examples, steps, seed):
    """Fits a classifier to a few labeled images, which come again and again."""
    classifier.compile(
        keras.optimizers.Adam(falling_rate(steps)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        steps_per_execution=STEPS_PER_EXECUTION,
    )
    batches = data.batches(examples, FEW_BATCH_SIZE, seed=seed)
    classifier.fit(batches.repeat(), steps_per_epoch=steps, shuffle=False, verbose=0)


if __name__ == "__main__":
    runs.start(main)
