"""Measures shipped generators again and records what came out, on their cards and as results.

    python -m keras_gen.evaluation.remeasure dcgan_mnist

FIDs are those of both readers, means of several draws of latents; diversity stands next to them.
"""

import dataclasses
import sys

from keras_gen import results, saved_models
from keras_gen.evaluation.generators import Evaluation, evaluate
from keras_gen.results.archive import chapters
from keras_gen.saved_models.cards import check_card, write_card
from keras_gen.saved_models.shipped import CARD, located

RECORDED = {"fid": "FID", "diversity": "distance to the nearest other sample"}
FLOORS = {"fid": "FID of training images (floor)", "diversity": "the same of real images"}
REAL = "_training_images"


def measures_of(evaluation: Evaluation):
    """The FIDs and the diversity of an evaluation, as `results.Result` takes them."""
    measures = {}
    for name, value in evaluation.generated.items():
        kind = name.split("_")[0]
        if kind not in RECORDED:
            continue
        suffix = ", pixel components" if "_pca_" in name and kind == "fid" else ""
        drawn = evaluation.draws.get(name)
        measures[name] = {"value": value, "what": RECORDED[kind] + suffix}
        if drawn:
            measures[name]["values"] = drawn
        floor = {"value": evaluation.real[name], "what": FLOORS[kind] + suffix}
        measures[name + REAL] = floor
    return measures


def updated(result, evaluation):
    """A published result with the measures of an evaluation in place of its own of that name."""
    measures = {**result.measures}
    for name, measure in measures_of(evaluation).items():
        kept = {key: measures.get(name, {}).get(key) for key in ("unit", "what")}
        measures[name] = {**measure, **{key: text for key, text in kept.items() if text}}
    return dataclasses.replace(result, measures=measures)


def remeasure(name):
    """Measures a shipped generator; writes its card and, if there is one, its published result."""
    card = saved_models.read_card(name)
    endpoints = card.pop("endpoints")
    evaluation = evaluate(name, card["data"], seed=card["seed"])
    numbers = {
        key: measure["value"]
        for key, measure in measures_of(evaluation).items()
        if key in evaluation.generated
    }
    card["metrics"] = {**card["metrics"], **numbers}
    check_card(card)
    write_card(located(name) / CARD, card, endpoints)
    published = results.published()
    if name in published:
        result = updated(published[name], evaluation)
        folder = next(each for each in chapters() if each.name == result.chapter)
        result.write(folder / "results" / f"{result.name}.json")
    return evaluation


if __name__ == "__main__":
    for each in sys.argv[1:]:
        sys.stdout.write(f"{each}\n{remeasure(each).table()}\n")
