"""The measures that generated images are judged by, all at once."""

from keras_gen import metrics
from keras_gen.metrics.frechet import Moments

NEIGHBOURS = 3  # of precision and recall


def image_measures(extractor, real, fake, value_range):
    """What all kinds of images are judged by.

    Args:
        extractor: a `FeatureExtractor`.
        real: test images `(n, height, width, channels)`.
        fake: as many images to judge, of the same shape.
        value_range: closed interval of the pixels of both.

    Returns:
        Dict from `fid`, `kid`, `inception_score`, `precision` and `recall`, each with
        `_{extractor}_{n}`, and from `swd_{height}_{n}` of every level and `swd_mean_{n}`.
    """
    features = [extractor.features(images, value_range) for images in (real, fake)]
    of_features = {
        "fid": _frechet(*features),
        "kid": metrics.squared_mmd(*features),
        "inception_score": metrics.inception_score(extractor.probabilities(fake, value_range)),
        **dict(zip(("precision", "recall"), metrics.precision_recall(*features, NEIGHBOURS))),
    }
    measures = {f"{name}_{extractor.name}_{len(fake)}": v for name, v in of_features.items()}
    return {**measures, **_levels(real, fake, value_range)}


def reader_measures(reader, real, fake, value_range):
    """What a second reader of the images says: their distance, and how much they vary.

    Args:
        reader: a `ComponentsExtractor`, or whatever else turns images into features.
        real, fake, value_range: as for `image_measures`.

    Returns:
        Dict from `fid` and `diversity`, each with `_{reader}_{n}`.
    """
    features = [reader.features(images, value_range) for images in (real, fake)]
    measures = {"fid": _frechet(*features), "diversity": metrics.diversity(features[1])}
    return {f"{name}_{reader.name}_{len(fake)}": value for name, value in measures.items()}


def frechet_measures(readers, real, draws, value_range):
    """The Fréchet distances of several draws, as each of several readers sees them.

    Args:
        readers: list of extractors.
        real, value_range: as for `image_measures`.
        draws: iterable of as many images each.

    Returns:
        Dict from `fid_{reader}_{n}` to a list of distances, one for each draw.
    """
    moments = [_moments(reader.features(real, value_range)) for reader in readers]
    found = {f"fid_{reader.name}_{len(real)}": [] for reader in readers}
    for fake in draws:
        for reader, expected, distances in zip(readers, moments, found.values()):
            features = reader.features(fake, value_range)
            distances.append(expected.distance(_moments(features)))
    return found


def stack_measures(extractor, real, fake, value_range):
    """What images with a digit in each channel are judged by; arguments as `image_measures`.

    Returns:
        Dict from `modes_of_{modes}_{extractor}_{n}`, how many combinations of classes there are,
        `kl_` and that name, their divergence from equal shares, and from `swd_{height}_{n}`.
    """
    modes = metrics.StackedModes(extractor, value_range=value_range)
    modes.update_state(None, fake)
    counted = {modes.name: float(modes.result()), "kl_" + modes.name: modes.divergence()}
    measures = {f"{name}_{len(fake)}": value for name, value in counted.items()}
    return {**measures, **_levels(real, fake, value_range)}


def _frechet(real, fake):
    return _moments(real).distance(_moments(fake))


def _moments(features):
    moments = Moments()
    moments.append(features)
    return moments


def _levels(real, fake, value_range):
    distance = metrics.SlicedWasserstein(value_range)
    distance.update_state(real, fake)
    return {f"{name}_{len(fake)}": value for name, value in distance.levels().items()}
