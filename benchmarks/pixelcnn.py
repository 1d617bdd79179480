"""How long PixelCNN takes to draw images, side by side with one full pass per pixel, on the CPU.

Both draw 64 images of 28x28 binary pixels from one network and the same uniform numbers, compiled:

    full passes   for every pixel: the network on whole images, then that pixel
    keras_gen     for every pixel: the features of that pixel only (`PixelCNN.generate`)

They take turns for some rounds of one run; the ratio is the median of the rounds' ratios. The
weights are not trained: time does not depend on them.

Leave the machine alone meanwhile. It takes some minutes on two cores.
"""

import pathlib
import platform
import time

import keras
import numpy as np
import tensorflow as tf
import tyro

from keras_gen import models

SEED = 1
IMAGE_SHAPE, FILTERS = (28, 28, 1), 64


def main(rounds: int = 3, count: int = 64, output: pathlib.Path | None = None) -> None:
    """Times both ways of drawing and prints a table.

    Args:
        rounds: how often each is timed, in turn.
        count: number of images.
        output: Markdown file for the table.
    """
    keras.utils.set_random_seed(SEED)
    model = models.PixelCNN(IMAGE_SHAPE, FILTERS, seed=SEED)
    count, seed = tf.constant(count), tf.constant([SEED, 0])
    ways = {
        "full passes": lambda: full_passes(model, count, seed).numpy(),
        "keras_gen": lambda: model.generated(count, seed).numpy(),
    }
    first, second = (draw() for draw in ways.values())  # compiles
    seconds = {name: [] for name in ways}
    for _ in range(rounds):
        for name, draw in ways.items():
            start = time.perf_counter()
            draw()
            seconds[name].append(time.perf_counter() - start)
    different = np.count_nonzero(np.any(first != second, axis=(1, 2, 3)))
    text = table({name: np.array(times) for name, times in seconds.items()}, different)
    print(text)
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text + "\n")


@tf.function
def full_passes(model, count, seed):
    """Draws images by a pass of the whole network for every pixel."""
    height, width, _ = IMAGE_SHAPE
    uniform = tf.random.stateless_uniform([count, height, width], seed)

    def step(index, images):
        row, column = index // width, index % width
        pixel = model.drawn(model(images)[:, row, column], uniform[:, row, column])
        here = tf.reshape(tf.one_hot(index, height * width, True, False), [1, height, width, 1])
        return index + 1, tf.where(here, pixel[:, tf.newaxis, tf.newaxis, tf.newaxis], images)

    start = (0, tf.zeros([count, *IMAGE_SHAPE]))
    return tf.while_loop(lambda index, _: index < height * width, step, start)[1]


def table(seconds, different):
    """The measurement as Markdown."""
    slow, fast = seconds["full passes"], seconds["keras_gen"]
    ratios = slow / fast
    lines = [
        f"{platform.machine()}, {len(slow)} rounds, Keras {keras.__version__}, "
        f"TensorFlow {tf.__version__}; {different} images differ",
        "",
        "| drawing | seconds | times faster |",
        "| --- | --- | --- |",
        f"| full passes | {np.median(slow):.2f} | 1 |",
        f"| keras_gen | {np.median(fast):.2f} | {np.median(ratios):.1f} "
        f"({ratios.min():.1f} to {ratios.max():.1f}) |",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    tyro.cli(main)
