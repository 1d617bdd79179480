"""StyleGAN: a generator that is told at every layer what to draw.

A mapping network turns the noise z into a style w. The image itself grows from a learned constant,
and takes from w the mean and the deviation of every feature map of every layer:

    w     = map(z)                                       eight dense layers
    layer = style(leaky ReLU(conv(h) + strength noise + bias), w)

Coarse layers decide what is drawn and fine ones how it looks. z must be a ball, whatever the data
are; w need not, so what varies in the images can lie in straight lines. Three measures say whether
it does: the length of a path between two images (full, and at its ends only), and whether a plane
separates classes. Both are lower for latents in better order. The mapping disorders z, so z of a
generator without one belongs into the comparison: `--traditional` takes an exported ProGAN.

Images are better where styles are nearer to their mean, and more alike:

    w <- mean + psi (w - mean)

By default it learns digits of 8x8 pixels drawn with many fonts, within three minutes; with
`--filters 64 64 32` it goes on to 16x16, for twice as long. `--dataset mnist --filters 64 64 64 32
--epochs 4` learns handwritten digits of 32x32 pixels, in float32: the ends of a short path differ
by less than half precision can tell.
"""

from keras_gen import runs

# isort: split
import functools
import pathlib

import numpy as np

from keras_gen import (
    callbacks,
    data,
    evaluation,
    losses,
    metrics,
    models,
    optimizers,
    plotting,
    saved_models,
)

LATENT_DIM = 128  # a quarter of the authors', for networks of a quarter of their width or less
LEARNING_RATE, BETA_1, BETA_2, EPSILON = 2e-3, 0.0, 0.99, 1e-8  # StyleGAN2's code
BATCH_SIZE = 16  # more steps for the same images than the authors' 32
GAMMA = 0.1  # of R1: chosen for 8x8 pixels; the authors' 10 is for 1024x1024
HALF_LIVES = 20  # of the averaged weights in a training; the authors' has 2,500
PSI = (1.0, 0.7, 0.5, 0.3, 0.0, -0.7)  # much as in the paper's figure 8
TRUNCATED = (0.7, 0.5, 0.3)  # those that are judged
PAIRS = 5000  # of latents with a path between them; the authors take 100,000


def quality(reader, test, generated, value_range, ending):
    """Fréchet distance, precision and recall of generated images, by names with an ending."""
    real, fake = (reader.features(images, value_range) for images in (test, generated))
    fid = metrics.FrechetDistance(reader, value_range)
    fid.update_state(test, generated)
    precision, recall = metrics.precision_recall(real, fake)
    found = {f"{fid.name}_{len(fake)}": float(fid.result())}
    found |= {"precision": precision, "recall": recall}
    return {f"{name}{ending}": value for name, value in found.items()}


