"""Domain-adversarial training: the same digits, in a world that nobody has labeled.

A classifier of white digits on black is to read digits on photographs. It has labels of the first
kind only, the source domain; of the second kind, the target domain, it has images. So a second
classifier joins in. Both look at the same features f(x):

    the class classifier descends     L_y = E_source[-log p(y | f(x))]
    the domain classifier descends    L_d = E_source[-log D(f(x))] + E_target[-log(1 - D(f(x)))]
    the features descend              L_y - lambda L_d

The features become such that digits can be told apart, but domains cannot: adversarial networks
without a generator. A layer that does nothing on the way forward and changes the sign of the
gradient on the way back, `GradientReversal`, makes all of it one descent. lambda rises from 0 to 1.

What is it worth? The same network is trained on the source domain alone, below which one should
not fall, and on the target domain with its labels, above which one can hardly get. The result is
the share of the gap between them that is closed:

    closed = (adversarial - source only) / (trained on the target - source only)

The target domain is made here, as MNIST-M was: the difference of each digit from a random patch of
a photograph. features.png shows the features of both domains along their first two principal
components, without the game as the class classifier meets them, and with it as the domain
classifier does.

By default it learns 8x8 digits, enlarged, on patches of two embedded photographs, within three
minutes; with so few of them the game gains next to nothing. `--dataset mnist --photographs cifar10
--epochs 8 --seeds 3` is the real thing; the figures are in chapters/README.md. Ganin et al. (2016):
52.25, 76.66 and 95.96 % right; 52.9 % of the gap closed, as they say, or 55.8 % by this formula.
"""

import functools
import pathlib

import keras
import numpy as np
import tensorflow as tf
import tyro
from sklearn.decomposition import PCA

from keras_gen import callbacks, data, models, networks, plotting, saved_models

# Chosen on the last 5,000 training images of MNIST, `--train "train[:-5000]" --test
# "train[-5000:]"`, where no source is given; so labels of the target domain had a say in these.
IMAGE_SIZE = 28
FILTERS, UNITS = (32, 48), 100  # figure 4a of the paper
MAP_DROPOUT = 0.3
BATCH_SIZE = 64  # of each domain: the paper's 128 in all
LEARNING_RATE = 1e-3  # Adam's default, brought to zero along a cosine
BETA_1 = 0.5  # Radford et al. (2016): with Adam's default the game swings; 0.74 instead of 0.90
STEPS_PER_EXECUTION = 10
SPLIT_COLUMN = 480  # of the embedded photographs: what is right of it is for the test
SHOWN, PROJECTED = 10, 1000  # images of each domain in the pictures


