"""MADE: a dense network that knows the probability of an image, because its weights are masked.

A fully visible belief network gives every pixel a probability from the pixels before it:

    p(x) = p(x_1) p(x_2 | x_1) ... p(x_n | x_1 ... x_{n-1})         loss = -log p(x)

An autoencoder would do, if no path led to a pixel's output from the pixel itself or from a later
one. So each hidden unit is told which pixel is the last that it may see, and the weights that would
break this are multiplied by zero (Germain et al. 2015). Which pixels come "before" is a matter of
taste: here one network learns eight ways of reading an image, row by row or column by column from
any corner, one way per training step, and an image's probability is the mean of the eight. With
them any half of an image can be completed from the other half.

Pixels are re-sampled as binary at every use. By default it learns digits drawn with many fonts
within two minutes. `--dataset mnist --hidden 800 800 --orderings 2 --epochs 360` learns
handwritten ones: few orderings learn faster. Germain et al. report 86.64 nats for 32.
"""

from keras_gen import runs

# isort: split
import keras
import numpy as np

from keras_gen import data, evaluation, models, plotting

BATCH_SIZE = 100  # Germain et al. (2015), section 6
LEARNING_RATE = 3e-3  # of Adam, brought to zero along a cosine; 1e-3 is far slower
STEPS_PER_EXECUTION = 20
COMPLETED, TIMES = 10, 5  # images in the pictures of completions, and completions of each
JUDGED_FLIPS = 10  # images of which every pixel is flipped


def main(
    run: runs.Run = runs.Run(epochs=40), hidden: tuple[int, ...] = (500, 500), orderings: int = 8
) -> None:
    """Trains a masked autoencoder.

    Args:
        run: what to train on and how long; grey images.
        hidden: units of the hidden layers.
        orderings: ways of reading an image.
    """
    run.begin()

    # Prepare: grey values are probabilities of white, drawn anew for every batch.
    train, grey = run.images(value_range=(0, 1))
    test = data.binarize(grey, [run.seed, 0]).numpy()
    batches = data.batches(train, BATCH_SIZE, seed=run.seed, augment=data.binarize)

    # Build one network with masks for every ordering, which knows the mean image from the start.
    model = models.MADE(grey.shape[1:], hidden, orderings, seed=run.seed)
    mean = train.mean(axis=0)
    model.set_level_frequencies(np.concatenate([1 - mean, mean], axis=-1))
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, run.epochs * len(batches))
    model.compile(keras.optimizers.Adam(schedule), steps_per_execution=STEPS_PER_EXECUTION)

    # Fit; interrupted, the same command resumes where it was.
    history = model.fit(
        batches,
        epochs=run.epochs,
        validation_data=(test[:1000],),
        validation_freq=5,
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

    # Look: new images, and halves drawn anew.
    generated = model.generate(100, seed=run.seed)
    path = run.output / "samples.png"
    samples = plotting.image_grid(generated, path, value_range=model.value_range)
    height, width, _ = grey.shape[1:]
    upper, right = np.zeros((2, *grey.shape[1:]), bool)
    upper[: height // 2], right[:, width // 2 :] = True, True
    shown = test[:COMPLETED]
    for name, given in [("upper", upper), ("right", right)]:
        completions = [model.complete(shown, given, seed) for seed in range(TIMES)]
        plotting.reconstructions(
            shown,
            np.where(given, shown, 0.5),
            *completions,
            names=["image", f"{name} half", *[f"completion {i + 1}" for i in range(TIMES)]],
            value_range=model.value_range,
            path=run.output / f"completions_{name}.png",
        )
    plotting.training_curves(history, run.output / "training.png")

    # Save.
    what = f"MADE, hidden layers {hidden}, {orderings} orderings, binary pixels"
    look = "completions_upper.png: lower halves that go with the upper ones, drawn five times"
    run.save(model, what, measures, samples, look)


if __name__ == "__main__":
    runs.start(main)