def judged(gan, count, seed):
    """The images that are judged, by the ending of the names of their measures."""
    images = {"": gan.generate(count, seed, truncation=1.0)}
    for psi in TRUNCATED:
        images[f"_psi_{psi}"] = gan.generate(count, seed, truncation=psi)
    w, w2, w3 = (gan.map(gan.latents(count, [seed, i])) for i in (1, 2, 6))
    layers = w.shape[1]
    halves = gan.mix(w, w2, range(layers // 2, layers))
    thirds = gan.mix(gan.mix(w, w2, range(layers // 3, layers)), w3, range(2 * layers // 3, layers))
    images["_two_latents"] = gan.synthesize(halves)
    images["_three_latents"] = gan.synthesize(thirds)
    return images


def latents_of(folder, seed):
    """What is measured of another generator: how it makes images, latents, and their paths."""
    gan = saved_models.load(folder)  # which computes in float32, like every export
    pair = [np.random.default_rng([seed, i]).standard_normal((PAIRS, LATENT_DIM)) for i in (3, 4)]

    def images(z):
        parts = np.array_split(np.float32(z), len(z) // 100 + 1)
        return np.concatenate([gan.serve(part) for part in parts])

    return images, *pair, metrics.slerp


def main(
    run: runs.Run = runs.Run(epochs=6),
    filters: tuple[int, ...] = (64, 64),
    mapping: int = 8,
    mixing: float = 0.9,
    noise: bool = True,
    traditional: pathlib.Path | None = None,
) -> None:
    """Trains a StyleGAN.

    Args:
        run: what to train on and how long. The data need a shipped reader, which judges the images.
            Half of the images are shown as 8x8 pixels, and the later phases have equal shares.
        filters: feature maps at 4x4, 8x8, 16x16 pixels and so on; growth begins with 8x8, and the
            last resolution is that of the images.
        mapping: layers of the mapping network; with 0 styles are latents.
        mixing: share of the images that have two styles in training.
        noise: whether each layer adds noise.
        traditional: folder of an exported ProGAN for these data, outputs/progan/saved_model, whose
            latents are measured too.
    """
    run.begin()

    # Prepare: pixels in [-1, 1], resized to squares.
    reader, image_size = run.reader(), 4 * 2 ** (len(filters) - 1)
    train, test = run.images(image_size)
    batches = data.batches(train, BATCH_SIZE, seed=run.seed)

    # Build the two players and their schedule: half of the images are shown as 8x8 pixels.
    numbers = (test.shape[1:], filters, LATENT_DIM, run.epochs * len(train), HALF_LIVES)
    options = {"mapping_depth": mapping, "mixing": mixing, "noise": noise, "seed": run.seed}
    gan = models.growing_style_gan(*numbers, **options)
    adam = [LEARNING_RATE, BETA_1, BETA_2, EPSILON]
    players = [optimizers.FusedAdam(*adam) for _ in range(2)]
    gan.compile(*players, penalty=losses.R1(GAMMA))

    # Fit; interrupted, the same command resumes where it was.
    film = callbacks.FilmStrip(run.output / "film.png", seed=run.seed)
    grid = callbacks.SampleGrid(run.output / "epochs", every=run.every(10))
    watch = run.watch(batches, callbacks.Growth(), film, grid)
    history = gan.fit(batches, epochs=run.epochs, callbacks=watch)

    # Judge images: whole styles, more and more truncated ones, and those of several latents.
    picture = {"value_range": gan.value_range}
    generated = judged(gan, len(test), run.seed)
    measures = evaluation.frechet_report(reader, test, generated[""], train, **picture)
    for ending, images in generated.items():
        measures |= quality(reader, test, images, gan.value_range, ending)

    # Judge latents: z on great circles, w on straight lines, with the same noise at both ends.
    z, z2 = (gan.latents(PAIRS, [run.seed, i]).numpy() for i in (3, 4))
    noises = gan.noise(PAIRS, [run.seed, 5]).numpy() if noise else None
    of_w = functools.partial(gan.synthesize, noise=noises)
    spaces = {
        "z": (lambda points: of_w(gan.map(points)), z, z2, metrics.slerp),
        "w": (of_w, gan.map(z), gan.map(z2), metrics.lerp),
    }
    if traditional is not None:
        spaces["traditional_z"] = latents_of(traditional, run.seed)
    for name, space in spaces.items():
        measures |= evaluation.entanglement_report(reader, *space, gan.value_range, name)

    # Look.
    samples = plotting.image_grid(gan.generate(64, run.seed), run.output / "samples.png", **picture)
    sheet = {f"psi = {each:g}": gan.generate(12, run.seed, each) for each in PSI}
    title = "Each column one latent, nearer to the mean style from row to row, then beyond it"
    plotting.image_rows(sheet, run.output / "truncation.png", title=title, **picture)
    plotting.training_curves(history, run.output / "training.png")

    # Save.
    widths = ", ".join(map(str, filters))
    what = f"StyleGAN generator, {LATENT_DIM} latents, filters {widths} from 4x4 pixels on"
    run.save(gan, what, measures, samples, "truncation.png: how all digits become the same one")


if __name__ == "__main__":
    runs.start(main)
