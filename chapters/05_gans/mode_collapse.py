"""Mode collapse: a generator that shows a few things well and forgets the others.

A generator that fools the discriminator best with one kind of image makes more and more of this
kind. Once the discriminator has learned to reject it, the generator moves on to the next kind, and
the two may go round in circles. Points in the plane show it: the data are 25 Gaussians on a grid
(`--mixture ring`: 8 on a circle), and one can count how many of them a generator has found.

Each remedy is one argument or one layer; everything else stays the same:

    experience replay          half of the fakes that the discriminator sees are old ones, so it
                               does not forget what the generator made before
    minibatch discrimination   it is told how close the points of a batch are to each other,
    minibatch deviation        or how much they vary, and can reject a batch that lacks variety
    two time scales            it learns four times as fast as the generator, or takes
    more steps                 five steps per generator step, each on new data
    gradient penalty           it estimates the Wasserstein distance, whose slope leads to the
                               missing modes instead of vanishing
    slope penalty              the plain loss, but steep scores cost: they rise towards a missing
                               mode from afar, and the generator is not caught where it is; how
                               much they cost depends on the mixture

After training, 2,500 points are generated. A point is good if it lies within three standard
deviations of a centre. A mode counts as found with one good point, as in published counts, and as
held with 1 % of all points. Look at both and at the pictures: where points lie all over the plane,
single ones lie near every centre by chance.

Every game has the same number of discriminator steps, each on 256 new real points, so the games
take about the same time. By default four of them are played for 10 epochs of 2,000 such steps, in
three minutes; the slope penalty then holds 14 of 25 modes, and the other games, which fall
back to the corners, 5 to 7. `--epochs 60 --seeds 5 --remedies plain "slope penalty"` plays longer,
in 25 minutes: the slope penalty holds all 25 modes, the plain game the four corners.
"""

from keras_gen import runs

# isort: split
import functools
from typing import Literal

import keras
import numpy as np

from keras_gen import callbacks, data, layers, losses, metrics, models, plotting

LATENT_DIM = 16
UNITS = 128  # of both hidden layers of either player
LEARNING_RATE, BETA_1 = 2e-4, 0.5  # Radford et al. (2016), section 4
BATCH_SIZE = 256
STEPS_PER_EPOCH = 2_000  # of the discriminator, whatever the generator takes
STEPS_PER_EXECUTION = 400
GENERATED = 2_500  # Srivastava et al. (2017), section 4.1; Lin et al. (2018), section 4.1
HELD_SHARE = 0.01
SPACING, STDDEV, RING_STDDEV = 1.5, 0.1, 0.02
SLOPE_WEIGHT, RING_SLOPE_WEIGHT = 0.01, 0.03
REPLAYED = 100 * BATCH_SIZE
FASTER, MORE_STEPS = 4, 5
GRADIENT_WEIGHT = 0.1  # small, for points that lie so close together
MIXTURES = ("grid", "ring")
REMEDIES = (
    "plain",
    "experience replay",
    "minibatch discrimination",
    "minibatch deviation",
    "two time scales",
    "more steps",
    "gradient penalty",
    "slope penalty",
)
SHOWN = ("plain", "experience replay", "two time scales", "slope penalty")


def mixtures():
    """What draws the points, the centres, the standard deviation and the slope penalty, by name."""
    grid = functools.partial(data.toy.grid, spacing=SPACING, stddev=STDDEV)
    ring = functools.partial(data.toy.ring, stddev=RING_STDDEV)
    slope, ring_slope = (
        losses.GradientPenalty(weight, target=0.0) for weight in (SLOPE_WEIGHT, RING_SLOPE_WEIGHT)
    )
    return {
        "grid": (grid, data.toy.grid_centres(spacing=SPACING), STDDEV, slope),
        "ring": (ring, data.toy.ring_centres(), RING_STDDEV, ring_slope),
    }


def games(slope_penalty):
    """Everything in which games may differ, by the names of the remedies."""
    plain = {
        "replay": None,
        "statistics": [],  # kinds of layers before the discriminator's last one
        "rate": LEARNING_RATE,  # of the discriminator
        "discriminator_steps": 1,
        "loss": losses.NonSaturating(),
        "penalty": None,
    }
    changes = {
        "plain": {},
        "experience replay": {"replay": REPLAYED},
        "minibatch discrimination": {
            "statistics": [functools.partial(layers.MinibatchDiscrimination, 4, 2)]
        },
        "minibatch deviation": {"statistics": [functools.partial(layers.MinibatchStdDev, None)]},
        "two time scales": {"rate": FASTER * LEARNING_RATE},
        "more steps": {"discriminator_steps": MORE_STEPS},
        "gradient penalty": {
            "discriminator_steps": MORE_STEPS,
            "loss": losses.Wasserstein(),
            "penalty": losses.GradientPenalty(GRADIENT_WEIGHT),
        },
        "slope penalty": {"penalty": slope_penalty},
    }
    return {name: plain | change for name, change in changes.items()}


