"""Which loss, and which augmentation, for a few hundred pictures? A table at equal time.

    game            loss and penalty                                        networks
    DCGAN           non-saturating                                          batch normalization
    WGAN-GP         Wasserstein + 10 E[(|grad D(between)| - 1)^2], 5 steps   no normalization
    R1              non-saturating + gamma / 2 E[|grad D(real)|^2]          no normalization
    relativistic    relativistic + gamma / 2 E[|grad D|^2 at both]          no normalization

In each, the players see images as they are, mirrored at random, or through differentiable changes
(colours, shift and cutout), with or without the mirror. All see the same pictures, and their images
come from averaged weights. The measures:

    kid_..._held_out    kernel distance of samples to held-out pictures, as many of each; lower is
    kid_..._training    better. Samples nearer to training pictures than to held-out ones are copied
    overfitting         D(training) - D(held out) at the end, in units of the game's own scores
    copying             distance to the nearest training picture, of samples over held-out pictures

The features are those of random convolutions, named in the measure: no shipped network knows faces,
and one that reads digits would say nothing. KID and not FID, because the counts are small.

A step costs differently in each game. `PASSES` says how often each one goes through the pictures
while the relativistic one does so once, so that all take about the same time. These numbers are
counted, in passes forward and back through the networks, and not measured.

By default: 300 digits of many fonts, two games with and without changes. For faces, with two seeds:

    --dataset FOLDER --pattern "(.+)_" --image-size 64 --filters 32 --epochs 1000 --seeds 2
    --games DCGAN WGAN-GP R1 relativistic --augmentations none mirror "changes and mirror"
"""

from keras_gen import runs

# isort: split
from typing import Literal

from keras_gen import (
    callbacks,
    data,
    layers,
    losses,
    metrics,
    models,
    networks,
    optimizers,
    plotting,
)

LATENT_DIM = 64  # Huang et al. (2024), as are GAMMA and the betas of the relativistic game
BATCH_SIZE = 32
RATE = 2e-4
GAMMA = 1.0
PENALTY, CRITIC_STEPS = 10.0, 5  # Gulrajani et al. (2017), Algorithm 1
EMA_DECAY = 0.999  # Karras et al. (2018), section 6
GAMES = ("DCGAN", "WGAN-GP", "R1", "relativistic")
AUGMENTATIONS = ("none", "mirror", "changes", "changes and mirror")
PASSES = {"DCGAN": 2.0, "WGAN-GP": 1.8, "R1": 1.4, "relativistic": 1.0}
SHOWN = 10


def known_games():
    """What the games differ in, by their names."""
    return {
        "DCGAN": {"loss": losses.NonSaturating(), "betas": (0.5, 0.999), "normalization": True},
        "WGAN-GP": {
            "loss": losses.Wasserstein(),
            "betas": (0.0, 0.9),
            "penalty": losses.GradientPenalty(PENALTY),
            "discriminator_steps": CRITIC_STEPS,
        },
        "R1": {
            "loss": losses.NonSaturating(),
            "betas": (0.0, 0.99),
            "penalty": losses.R1(GAMMA),
        },
        "relativistic": {
            "loss": losses.RelativisticPairing(),
            "betas": (0.0, 0.99),
            "penalty": losses.R1(GAMMA) + losses.R2(GAMMA),
        },
    }


def known_augmentations():
    """What both players see the images through, by name."""
    return {
        "none": None,
        "mirror": layers.RandomMirror(),
        "changes": layers.differentiable_augmentation(),
        "changes and mirror": layers.differentiable_augmentation(mirror=True),
    }


def players(shape, filters, normalization):
    """The two networks of a game."""
    start = None if normalization else "he_normal"
    options = {"filters": filters, "normalization": normalization}
    generator = networks.dcgan_generator(shape, LATENT_DIM, **options)
    return generator, networks.dcgan_discriminator(shape, kernel_initializer=start, **options)


