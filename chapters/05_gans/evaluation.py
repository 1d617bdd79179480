"""What the measures of generated images say. Nothing is trained here.

All but the last use a network that was trained to read digits: f(x) are its 128 features,
p(y | x) its probabilities. Test images are "real", R; the set to judge is "fake", F.

    Inception Score     exp(E_F[KL(p(y | x) || p(y))])         certain classes, all of them
    Frechet distance    ||m_R - m_F||^2 + tr(C_R + C_F - 2 (C_R C_F)^(1/2))   means, covariances
    kernel distance     squared difference of the means of all cubic polynomials of f, unbiased
    precision           share of F within the k-th neighbours' balls of R         are they good?
    recall              share of R within the k-th neighbours' balls of F   is everything there?
    sliced Wasserstein  distance of 7x7 patches, at every scale             edges, then shapes

Sets with known faults show what each of them notices:

    training images     the floor: what a perfect generator would get, never quite zero
    noise in them       distances grow at once, the sliced Wasserstein one only at the finest scale.
                        Recall falls; precision does not on MNIST: noise that any eye sees can lie
                        within the balls. The Inception Score falls last
    20 of them, copied  collapse: each image is perfect. Precision stays high and recall is 0. The
                        Inception Score, blind to real images, still finds nearly all the classes
    a generator's       the shipped DCGAN's of the same data

A generator that copies its training images would have perfect scores, too, so look at the training
image that is nearest to each sample: `neighbours.png`.

By default the images are digits drawn with many fonts, and it takes a minute; `--dataset mnist
--limit 5000` judges handwritten ones. A measure says something only about a generator of the same
data: `--model dcgan_mnist` with the digits of fonts has a large distance although its digits are
good. For any saved generator, `python -m keras_gen evaluate` prints the same measures.
"""

from keras_gen import runs

# isort: split
import numpy as np

from keras_gen import evaluation, metrics, plotting, saved_models

IMAGE_SIZE, VALUE_RANGE = 28, (-1.0, 1.0)
NOISE = (0.0, 0.1, 0.2, 0.4, 0.8)  # standard deviations, of pixels in VALUE_RANGE
COPIED = 20
SHOWN = 12


def main(run: runs.Run = runs.Run(epochs=None), model: str | None = None) -> None:
    """Judges real, noisy, copied and generated images.

    Args:
        run: which images are real, and how many of every kind. The data need a shipped reader.
        model: a shipped generator of images of 28x28, or the path of such a SavedModel with a card;
            by default the shipped DCGAN of these data.
    """
    run.begin()

    # Prepare: equally many images of every kind.
    reader, model = run.reader(), model or f"dcgan_{run.dataset}"
    train, test = run.images(IMAGE_SIZE, VALUE_RANGE)
    count = min(len(test), len(train))
    test, random = test[:count], np.random.default_rng(run.seed)
    noise = random.standard_normal(test.shape).astype("float32")
    sets = {
        f"training images, noise {stddev}": np.clip(train[:count] + stddev * noise, *VALUE_RANGE)
        for stddev in NOISE
    }
    sets[f"{COPIED} of them, copied"] = np.resize(train[:COPIED], test.shape)
    generated, _ = evaluation.samples(saved_models.load(model), count, run.seed)
    own_range = saved_models.read_card(model)["value_range"]
    sets[model] = generated = metrics.rescale(generated, own_range, VALUE_RANGE)

    # Judge.
    table = runs.Comparison("set")
    for name, images in sets.items():
        table.add(name, **evaluation.image_measures(reader, test, images, VALUE_RANGE))
    nearest, distances = metrics.nearest_neighbours(generated, train)
    _, real_distances = metrics.nearest_neighbours(test, train)
    run.print(
        f"median distance to the nearest training image: {np.median(distances):.2f} for generated "
        f"images, {np.median(real_distances):.2f} for test images"
    )

    # Look.
    pictures = plotting.reconstructions(
        *(images[:SHOWN] for images in sets.values()),
        value_range=VALUE_RANGE,
        path=run.output / "sets.png",
        names=list(sets),
    )
    noisy, measures = list(sets)[: len(NOISE)], list(table.rows[model])
    panels = {
        "distances": measures[:2],
        "Inception Score": measures[2:3],
        "precision and recall": measures[3:5],
        "sliced Wasserstein": measures[5:],
    }
    plotting.curve_panels(
        {
            title: {name: (NOISE, [table.mean(each, name) for each in noisy]) for name in names}
            for title, names in panels.items()
        },
        "standard deviation of the noise",
        run.output / "measures.png",
    )
    plotting.reconstructions(
        generated[:SHOWN],
        train[nearest[:SHOWN, 0]],
        value_range=VALUE_RANGE,
        path=run.output / "neighbours.png",
        names=["generated", "nearest in training"],
    )

    look = "measures.png: which measure notices noise, and how soon; sets.png has the images"
    run.save(None, f"measures of {count} images", table, pictures, look)


if __name__ == "__main__":
    runs.start(main)
