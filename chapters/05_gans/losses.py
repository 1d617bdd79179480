"""One network, five losses, and two rules about who learns how fast.

The discriminator D gives every image a score s; sigmoid(s) is its belief that the image is real.
All that the generator learns from a fake image is the slope of its loss at that score, times the
gradient of the score:

    loss               discriminator                                     generator   slope -dG/ds
    minimax            E[softplus(-real)] + E[softplus(fake)]       -E[softplus(s)]   sigmoid(s)
    non-saturating     the same                                     E[softplus(-s)]   sigmoid(-s)
    least squares      E[(real - 1)^2] / 2 + E[fake^2] / 2          E[(s - 1)^2] / 2  1 - s
    hinge              E[relu(1 - real)] + E[relu(1 + fake)]                  -E[s]   1
    Wasserstein (GP)   E[fake] - E[real] + 10 E[(|grad D| - 1)^2]             -E[s]   1

The minimax game is the one with a theory, and the one that fails where it matters: a discriminator
that is sure of a fake has s << 0, so the slope sigmoid(s) and all that the generator could learn
vanish. The non-saturating loss has the same discriminator, and its largest slope right there.

Two rules put the discriminator ahead: the two time-scale update rule, where it has a higher
learning rate, and the older habit of several discriminator steps per generator step.

By default two of the losses are played on digits drawn with many fonts, in two minutes, each with
equal rates and with a discriminator that learns three times as fast. With equal rates both learn to
draw. The faster discriminator is soon sure of every fake: with the non-saturating loss the
generator learns all the same; with minimax its gradient nearly vanishes and its images stay
grey (`games.png`, `training.png`). `pull.png` has the slopes of the table, and the norms of the
generator's gradient under both losses on the same players, measured in the minimax games.

All seven games of the course on handwritten digits take 35 minutes:

    --dataset mnist --limit 20000 --epochs 6 --seeds 3 --games non-saturating minimax
    "least squares" hinge Wasserstein "two time scales" "three steps"

There Wasserstein's critic leads with an FID of 30, most others reach 107 to 127, and minimax fails
with one of three seeds even at equal rates: FID 389, and gradients 47,000 times apart.

Every game has the same networks, the same start and as many generator steps as the others. With
Wasserstein's penalty D must not have batch normalization, so here none has. The measure is the FID
in the features of the shipped LeNet; the floor is that of training images.
"""

from keras_gen import runs

# isort: split
from typing import Literal

import keras
import numpy as np

from keras_gen import callbacks, data, losses, metrics, models, networks, plotting

IMAGE_SIZE, VALUE_RANGE = 28, (-1.0, 1.0)  # the range of tanh
LATENT_DIM = 100
BATCH_SIZE = 64
EMA_DECAY = 0.99  # as in Karras et al. (2018), section 6, but for runs of 2,000 steps
RATE = 5e-4  # more than usual, for the same reason
BETAS = 0.5, 0.999  # Radford et al. (2016), section 4
CRITIC_BETAS = 0.0, 0.9  # Gulrajani et al. (2017), Algorithm 1, as are penalty and five steps
PENALTY, CRITIC_STEPS, MORE_STEPS = 10, 5, 3
FASTER = 3  # ratio of the rates of Heusel et al. (2017), WGAN-GP on images: 3e-4 and 1e-4
GAMES = (
    "non-saturating",
    "minimax",
    "least squares",
    "hinge",
    "Wasserstein",
    "two time scales",
    "three steps",
    "minimax, two time scales",
)
LOSSES = GAMES[:4]
CRITICS = ("least squares", "hinge", "Wasserstein")  # their scores are not logits
PLAYED = ("non-saturating", "minimax", "two time scales", "minimax, two time scales")
SHOWN = 14  # images of each game


def known_games():
    """Everything in which games may differ, by the names of the games."""
    plain = {"loss": losses.NonSaturating(), "rate": RATE, "betas": BETAS, "options": {}}
    critic = {"penalty": losses.GradientPenalty(PENALTY), "discriminator_steps": CRITIC_STEPS}
    changes = {
        "non-saturating": {},
        "minimax": {"loss": losses.Minimax()},
        "least squares": {"loss": losses.LeastSquares()},
        "hinge": {"loss": losses.Hinge()},
        "Wasserstein": {"loss": losses.Wasserstein(), "betas": CRITIC_BETAS, "options": critic},
        "two time scales": {"rate": FASTER * RATE},  # of the discriminator
        "three steps": {"options": {"discriminator_steps": MORE_STEPS}},
        "minimax, two time scales": {"loss": losses.Minimax(), "rate": FASTER * RATE},
    }
    return {name: plain | change for name, change in changes.items()}


def course(histories, quantity, epochs):
    """Means over the seeds; every game spans as many passes, whatever its discriminator steps."""
    values = np.mean([history[quantity] for history in histories], axis=0)
    return epochs * np.arange(1, len(values) + 1) / len(values), values