def players(width, statistics):
    """Generator and discriminator.

    Biases start within 1 / sqrt(inputs), except that those of the first layer that sees points
    start within the plane's width: a ReLU bends along a line, and without biases all of these lines
    would pass through the origin.
    """
    ranges = [LATENT_DIM**-0.5, UNITS**-0.5, width, UNITS**-0.5]
    biases = [keras.initializers.RandomUniform(-limit, limit) for limit in ranges]
    dense = functools.partial(keras.layers.Dense, UNITS, "relu", True, "he_uniform")
    hidden, statistics = [dense(bias) for bias in biases], [kind() for kind in statistics]
    return (
        keras.Sequential([keras.Input((LATENT_DIM,)), *hidden[:2], keras.layers.Dense(2)]),
        keras.Sequential([keras.Input((2,)), *hidden[2:], *statistics, keras.layers.Dense(1)]),
    )


def main(
    run: runs.Run = runs.Run(dataset=None, epochs=10),
    mixture: Literal[MIXTURES] = "grid",
    remedies: tuple[Literal[REMEDIES], ...] = SHOWN,
    seeds: int = 1,
) -> None:
    """Plays the same game on points with one remedy after the other.

    Args:
        run: how long, an epoch being 2,000 steps of the discriminator; `limit` is a number of
            points.
        mixture: what the points are drawn from.
        remedies: which games to play.
        seeds: number of games for each remedy: with this seed, the next one, ...
    """
    run.begin()
    draw, centres, stddev, slope_penalty = mixtures()[mixture]
    real = draw(GENERATED)
    found = metrics.MixtureModes(centres, stddev)
    held = metrics.MixtureModes(centres, stddev, least_share=HELD_SHARE)
    known = games(slope_penalty)
    table, courses, clouds = runs.Comparison("remedy"), {}, {"data": real}
    for name, game, part in run.compare({name: known[name] for name in remedies}, seeds):
        run.print(f"{name}, seed {part.seed}")

        # Prepare: every step of the discriminator gets a new batch, and every game equally many.
        steps = game["discriminator_steps"]
        points = draw(BATCH_SIZE * STEPS_PER_EPOCH, seed=part.seed)[: run.limit]
        batches = data.batches(points, min(steps * BATCH_SIZE, len(points)), seed=part.seed)

        # Build the two players.
        generator, discriminator = players(np.abs(centres).max(), game["statistics"])
        gan = models.GAN(generator, discriminator, None, replay=game["replay"], seed=part.seed)
        gan.compile(
            keras.optimizers.Adam(LEARNING_RATE, BETA_1),
            keras.optimizers.Adam(game["rate"], BETA_1),
            game["loss"],
            penalty=game["penalty"],
            discriminator_steps=steps,
            steps_per_execution=STEPS_PER_EXECUTION,
        )

        # Fit; interrupted, the same command resumes where it was.
        watch = [
            callbacks.GenerativeMetrics([found, held], real, every=run.every(10)),
            callbacks.CollapseMonitor(real[:BATCH_SIZE]),
            callbacks.PointMoments(part.output / "moments.png", real),
        ]
        history = gan.fit(batches, epochs=run.epochs, callbacks=part.watch(batches, *watch))

        # Judge.
        generated = gan.generate(GENERATED, seed=part.seed)
        for metric in (found, held):
            metric.reset_fake()
            metric.update_state(None, generated)
        table.add(name, found=found.result(), held=held.result(), good_share=found.good_share())
        if part.seed == run.seed:
            clouds[f"{name}\nfinds {found.result()}, holds {held.result()}"] = generated
            courses[name] = run.moments(10), history.history[f"val_{held.name}"]

    # Look: what each remedy leads to with the first seed, and the modes held along the way.
    samples = plotting.point_clouds(clouds, run.output / "points.png", columns=3)
    panels = {f"modes held, of {len(centres)}": courses}
    plotting.curve_panels(panels, "epoch", run.output / "training.png")

    # Save the last game.
    what = f"GAN generator of points, {LATENT_DIM} latents, dense ({UNITS}, {UNITS}), {name}"
    look = "points.png: which of the Gaussians each remedy has found, and which it holds"
    run.save(gan, what, table, samples, look, data=mixture)


if __name__ == "__main__":
    runs.start(main)
