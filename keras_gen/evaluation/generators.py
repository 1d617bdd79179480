"""Every measure that applies to generated images, next to that of real images."""

import dataclasses
import itertools
import json

import numpy as np
import tqdm

from keras_gen import data, metrics
from keras_gen.arguments import argument_error, integer, positive_integer
from keras_gen.evaluation.extractors import shipped_extractor
from keras_gen.evaluation.generated import opened
from keras_gen.evaluation.measures import (
    NEIGHBOURS,
    frechet_measures,
    image_measures,
    reader_measures,
    stack_measures,
)
from keras_gen.files import replacing

_MOST_TRAINING_IMAGES = 60_000  # among which nearest neighbours are searched
_BEST = {  # where a measure is best, by the beginning of its name
    **dict.fromkeys(("inception_score", "precision", "recall", "gan_test", "modes"), "high"),
    **dict.fromkeys(("fid", "kid", "swd", "kl"), "low"),
    **dict.fromkeys(("nearest", "diversity"), "as real"),
}
DRAWS = 5  # of latents, over which the Fréchet distances are averaged
COMPONENTS = 64  # of the second reader, if images have twice as many pixels
_MOST_READ = 10_000  # training images that the second reader is made of


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """Measures of a generator, by names that include the extractor and the number of images.

    Attributes:
        model: name or path of the SavedModel, or of the folder of pictures.
        dataset: name of the images it is compared with.
        seed: seed of the samples.
        generated: dict from names to numbers.
        real: the same measures of training images in place of the generated ones: the floor. For
            nearest neighbours among the training images, test images take that place.
        draws: dict from names of measures to their values for several draws of latents, whose mean
            is in `generated`.
    """

    model: str
    dataset: str
    seed: int
    generated: dict
    real: dict
    draws: dict = dataclasses.field(default_factory=dict)

    def table(self):
        """The measures as a Markdown table; of several draws the mean and the range."""
        header = ("measure", "generated", "range of draws", "real images", "best")
        lines = [" | ".join(header), " | ".join(["---"] * len(header))]
        for name, value in self.generated.items():
            best = next(best for start, best in _BEST.items() if name.startswith(start))
            drawn = self.draws.get(name, ())
            spread = f"{min(drawn):.4g} to {max(drawn):.4g}" if len(drawn) > 1 else ""
            cells = name, f"{value:.4g}", spread, f"{self.real[name]:.4g}", best
            lines.append(" | ".join(cells))
        return "\n".join(f"| {line} |" for line in lines)

    def save(self, path):
        """Writes everything as JSON; an older file stays whole until the new one is.

        Raises:
            ValueError: if `path` is a folder or cannot be written.
        """
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(dataclasses.asdict(self), indent=2) + "\n")


