"""One network, five losses, and two rules of who learns how fast.

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
that is sure of a fake has s << 0, so the slope sigmoid(s) and all the generator could learn vanish.
The non-saturating loss has the same discriminator and its largest slope just there. `pull.png`
draws these slopes, and beside them the norm of the generator's gradient as it was measured in two
of the trainings, for both losses on the same players. They part where the discriminator wins: on
MNIST, in one of three minimax games it never lost its lead, they came to be 47,000 times apart, and
the generator learned nothing. On the digits of 8x8 pixels they part only where the discriminator
is the faster one.

Two more runs have the non-saturating loss and a faster discriminator: the two time-scale update
rule, where it has a higher learning rate, and the older habit of several of its steps for one of
the generator.

Every run has the same networks, the same start and as many generator steps as the others. With
Wasserstein's penalty D may not have batch normalization, so here none has. The measure is the FID
in the features of the shipped LeNet; the floor is that of training images.

By default it learns 8x8 digits, enlarged, within three minutes. `--dataset mnist --limit 20000
--epochs 6 --seeds 3` is the measured run; its table is in chapters/README.md.
"""

import itertools
import pathlib

import keras
import numpy as np
import tensorflow as tf
import tyro

from keras_gen import (
    callbacks,
    data,
    evaluation,
    losses,
    metrics,
    models,
    networks,
    plotting,
    saved_models,
)

IMAGE_SIZE, VALUE_RANGE = 28, (-1.0, 1.0)  # the range of tanh
LATENT_DIM = 100
BATCH_SIZE = 64
EMA_DECAY = 0.99  # as in Karras et al. (2018), section 6, but for runs of 2,000 steps
RATE = 5e-4  # more than usual, for the same reason
BETAS = 0.5, 0.999  # Radford et al. (2016), section 4
CRITIC_BETAS = (0.0, 0.9)  # Gulrajani et al. (2017), Algorithm 1, as are penalty and five steps
FASTER = 3  # ratio of the rates of Heusel et al. (2017), WGAN-GP on images: 3e-4 and 1e-4
GAMES = {
    "non-saturating": {"loss": losses.NonSaturating()},
    "minimax": {"loss": losses.Minimax()},
    "least squares": {"loss": losses.LeastSquares()},
    "hinge": {"loss": losses.Hinge()},
    "Wasserstein": {
        "loss": losses.Wasserstein(),
        "penalty": losses.GradientPenalty(10),
        "discriminator_steps": 5,
    },
    "two time scales": {"loss": losses.NonSaturating()},
    "three steps": {"loss": losses.NonSaturating(), "discriminator_steps": 3},
}

LOGITS = ("non-saturating", "minimax", "two time scales", "three steps")  # scores with a sigmoid


