"""Super-resolution: two or four times as many pixels, guessed from what images look like.

A picture is made smaller, so that the right answer is known, and the small one larger again by
interpolation. The network adds what is missing:

    small = down(y),   x = up(small),   G(x) = x + residual(x)

down and up are bicubic, a = -1/2, antialiased, of all channels, with pixel centres in place. The
last layer of the residual starts at zero, so before the first step the result is bicubic
interpolation, and every step is measured from there. G and D are those of pix2pix.py, G without
noise.

With L1 the result is nearest to the original, highest in PSNR, 10 log10(peak^2 / squared error),
and blurred where several originals fit. The discriminator asks for one of them: sharper, and lower
in PSNR. Interpolation by repeated pixels (nearest) and bicubic are what both are held against.

By default digits of 7x7 pixels are drawn at 28x28, in less than three minutes; `--factor 2` starts
from 14x14. Any images will do. Of a folder without a sub-folder `test` the last fifth is for
testing, in the order of the names: of faces whose names begin with the person's, other persons.

    --dataset FOLDER --image-size 64 --filters 24 --epochs 60
"""

from keras_gen import runs

# isort: split
from typing import Literal

import numpy as np

from keras_gen import data, metrics, models, networks, optimizers, plotting

VALUE_RANGE = (0.0, 1.0)  # that of the rules
LEARNING_RATE, BETA_1 = 1e-3, 0.5  # Isola et al. (2017), section 3.3, have 2e-4 for single images
BATCH_SIZE = 16  # a processor works better on many images at once
L1_WEIGHT = 100.0  # the same section
ADVERSARIAL_WEIGHTS = {"L1": 0.0, "L1 + GAN": 1.0}
LAYERS = 1  # of the discriminator: patches of 16 pixels
SHOWN = 10


def enlarged(factor, kernel):
    """The rule that leaves as much of an image as a smaller one has, in the same size."""
    small, large = data.rules.downscaled(factor), data.rules.upscaled(factor, kernel)
    return lambda image: large(small(image))


def measured(real, fake):
    """How near images are to the originals, and how sharp."""
    judges = (
        metrics.PeakSignalToNoise(VALUE_RANGE),
        metrics.StructuralSimilarity(VALUE_RANGE),
        metrics.Sharpness(VALUE_RANGE),
    )
    for metric in judges:
        metric.update_state(real, fake)
    return {metric.name: metric.result() for metric in judges}


def main(
    run: runs.Run = runs.Run(epochs=3),
    factor: Literal[2, 4] = 4,
    filters: int = 16,
    image_size: int | None = None,
) -> None:
    """Trains two Pix2Pix that add to bicubic interpolation.

    Args:
        run: what to train on and how long: any images whose sides are multiples of the factor.
        factor: how many times the height and the width of the small image are enlarged.
        filters: feature maps of the first layers.
        image_size: height and width that images are resized to first; they keep theirs if it is
            not given.
    """
    run.begin()

    # Prepare: what interpolation makes of small images, and the originals.
    rule = enlarged(factor, data.rules.cubic)
    train, (bicubic, originals) = run.pairs(image_size, VALUE_RANGE, rule)
    nearest = enlarged(factor, data.rules.box)(originals).numpy()
    shape = originals.shape[1:]
    shown = {"nearest": nearest, "bicubic": bicubic}
    table = runs.Comparison(f"{factor} times")
    for name, images in shown.items():
        table.add(name, **measured(originals, images))
    for name, weight, part in run.compare(ADVERSARIAL_WEIGHTS):
        run.print(name)
        batches = data.batches(train, BATCH_SIZE, seed=part.seed)

        # Build.
        generator = networks.unet(shape, filters=filters, dropout=0, residual=True)
        discriminator = networks.patchgan(shape, shape, LAYERS, filters)
        weights = weight, L1_WEIGHT
        model = models.Pix2Pix(generator, discriminator, *weights, VALUE_RANGE, part.seed)
        rate = optimizers.ConstantThenLinear.over(run.epochs * len(batches), LEARNING_RATE)
        model.compile(optimizers.FusedAdam(rate, BETA_1), optimizers.FusedAdam(rate, BETA_1))

        # Fit; interrupted, the same command resumes where it was.
        model.fit(batches, epochs=run.epochs, callbacks=part.watch(batches))

        # Judge.
        shown[name] = model.translate(bicubic)
        table.add(name, **measured(originals, shown[name]))

    # Look.
    rows = {name: images[:SHOWN] for name, images in (shown | {"originals": originals}).items()}
    small = "x".join(str(side // factor) for side in shape[:2])
    title = f"{small} pixels, enlarged {factor} times: images that training has not seen"
    path = run.output / "enlarged.png"
    samples = plotting.image_rows(rows, path, value_range=VALUE_RANGE, title=title)
    errors = {
        name: np.abs(images - rows["originals"])
        for name, images in rows.items()
        if name != "originals"
    }
    title = "what is wrong: black is right, white is black for white"
    plotting.image_rows(errors, run.output / "errors.png", value_range=VALUE_RANGE, title=title)

    # Save the last one, with the discriminator.
    what = f"Pix2Pix, residual over bicubic {factor} times, U-Net of {filters} filters"
    look = "enlarged.png: from repeated pixels to the original, a row for each way"
    run.save(model, what, table, samples, look)


if __name__ == "__main__":
    runs.start(main)
