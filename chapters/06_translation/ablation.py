"""What each part of Pix2Pix is good for: trainings that differ in one thing, and a table.

    skips or none      a U-Net, or the same network whose decoder sees nothing but the bottleneck
    the loss           L1: 100 E|y - G(x)|,  cGAN: E[softplus(-D(x, G(x)))],  or their sum
    the patch          a score of D sees 1, 16, 34 or 70 pixels
    the condition      D(x, y) sees the source as well, D(y) does not: cGAN and GAN

What is to be expected (Isola et al. 2017): L1 has the smallest error and blurs; the cGAN alone is
sharp and errs most; the sum is nearly as exact as the one and as sharp as the other. Without skips
the details are lost under every loss. Without the condition nobody asks for the right image, and
the outputs become alike: their variance over the sources falls below that of the targets. Too small
a patch cannot judge shapes.

The claims are checked, as far as their trainings are there, and printed with what was measured.
`l1` is a share of the distance from black to white; sharpness, colourfulness and variance are
shares of those of the targets. All trainings have equally many steps.

By default four of the trainings fill digits with the colours of their classes, in less than three
minutes. All of them, in their groups, on pairs of 64 pixels:

    --dataset FOLDER --image-size 64 --filters 16 --layers 2 --epochs 40 --jitter --seeds 2
    --variants L1 "L1 + cGAN" cGAN "L1, severed" "L1 + cGAN, severed" "cGAN, severed" "patch 1"
    "patch 16" "patch 70" "L1 + GAN" GAN

There a patch of 34 pixels is that of L1 + cGAN.
"""

from keras_gen import runs

# isort: split
from typing import Literal

import numpy as np

from keras_gen import data, evaluation, models, networks, optimizers, plotting

LEARNING_RATE, BETA_1 = 1e-3, 0.5  # Isola et al. (2017), section 3.3, have 2e-4 for single images
BATCH_SIZE = 16  # a processor works better on many images at once
CGAN, BOTH, L1 = (1.0, 0.0), (1.0, 100.0), (0.0, 100.0)  # weights of the two terms
SETTINGS = {
    "L1": {"weights": L1},
    "L1 + cGAN": {"weights": BOTH},
    "cGAN": {"weights": CGAN},
    "L1, severed": {"weights": L1, "skips": False},
    "L1 + cGAN, severed": {"weights": BOTH, "skips": False},
    "cGAN, severed": {"weights": CGAN, "skips": False},
    "patch 1": {"weights": BOTH, "layers": 0},
    "patch 16": {"weights": BOTH, "layers": 1},
    "patch 34": {"weights": BOTH, "layers": 2},
    "patch 70": {"weights": BOTH, "layers": 3},
    "L1 + GAN": {"weights": BOTH, "conditional": False},
    "GAN": {"weights": CGAN, "conditional": False},
}
VARIANTS = tuple(SETTINGS)
DEFAULT = ("L1", "L1 + cGAN", "cGAN", "L1 + cGAN, severed")
SHOWN = 10
CLAIMS = (  # one row has less of a measure than the other
    ("L1", "L1, severed", "l1"),
    ("L1 + cGAN", "L1 + cGAN, severed", "l1"),
    ("L1, severed", "L1", "ssim"),
    ("L1 + cGAN, severed", "L1 + cGAN", "ssim"),
    ("L1", "L1 + cGAN", "l1"),
    ("L1 + cGAN", "cGAN", "l1"),
    ("L1", "L1 + cGAN", "sharpness"),
    ("L1 + cGAN", "cGAN", "sharpness"),
    ("L1", "L1 + cGAN", "colourfulness"),
    ("GAN", "cGAN", "variance"),
)


def players(source, target, filters, layers, skips=True, conditional=True):
    """The generator and the discriminator of a variant, for images of two shapes."""
    condition = source if conditional else None
    return (
        networks.unet(source, target[-1], filters, skips=skips),
        networks.patchgan(target, condition, layers, filters),
    )


