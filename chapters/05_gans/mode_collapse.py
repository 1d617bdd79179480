"""Mode collapse: a generator that shows a few things well and forgets the others.

A generator that fools the discriminator best with one kind of image makes more and more of this
kind. Once the discriminator has learned to reject it, the generator moves on to the next kind, and
the two may go round in circles. Points in the plane show it: the data are 25 Gaussians on a grid
(`--dataset ring`: 8 on a circle), and one can count how many of them a generator has found.

Each remedy is one argument or one layer, everything else stays the same:

    experience replay          half of the fakes that the discriminator sees are old ones, so it
                               does not forget what the generator made before
    minibatch discrimination   it is told how close the points of a batch are to each other,
    minibatch deviation        or how much they vary, and can reject a batch that lacks variety
    two time scales            it learns four times as fast as the generator, or takes
    more steps                 five steps for one of the generator's, each on new data
    gradient penalty           it estimates the Wasserstein distance, whose slope leads to the
                               missing modes instead of vanishing
    slope penalty              the plain loss, but steep scores cost: they rise towards a missing
                               mode from afar, and the generator is not caught where it is; how
                               much they cost depends on the mixture

After training, 2,500 points are generated. A point is good if it lies within three standard
deviations of a centre. A mode counts as found with one good point, as published counts have it, and
as held with 1 % of all points. Look at both and at the pictures: where points lie all over
the plane, single ones lie near every centre by chance.

Every game has the same number of discriminator steps, each on 256 new real points, so the games
take about the same time. By default four of them are played for 10 epochs of 2,000 such steps, in
two and a half minutes; `--epochs 60 --seeds 5 --remedies plain "slope penalty"` plays longer, and
the slope penalty then holds all 25 modes; the figures are in chapters/README.md.
"""

import functools
import itertools
import pathlib

import keras
import numpy as np
import tensorflow as tf
import tyro
from keras.layers import Dense

from keras_gen import callbacks, data, layers, losses, metrics, models, plotting, saved_models

LATENT_DIM = 16
UNITS = 128  # of both hidden layers of either player
ACTIVATION = "relu"
KERNELS = "he_uniform"
LEARNING_RATE, BETA_1 = 2e-4, 0.5  # Radford et al. (2016), section 4
BATCH_SIZE = 256
STEPS_PER_EPOCH = 2_000  # of the discriminator, whatever the generator takes
STEPS_PER_EXECUTION = 400
GENERATED = 2_500  # Srivastava et al. (2017), section 4.1; Lin et al. (2018), section 4.1
HELD_SHARE = 0.01
SPACING, STDDEV, RING_STDDEV = 1.5, 0.1, 0.02
MIXTURES = {  # what draws the points, the centres, the standard deviation, the slope penalty
    "grid": (
        functools.partial(data.toy.grid, spacing=SPACING, stddev=STDDEV),
        data.toy.grid_centres(spacing=SPACING),
        STDDEV,
        losses.GradientPenalty(0.01, target=0.0),
    ),
    "ring": (
        functools.partial(data.toy.ring, stddev=RING_STDDEV),
        data.toy.ring_centres(),
        RING_STDDEV,
        losses.GradientPenalty(0.03, target=0.0),
    ),
}
PLAIN = {
    "replay": None,
    "layer": None,  # before the discriminator's last one
    "discriminator_rate": LEARNING_RATE,
    "discriminator_steps": 1,
    "loss": losses.NonSaturating(),
    "penalty": None,
}
REMEDIES = {
    "plain": {},
    "experience replay": {"replay": 100 * BATCH_SIZE},
    "minibatch discrimination": {"layer": functools.partial(layers.MinibatchDiscrimination, 4, 2)},
    "minibatch deviation": {"layer": functools.partial(layers.MinibatchStdDev, None)},
    "two time scales": {"discriminator_rate": 4 * LEARNING_RATE},
    "more steps": {"discriminator_steps": 5},
    "gradient penalty": {
        "discriminator_steps": 5,
        "loss": losses.Wasserstein(),
        "penalty": losses.GradientPenalty(0.1),  # small, for points that lie so close together
    },
}
SHOWN = ("plain", "experience replay", "two time scales", "slope penalty")


