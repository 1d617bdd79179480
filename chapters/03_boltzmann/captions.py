"""Words for images and images for words: two deep belief networks under one machine.

One network has learned digits without words, another one captions without images: which words go
together ("seven" with "odd" and "large"). A machine on top of both learns from pairs which
features of images belong to which features of captions:

    image   -> h -> f \\
                       top machine
    caption -> ...  g /

Then either side gives the other. An image goes up to f; the top machine fills in g, which goes
down to words. A caption goes up to g; the top machine samples f, which goes down to pixels.

A caption counts as right if it has exactly the three right words of fourteen: name, parity and
size. Expect that of most captions, and digits from captions that look as told.

By default it learns 8x8 digits within a minute. The figures of `--dataset mnist --hidden 500 500
--top 2000 --batch-size 100 --learning-rate 0.1` are in chapters/README.md.
"""

import pathlib

import keras
import tensorflow as tf
import tyro

from keras_gen import data, greedy, layers, models, plotting, saved_models

PARTICLES = 100  # persistent chains of the machines for images and of the top one
CAPTION_UNITS, CAPTION_RATE, CAPTION_STDDEV = (30,), 0.5, 0.1  # few captions: codes that differ
STEPS_PER_EXECUTION = 10


def main(
    dataset: str = "digits",
    epochs: int = 30,
    hidden: tuple[int, ...] = (200,),
    top: int = 300,
    batch_size: int = 10,
    learning_rate: float = 0.2,
    limit: int | None = None,
    output: pathlib.Path = pathlib.Path("outputs/captions"),
    seed: int = 1,
) -> None:
    """Trains networks on images and on captions, and a machine on top of both.

    Args:
        dataset: digits or mnist.
        epochs: passes over the training images for every layer.
        hidden: number of hidden units of every layer on the side of images.
        top: number of hidden units of the top machine.
        batch_size: pairs per step.
        learning_rate: of the machines; falls to zero along a straight line, as in Tieleman (2008).
        limit: use only that many training images.
        output: folder for the pictures and the model.
        seed: start of all random numbers.
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()

    # Prepare: images, and captions made of their labels.
    options = {"value_range": (0, 1), "labels": True}
    images, labels = data.arrays(data.load(dataset, "train", **options).take(limit or -1))
    test_images, test_labels = data.arrays(data.load(dataset, "test", **options))
    captions, test_captions = map(data.captions.of_digits, (labels, test_labels))
    shape, words = images.shape[1:], len(data.captions.WORDS)

    # Build: machines for images, machines for captions, one on top of both.
    seen = [layers.RBM(units, seed=seed) for units in hidden]
    read = [layers.RBM(units, CAPTION_STDDEV, seed) for units in CAPTION_UNITS]
    share = {"centered": True, "seed": seed}
    of_images = [
        models.DeepBeliefNetwork(machine, shape, below=seen[:number], particles=PARTICLES, **share)
        for number, machine in enumerate(seen)
    ]
    of_captions = [
        models.DeepBeliefNetwork(machine, words, below=read[:number], **share)
        for number, machine in enumerate(read)
    ]
    joint = models.CaptionMachine(
        layers.RBM(top, seed=seed), shape, words, seen, read, particles=PARTICLES, **share
    )

    # Fit, one after the other. An interrupted run goes on where it was.
    steps = epochs * -(-len(images) // batch_size)
    for folder, machines, examples, rate in [
        ("images", of_images, images, learning_rate),
        ("captions", of_captions, captions, CAPTION_RATE),
        ("joint", [joint], (images, captions), learning_rate),
    ]:
        for machine in machines:
            schedule = keras.optimizers.schedules.PolynomialDecay(rate, steps, 0.0)
            optimizer = keras.optimizers.SGD(schedule)
            machine.compile(optimizer, steps_per_execution=STEPS_PER_EXECUTION)
        history = greedy.train_machines(
            machines, examples, epochs, batch_size, seed, folder=output / "phases" / folder
        )

    # Judge: captions with exactly the right words.
    described = joint.describe(test_images)
    right = data.captions.right(described, test_captions).mean()
    print(f"right captions of {len(test_images)} test images: {100 * right:.2f} %")
    told = test_captions[:100]
    illustrations = joint.illustrate(told, seed=seed)
    recognized = data.captions.right(joint.describe(illustrations), told).mean()
    print(f"images from captions that get the same captions again: {100 * recognized:.1f} %")

    # Look: images with the words found for them, and words with the images found for them.
    plotting.image_grid(
        test_images[:40],
        output / "descriptions.png",
        columns=8,
        value_range=joint.value_range,
        titles=data.captions.as_text(described[:40]),
    )
    samples = plotting.image_grid(
        illustrations[:40],
        output / "illustrations.png",
        columns=8,
        value_range=joint.value_range,
        titles=data.captions.as_text(told[:40]),
    )
    plotting.training_curves(history, output / "training.png")

    # Save.
    joint.save(output / "captions.keras")
    card = saved_models.card(
        f"Machine with {top} hidden units on networks for images {hidden} and captions",
        dataset,
        (0, 1),
        seed,
        {f"right_captions_{len(test_images)}": right, "recognized_100": recognized},
    )
    saved_models.export(joint, output / "saved_model", card, samples)
    print(f"Pictures, captions.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