def distances(extractor, generated, train, held_out):
    """Kernel distances of generated images to as many training and held-out ones."""
    found = {}
    for name, real in {"held_out": held_out, "training": train[: len(held_out)]}.items():
        metric = metrics.KernelDistance(extractor, (-1, 1))
        metric.update_state(real, generated)
        found[f"{metric.name}_{name}"] = metric.result()
    return found


def main(
    run: runs.Run = runs.Run(epochs=50),
    games: tuple[Literal[GAMES], ...] = ("R1", "relativistic"),
    augmentations: tuple[Literal[AUGMENTATIONS], ...] = ("none", "changes"),
    pattern: str | None = None,
    image_size: int = 28,
    filters: int = 16,
    seeds: int = 1,
) -> None:
    """Plays the games with each augmentation and compares what they made.

    Args:
        run: what to train on and how long: passes of the relativistic game over the pictures. A
            quarter of them is held out; of data that are no folder, 300 are used.
        games: which games to play.
        augmentations: what the players see images through. Digits must not be mirrored.
        pattern: regular expression with one group that names who is shown, at the beginning of the
            files' names, such as "(.+)_"; a quarter of the groups is then held out.
        image_size: pixels a side.
        filters: feature maps of the layers next to the image.
        seeds: trainings of each kind.
    """
    run.begin()

    # Prepare.
    train, held_out = run.held_out_images(image_size, pattern)
    shape, extractor = train.shape[1:], metrics.RandomExtractor(train.shape[1:])
    known, changes = known_games(), known_augmentations()
    variants = {f"{game}, {each}": (game, each) for game in games for each in augmentations}
    table, gaps, shown = runs.Comparison("game, augmentation"), {}, {}
    for name, (game, augmentation), part in run.compare(variants, seeds):
        run.print(name)
        options = dict(known[game])
        betas, normalization = options.pop("betas"), options.pop("normalization", False)
        size = min(BATCH_SIZE * options.get("discriminator_steps", 1), len(train))
        batches = data.batches(train, size, seed=part.seed)
        part.epochs = max(round(PASSES[game] * run.epochs), 1)

        # Build.
        gan = models.GAN(
            *players(shape, filters, normalization),
            augment=changes[augmentation],
            ema_decay=part.ema_decay(EMA_DECAY, batches),
            seed=part.seed,
        )
        gan.compile(*[optimizers.FusedAdam(RATE, *betas) for _ in range(2)], **options)

        # Fit; interrupted, the same command resumes where it was.
        report = callbacks.OverfittingReport(train, held_out, seed=part.seed)
        watch = part.watch(batches, report)
        history = gan.fit(batches, epochs=part.epochs, callbacks=watch).history

        # Judge.
        generated = gan.generate(len(held_out), seed=part.seed)
        found = distances(extractor, generated, train, held_out)
        found["copying"] = report.measures()["copying"]
        table.add(name, **found, overfitting=history["overfitting"][-1])
        epochs = [epoch / PASSES[game] for epoch in range(1, len(history["overfitting"]) + 1)]
        gaps[name] = epochs, history["overfitting"]
        shown[name] = generated[:SHOWN]
        report.picture(part.output / "copies.png")
    found = distances(extractor, train[-len(held_out) :], train, held_out)
    table.add("training pictures", **found)

    # Look.
    shown["held out"] = held_out[: min(SHOWN, len(held_out))]
    path = run.output / "games.png"
    samples = plotting.image_rows(shown, path, value_range=gan.value_range)
    panels = {f"{game}: D(training) - D(held out)": {} for game in games}
    for name, curve in gaps.items():
        game, augmentation = variants[name]
        panels[f"{game}: D(training) - D(held out)"][augmentation] = curve
    plotting.curve_panels(panels, "time", run.output / "overfitting.png")

    # Save the last one.
    what = f"GAN of {len(train)} pictures, {name}, {filters} filters"
    run.save(gan, what, table, samples, "games.png: a row of samples for each game")


if __name__ == "__main__":
    runs.start(main)