def measured(target, translated, value_range):
    """What the table has of a variant."""
    report = evaluation.translation_report(target, translated, value_range)
    if "colourfulness" in report:
        report["colourfulness"] /= report.pop("colourfulness_of_targets")
    variance = [np.var(images, axis=0).mean() for images in (translated, target)]
    return report | {"variance": variance[0] / variance[1]}


def checked(table):
    """A line for each claim whose two variants are in the table."""
    for lower, higher, measure in CLAIMS:
        rows = [table.rows.get(name, {}) for name in (lower, higher)]
        if all(measure in row for row in rows):
            low, high = (table.mean(name, measure) for name in (lower, higher))
            verdict = "yes" if low < high else "NO"
            yield f"{verdict}: {measure} of {lower} {low:.4g} < {high:.4g} of {higher}"


def main(
    run: runs.Run = runs.Run(dataset="glyphs_filled", epochs=2),
    variants: tuple[Literal[VARIANTS], ...] = DEFAULT,
    filters: int = 16,
    layers: int = 1,
    image_size: int = 28,
    jitter: bool = False,
    seeds: int = 1,
) -> None:
    """Trains the same Pix2Pix in several ways.

    Args:
        run: what to train on and how long; data as for pix2pix.py.
        variants: which ones; a later run with the same arguments continues an interrupted one.
        filters: feature maps of the first layers.
        layers: of the discriminator with stride 2, where the variant does not say it.
        image_size: height and width of the images.
        jitter: whether pairs are moved and mirrored. Not for digits, which have no mirror images.
        seeds: trainings of each kind, of this seed, the next one, ...
    """
    run.begin()

    # Prepare.
    train, (source, target) = run.pairs(image_size)
    transform = data.pair_jitter(image_size) if jitter else None
    shapes = source.shape[1:], target.shape[1:]
    table, shown, lowest = runs.Comparison("variant"), {"source": source[:SHOWN]}, np.inf
    for name, settings, part in run.compare({name: SETTINGS[name] for name in variants}, seeds):
        run.print(f"{name}, seed {part.seed}")
        batches = data.batches(train, BATCH_SIZE, seed=part.seed, transform=transform)

        # Build.
        networks_of_it = {"layers": layers, **settings}
        weights = networks_of_it.pop("weights")
        model = models.Pix2Pix(
            *players(*shapes, filters, **networks_of_it), *weights, seed=part.seed
        )
        rate = optimizers.ConstantThenLinear.over(run.epochs * len(batches), LEARNING_RATE)
        model.compile(optimizers.FusedAdam(rate, BETA_1), optimizers.FusedAdam(rate, BETA_1))

        # Fit; interrupted, the same command resumes where it was.
        history = model.fit(batches, epochs=run.epochs, callbacks=part.watch(batches)).history

        # Judge.
        translated = model.translate(source, seed=part.seed)
        measures = measured(target, translated, model.value_range)
        table.add(name, **measures, discriminator_loss=history["discriminator_loss"][-1])
        if part.seed == run.seed:
            shown[name] = translated[:SHOWN]
        if measures["l1"] < lowest:
            lowest, best, best_name = measures["l1"], model, name
    mean = np.broadcast_to(train[1].mean(axis=0), target.shape)
    table.add("mean image", **measured(target, mean, model.value_range))

    # Look.
    shown["target"] = target[:SHOWN]
    picture = {"value_range": model.value_range}
    samples = plotting.image_rows(shown, run.output / "variants.png", **picture)
    panels = {
        measure: {name: table.mean(name, measure) for name in table.rows} for measure in measures
    }
    marks = dict.fromkeys(["ssim", "sharpness", "colourfulness", "variance"], 1.0)
    marks = {measure: mark for measure, mark in marks.items() if measure in panels}
    plotting.bar_panels(panels, run.output / "measures.png", "dashed: the targets", marks)

    for line in checked(table):
        run.print(line)

    # Save the one with the smallest error.
    what = f"Pix2Pix, {best_name}, U-Net of {filters} filters"
    look = "variants.png: each row a training, each column a pair that none of them has seen"
    run.save(best, what, table, samples, look)


if __name__ == "__main__":
    runs.start(main)