def main(
    dataset: str = "grid",
    remedies: tuple[str, ...] = SHOWN,
    epochs: int = 10,
    seeds: int = 1,
    limit: int | None = None,
    output: pathlib.Path = pathlib.Path("outputs/mode_collapse"),
) -> None:
    """Plays the same game on points with one remedy after the other.

    Args:
        dataset: grid or ring.
        remedies: which games to play, by their names in the list above, or plain.
        epochs: times 2,000 steps of the discriminator for every game.
        seeds: games for each remedy, of seeds 1, 2, ...
        limit: use only that many points.
        output: folder for the pictures and the last game; those of the others are in its
            sub-folders.
    """
    tf.config.experimental.enable_op_determinism()
    draw, centres, stddev, slope_penalty = MIXTURES[dataset]
    known = {**REMEDIES, "slope penalty": {"penalty": slope_penalty}}
    scores, courses, clouds = {}, {}, {"real": draw(GENERATED)}
    for name, seed in itertools.product(remedies, range(1, seeds + 1)):
        keras.utils.set_random_seed(seed)
        remedy = {**PLAIN, **known[name]}
        is_last = (name, seed) == (remedies[-1], seeds)
        folder = output if is_last else output / f"{name.replace(' ', '_')}_{seed}"

        # Prepare: every step of the discriminator gets a batch of its own, and every game as many.
        steps = remedy["discriminator_steps"]
        points = draw(BATCH_SIZE * STEPS_PER_EPOCH, seed=seed)[:limit]
        batches = data.batches(points, min(steps * BATCH_SIZE, len(points)), seed=seed)

        # Build the two players. Biases start within 1 / sqrt(inputs), but those of the first layer
        # that sees points within the plane's width: a ReLU bends along a line, and without biases
        # all of these lines would go through the origin.
        widths = [LATENT_DIM**-0.5, UNITS**-0.5, np.abs(centres).max(), UNITS**-0.5]
        biases = [keras.initializers.RandomUniform(-width, width) for width in widths]
        hidden = [Dense(UNITS, ACTIVATION, True, KERNELS, start) for start in biases]
        statistic = [] if remedy["layer"] is None else [remedy["layer"]()]
        generator = keras.Sequential([keras.Input((LATENT_DIM,)), *hidden[:2], Dense(2)])
        discriminator = keras.Sequential([keras.Input((2,)), *hidden[2:], *statistic, Dense(1)])
        gan = models.GAN(generator, discriminator, None, replay=remedy["replay"], seed=seed)
        gan.compile(
            keras.optimizers.Adam(LEARNING_RATE, BETA_1),
            keras.optimizers.Adam(remedy["discriminator_rate"], BETA_1),
            remedy["loss"],
            penalty=remedy["penalty"],
            discriminator_steps=steps,
            steps_per_execution=STEPS_PER_EXECUTION,
        )

        # Fit; interrupt it and run the same command again, and it goes on where it was.
        found = metrics.MixtureModes(centres, stddev)
        held = metrics.MixtureModes(centres, stddev, least_share=HELD_SHARE)
        watch = [
            callbacks.GenerativeMetrics([found, held], clouds["real"], every=max(epochs // 10, 1)),
            callbacks.CollapseMonitor(clouds["real"][:BATCH_SIZE]),
            callbacks.PointMoments(folder / "moments.png", clouds["real"]),
            callbacks.Resume(folder / "mode_collapse.state", batches),
        ]
        history = gan.fit(batches, epochs=epochs, callbacks=watch, verbose=0)

        # Judge.
        generated = gan.generate(GENERATED, seed=seed)
        for metric in (found, held):
            metric.reset_fake()
            metric.update_state(None, generated)
        scores.setdefault(name, []).append((found.result(), held.result(), found.good_share()))
        clouds.setdefault(name, generated)
        courses.setdefault(name, history.history[f"val_{held.name}"])
        print(f"{name}, seed {seed}: {found.result()} of {len(centres)} modes found", flush=True)

    # Look: what each remedy leads to with the first seed, and the modes held in the course of it.
    samples = plotting.point_clouds(clouds, output / "points.png", columns=4)
    plotting.training_curves(courses, output / "training.png")
    print(f"{'remedy':<24}  found   held    good  held by seed")
    for name, rows in scores.items():
        mean = np.mean(rows, axis=0)
        by_seed = ", ".join(str(row[1]) for row in rows)
        print(f"{name:<24}  {mean[0]:5.1f}  {mean[1]:5.1f}  {mean[2]:6.1%}  {by_seed}")

    # Save the last game.
    gan.save(output / "mode_collapse.keras")
    card = saved_models.card(
        f"GAN generator, {LATENT_DIM} latents, dense ({UNITS}, {UNITS}), points, {name}",
        dataset,
        None,
        seed,
        {f"{found.name}_{GENERATED}_points": found.result(), "good_share": found.good_share()},
    )
    saved_models.export(gan, output / "saved_model", card, samples)
    print(f"Pictures, mode_collapse.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
