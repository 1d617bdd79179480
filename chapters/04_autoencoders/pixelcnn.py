"""PixelCNN: a fully visible belief network that makes an image one pixel at a time.

Nothing is hidden. The probability of an image is a product of the probabilities of its pixels,
row by row from the top left, each given all pixels before it:

    p(x) = p(x_1) p(x_2 | x_1) ... p(x_n | x_1 ... x_{n-1})         loss = -log p(x)

A convolutional network gives all these factors at once, if no convolution looks ahead: its kernel
is masked below and to the right of the center, and in the first layer at the center too. So the
likelihood is exact, where a GAN has none and a VAE has a bound. The price is paid when drawing:
pixel after pixel, not in parallel. A half image is completed by starting in the middle.

Pixels are re-sampled as binary at every use. By default it learns digits drawn with many fonts, at
20x20 pixels, within a minute. `--dataset mnist --image-size 28 --filters 64 --epochs 16
--precision mixed_bfloat16` learns handwritten ones; van den Oord et al. (2016) report 81.30 nats.
"""

from keras_gen import runs

# isort: split
import keras
import numpy as np

from keras_gen import data, evaluation, models, plotting

BATCH_SIZE = 32
LEARNING_RATE = 1e-3  # Adam's default, brought to zero along a cosine
DILATIONS = (1, 2, 4, 1, 2, 4)  # so that six blocks see as far as 14 pixels, half of an MNIST image
STEPS_PER_EXECUTION = 20
COMPLETED, TIMES = 10, 5  # images in the picture of completions, and completions of each
JUDGED_FLIPS = 10  # images of which every pixel is flipped


def main(run: runs.Run = runs.Run(epochs=4), filters: int = 32, image_size: int = 20) -> None:
    """Trains a PixelCNN.

    Args:
        run: what to train on and how long; grey images.
        filters: feature maps between the blocks.
        image_size: pixels of a side.
    """
    run.begin()

    # Prepare: grey values are probabilities of white, drawn anew for every batch.
    train, grey = run.images(image_size, value_range=(0, 1))
    test = data.binarize(grey, [run.seed, 0]).numpy()
    batches = data.batches(train, BATCH_SIZE, seed=run.seed, augment=data.binarize)

    # Build one network.
    model = models.PixelCNN(grey.shape[1:], filters, DILATIONS, seed=run.seed)
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, run.epochs * len(batches))
    model.compile(keras.optimizers.Adam(schedule), steps_per_execution=STEPS_PER_EXECUTION)

    # Fit; interrupted, the same command resumes where it was.
    history = model.fit(
        batches,
        epochs=run.epochs,
        validation_data=(test[:1000],),
        callbacks=run.watch(batches),
    )

    # Judge: how probable are the test images, binarized several times? What does one pixel cost?
    nll = -model.log_prob(test)
    costs = evaluation.flip_costs(model.log_prob, test[:JUDGED_FLIPS])
    measures = {
        f"nll_nats_{len(nll)}_images": evaluation.binarized_nll(model.log_prob, grey, run.seed),
        "standard_error": nll.std() / np.sqrt(len(nll)),
        f"dearest_flip_nats_{len(costs)}_images": costs.max(),
    }

    # Look: new images, and lower halves drawn anew.
    generated = model.generate(100, seed=run.seed)
    path = run.output / "samples.png"
    samples = plotting.image_grid(generated, path, value_range=model.value_range)
    upper = np.zeros(grey.shape[1:], bool)
    upper[: len(upper) // 2] = True
    shown = test[:COMPLETED]
    completions = [model.complete(shown, upper, seed) for seed in range(TIMES)]
    plotting.reconstructions(
        shown,
        np.where(upper, shown, 0.5),
        *completions,
        names=["image", "upper half", *[f"completion {i + 1}" for i in range(TIMES)]],
        value_range=model.value_range,
        path=run.output / "completions.png",
    )
    plotting.training_curves(history, run.output / "training.png")

    # Save.
    what = f"PixelCNN, {filters} filters, {len(DILATIONS)} residual blocks, binary pixels"
    look = "completions.png: lower halves that go with the upper ones, drawn five times"
    run.save(model, what, measures, samples, look)


if __name__ == "__main__":
    runs.start(main)
