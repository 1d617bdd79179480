"""Pix2Pix: one network for every task whose answer is an image, learned from pairs.

A generator G translates a source x into an image, a discriminator D judges whether an image y
belongs to its source. Two terms ask G for the right image:

    discriminator: 1/2 E[softplus(-D(x, y)) + softplus(D(x, G(x)))]
    generator:     E[softplus(-D(x, G(x)))] + 100 E|y - G(x)|

The absolute difference asks for the right image on the whole. Where several answers fit it takes
their median, which is blurred or grey. The discriminator scores patches, 16 pixels wide, and calls
fake whatever is blurred; so the sum is sharp and in its place. `ablation.py` takes the two apart.

G is a U-Net: it halves the image down to a few pixels and doubles it again, and skips lead around
the bottleneck, so that lines need not pass through it. Its noise is dropout, which stays on when it
is used. Translated many times, a source shows where the network is not sure: the last row of
translations.png is the deviation of each pixel over draws of the noise.

By default it fills digits: from a line round a bold digit to the digit in the colour of its class,
so that it must read what it paints, in typefaces that it has never seen. That takes less than three
minutes. `--dataset glyphs_bold` and `--dataset glyphs_serif` change typefaces. With pictures of two
halves in FOLDER/train and FOLDER/test, such as the 400 facades of the authors, whose left half is a
photograph and whose right half a plan of its windows and doors, it learns to draw photographs:

    --dataset FOLDER --image-size 64 --filters 24 --layers 2 --epochs 200 --jitter
    --batch-size 4 --learning-rate 2e-4 --dropout .5
"""

from keras_gen import runs

# isort: split
import numpy as np

from keras_gen import data, evaluation, metrics, models, networks, optimizers, plotting

BETA_1 = 0.5  # Isola et al. (2017), section 3.3
DRAWS = 16  # translations of one source, for its deviation
SHOWN = 10


def deviation(model, source, seed):
    """How much each pixel varies over draws of the generator's noise; the most is white."""
    draws = [model.translate(source, seed + number) for number in range(DRAWS)]
    found = np.std(draws, axis=0).mean(axis=-1, keepdims=True)
    low, high = model.value_range
    return low + (high - low) * found / max(found.max(), 1e-6)


def main(
    run: runs.Run = runs.Run(dataset="glyphs_filled", epochs=5),
    filters: int = 16,
    layers: int = 1,
    image_size: int = 28,
    jitter: bool = False,
    batch_size: int = 16,
    learning_rate: float = 1e-3,
    dropout: float = 0.2,
    reverse: bool = False,
) -> None:
    """Trains a Pix2Pix.

    Args:
        run: what to train on and how long. Data are a style of glyphs, glyphs_filled, glyphs_bold
            or glyphs_serif, or a folder of pictures whose right half is translated into the left.
        filters: feature maps of the generator's first layer; the paper has 64 at 256 pixels.
        layers: of the discriminator with stride 2; 1, 2, 3 score patches of 16, 34, 70 pixels. The
            paper has 3, which at 64 pixels would be the whole image.
        image_size: height and width of the images.
        jitter: whether pairs are moved and mirrored. Not for digits, which have no mirror images.
        batch_size: pairs in a step; the paper has 1 to 10, which use a processor badly.
        learning_rate: of both players in the first half; the paper has 2e-4 for single images.
        dropout: share of the feature maps that are dropped in the decoder's first layers, in use,
            too. The paper has .5.
        reverse: translate the other way round: from targets to sources.
    """
    run.begin()

    # Prepare: pixels in [-1, 1], the range of tanh.
    train, (source, target) = run.pairs(image_size, reverse=reverse)
    transform = data.pair_jitter(image_size) if jitter else None
    batches = data.batches(train, batch_size, seed=run.seed, transform=transform)

    # Build the two players.
    shapes = source.shape[1:], target.shape[1:]
    generator = networks.unet(shapes[0], shapes[1][-1], filters, dropout=dropout)
    discriminator = networks.patchgan(shapes[1], shapes[0], layers, filters)
    model = models.Pix2Pix(generator, discriminator, seed=run.seed)
    rate = optimizers.ConstantThenLinear.over(run.epochs * len(batches), learning_rate)
    model.compile(optimizers.FusedAdam(rate, BETA_1), optimizers.FusedAdam(rate, BETA_1))

    # Fit; interrupted, the same command resumes where it was.
    history = model.fit(batches, epochs=run.epochs, callbacks=run.watch(batches))

    # Judge: what the mean of all targets gets is the least that is asked for.
    translated = model.translate(source, seed=run.seed)
    measures = evaluation.translation_report(target, translated, model.value_range)
    mean = np.broadcast_to(train[1].mean(axis=0), target.shape)
    baseline = metrics.AbsoluteError(model.value_range)
    baseline.update_state(target, mean)
    measures["l1_of_the_mean_image"] = baseline.result()

    # Look.
    rows = {
        "source": source[:SHOWN],
        "translation": translated[:SHOWN],
        "target": target[:SHOWN],
        "unsure of": deviation(model, source[:SHOWN], run.seed),
    }
    path, title = run.output / "translations.png", "pairs that training has not seen"
    samples = plotting.image_rows(rows, path, value_range=model.value_range, title=title)
    plotting.training_curves(history, run.output / "training.png")

    # Save.
    what = f"Pix2Pix, U-Net of {filters} filters, patches of {networks.receptive_field(layers)}"
    look = "translations.png: each column a pair; white in the last row is where noise decides"
    run.save(model, what, measures, samples, look, baselines=["l1_of_the_mean_image"])


if __name__ == "__main__":
    runs.start(main)
