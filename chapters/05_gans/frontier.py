"""Which loss keeps all modes? One pair of networks, three games, equal time, 1,000 modes.

Stacked digits have 1,000 equally likely modes, see modes.py. Three discriminators D are asked for
different things, with the same networks, none of which has batch normalization:

    non-saturating    D: E[softplus(-D(x))] + E[softplus(D(G(z)))]
                      G: E[softplus(-D(G(z)))]
    Wasserstein       D: E[D(G(z))] - E[D(x)] + 10 E[(|grad D(between)| - 1)^2],  five steps
                      G: -E[D(G(z))]
    relativistic      D: E[softplus(D(G(z)) - D(x))] + gamma / 2 E[|grad D(x)|^2 + |grad D(G(z))|^2]
                      G: E[softplus(D(x) - D(G(z)))]

The first one asks whether an image is above a threshold. A generator can raise its images above it
where it is easiest, in few modes, and the discriminator then moves the threshold against these. In
the relativistic game each real image meets a generated one and only their difference counts, so the
decision lies around every real image, and none is given up; without both penalties it would
diverge. Published for small residual networks (Huang et al. 2024): 1,000 modes and a KL of .078,
where the non-saturating game with both penalties had 693 and .93. Published for WGAN-GP: 959 and
.73.

A step costs differently in each game. `PASSES` says how often each one goes through the images
while the relativistic one does so once, so that all take about the same time. By default digits of
many fonts are stacked, in three minutes. Handwritten ones:

    --dataset mnist --epochs 10
"""

from keras_gen import runs

# isort: split
from typing import Literal

import numpy as np

from keras_gen import callbacks, data, losses, metrics, models, networks, optimizers, plotting

IMAGE_SIZE = 28
LATENT_DIM = 100
BATCH_SIZE = 64
RATE = 2e-4  # Huang et al. (2024), for stacked digits
EMA_DECAY = 0.999  # Karras et al. (2018), section 6: images come from averaged weights
GAMMA = 1.0  # Huang et al. (2024), at the start
PENALTY, CRITIC_STEPS = 10.0, 5  # Gulrajani et al. (2017), Algorithm 1
GAMES = ("non-saturating", "Wasserstein", "relativistic")
PASSES = {"non-saturating": 2, "Wasserstein": 2, "relativistic": 1}
COUNT = 26_000  # of generated images, as in the literature: more would find more modes
SHOWN = 12


def known_games():
    """What the games differ in, by their names."""
    return {
        "non-saturating": {"loss": losses.NonSaturating(), "betas": (0.5, 0.999)},
        "Wasserstein": {
            "loss": losses.Wasserstein(),
            "betas": (0.0, 0.9),
            "penalty": losses.GradientPenalty(PENALTY),
            "discriminator_steps": CRITIC_STEPS,
        },
        "relativistic": {
            "loss": losses.RelativisticPairing(),
            "betas": (0.0, 0.99),
            "penalty": losses.R1(GAMMA) + losses.R2(GAMMA),
        },
    }


def counted(metric, stacks):
    """Modes among stacked digits, and how unevenly they are shared."""
    metric.reset_fake()
    metric.update_state(None, stacks)
    return {"modes": metric.result(), "kl_nats": metric.divergence()}


def main(
    run: runs.Run = runs.Run(epochs=3),
    games: tuple[Literal[GAMES], ...] = GAMES,
    filters: int = 32,
) -> None:
    """Plays the games and counts their modes.

    Args:
        run: what to train on and how long: passes of the relativistic game over the images. The
            data need a shipped reader. `limit` is also the number of counted images.
        games: which games to play.
        filters: feature maps of the layers next to the image.
    """
    run.begin()

    # Prepare.
    modes, count = metrics.StackedModes(run.reader(), (-1, 1)), run.limit or COUNT
    train, _ = run.images(IMAGE_SIZE)
    known = known_games()
    table, curves, shown = runs.Comparison("game"), {}, {}
    for name, game, part in run.compare({name: known[name] for name in games}):
        run.print(name)
        loss, betas, options = game.pop("loss"), game.pop("betas"), game
        size = BATCH_SIZE * options.get("discriminator_steps", 1)
        batches = data.batches(train, size, seed=part.seed, augment=data.stacked)
        shape, epochs = batches.element_spec.shape[1:], PASSES[name] * run.epochs

        # Build the two players, the same in every game.
        generator = networks.dcgan_generator(shape, LATENT_DIM, filters, normalization=False)
        discriminator = networks.dcgan_discriminator(
            shape, filters, normalization=False, kernel_initializer="he_normal"
        )
        decay = min(EMA_DECAY, 0.5 ** (5 / (epochs * len(batches))))
        gan = models.GAN(generator, discriminator, ema_decay=decay, seed=part.seed)
        players = [optimizers.FusedAdam(RATE, *betas) for _ in range(2)]
        gan.compile(*players, loss, **options)

        # Fit; interrupted, the same command resumes where it was.
        watch = part.watch(batches, callbacks.CriticSlope(data.stacked(train[:256], 0)))
        history = gan.fit(batches, epochs=epochs, callbacks=watch)
        slopes = history.history["critic_slope"]

        # Count.
        generated = gan.generate(count, seed=part.seed)
        found = counted(modes, generated)
        table.add(name, **found, critic_slope=np.mean(slopes))
        curves[name] = np.linspace(1 / PASSES[name], run.epochs, epochs), slopes
        shown[f"{name}: {found['modes']:.0f} modes"] = generated[:SHOWN]
    real = data.stacked(np.resize(train, (count, *train.shape[1:])), run.seed)
    table.add("training images", **counted(modes, real))

    # Look.
    path = run.output / "games.png"
    samples = plotting.image_rows(shown, path, value_range=gan.value_range)
    title = "mean slope of D between real and fake"
    plotting.curve_panels({title: curves}, "time", run.output / "slopes.png", logarithmic=[title])

    # Save the last one.
    what = f"DCGAN generator of three stacked digits, {name}, {filters} filters"
    look = "games.png: every image is three digits, in red, green and blue"
    run.save(gan, what, table, samples, look, data=f"{run.dataset}, stacked")


if __name__ == "__main__":
    runs.start(main)