def main(
    dataset: str = "digits",
    photographs: str = "embedded",
    epochs: int = 40,
    seeds: int = 1,
    limit: int | None = None,
    train: str = "train",
    test: str = "test",
    output: pathlib.Path = pathlib.Path("outputs/domain_adversarial"),
) -> None:
    """Trains a classifier for a domain without labels, and the two it is compared with.

    Args:
        dataset: digits, mnist, fashion_mnist, or another set of grey images with labels.
        photographs: embedded, cifar10, or another set of colour images, at least as large.
        epochs: passes over the training images, for each of the three.
        seeds: runs, each with another start, other blends and another order.
        limit: use only that many training images, and as many test images.
        train: split with the training images.
        test: split with the images that the classifiers are judged by.
        output: folder for the pictures and the best model; states are in its sub-folders.
    """
    tf.config.experimental.enable_op_determinism()

    # Prepare: the source domain in three equal channels, and photographs for the target domain.
    def source_domain(split):
        images = data.load(dataset, split, IMAGE_SIZE, labels=True).take(limit or -1)
        images, labels = data.arrays(images)
        return np.repeat(images, 3, axis=-1), labels

    source, labels = source_domain(train)
    test_source, test_labels = source_domain(test)
    if photographs == "embedded":
        patches, test_patches = np.split(data.sample_photographs(), [SPLIT_COLUMN], axis=2)
    else:
        patches, test_patches = (
            data.arrays(data.load(photographs, split)) for split in ("train", "test")
        )

    runs = []
    for seed in range(1, seeds + 1):
        keras.utils.set_random_seed(seed)
        target = data.blended(source, patches, seed)
        test_target = data.blended(test_source, test_patches, seed)
        folder = output / f"seed_{seed}"
        trainings = {
            "source only": functools.partial(data.batches, (source, labels)),
            "adversarial": functools.partial(data.domain_pairs, source, labels, target),
            "trained on the target": functools.partial(data.batches, (target, labels)),
        }
        fitted, histories = {}, {}
        for name, prepare in trainings.items():
            batches = prepare(BATCH_SIZE, seed=seed)
            steps = epochs * len(batches)

            # Build: features, the classes, and for the game the domains.
            extractor = networks.feature_extractor(
                source.shape[1:], FILTERS, map_dropout=MAP_DROPOUT
            )
            width = extractor.output_shape[1]
            classifier = networks.mlp(width, [UNITS, UNITS], int(labels.max()) + 1)
            schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
            optimizer = keras.optimizers.Adam(schedule, BETA_1)
            if name == "adversarial":
                domain_classifier = networks.mlp(width, [UNITS], 1)
                model = models.DomainAdversarial(extractor, classifier, domain_classifier, steps)
                model.compile(optimizer, steps_per_execution=STEPS_PER_EXECUTION)
            else:
                model = keras.Sequential([extractor, classifier])
                loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
                options = {"metrics": ["accuracy"], "steps_per_execution": STEPS_PER_EXECUTION}
                model.compile(optimizer, loss, **options)

            # Judge: the share of images of the target domain that are read right.
            def judge(epoch, logs, model=model, images=test_target):
                read = model.predict(images, verbose=0).argmax(axis=1)
                logs["target_accuracy"] = np.mean(read == test_labels)

            # Fit; interrupt it and run the same command again, and it goes on where it was.
            print(f"{name}, seed {seed}")
            watch = [
                keras.callbacks.LambdaCallback(on_epoch_end=judge),
                callbacks.Resume(folder / f"{name.replace(' ', '_')}.state", batches),
            ]
            histories[name] = model.fit(
                batches,
                epochs=epochs,
                shuffle=False,  # the batches come shuffled
                verbose=2,
                callbacks=watch,
            ).history
            fitted[name] = model

        accuracy = {name: history["target_accuracy"][-1] for name, history in histories.items()}
        low, middle, high = accuracy.values()
        runs.append({**accuracy, "closed": (middle - low) / max(high - low, 1e-9)})
        print(", ".join(f"{name} {value:.4f}" for name, value in runs[-1].items()))
        if seed == 1:
            first, curves, pictured = fitted, histories, test_target

    # Look at both domains and at the course of the trainings.
    samples = plotting.reconstructions(
        test_source[:SHOWN],
        pictured[:SHOWN],
        value_range=first["adversarial"].value_range,
        path=output / "samples.png",
        names=["source", "target"],
    )
    passes = np.arange(1, epochs + 1)
    game = curves["adversarial"]
    plotting.curve_panels(
        {
            "accuracy on the target": {
                name: (passes, history["target_accuracy"]) for name, history in curves.items()
            },
            "losses": {name: (passes, game[name]) for name in ("label_loss", "domain_loss")},
            "the game": {
                name: (passes, game[name]) for name in ("domain_accuracy", "reversal_weight")
            },
        },
        "passes",
        output / "training.png",
    )

    # Save the first run's model; the numbers are means over all runs.
    model = first["adversarial"]
    model.save(output / "domain_adversarial.keras")
    means = {name: np.mean([run[name] for run in runs]) for name in runs[0]}
    report = {f"gap_closed_{len(test_labels)}_{seeds}_seeds": means.pop("closed")}
    for name, accuracy in means.items():
        report[f"accuracy_{name.replace(' ', '_')}_{len(test_labels)}_{seeds}_seeds"] = accuracy
    what = (
        f"Classifier of digits on photographs ({photographs}) that had labels of plain digits "
        f"only, filters {FILTERS}, {UNITS} units"
    )
    card = saved_models.card(what, dataset, model.value_range, 1, report)
    saved_models.export(model, output / "saved_model", card, samples)

    # Look at where the features lie; with batch statistics and dropout, as in training.
    shown = [test_source[:PROJECTED], pictured[:PROJECTED]]
    features = {
        "source only": [first["source only"].layers[0].predict(x, verbose=0) for x in shown],
        "adversarial": model.features(tf.stack(shown, axis=1), training=True),
    }
    panels = {}
    for name, pair in features.items():
        points = PCA(2, random_state=1).fit_transform(np.concatenate(pair))
        panels[name] = dict(zip(("source", "target"), np.split(points, 2)))
    plotting.overlaid_clouds(panels, output / "features.png")
    print(", ".join(f"{name} {value:.4f}" for name, value in report.items()))
    print(f"Pictures, domain_adversarial.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
