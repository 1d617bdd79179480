"""Export: a SavedModel, its card and its samples, written whole or not at all."""

import contextlib
import os

from keras_gen.arguments import argument_error
from keras_gen.files import check_folder, replacing_folder
from keras_gen.float32 import in_float32
from keras_gen.images import check_range
from keras_gen.saved_models.cards import check_card, is_card, write_card
from keras_gen.saved_models.shipped import CARD, GRAPH, SAMPLES
from keras_gen.saved_models.signatures import endpoints_of, further_endpoints, save_endpoints

MEMBERS = (GRAPH, "fingerprint.pb", "variables", "assets")  # what TensorFlow writes


def export(model, path, card=None, samples=None, further=None):
    """Writes a TensorFlow SavedModel that runs in a process without keras_gen and keras.

    It holds the endpoints and the variables that they use, each once: for a GAN neither the
    discriminator nor, if there are averaged weights, the others. It computes in float32 whatever
    the policy in training was.

    Every endpoint is a method of what `tf.saved_model.load(path)` returns, and a signature of the
    same name, whose outputs are named (`OUTPUTS`). The signature `serving_default` is that of the
    first endpoint: `serve` of generators and functional models, `encode` of autoencoders,
    `transform` of Boltzmann machines, `log_prob` of autoregressive models, `classify` of
    classifiers, `generate` of character models. The declared range of the images is in the
    SavedModel too; `declared_range` reads it.

    The folder may hold other files, which stay. An older SavedModel there is replaced in one step,
    with its card and its samples: see `files.replacing_folder`.

    Args:
        model: a model of this library, or a functional Keras model; the endpoints of the latter
            are `serve` and, if it has a layer of that name, `features`.
        path: folder to write; an older export stays whole until the new one is complete.
        card: dict from `card()`, written as `card.json`.
        samples: `matplotlib` figure, written as `samples.png`.
        further: dict from names of further endpoints to functional models that they serve, such as
            a classifier that was made from the model.

    Returns:
        The names of the endpoints, sorted.

    Raises:
        ValueError: if the model is not built, the card has entries of other types than those of
            `card()` or declares another range than the model, `further` names an endpoint of the
            model, `path` is a file or cannot be written, or it is not a SavedModel and has files of
            the names that would be written.
    """
    if not getattr(model, "built", False):
        raise argument_error("model", "a built model", model)
    further = further or {}
    taken = sorted(further.keys() & endpoints_of(model).keys()) if further else []
    if taken:
        raise argument_error("further", "other names than those of the model's endpoints", taken)
    if card is not None:
        check_card(card)
    value_range = _common_range(model, card)
    written = {CARD: card, SAMPLES: samples}
    members = _members(path, [name for name, content in written.items() if content is not None])
    with replacing_folder(path, members) as temporary:
        with contextlib.ExitStack() as precision:
            for each in (model, *further.values()):
                precision.enter_context(in_float32(each))
            endpoints = endpoints_of(model) | further_endpoints(further)
            save_endpoints(endpoints, value_range, str(temporary))
        if card is not None:
            write_card(temporary / CARD, card, endpoints)
        if samples is not None:
            samples.savefig(temporary / SAMPLES)
    return sorted(endpoints)


def _common_range(model, card):
    """The range that the model or else the card declares; an error if they differ."""
    ranges = [getattr(model, "value_range", None), (card or {}).get("value_range")]
    declared = [check_range(each) for each in ranges if each is not None]
    if len(set(declared)) > 1:
        raise argument_error(
            "card", f"the value_range of the model, {declared[0]}", received=f"{declared[1]}"
        )
    return declared[0] if declared else None


def _members(path, written):
    """The names in a folder that an export replaces; an error if another file has one of them.

    Args:
        path: the folder.
        written: which of card and samples are about to be written.
    """
    folder = check_folder(path)
    own_card = is_card(folder / CARD)
    if (folder / GRAPH).is_file():
        taken = [CARD] if CARD in written and (folder / CARD).exists() and not own_card else []
    else:
        taken = [name for name in (*MEMBERS, *written) if os.path.lexists(folder / name)]
    if taken:
        raise argument_error(
            "path",
            "a new folder, a SavedModel, or a folder without files of the names to be written",
            received=f"path={path}, where {', '.join(taken)} would be lost",
        )
    return {*MEMBERS, *written, *((CARD, SAMPLES) if own_card else ())}
