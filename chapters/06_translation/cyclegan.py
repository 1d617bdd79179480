"""CycleGAN: translation between two kinds of images, of which no pair is known.

G translates x to y and F translates y to x. Two discriminators judge whether translations look
like images of their new domain, and whoever goes there and back has to arrive where it began:

    discriminators: (E[(D_Y(y) - 1)^2] + E[D_Y(G(x))^2]) / 2, and so D_X of x and F(y)
    generators:     E[(D_Y(G(x)) - 1)^2] + E[(D_X(F(y)) - 1)^2]
                    + 10 (E|F(G(x)) - x| + E|G(F(y)) - y|)

The discriminators alone would be content with any image of y, whatever x shows. The cycle lets G
forget nothing that F needs; but it may hide that in a pattern too weak to see. So three numbers
judge the result: the translation error on known pairs, which only the test has; the error of the
cycle; and how much that rises when noise is added to the translation.

The data are pairs, cut apart: x comes from the first half of them and y from the second. By
default x are digits in the color of their class and y are outlines. Which color belongs to which
digit nobody tells F. With pictures of two halves in FOLDER/train and FOLDER/test, such as the 400
facades of the authors of Pix2Pix, 200 photographs meet the label maps of 200 others:

    --dataset FOLDER --epochs 150 --image-size 64 --filters 24 --blocks 6 --patch-layers 2
    --batch-size 1 --flip --label-maps --names photo labels
"""

from keras_gen import runs

# isort: split
from keras_gen import data, evaluation, models, networks, optimizers, plotting

LEARNING_RATE, BETA_1 = 2e-4, 0.5  # Zhu et al. (2017), section 4; the rate falls from the middle on
CYCLE_WEIGHT, POOL = 10.0, 50  # the same section
NAMES = "filled", "outline"  # of the two kinds of digits
SHOWN = 10  # pairs in the picture


def main(
    run: runs.Run = runs.Run(dataset="glyphs_filled", epochs=3),
    names: tuple[str, str] = NAMES,
    image_size: int = 28,
    flip: bool = False,
    filters: int = 8,
    blocks: int = 2,
    patch_layers: int = 1,
    batch_size: int = 4,
    cycle_weight: float = CYCLE_WEIGHT,
    identity_weight: float = 0.0,
    pool: int = POOL,
    label_maps: bool = False,
) -> None:
    """Trains a CycleGAN.

    Args:
        run: what to train on and how long: a style of glyphs, or a folder with train/ and test/ of
            pictures whose left and right halves are pairs.
        names: of what x and y show.
        image_size: height and width of the images.
        flip: whether mirror images are as good.
        filters: feature maps of the layers next to the image.
        blocks: residual blocks of each translator.
        patch_layers: layers of stride 2 of each discriminator, which say how large a patch it sees.
        batch_size: images of each domain in a step; the authors have 1.
        cycle_weight: of the way there and back.
        identity_weight: of G(y) = y and F(x) = x; 5 keeps colors where they are.
        pool: translations that are remembered for each discriminator.
        label_maps: whether y are label maps of facades, whose pixels have classes.
    """
    run.begin()

    # Prepare: no pair has both of its images in the training data.
    (x, y), (test_x, test_y) = run.pairs(image_size, reverse=True)
    x, y = x[: len(x) // 2], y[len(y) // 2 :]
    batches = data.unpaired(x, y, batch_size, seed=run.seed, augment=data.flipped if flip else None)

    # Build two translators and two discriminators.
    x_shape, y_shape = test_x.shape[1:], test_y.shape[1:]
    patches = {"layers": patch_layers, "filters": filters, "affine": False}
    gan = models.CycleGAN(
        networks.resnet_translator(x_shape, y_shape[-1], filters, blocks),
        networks.resnet_translator(y_shape, x_shape[-1], filters, blocks),
        networks.patchgan(x_shape, **patches),
        networks.patchgan(y_shape, **patches),
        cycle_weight=cycle_weight,
        identity_weight=identity_weight,
        pool=pool,
        seed=run.seed,
    )
    rate = optimizers.ConstantThenLinear.over(run.epochs * len(batches), LEARNING_RATE)
    gan.compile(optimizers.FusedAdam(rate, BETA_1), optimizers.FusedAdam(rate, BETA_1))

    # Fit; interrupted, the same command resumes where it was.
    history = gan.fit(batches, epochs=run.epochs, callbacks=run.watch(batches))

    # Judge: the test pairs say what each image should have become.
    options = {"names": names, "colours": data.palettes.FACADES if label_maps else None}
    rivals = evaluation.two_way_rivals(test_x, test_y, x, y, gan.value_range, **options)
    reports = evaluation.two_way_report(gan, test_x, test_y, **options, seed=run.seed)
    table = runs.Comparison("translation")
    for name, report in rivals.items():
        table.add(name, **report)
    for way, report in reports.items():
        table.add(f"CycleGAN, {way}", **report)
    warning = evaluation.identity_warning(gan, test_x, test_y)
    if warning:
        run.print(warning)

    # Look: the pair of an image, which the training did not know, is below it or above.
    trips = evaluation.round_trips(gan, test_x[:SHOWN], test_y[:SHOWN])
    samples = plotting.round_trips(
        dict(zip(names, trips)),
        run.output / "translations.png",
        value_range=gan.value_range,
        title=warning or f"Translation between {' and '.join(names)}, learned without pairs",
    )
    plotting.training_curves(history, run.output / "training.png")

    # Save.
    what = f"CycleGAN, {filters} filters, {blocks} residual blocks"
    look = "translations.png: every image, its translation, the way back and what that has lost"
    run.save(gan, what, table, samples, look)


if __name__ == "__main__":
    runs.start(main)
