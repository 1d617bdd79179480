"""Faces from a few hundred pictures: a GAN that cannot learn its pictures by heart.

With so few images a discriminator D soon knows each of them. All else is then fake to it, new
faces included, and its gradient says nothing about faces any more. Three things hold it back:

    both players see T(x), never x       T random, differentiable: colours, shift, cutout, mirror
    D: E[softplus(D(T(fake)) - D(T(real)))] + gamma / 2 E[|grad D|^2 at both]
    G: E[softplus(D(T(real)) - D(T(fake)))]

Since T(fake) has to resemble T(real), and not real images, the generator makes images that are
whole: what it draws is not shifted or cut. The relativistic loss and its two penalties compare each
real image with a generated one. faces_compare.py holds this choice against others.

Whether D knows its images shows in D(training) - D(held out), `overfitting.png`. Whether samples
are copies shows in `copies.png`: samples and held-out images, and below each the training images
nearest to it. `copying` is the ratio of these distances, near or above 1 if nothing was copied.

Any folder of pictures will do; if their names say who is shown, such as anna_03.png, nobody is both
in training and held out:

    --dataset my_faces/ --pattern "(.+)_" --image-size 64 --filters 32 --mirror --epochs 1000

By default the pictures are 300 digits drawn with many fonts, which need no download. Pictures of
people need their consent; this is for drawing faces, not for recognizing them.
"""

from keras_gen import runs

# isort: split
import math

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

LATENT_DIM = 64  # Huang et al. (2024)
BATCH_SIZE = 32
RATE, BETAS = 2e-4, (0.0, 0.99)  # Huang et al. (2024)
GAMMA = 1.0  # Huang et al. (2024), at the start
EMA_DECAY = 0.999  # Karras et al. (2018), section 6: images come from averaged weights


def main(
    run: runs.Run = runs.Run(epochs=150),
    pattern: str | None = None,
    image_size: int = 28,
    filters: int = 16,
    mirror: bool = False,
) -> None:
    """Trains a GAN on few pictures.

    Args:
        run: what to train on and how long. A quarter of the pictures is held out; of data that
            are no folder, 300 are used.
        pattern: regular expression with one group that names who is shown, at the beginning of the
            files' names, such as "(.+)_"; a quarter of the groups is then held out.
        image_size: pixels a side.
        filters: feature maps of the layers next to the image.
        mirror: whether mirrored pictures could be real, as those of faces.
    """
    run.begin()

    # Prepare.
    train, held_out = run.held_out_images(image_size, pattern)
    batches = data.batches(train, min(BATCH_SIZE, len(train)), seed=run.seed)

    # Build.
    shape = train.shape[1:]
    gan = models.GAN(
        networks.dcgan_generator(shape, LATENT_DIM, filters, normalization=False),
        networks.dcgan_discriminator(
            shape, filters, normalization=False, kernel_initializer="he_normal"
        ),
        augment=layers.differentiable_augmentation(mirror),
        ema_decay=run.ema_decay(EMA_DECAY, batches),
        seed=run.seed,
    )
    players = [optimizers.FusedAdam(RATE, *BETAS) for _ in range(2)]
    penalty = losses.R1(GAMMA) + losses.R2(GAMMA)
    gan.compile(*players, losses.RelativisticPairing(), penalty)

    # Fit; interrupted, the same command resumes where it was.
    report = callbacks.OverfittingReport(train, held_out, seed=run.seed)
    grid = callbacks.SampleGrid(run.output / "epochs", every=run.every(10))
    history = gan.fit(batches, epochs=run.epochs, callbacks=run.watch(batches, grid, report))

    # Judge: as many generated images as there are others.
    extractor = metrics.RandomExtractor(shape)
    measures = report.measures() | {"overfitting": history.history["overfitting"][-1]}
    generated = gan.generate(len(held_out), seed=run.seed)
    for name, real in {"training": train[: len(held_out)], "held_out": held_out}.items():
        distance = metrics.KernelDistance(extractor, gan.value_range)
        distance.update_state(real, generated)
        measures[f"{distance.name}_{name}"] = distance.result()

    # Look.
    samples = gan.generate(64, seed=run.seed)
    side = math.isqrt(len(samples))
    picture = plotting.image_grid(
        samples, run.output / "samples.png", side, value_range=gan.value_range
    )
    report.picture(run.output / "copies.png")
    found = history.history
    epochs = range(1, len(found["overfitting"]) + 1)
    names = {"training": "score_training", "held out": "score_held_out"}
    scores = {name: (epochs, found[each]) for name, each in names.items()}
    gap = {"training - held out": (epochs, found["overfitting"])}
    panels = {"mean score D": scores, "overfitting": gap}
    plotting.curve_panels(panels, "epoch", run.output / "overfitting.png")

    # Save.
    what = f"GAN of {len(train)} pictures, differentiable augmentation, {filters} filters"
    run.save(gan, what, measures, picture, "copies.png: samples above what they resemble most")


if __name__ == "__main__":
    runs.start(main)
