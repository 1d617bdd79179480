"""Style mixing: which layer draws what.

The generator of StyleGAN takes a style at every layer. So an image may have the styles of one
latent at some layers and those of another one elsewhere:

    mixed = synthesize(w at all layers but k, w' at layer k)

A reader of digits tells which layers decide what is drawn: the share of the images whose class
changes, next to how much their pixels change. Coarse layers should change classes and fine ones
pixels only. New noise should change pixels, and no class.

Training prepares for it. A share of the images has two styles from the start, so that layers do not
rely on one another; `--mixing 0` shows what is missing without.

By default it trains a small StyleGAN for digits of 8x8 pixels drawn with many fonts, within three
minutes. `--trained outputs/stylegan/stylegan.keras` takes the model of a run of stylegan.py
instead; `--dataset mnist --trained FILE` one of handwritten digits.
"""

from keras_gen import runs

# isort: split
import pathlib

import numpy as np

from keras_gen import (
    callbacks,
    data,
    evaluation,
    losses,
    models,
    optimizers,
    plotting,
    saved_models,
)

FILTERS, LATENT_DIM = (64, 64), 128  # at 4x4 and 8x8 pixels
LEARNING_RATE, BETA_1, BETA_2, EPSILON = 2e-3, 0.0, 0.99, 1e-8  # as in stylegan.py
BATCH_SIZE = 16  # more steps for the same images than the authors' 32
GAMMA = 0.1  # of R1: chosen for 8x8 pixels; the authors' 10 is for 1024x1024
HALF_LIVES = 20  # of the averaged weights in a training
COUNT, SHOWN = 2000, 10  # pairs of latents, and how many of them are in the picture


def main(
    run: runs.Run = runs.Run(epochs=6),
    mixing: float = 0.9,
    trained: pathlib.Path | None = None,
) -> None:
    """Swaps styles and noise, and reads what has changed.

    Args:
        run: what to train on and how long. The data need a shipped reader, which reads the images.
        mixing: share of the images that have two styles in training.
        trained: stylegan.keras of a run of stylegan.py for the same data, which is not trained.
    """
    run.begin()

    # Prepare.
    reader, image_size = run.reader(), 4 * 2 ** (len(FILTERS) - 1)

    # Fit, or take what has been fitted.
    if trained is None:
        train, _ = run.images(image_size)
        batches = data.batches(train, BATCH_SIZE, seed=run.seed)
        numbers = (train.shape[1:], FILTERS, LATENT_DIM, run.epochs * len(train), HALF_LIVES)
        gan = models.growing_style_gan(*numbers, mixing=mixing, seed=run.seed)
        adam = [LEARNING_RATE, BETA_1, BETA_2, EPSILON]
        players = [optimizers.FusedAdam(*adam) for _ in range(2)]
        gan.compile(*players, penalty=losses.R1(GAMMA))
        grid = callbacks.SampleGrid(run.output / "epochs", every=run.every(10))
        gan.fit(batches, epochs=run.epochs, callbacks=run.watch(batches, callbacks.Growth(), grid))
    else:
        gan = saved_models.load_keras(trained)

    # Swap the style of one layer after the other, and then the noise.
    first, second = (
        gan.map(gan.latents(COUNT, [run.seed, i]), truncation=gan.truncation) for i in (1, 2)
    )
    sides = [side for side in gan.generator.resolutions for _ in range(2)]
    before, rows = gan.synthesize(first), {}
    for layer, side in enumerate(sides):
        rows[f"layer {layer}: {side}x{side}"] = gan.synthesize(gan.mix(first, second, [layer]))
    rows["all layers"] = gan.synthesize(second)
    rows["noise"] = gan.synthesize(first, gan.noise(COUNT, [run.seed, 3]))

    # Judge.
    panels = {"share of classes changed": {}, "change of pixels": {}}
    measures = {}
    for name, after in rows.items():
        classes, pixels = evaluation.image_changes(reader, before, after, gan.value_range)
        panels["share of classes changed"][name] = classes
        panels["change of pixels"][name] = pixels
        key = name.split(":")[0].replace(" ", "_")
        measures |= {f"classes_changed_by_{key}": classes, f"pixels_changed_by_{key}": pixels}

    # Look.
    path, picture = run.output / "swaps.png", {"value_range": gan.value_range}
    shown = {"first latent": before, **rows}
    shown = {name: images[:SHOWN] for name, images in shown.items()}
    title = "The first latent's images, with the second one's style at one layer"
    samples = plotting.image_rows(shown, path, title=title, **picture)
    title = "What a change of one style, of all styles or of the noise changes"
    plotting.bar_panels(panels, run.output / "layers.png", title)
    noises = np.stack([gan.noise(8, [run.seed, i]) for i in range(50)])
    many = np.stack([gan.synthesize(first[:8], noise) for noise in noises])
    spread = many.std(axis=0)
    rows = {"stored noise": before[:8], "other noise": many[0], "mean": many.mean(axis=0)}
    rows["deviation"] = np.interp(spread, [0, spread.max()], gan.value_range)
    plotting.image_rows(rows, run.output / "noise.png", title="What noise changes", **picture)

    # Save.
    what = "StyleGAN generator whose layers take styles of two latents"
    run.save(gan, what, measures, samples, "swaps.png: which rows show another digit")


if __name__ == "__main__":
    runs.start(main)