def main(
    dataset: str = "digits",
    games: tuple[str, ...] = tuple(GAMES),
    epochs: int = 30,
    filters: int = 16,
    seeds: int = 1,
    limit: int | None = None,
    output: pathlib.Path = pathlib.Path("outputs/losses"),
) -> None:
    """Trains the same two networks in seven ways, or in some of them.

    Args:
        dataset: digits, mnist or fashion_mnist; a shipped LeNet judges the images.
        games: which of the seven to play, by their names in the list above.
        epochs: passes over the training images, where the discriminator takes one step at a time;
            where it takes k, it sees k times as many images.
        filters: feature maps of the layers next to the image.
        seeds: runs of each kind, each with another start.
        limit: use only that many training images, and as many test images.
        output: folder for the pictures and the best model; states are in its sub-folders.
    """
    tf.config.experimental.enable_op_determinism()

    # Prepare.
    fid = metrics.FrechetDistance(evaluation.shipped_extractor(dataset), VALUE_RANGE)
    train = data.load(dataset, "train", IMAGE_SIZE, VALUE_RANGE).take(limit or -1)
    test = data.arrays(data.load(dataset, "test", IMAGE_SIZE, VALUE_RANGE).take(limit or -1))
    runs = {name: [] for name in games}
    best, best_distance = None, np.inf
    for seed, name in itertools.product(range(1, seeds + 1), games):
        game = GAMES[name]
        print(f"{name}, seed {seed}")
        keras.utils.set_random_seed(seed)
        steps = game.get("discriminator_steps", 1)
        batches = data.batches(train, steps * BATCH_SIZE, seed=seed)

        # Build the two players, the same in every game.
        generator = networks.dcgan_generator(test.shape[1:], LATENT_DIM, filters)
        discriminator = networks.dcgan_discriminator(
            test.shape[1:], filters, normalization=False, kernel_initializer="he_normal"
        )
        gan = models.GAN(
            generator, discriminator, value_range=VALUE_RANGE, ema_decay=EMA_DECAY, seed=seed
        )
        betas = CRITIC_BETAS if "penalty" in game else BETAS
        faster = FASTER if name == "two time scales" else 1
        gan.compile(
            keras.optimizers.Adam(RATE, *betas),
            keras.optimizers.Adam(faster * RATE, *betas),
            **game,
        )

        # Fit; interrupt it and run the same command again, and it goes on where it was.
        slopes = {"own": game["loss"], "minimax": losses.Minimax()}
        slopes["non-saturating"] = losses.NonSaturating()
        folder = output / f"seed_{seed}" / name.replace(" ", "_")
        watch = [
            callbacks.GeneratorGradient(slopes),
            callbacks.GenerativeMetrics([fid], test, every=steps * max(epochs // 4, 1)),
            callbacks.Resume(folder / "gan.state", batches),
        ]
        history = gan.fit(batches, epochs=steps * epochs, callbacks=watch, verbose=2)
        runs[name].append(history.history)
        plotting.image_grid(
            gan.generate(64, seed=seed), folder / "samples.png", value_range=gan.value_range
        )
        if runs[name][-1][f"val_{fid.name}"][-1] < best_distance:
            best, best_name, best_seed = gan, name, seed
            best_distance = runs[name][-1][f"val_{fid.name}"][-1]

    # Judge: as many training images as test images against the test images are the floor.
    fid.reset_state()
    fid.update_state(test, data.arrays(train.take(len(test))))
    floor = float(fid.result())
    print(f"FID of {len(test)} images, {fid.name}; floor {floor:.2f}")
    for name, histories in runs.items():
        distances = [history[f"val_{fid.name}"][-1] for history in histories]
        gradients = [np.mean(history["gradient_own"]) for history in histories]
        print(
            f"{name:16} FID {np.mean(distances):7.2f} ({min(distances):.2f} to "
            f"{max(distances):.2f}), generator's gradient {np.mean(gradients):.3g}"
        )

    # Look: means over the seeds, along passes over the images with one step of the discriminator.
    def course(name, quantity, every=1, histories=None):
        values = np.mean([history[quantity] for history in histories or runs[name]], axis=0)
        steps = GAMES[name].get("discriminator_steps", 1)
        return np.minimum(every * np.arange(1, len(values) + 1) / steps, epochs), values

    distance = f"FID, floor {floor:.2f}"
    gradient, belief = "norm of the generator's gradient", "discriminator's belief in fakes"
    quarter = {
        name: game.get("discriminator_steps", 1) * max(epochs // 4, 1)
        for name, game in GAMES.items()
    }
    panels = {
        distance: {name: course(name, f"val_{fid.name}", quarter[name]) for name in runs},
        gradient: {name: course(name, "gradient_own") for name in runs},
        belief: {name: course(name, "fake_probability") for name in LOGITS if name in runs},
    }
    panels = {title: curves for title, curves in panels.items() if curves}
    plotting.curve_panels(panels, "passes", output / "training.png", logarithmic=[gradient])
    scores = np.linspace(-6, 6, 121)
    slopes = {name: (scores, game["loss"].pull(scores)) for name, game in list(GAMES.items())[:5]}
    measured = {}  # of the seed with the worst images, where means would hide what went wrong
    for name in sorted(runs.keys() & {"minimax", "two time scales"}):
        worst = int(np.argmax([history[f"val_{fid.name}"][-1] for history in runs[name]]))
        measured[f"norms in the run {name}, seed {worst + 1}"] = {
            loss: course(name, f"gradient_{loss}", histories=[runs[name][worst]])
            for loss in ("minimax", "non-saturating")
        }
    plotting.curve_panels(
        {"slope of the generator's loss": slopes, **measured},
        ["score of a fake image", *["passes"] * len(measured)],
        output / "pull.png",
        logarithmic=list(measured),
    )
    samples = plotting.image_grid(
        best.generate(64, seed=best_seed), output / "samples.png", value_range=best.value_range
    )

    # Save the best one.
    best.save(output / "gan.keras")
    what = f"DCGAN generator, {best_name} loss, {LATENT_DIM} latents, {filters} filters"
    report = {
        f"{fid.name}_{len(test)}": best_distance,
        f"{fid.name}_{len(test)}_training_images": floor,
    }
    card = saved_models.card(what, dataset, best.value_range, best_seed, report)
    saved_models.export(best, output / "saved_model", card, samples)
    print(f"Pictures, gan.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
