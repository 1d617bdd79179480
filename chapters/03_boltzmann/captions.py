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
size. Expect most captions to be right, and digits that look as their captions say.

By default it learns digits drawn with many fonts within a minute, and 98 % of its captions for
images of other fonts are right. `--dataset mnist --hidden 500 500 --top 2000 --epochs 50` reaches
96.6 % on MNIST in a quarter of an hour.
"""

from keras_gen import runs

# isort: split
import keras
import numpy as np

from keras_gen import data, greedy, layers, models, plotting

PARTICLES = 100  # persistent chains of the machines for images and of the top one
CAPTION_UNITS, CAPTION_RATE, CAPTION_STDDEV = (30,), 0.5, 0.1  # few captions: codes that differ
STEPS_PER_EXECUTION = 10
TOLD = 100  # captions that are illustrated
COLUMNS, SHOWN = 8, 40


def main(
    run: runs.Run = runs.Run(epochs=30),
    hidden: tuple[int, ...] = (300,),
    top: int = 500,
    batch_size: int = 100,
    learning_rate: float = 0.1,
) -> None:
    """Trains networks on images and on captions, and a machine on top of both.

    Args:
        run: what to train on, images of digits, and how long; `epochs` are those of every layer.
        hidden: number of hidden units of every layer on the image side.
        top: number of hidden units of the top machine.
        batch_size: pairs per step.
        learning_rate: of the machines; falls to zero along a straight line, as in Tieleman (2008).
    """
    run.begin()

    # Prepare: images, and captions made of their labels.
    (images, labels), (test_images, test_labels) = run.images(
        value_range=(0, 1), labels=True, limit_test=False
    )
    captions, test_captions = map(data.captions.of_digits, (labels, test_labels))
    shape, words = images.shape[1:], len(data.captions.WORDS)

    # Build: machines for images, machines for captions, one on top of both.
    seen = [layers.RBM(units, seed=run.seed) for units in hidden]
    read = [layers.RBM(units, CAPTION_STDDEV, run.seed) for units in CAPTION_UNITS]
    share = {"centered": True, "seed": run.seed}
    of_images = networks(seen, shape, particles=PARTICLES, **share)
    of_captions = networks(read, words, **share)
    joint = models.CaptionMachine(
        layers.RBM(top, seed=run.seed), shape, words, seen, read, particles=PARTICLES, **share
    )

    # Fit, one after the other; interrupted, the same command resumes where it was.
    steps = run.epochs * -(-len(images) // batch_size)
    for name, machines, examples, rate in [
        ("images", of_images, images, learning_rate),
        ("captions", of_captions, captions, CAPTION_RATE),
        ("joint", [joint], (images, captions), learning_rate),
    ]:
        for machine in machines:
            schedule = keras.optimizers.schedules.PolynomialDecay(rate, steps, 0.0)
            machine.compile(keras.optimizers.SGD(schedule), steps_per_execution=STEPS_PER_EXECUTION)
        folder = run.folder() / name
        history = greedy.train_machines(
            machines, examples, run.epochs, batch_size, run.seed, folder
        )

    # Judge: captions with exactly the right words, of test images and of illustrations.
    described, told = joint.describe(test_images), test_captions[:TOLD]
    illustrations = joint.illustrate(told, seed=run.seed)
    right = data.captions.right(described, test_captions)
    recognized = data.captions.right(joint.describe(illustrations), told)
    measures = {
        f"right_captions_{len(test_images)}": right.mean(),
        f"recognized_{len(told)}": recognized.mean(),
    }

    # Look: images with the words found for them, and words with the images found for them.
    picture = {"columns": COLUMNS, "value_range": joint.value_range}
    shown = np.append(np.arange(SHOWN), np.flatnonzero(~right)[:COLUMNS])
    plotting.image_grid(
        test_images[shown],
        run.output / "descriptions.png",
        titles=data.captions.as_text(described[shown]),
        wrong=~right[shown],
        title="Words that the machine finds for test images; in the last row only wrong ones",
        **picture,
    )
    samples = plotting.image_grid(
        illustrations[:SHOWN],
        run.output / "illustrations.png",
        titles=data.captions.as_text(told[:SHOWN]),
        wrong=~recognized[:SHOWN],
        title="Images that the machine finds for words; red: it finds other words for the image",
        **picture,
    )
    plotting.training_curves(history, run.output / "training.png")

    # Save.
    what = f"Machine with {top} hidden units on networks for images {hidden} and captions"
    run.save(joint, what, measures, samples, "descriptions.png: wrong captions are red")


def networks(machines, shape, **kwargs):
    """A belief network for every machine, on top of the machines before it."""
    return [
        models.DeepBeliefNetwork(machine, shape, below=machines[:number], **kwargs)
        for number, machine in enumerate(machines)
    ]


if __name__ == "__main__":
    runs.start(main)
