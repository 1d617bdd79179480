"""Adversarial examples: changes that mislead no reader, and a classifier sure of the wrong thing.

How does a loss J(x, y) grow if every pixel of x may move by epsilon? If the classifier is nearly
linear around x, it grows fastest along the signs of its gradient, the "fast gradient sign":

    x' = clip(x + epsilon sign(dJ / dx))

A linear score w'x moves by epsilon times the sum of all |w|: with many pixels that is a lot, though
none of them changes much. Three classifiers are attacked:

    softmax regression    logits W'x + b
    a convolutional one   trained on the images alone
    the same              trained on the images and on the examples that fool it at the moment:
                          alpha J(x, y) + (1 - alpha) J(x', y),   alpha = 1/2

Looked at are errors and how sure the classifiers are, before and after. "Noise" also moves every
pixel by epsilon, up or down at random, and does far less: the direction counts. No generator makes
the examples, only the classifier's own gradient.

After adversarial training a small error can have a bad reason: a network can learn gradients that
point nowhere. Two more attacks look behind them. "Transferred" examples were made for the plainly
trained network, which hides nothing; "steps" go the same way in ten small steps, each with a new
gradient, and find what one large step, all that the network has practised, does not.

By default it learns 8x8 digits, enlarged, within three minutes. `--dataset mnist --epochs 12` is
the real thing; the figures are in chapters/README.md. Goodfellow et al. (2015), epsilon .25 of
pixels in [0, 1]: softmax regression 99.9 % errors at a mean confidence of 79.3 %; a maxout network
89.4 % at 97.6 %, trained adversarially 17.9 %.
"""

import pathlib

import keras
import numpy as np
import tensorflow as tf
import tyro

from keras_gen import callbacks, data, models, networks, plotting, saved_models

# Chosen on the last 5,000 training images of MNIST, `--train "train[:-5000]" --test
# "train[-5000:]"`, where no source is given.
IMAGE_SIZE, VALUE_RANGE = 28, (0.0, 1.0)
EPSILON, ALPHA = 0.25, 0.5  # Goodfellow et al. (2015), sections 4 and 6
FILTERS, UNITS, DROPOUT = (32, 64, 128), 128, 0.3
LEARNING_RATE = 1e-3  # Adam's default, brought to zero along a cosine
BATCH_SIZE, STEPS_PER_EXECUTION = 128, 10
SMALL_STEPS = 10
COLUMNS = 8  # of the picture


def main(
    dataset: str = "digits",
    epochs: int = 30,
    epsilon: float = EPSILON,
    limit: int | None = None,
    train: str = "train",
    test: str = "test",
    output: pathlib.Path = pathlib.Path("outputs/adversarial_examples"),
    seed: int = 1,
) -> None:
    """Trains three classifiers and attacks them.

    Args:
        dataset: digits, mnist, fashion_mnist, or another image set with labels.
        epochs: passes over the training images, for each of the three.
        epsilon: largest change of a pixel, of a range from 0 to 1.
        limit: use only that many training images.
        train: split with the training images.
        test: split with the images that are attacked.
        output: folder for the pictures and the model; states are in its sub-folder.
        seed: start of all random numbers.
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()

    # Prepare.
    options = {"image_size": IMAGE_SIZE, "value_range": VALUE_RANGE, "labels": True}
    batches = data.batches(
        data.load(dataset, train, **options).take(limit or -1), BATCH_SIZE, seed=seed
    )
    images, labels = data.arrays(data.load(dataset, test, **options))
    shape, num_classes = images.shape[1:], int(labels.max()) + 1

    # Build: plain training is adversarial training with alpha = 1.
    def convolutional():
        return networks.noisy_classifier(
            shape, num_classes, FILTERS, UNITS, noise=0, map_dropout=0, unit_dropout=DROPOUT
        )

    classifiers = {
        "softmax": models.AdversarialTraining(networks.mlp(shape, [], num_classes), epsilon, 1.0),
        "plain": models.AdversarialTraining(convolutional(), epsilon, 1.0),
        "adversarial": models.AdversarialTraining(convolutional(), epsilon, ALPHA),
    }

    # Fit; interrupt it and run the same command again, and it goes on where it was.
    histories = {}
    for name, model in classifiers.items():
        schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, epochs * len(batches))
        model.compile(keras.optimizers.Adam(schedule), steps_per_execution=STEPS_PER_EXECUTION)
        print(name)
        state = output / "states" / f"{name}.state"
        watch = [callbacks.Resume(state, batches)]
        histories[name] = model.fit(batches, epochs=epochs, verbose=2, callbacks=watch).history

    # Attack.
    signs = np.random.default_rng(seed).choice([-1, 1], images.shape)
    noisy = np.clip(images + epsilon * signs, *VALUE_RANGE).astype("float32")
    attacked = {
        "clean": {name: images for name in classifiers},
        "noise": {name: noisy for name in classifiers},
    }
    attacked["one step"] = {
        name: models.adversarial_examples(model.classifier, images, labels, epsilon)
        for name, model in classifiers.items()
    }
    attacked["steps"] = {
        name: models.adversarial_examples(
            model.classifier, images, labels, epsilon, steps=SMALL_STEPS
        )
        for name, model in classifiers.items()
    }
    attacked["transferred"] = {"adversarial": attacked["one step"]["plain"]}

    # Judge: the share of wrong answers, and how sure all and the wrong ones are.
    report, beliefs = {}, {}
    for kind, examples in attacked.items():
        for name, x in examples.items():
            beliefs[name, kind] = classifiers[name].classify(x)
            sure, wrong = beliefs[name, kind].max(1), beliefs[name, kind].argmax(1) != labels
            error, sure_and_wrong = wrong.mean(), sure[wrong].mean() if wrong.any() else 0
            report[f"error_{name}_{kind.replace(' ', '_')}_{len(labels)}"] = error
            print(
                f"{name:12} {kind:12} error {error:.4f}, mean confidence {sure.mean():.4f}, "
                f"of wrong answers {sure_and_wrong:.4f}"
            )

    # Look: image, perturbation and result, with what the classifier says and how sure it is.
    pictures = {}
    for name in classifiers:
        x, result = images[:COLUMNS], attacked["one step"][name][:COLUMNS]
        change = 0.5 + (result - x) / (2 * epsilon) if epsilon else 0.5 + 0 * x
        titles = [
            [f"{answer.argmax()}: {answer.max():.1%}" for answer in beliefs[name, kind][:COLUMNS]]
            for kind in ("clean", "one step")
        ]
        pictures[name] = plotting.image_grid(
            np.concatenate([x, change, result]),
            output / f"{name}.png",
            COLUMNS,
            value_range=classifiers[name].value_range,
            titles=[*titles[0], *[f"+ {epsilon:g} x"] * len(x), *titles[1]],
        )
    passes = np.arange(1, epochs + 1)
    plotting.curve_panels(
        {
            f"{title} on training images": {
                name: (passes, history[quantity]) for name, history in histories.items()
            }
            for title, quantity in [
                ("accuracy", "accuracy"),
                ("accuracy under attack", "adversarial_accuracy"),
            ]
        },
        "passes",
        output / "training.png",
    )

    # Save.
    model = classifiers["adversarial"]
    model.save(output / "adversarial_examples.keras")
    what = f"Convolutional classifier, trained with adversarial examples of epsilon {epsilon:g}"
    card = saved_models.card(what, dataset, model.value_range, seed, report)
    saved_models.export(model, output / "saved_model", card, pictures["adversarial"])
    print(f"Pictures, adversarial_examples.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
