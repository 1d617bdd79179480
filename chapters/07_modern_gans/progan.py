"""ProGAN: a GAN that grows, from images of 4x4 pixels to images of full size.

Both players begin with images of 4x4 pixels, which have little more than a shape to learn, and get
layers for twice the resolution whenever they have settled. New layers are faded in, so that nothing
jumps: with alpha rising from 0 to 1,

    G(z) = (1 - alpha) enlarged(image of the old layers) + alpha image of the new layers
    D(x) = score of ((1 - alpha) features of shrunken(x) + alpha shrunken(features of x))

and the real images are blurred in the same way. Most of the training happens at low resolutions,
where a step costs little. Further parts: weights scaled in use instead of at the start, features of
unit length in the generator, and a discriminator that sees how much the images of a batch differ.

By default it learns digits of 16x16 pixels drawn with many fonts, within three minutes.
`--dataset mnist --filters 128 128 128 64 --epochs 2` learns handwritten digits of 32x32 pixels in
an hour. With `--no-growing --epochs 1` instead of `--epochs 2` the same networks begin at full
size: in about the same time they see half as many images.
"""

from keras_gen import runs

# isort: split
from keras_gen import callbacks, data, evaluation, models, networks, optimizers, plotting

LATENT_DIM = 128  # a quarter of the authors', for networks of a quarter of their width or less
LEARNING_RATE, BETA_1, BETA_2, EPSILON = 1e-3, 0.0, 0.99, 1e-8  # Karras et al. (2018), A.1
BATCH_SIZE = 16  # the paper's at high resolutions; theirs are larger at low ones
HALF_LIVES = 20  # of the averaged weights in a training; the authors' has 1,200


def main(
    run: runs.Run = runs.Run(epochs=5),
    filters: tuple[int, ...] = (64, 64, 32),
    growing: bool = True,
) -> None:
    """Trains a ProGAN.

    Args:
        run: what to train on and how long. All phases of the growth have the same number of images,
            and the last one twice as many.
        filters: feature maps at 4x4, 8x8, 16x16 pixels and so on; the last resolution is that of
            the images.
        growing: whether to grow, or to train at full size from the start.
    """
    run.begin()

    # Prepare: pixels in [-1, 1], resized to squares.
    image_size = 4 * 2 ** (len(filters) - 1)
    train, test = run.images(image_size)
    batches = data.batches(train, BATCH_SIZE, seed=run.seed)

    # Build the two players and their schedule.
    shape, total = test.shape[1:], run.epochs * len(train)
    phase = total // (2 * len(filters)) if growing else 0
    gan = models.ProGAN(
        networks.progressive_generator(shape, filters, LATENT_DIM),
        networks.progressive_discriminator(shape, filters),
        stabilize=phase,
        fade=phase,
        ema_half_life=total / HALF_LIVES,
        seed=run.seed,
    )
    adam = [LEARNING_RATE, BETA_1, BETA_2, EPSILON]
    gan.compile(optimizers.FusedAdam(*adam), optimizers.FusedAdam(*adam))

    # Fit; interrupted, the same command resumes where it was.
    film = callbacks.FilmStrip(run.output / "film.png", seed=run.seed)
    grid = callbacks.SampleGrid(run.output / "epochs", every=run.every(10))
    watch = run.watch(batches, callbacks.Growth(), film, grid)
    history = gan.fit(batches, epochs=run.epochs, callbacks=watch)

    # Judge and look.
    generated = gan.generate(len(test), seed=run.seed)
    measures = evaluation.sliced_wasserstein_report(test, generated, train, gan.value_range)
    path = run.output / "samples.png"
    samples = plotting.image_grid(generated[:64], path, value_range=gan.value_range)
    plotting.training_curves(history, run.output / "training.png")

    # Save.
    widths = ", ".join(map(str, filters))
    what = f"ProGAN generator, {LATENT_DIM} latents, filters {widths} from 4x4 pixels on"
    run.save(gan, what, measures, samples, "film.png: each column one latent, each row a stage")


if __name__ == "__main__":
    runs.start(main)