def training_panels(histories, fid, floor, run):
    """Distance, gradient and belief over the course of every game, as `curve_panels` draws them."""
    games, epochs = histories.items(), run.epochs
    logits = {name: found for name, found in games if name not in CRITICS}
    panels = {
        f"FID; floor {floor:.1f}": {
            name: (run.moments(4), course(found, f"val_{fid}", epochs)[1]) for name, found in games
        },
        "norm of the generator's gradient": {
            name: course(found, "gradient_own", epochs) for name, found in games
        },
        "discriminator's belief in fakes": {
            name: course(found, "fake_probability", epochs) for name, found in logits.items()
        },
    }
    return {title: curves for title, curves in panels.items() if curves}


def gradient_panels(histories, fid, run):
    """Norms for two losses on the same players, for the worst seed of each minimax game.

    Means over seeds would hide what went wrong.
    """
    panels = {}
    for name in sorted(name for name in histories if name.startswith("minimax")):
        worst = max(histories[name], key=lambda history: history[f"val_{fid}"][-1])
        panels[f"norms in the game {name}"] = {
            loss: course([worst], f"gradient_{loss}", run.epochs)
            for loss in ("minimax", "non-saturating")
        }
    return panels


def main(
    run: runs.Run = runs.Run(epochs=5),
    games: tuple[Literal[GAMES], ...] = PLAYED,
    filters: int = 16,
    seeds: int = 1,
) -> None:
    """Trains the same two networks in several ways.

    Args:
        run: what to train on and how long. The data need a shipped reader, which judges the images.
            Where the discriminator takes k steps per generator step, an epoch is k passes over the
            training images.
        games: which games to play.
        filters: feature maps of the layers next to the image.
        seeds: number of games of each kind: with this seed, the next one, ...
    """
    run.begin()

    # Prepare.
    fid = metrics.FrechetDistance(run.reader(), VALUE_RANGE)
    train, test = run.images(IMAGE_SIZE, VALUE_RANGE)
    known = known_games()
    table, histories, shown, lowest = runs.Comparison("game"), {}, {}, np.inf
    for name, game, part in run.compare({name: known[name] for name in games}, seeds):
        run.print(f"{name}, seed {part.seed}")
        steps = game["options"].get("discriminator_steps", 1)
        batches = data.batches(train, steps * BATCH_SIZE, seed=part.seed)

        # Build the two players, the same in every game.
        generator = networks.dcgan_generator(test.shape[1:], LATENT_DIM, filters)
        discriminator = networks.dcgan_discriminator(
            test.shape[1:], filters, normalization=False, kernel_initializer="he_normal"
        )
        gan = models.GAN(generator, discriminator, ema_decay=EMA_DECAY, seed=part.seed)
        gan.compile(
            keras.optimizers.Adam(RATE, *game["betas"]),
            keras.optimizers.Adam(game["rate"], *game["betas"]),
            game["loss"],
            **game["options"],
        )

        # Fit; interrupted, the same command resumes where it was.
        slopes = {"own": game["loss"], "minimax": losses.Minimax()}
        slopes["non-saturating"] = losses.NonSaturating()
        watch = [
            callbacks.GeneratorGradient(slopes),
            callbacks.GenerativeMetrics([fid], test, every=steps * run.every(4)),
        ]
        watch = part.watch(batches, *watch)
        history = gan.fit(batches, epochs=steps * run.epochs, callbacks=watch).history

        # Judge.
        distance, gradient = history[f"val_{fid.name}"][-1], np.mean(history["gradient_own"])
        measures = {f"{fid.name}_{len(test)}": distance, "generator_gradient": gradient}
        table.add(name, **measures)
        histories.setdefault(name, []).append(history)
        images = gan.generate(64, seed=part.seed)
        picture = {"value_range": gan.value_range}
        plotting.image_grid(images, part.output / "samples.png", **picture)
        if part.seed == run.seed:
            shown[f"{name}\nFID {distance:.1f}"] = images[:SHOWN]
        if distance < lowest:
            lowest, best, best_images, best_name = (
                distance,
                gan,
                images,
                f"{name}, seed {part.seed}",
            )
    fid.reset_state()
    fid.update_state(test, train[: len(test)])
    floor = float(fid.result())
    table.add("training images", **{f"{fid.name}_{len(test)}": floor})

    # Look.
    plotting.image_rows(shown, run.output / "games.png", **picture)
    panels = training_panels(histories, fid.name, floor, run)
    gradient = "norm of the generator's gradient"
    path = run.output / "training.png"
    plotting.curve_panels(panels, "passes over the images", path, logarithmic=[gradient])
    scores, measured = np.linspace(-6, 6, 121), gradient_panels(histories, fid.name, run)
    slopes = {name: (scores, known[name]["loss"].pull(scores)) for name in LOSSES}
    slopes["hinge, Wasserstein"] = slopes.pop("hinge")
    plotting.curve_panels(
        {"slope of the generator's loss": slopes, **measured},
        ["score of a fake image", *["passes over the images"] * len(measured)],
        run.output / "pull.png",
        logarithmic=list(measured),
    )
    samples = plotting.image_grid(best_images, run.output / "samples.png", **picture)

    # Save the best one.
    what = f"DCGAN generator, {best_name}, {LATENT_DIM} latents, {filters} filters"
    look = "games.png: what each game has learned; training.png and pull.png say why"
    run.save(best, what, table, samples, look)


if __name__ == "__main__":
    runs.start(main)
