"""How translations in two directions do: against known pairs, against rivals, and back again."""

import numpy as np

from keras_gen.metrics import (
    AbsoluteError,
    PixelAccuracy,
    matched_histograms,
    relative_change,
    relative_variance,
)

NOISE = 0.02  # standard deviation for pixels in [-1, 1]
UNCHANGED = 0.1  # of the distance to another image


def round_trips(model, x, y):
    """Images of both domains, there and back.

    Args:
        model: a `CycleGAN`.
        x, y: arrays of images of its domains.

    Returns:
        (x, G(x), F(G(x))) and (y, F(y), G(F(y))), six arrays.
    """
    there, back = model.translate(x), model.translate_back(y)
    return (x, there, model.translate_back(there)), (y, back, model.translate(back))


def two_way_report(model, x, y, names=("x", "y"), colours=None, seed=0):
    """What a `CycleGAN` makes of pairs that it was never shown, in both directions.

        l1          = |G(x) - y|
        accuracy    = share of pixels of the right class, if y are pictures of classes
        cycle_l1    = |F(G(x)) - x|
        noise_rise  = |F(G(x) + e) - x| - cycle_l1,   e ~ N(0, .02) for pixels in [-1, 1]
        variety     = var G(x) / var y

    where | | is the mean over pixels, as a share of the distance from black to white, and the same
    with x and y, G and F exchanged. A rise by noise that nobody sees betrays that F reads x out of
    a signal hidden in G(x). A variety near 0 is a generator that always makes the same image; see
    `metrics.relative_variance`.

    Args:
        model: a `CycleGAN`.
        x, y: arrays of images, y_i what x_i should become.
        names: of the two domains, for the names of the directions.
        colours: palette of y if it shows classes, as for `data.palettes.to_labels`.
        seed: integer, of the noise.

    Returns:
        Dict from "photo to labels" and "labels to photo", if these are the names, to dicts of
        measures.

    Reference:
        Chu, Zhmoginov, Sandler (2017), CycleGAN, a Master of Steganography, arXiv:1712.02950,
        section 4.
    """
    random = np.random.default_rng(seed)
    first, second = round_trips(model, x, y)
    there, back = _ways(names)
    return {
        there: _report(model, first, model.translate_back, y, colours, random),
        back: _report(model, second, model.translate, x, None, random),
    }


def two_way_rivals(x, y, known_x, known_y, value_range, names=("x", "y"), colours=None):
    """What translations reach that need no network: nothing done, one image for all, colours.

    Args:
        x, y: arrays of images, y_i what x_i should become and x_i what y_i should.
        known_x, known_y: arrays of training images, which need not be pairs.
        value_range: closed interval of the pixel values.
        names, colours: as for `two_way_report`.

    Returns:
        Dict from such names as "identity, photo to labels" to dicts of `l1` and `accuracy`.
    """
    reports = {}
    directions = zip(_ways(names), (x, y), (y, x), (known_y, known_x), (colours, None))
    for way, source, target, known, palette in directions:
        mean = np.broadcast_to(known.mean(axis=0), target.shape)
        rivals = {"mean image": mean}
        if source.shape == target.shape:
            rivals = {"identity": source, **rivals}
            rivals["matched histograms"] = matched_histograms(source, known)
        for rival, images in rivals.items():
            reports[f"{rival}, {way}"] = _errors(target, images, value_range, palette)
    return reports


def identity_warning(model, x, y):
    """A sentence if both translators have learned to leave images as they are, else an empty text.

    That is so below a tenth of `metrics.relative_change`.

    Args:
        model: a `CycleGAN`.
        x, y: arrays of images of its domains.
    """
    if x.shape[1:] != y.shape[1:]:
        return ""
    changes = relative_change(x, model.translate(x)), relative_change(y, model.translate_back(y))
    if max(changes) >= UNCHANGED:
        return ""
    return (
        "Nothing is translated: both translators leave images as they are (changes of "
        f"{changes[0]:.0%} and {changes[1]:.0%} of the distance to another image)"
    )


def _ways(names):
    first, second = names
    return f"{first} to {second}", f"{second} to {first}"


def _report(model, trip, back, target, colours, random):
    """The measures of one direction: a trip, what leads back, and the images to be met."""
    source, there, again = trip
    low, high = model.value_range
    noise = random.normal(0, NOISE * (high - low) / 2, there.shape).astype("float32")
    noisy = back(np.clip(there + noise, low, high))
    cycle_l1, noisy_l1 = (
        _mean(AbsoluteError(model.value_range), source, images) for images in (again, noisy)
    )
    return {
        **_errors(target, there, model.value_range, colours),
        "cycle_l1": cycle_l1,
        "noise_rise": noisy_l1 - cycle_l1,
        "variety": relative_variance(there, target),
    }


def _errors(target, translated, value_range, colours):
    measures = {"l1": AbsoluteError(value_range)}
    if colours is not None:
        measures["accuracy"] = PixelAccuracy(value_range, colours)
    return {name: _mean(metric, target, translated) for name, metric in measures.items()}


def _mean(metric, real, fake):
    metric.update_state(real, fake)
    return metric.result()
