"""What each part of CycleGAN is there for: the cycle, the pool, the identity loss.

The generators of CycleGAN descend

    E[(D_Y(G(x)) - 1)^2] + E[(D_X(F(y)) - 1)^2]
    + cycle_weight (E|F(G(x)) - x| + E|G(F(y)) - y|)
    + identity_weight (E|G(y) - y| + E|F(x) - x|)

and each discriminator is shown fakes from a pool, half of which are older ones. Here one part is
changed at a time, with equal steps on equal data:

    whole            cycle_weight 10, identity_weight 0, a pool of 50, as in cyclegan.py
    no cycle         cycle_weight 0: G may make any image of y that D_Y takes for one
    no pool          the discriminators see the newest fakes alone
    identity loss    identity_weight 5: G and F leave alone what is in their target domain already

`l1` is the error on known pairs, which no training saw, and `cycle_l1` that of the way back. An
image of no relation to x passes D_Y as well as its translation does, so without a cycle nothing but
the start of the training keeps G at x. `unrest` is how much the discriminators' loss varies from
epoch to epoch in the second half of the training.

By default x are digits in the color of their class and y outlines, which are grey, so there is no
identity loss. With pictures of two halves:

    --dataset FOLDER --epochs 40 --image-size 32 --filters 16 --blocks 4 --patch-layers 1
    --batch-size 1 --flip --names photo labels --seeds 2
"""

from keras_gen import runs

# isort: split
from typing import Literal

import numpy as np

from keras_gen import data, evaluation, models, networks, optimizers, plotting
from keras_gen.arguments import argument_error

LEARNING_RATE, BETA_1 = 2e-4, 0.5  # Zhu et al. (2017), section 4; the rate falls from the middle on
LOSSES = "discriminator_loss", "cycle_loss"
VARIANTS = {
    "whole": {},
    "no cycle": {"cycle_weight": 0.0},
    "no pool": {"pool": 0},
    "identity loss": {"identity_weight": 5.0},  # section 5.2
}
NAMES = "filled", "outline"  # of the two kinds of digits
SHOWN = 10  # images in the picture


def fitting(variants, x_shape, y_shape):
    """What the chosen variants change, by their names; an identity loss needs equal shapes."""
    equal = x_shape == y_shape
    known = {n: each for n, each in VARIANTS.items() if equal or "identity_weight" not in each}
    unfit = set(variants or ()) - set(known)
    if unfit:
        expected = f"some of {list(known)} for images of shapes {x_shape} and {y_shape}"
        raise argument_error("variants", expected, variants)
    return {name: known[name] for name in variants or known}


def main(
    run: runs.Run = runs.Run(dataset="glyphs_filled", epochs=4, limit=2000),
    variants: tuple[Literal[tuple(VARIANTS)], ...] | None = None,
    names: tuple[str, str] = NAMES,
    image_size: int = 28,
    flip: bool = False,
    filters: int = 8,
    blocks: int = 2,
    patch_layers: int = 1,
    batch_size: int = 4,
    seeds: int = 1,
) -> None:
    """Trains CycleGANs that differ in one part.

    Args:
        run: what to train on and how long, as in cyclegan.py.
        variants: which of them to train; by default all, but the identity loss only where both
            domains have images of one shape.
        names, image_size, flip, filters, blocks, patch_layers, batch_size: as in cyclegan.py.
        seeds: trainings of each variant, of this seed, the next one, ...
    """
    run.begin()

    # Prepare: no pair has both of its images in the training data.
    (x, y), (test_x, test_y) = run.pairs(image_size, reverse=True)
    x, y = x[: len(x) // 2], y[len(y) // 2 :]
    x_shape, y_shape = test_x.shape[1:], test_y.shape[1:]
    chosen = fitting(variants, x_shape, y_shape)
    there, back = (f"{first} to {second}" for first, second in (names, names[::-1]))
    table, curves, lowest = runs.Comparison("translation"), {}, np.inf
    shown = {there: {names[0]: test_x[:SHOWN]}, back: {names[1]: test_y[:SHOWN]}}
    for name, changes, part in run.compare(chosen, seeds):
        run.print(f"{name}, seed {part.seed}")
        batches = data.unpaired(
            x, y, batch_size, seed=part.seed, augment=data.flipped if flip else None
        )

        # Build two translators and two discriminators.
        patches = {"layers": patch_layers, "filters": filters, "affine": False}
        gan = models.CycleGAN(
            networks.resnet_translator(x_shape, y_shape[-1], filters, blocks),
            networks.resnet_translator(y_shape, x_shape[-1], filters, blocks),
            networks.patchgan(x_shape, **patches),
            networks.patchgan(y_shape, **patches),
            seed=part.seed,
            **changes,
        )
        rate = optimizers.ConstantThenLinear.over(run.epochs * len(batches), LEARNING_RATE)
        gan.compile(optimizers.FusedAdam(rate, BETA_1), optimizers.FusedAdam(rate, BETA_1))

        # Fit; interrupted, the same command resumes where it was.
        history = gan.fit(batches, epochs=run.epochs, callbacks=part.watch(batches)).history

        # Judge.
        losses = history["discriminator_loss"]
        unrest = {"unrest": np.std(losses[len(losses) // 2 :])}
        for way, report in evaluation.two_way_report(gan, test_x, test_y, names).items():
            table.add(f"{name}, {way}", **report, **unrest)
        if part.seed == run.seed:
            epochs = range(1, len(losses) + 1)
            curves[name] = {quantity: (epochs, history[quantity]) for quantity in LOSSES}
            shown[there][name] = gan.translate(test_x[:SHOWN])
            shown[back][name] = gan.translate_back(test_y[:SHOWN])
        error = sum(table.rows[f"{name}, {way}"]["l1"][-1] for way in (there, back))
        if error < lowest:
            lowest, best, best_name = error, gan, f"{name}, seed {part.seed}"

    # Look: two pictures, one for each direction.
    shown[there]["target"], shown[back]["target"] = test_y[:SHOWN], test_x[:SHOWN]
    for number, (way, rows) in enumerate(shown.items(), start=1):
        path = run.output / f"translations_{number}.png"
        samples = plotting.image_rows(rows, path, value_range=gan.value_range, title=way)
    panels = {quantity: {n: c[quantity] for n, c in curves.items()} for quantity in LOSSES}
    plotting.curve_panels(panels, "epoch", run.output / "training.png")

    # Save the best one.
    what = f"CycleGAN, {best_name}, {filters} filters, {blocks} residual blocks"
    look = "translations_1.png: what each variant makes of the same images; _2 is the way back"
    run.save(best, what, table, samples, look)


if __name__ == "__main__":
    runs.start(main)