def evaluate(
    model,
    dataset,
    count=10_000,
    seed=1,
    image_size=None,
    extractor=None,
    value_range=None,
    verbose=True,
    draws=DRAWS,
):
    """Judges generated images by test images, and training images in the same way.

    FID, KID, Inception Score, precision, recall and sliced Wasserstein distances always; GAN-test
    if the generator makes images of a label; the distance to the nearest training image, which
    is suspiciously small for copies. A second reader that has nothing in common with the first, the
    principal components of the training images, gives a FID and the diversity: how far an image is
    from the nearest other one of its set. Both FIDs are means over several draws of latents.

    If the images have three channels and the data one, they are taken for stacks, such as stacked
    MNIST: the measures are then the modes found, their divergence from equal shares, and sliced
    Wasserstein distances to stacks of real images.

    Args:
        model: name of a shipped model, or path of a SavedModel with an endpoint
            `sample(count, seed)`, or `sample(label, count, seed)` for classes from 0 on, or path of
            a folder of PNG or JPEG pictures that a generator has made.
        dataset: as for `keras_gen.data.load`, with the splits `train` and `test`.
        count: number of images; no more than there are test images or pictures are used, and as
            many training images.
        seed: integer that fixes the samples, and the choice among more pictures than `count`.
        image_size: size to which the data is resized, for a generator of such images.
        extractor: a `FeatureExtractor` whose classes are those of the data; by default the shipped
            LeNet of the data, `shipped_extractor(dataset)`.
        value_range: closed interval of the generated pixels, in which the data are loaded as well;
            by default what the model's card or else the model itself declares, and (-1, 1) for
            pictures.
        verbose: whether progress is shown, on the standard error stream.
        draws: how many draws of latents the Fréchet distances are averaged over; pictures are
            one draw.

    Returns:
        An `Evaluation`.

    Raises:
        ValueError: if there is no such model or dataset, the model has no endpoint `sample` of
            that form, no LeNet of the data ships and no extractor is given, the range is neither
            declared nor given, or is given and differs from the card's, there are fewer than four
            images, or shapes differ.
    """
    count, draws = integer("count", count, least=NEIGHBOURS + 1), positive_integer("draws", draws)
    source = opened(model, value_range)
    value_range, conditional = source.value_range, source.conditional
    extractor = shipped_extractor(dataset) if extractor is None else extractor
    options = {"image_size": image_size, "value_range": value_range, "labels": conditional}
    test, _ = _images(dataset, "test", count, options)
    train, train_labels = _images(dataset, "train", _MOST_TRAINING_IMAGES, options)
    count = min(len(test), len(train), source.most or count)
    count = integer("count", count, least=NEIGHBOURS + 1)
    test, few_train = test[:count], train[:count]
    classes = train_labels.max() + 1 if conditional else None
    fake, asked = source.draw(count, seed, classes, verbose)
    spread = {}
    stacked = _are_stacks(fake, test, dataset, image_size)
    if stacked:
        test, few_train = (_stacks(images, count, seed) for images in (test, few_train))
    measures = stack_measures if stacked else image_measures
    generated, real = (
        measures(extractor, test, images, value_range)
        for images in tqdm.tqdm([fake, few_train], "Measuring", unit="set", disable=not verbose)
    )
    if not stacked:
        generated.update(_nearest(fake, train))
        real.update(_nearest(test, train))
        readers = [extractor, second_reader(train, value_range)]
        generated.update(reader_measures(readers[1], test, fake, value_range))
        real.update(reader_measures(readers[1], test, few_train, value_range))
        further = (
            source.draw(count, seed + draw, classes, verbose)[0]
            for draw in range(1, draws if source.draws_anew else 1)
        )
        drawn = itertools.chain([fake], further)
        spread = frechet_measures(readers, test, drawn, value_range)
        generated.update({name: float(np.mean(values)) for name, values in spread.items()})
    if conditional and not stacked:
        name = f"gan_test_{extractor.name}_{count}"
        generated[name] = metrics.gan_test(extractor, fake, asked, value_range)
        real[name] = metrics.gan_test(extractor, few_train, train_labels[:count], value_range)
    return Evaluation(str(model), str(dataset), seed, generated, real, spread)


def second_reader(train, value_range):
    """The principal components of training images, a reader that no classifier has a part in."""
    train, pixels = train[:_MOST_READ], int(np.prod(train.shape[1:]))
    most = max(min(COMPONENTS, pixels // 2, len(train) - 1), 1)
    return metrics.ComponentsExtractor(train, value_range, most)


def _images(dataset, split, count, options):
    """The first images of a split, and their labels or `None`."""
    loaded = data.arrays(data.load(dataset, split, **options).take(count))
    return loaded if options["labels"] else (loaded, None)


def _are_stacks(fake, real, dataset, image_size):
    """Whether three grey images are stacked in each generated one; an error for other shapes."""
    (*fake_size, fake_channels), (*real_size, real_channels) = fake.shape[1:], real.shape[1:]
    stacked = (fake_channels, real_channels) == (3, 1)
    if fake_size != real_size or not (stacked or fake_channels == real_channels):
        raise argument_error(
            "image_size",
            f"real images of the shape of the generated ones, {fake.shape[1:]}",
            received=f"image_size={image_size}, which makes those of {dataset} {real.shape[1:]}",
        )
    return stacked


def _stacks(images, count, seed):
    """Triples of grey images as the channels of one."""
    chosen = np.random.default_rng(seed).integers(len(images), size=(3, count))
    return np.concatenate([images[each] for each in chosen], axis=-1)


def _nearest(images, train):
    """How far images are from the nearest training image, in the Euclidean norm over all pixels."""
    distances = metrics.nearest_neighbours(images, train)[1]
    name = f"nearest_of_{len(train)}_training_images"
    return {
        f"{name}_{part}_{len(images)}": float(of(distances))
        for part, of in (("median", np.median), ("smallest", np.min))
    }
