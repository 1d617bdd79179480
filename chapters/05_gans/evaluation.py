"""What the measures of generated images say, read aloud. Nothing is trained here.

All but the last look through a network that was trained to read digits: f(x) are its 128 features,
p(y | x) its probabilities. Test images are "real", R; the set to be judged is "fake", F.

    Inception Score     exp(E_F[KL(p(y | x) || p(y))])         certain classes, all of them
    Frechet distance    ||m_R - m_F||^2 + tr(C_R + C_F - 2 (C_R C_F)^(1/2))   means, covariances
    kernel distance     squared difference of the means of all cubic polynomials of f, unbiased
    precision           share of F within the k-th neighbours' balls of R         are they good?
    recall              share of R within the k-th neighbours' balls of F   is everything there?
    sliced Wasserstein  distance of 7x7 patches, at every scale             edges, then shapes

Sets whose fault is known show what each of them notices:

    training images     the floor: what a perfect generator would get, never quite zero
    noise in them       distances grow at once, the sliced Wasserstein one at the finest scale only.
                        Recall falls; precision does not on MNIST: noise that any eye sees can lie
                        within the balls. The Inception Score falls last
    20 of them, copied  collapse: each image is perfect. Precision stays high and recall is 0. The
                        Inception Score, blind to real images, still finds nearly all the classes
    a generator's       the shipped DCGAN's, whose digits are those of MNIST

A generator that copies its training images would have perfect scores, too, so look at the training
image that is nearest to each sample: `neighbours.png`.

By default the real images are 8x8 digits, enlarged, other people's than those of MNIST: the
generated ones have a large distance from them although they are good digits. `--dataset mnist
--limit 5000` compares like with like; the figures are in chapters/README.md. For any saved
generator, `python -m keras_gen evaluate` prints the same measures.
"""

import pathlib

import numpy as np
import tyro

from keras_gen import data, evaluation, metrics, plotting, saved_models

SEED = 1
IMAGE_SIZE, VALUE_RANGE = 28, (-1.0, 1.0)
NOISE = (0.0, 0.1, 0.2, 0.4, 0.8)  # standard deviations, of pixels in VALUE_RANGE
COPIED = 20
SHOWN = 12


def main(
    dataset: str = "digits",
    model: str = "dcgan_mnist",
    limit: int | None = None,
    output: pathlib.Path = pathlib.Path("outputs/evaluation"),
) -> None:
    """Judges real, noisy, copied and generated images.

    Args:
        dataset: digits, mnist or fashion_mnist; a shipped LeNet looks at the images.
        model: a shipped generator of images of 28x28, or the path of such a SavedModel with a card.
        limit: use only that many test images, and as many of every other kind.
        output: folder for the pictures.
    """
    # Prepare: as many images of every kind.
    extractor = evaluation.shipped_extractor(dataset)
    test = data.arrays(data.load(dataset, "test", IMAGE_SIZE, VALUE_RANGE).take(limit or -1))
    train = data.arrays(data.load(dataset, "train", IMAGE_SIZE, VALUE_RANGE))
    count = len(test)
    random = np.random.default_rng(SEED)
    noise = random.standard_normal(train[:count].shape).astype("float32")
    sets = {
        f"training images, noise {stddev}": np.clip(train[:count] + stddev * noise, *VALUE_RANGE)
        for stddev in NOISE
    }
    sets[f"{COPIED} of them, copied"] = np.resize(train[:COPIED], test.shape)
    generated, _ = evaluation.samples(saved_models.load(model), count, SEED)
    own_range = saved_models.read_card(model)["value_range"]
    sets[model] = generated = metrics.rescale(generated, own_range, VALUE_RANGE)

    # Judge.
    results = {
        name: evaluation.image_measures(extractor, test, images, VALUE_RANGE)
        for name, images in sets.items()
    }
    measures = list(results[model])
    print(" | ".join(["set", *measures]))
    for name, result in results.items():
        print(" | ".join([name, *(f"{result[measure]:.4g}" for measure in measures)]))
    for name, images in [("test images", test), (model, generated)]:
        _, distances = metrics.nearest_neighbours(images, train)
        print(f"distance to the nearest training image, {name}: median {np.median(distances):.2f}")

    # Look.
    plotting.reconstructions(
        *(images[:SHOWN] for images in sets.values()),
        value_range=VALUE_RANGE,
        path=output / "sets.png",
        names=list(sets),
    )
    noisy = list(results.values())[: len(NOISE)]
    panels = {
        "distances": measures[:2],
        "Inception Score": measures[2:3],
        "precision and recall": measures[3:5],
        "sliced Wasserstein": measures[5:],
    }
    plotting.curve_panels(
        {
            title: {name: (NOISE, [each[name] for each in noisy]) for name in names}
            for title, names in panels.items()
        },
        "standard deviation of the noise",
        output / "measures.png",
    )
    nearest, _ = metrics.nearest_neighbours(generated[:SHOWN], train)
    plotting.reconstructions(
        generated[:SHOWN],
        train[nearest[:, 0]],
        value_range=VALUE_RANGE,
        path=output / "neighbours.png",
        names=["generated", "nearest in training"],
    )
    print(f"sets.png, measures.png and neighbours.png are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
