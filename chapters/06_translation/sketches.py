"""From a sketch to a picture: edges go in, and what they surround comes out.

Pairs need nobody who draws. A filter finds the edges of any picture y, the length of its gradient
by Sobel's kernels, and Pix2Pix learns the way back:

    x = |gradient of y|,   y' = G(x)

What is light and what is dark is not in the edges: a line says that two sides differ, not how. So
the network must know what is drawn. Two answers that know nothing of it are what it is held
against:

    mean image             y'_p = E[y_p], whatever the edges are
    linear regression      y'_p = b_p + sum of w_pq x_q over the 3x3 pixels q around p,

which has weights of its own for each place p, found by least squares.

By default it fills digits drawn with many fonts, in typefaces that it has never seen, in less than
three minutes. Any images will do. Of a folder without a sub-folder `test` the last fifth is for
testing, in the order of the names: of faces whose names begin with the person's, other persons.

    --dataset FOLDER --image-size 64 --filters 24 --layers 2 --epochs 60
"""

from keras_gen import runs

# isort: split
import numpy as np

from keras_gen import data, evaluation, metrics, models, networks, optimizers, plotting

LEARNING_RATE, BETA_1 = 1e-3, 0.5  # Isola et al. (2017), section 3.3, have 2e-4 for single images
BATCH_SIZE = 16  # a processor works better on many images at once
SHOWN = 10


def main(
    run: runs.Run = runs.Run(epochs=6),
    filters: int = 16,
    layers: int = 1,
    image_size: int | None = None,
) -> None:
    """Trains a Pix2Pix from edges to images.

    Args:
        run: what to train on and how long: any images.
        filters: feature maps of the first layers.
        layers: of the discriminator with stride 2; 1, 2, 3 score patches of 16, 34, 70 pixels.
        image_size: height and width that images are resized to; they keep theirs if it is not
            given.
    """
    run.begin()

    # Prepare.
    train, (edges, pictures) = run.pairs(image_size, rule=data.rules.edges)
    batches = data.batches(train, BATCH_SIZE, seed=run.seed)

    # Build the two players.
    shapes = edges.shape[1:], pictures.shape[1:]
    generator = networks.unet(shapes[0], shapes[1][-1], filters)
    discriminator = networks.patchgan(shapes[1], shapes[0], layers, filters)
    model = models.Pix2Pix(generator, discriminator, seed=run.seed)
    rate = optimizers.ConstantThenLinear.over(run.epochs * len(batches), LEARNING_RATE)
    model.compile(optimizers.FusedAdam(rate, BETA_1), optimizers.FusedAdam(rate, BETA_1))

    # Fit; interrupted, the same command resumes where it was.
    history = model.fit(batches, epochs=run.epochs, callbacks=run.watch(batches))

    # Judge.
    low, high = model.value_range
    regression = metrics.neighbourhood_regression(*train, edges)
    answers = {
        "mean image": np.broadcast_to(train[1].mean(axis=0), pictures.shape),
        "linear regression": np.clip(regression, low, high),
        "Pix2Pix": model.translate(edges, seed=run.seed),
    }
    table = runs.Comparison("answer")
    for name, images in answers.items():
        table.add(name, **evaluation.translation_report(pictures, images, model.value_range))

    # Look.
    rows = {"edges": edges} | answers | {"picture": pictures}
    samples = plotting.image_rows(
        {name: images[:SHOWN] for name, images in rows.items()},
        run.output / "sketches.png",
        value_range=model.value_range,
        title="edges that training has not seen",
    )
    plotting.training_curves(history, run.output / "training.png")

    # Save.
    what = f"Pix2Pix from edges, U-Net of {filters} filters"
    look = "sketches.png: what is made of the edges in the first row, and the original in the last"
    run.save(model, what, table, samples, look)


if __name__ == "__main__":
    runs.start(main)
