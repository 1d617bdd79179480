"""SavedModels that run without this library: export, load, and the registry of those shipped.

A shipped model is a folder with the SavedModel, `card.json` (what it is and how it was made) and
`samples.png`. All of them are in the folder `saved_models` of the source; the classifiers by which
images are measured, `lenet_*`, are part of the installed package too.
"""

import contextlib
import datetime
import json
import os
import pathlib
import platform
import shlex
import sys
import zipfile

import keras
import tensorflow as tf

import keras_gen
from keras_gen.arguments import argument_error
from keras_gen.files import check_folder, recover, replacing_folder
from keras_gen.float32 import in_float32
from keras_gen.images import check_range

_SOURCE = pathlib.Path(__file__).resolve().parents[1] / "saved_models"
_INSTALLED = pathlib.Path(__file__).resolve().parent / "shipped_models"
FOLDER = _INSTALLED if _INSTALLED.is_dir() else _SOURCE
GRAPH, CARD, SAMPLES = "saved_model.pb", "card.json", "samples.png"
MEMBERS = (GRAPH, "fingerprint.pb", "variables", "assets")  # what TensorFlow writes
# How the signatures name what an endpoint returns: `serve` of a generator gives `images`, whatever
# is not listed `outputs`.
OUTPUTS = {
    **dict.fromkeys(("sample", "sample_uint8", "complete"), "images"),
    **dict.fromkeys(("illustrate", "illustrate_uint8", "translate"), "images"),
    **dict.fromkeys(("transform", "features"), "features"),
    "encode": "codes",
    "decode": "x",
    "reconstruct": "x",
    "classify": "probabilities",
    "generate": "text",
    "log_prob": "log_prob",
    "log_probabilities": "log_probabilities",
}
CARD_FIELDS = ("what", "data", "value_range", "command", "seed", "metrics", "versions", "date")


def export(model, path, card=None, samples=None):
    """Writes a TensorFlow SavedModel that runs in a process without keras_gen and keras.

    It holds the endpoints and the variables that they use, each once: of a GAN neither the
    discriminator nor, if there are averaged weights, the others. It computes in float32 whatever
    the policy of the training was.

    Every endpoint is a method of what `tf.saved_model.load(path)` returns, and a signature of the
    same name, whose outputs are named (`OUTPUTS`). The signature `serving_default` is that of the
    first endpoint: `serve` of generators and functional models, `encode` of autoencoders,
    `transform` of Boltzmann machines, `log_prob` of autoregressive models, `classify` of
    classifiers, `generate` of character models. The declared range of the images is in the
    SavedModel too; `declared_range` reads it.

    The folder may hold other files, which stay. An older SavedModel there is replaced in one step,
    with its card and its samples: see `files.replacing_folder`.

    Args:
        model: a model of this library, or a functional Keras model; of the latter the endpoints
            are `serve` and, if it has a layer of that name, `features`.
        path: folder to write; an older export stays whole until the new one is complete.
        card: dict from `card()`, written as `card.json`.
        samples: `matplotlib` figure, written as `samples.png`.

    Returns:
        The names of the endpoints, sorted.

    Raises:
        ValueError: if the model is not built, the card declares another range than the model,
            `path` is a file or cannot be written, or it is no SavedModel and has files of the
            names that would be written.
    """
    if not getattr(model, "built", False):
        raise argument_error("model", "a built model", model)
    value_range = _common_range(model, card)
    written = {CARD: card, SAMPLES: samples}
    members = _members(path, [name for name, content in written.items() if content is not None])
    with replacing_folder(path, members) as temporary:
        with in_float32(model):
            endpoints = _endpoints(model)
            _save(endpoints, value_range, str(temporary))
        if card is not None:
            text = json.dumps({**card, "endpoints": sorted(endpoints)}, indent=2)
            (temporary / CARD).write_text(text + "\n")
        if samples is not None:
            samples.savefig(temporary / SAMPLES)
    return sorted(endpoints)


def card(what, data, value_range, seed, metrics):
    """Describes a trained model; the command, the versions and the date are filled in.

    Args:
        what: one sentence, model and architecture.
        data: name of the data it was trained on.
        value_range: closed interval of the images that go in or come out, or `None` for other data.
        seed: integer, the seed of the training.
        metrics: dict from metric name, extractor and sample count included, to number.
    """
    return {
        "what": what,
        "data": data,
        "value_range": None if value_range is None else list(value_range),
        "command": shlex.join(["python", *sys.argv]),
        "seed": seed,
        "metrics": {name: float(value) for name, value in metrics.items()},
        "versions": {
            "keras_gen": keras_gen.__version__,
            "keras": keras.__version__,
            "tensorflow": tf.__version__,
            "python": platform.python_version(),
        },
        "date": datetime.date.today().isoformat(),
    }


def available(folder=FOLDER):
    """Names of the models shipped in a folder, sorted."""
    names = [path.parent.name for path in pathlib.Path(folder).glob(f"*/{CARD}")]
    return sorted(name for name in names if not name.startswith("."))  # those are being written


def read_card(name, folder=FOLDER):
    """The card of a shipped model, as a dict with the keys `CARD_FIELDS` and `endpoints`."""
    return json.loads((_located(name, folder) / CARD).read_text())


def declared_range(model):
    """The range of the images that go into a loaded SavedModel or come out of it, `(low, high)`.

    `None` if it declares none, as those of other data and those written by others do.

    Args:
        model: what `load` or `tf.saved_model.load` returned.
    """
    if not callable(getattr(model, "value_range", None)):
        return None
    low, high = model.value_range().numpy().tolist()
    return low, high


def load(name, folder=FOLDER):
    """Loads a shipped model by name, or any SavedModel by path.

    Args:
        name: one of `available()`, or the path of a SavedModel.
        folder: where the shipped models are.

    Returns:
        What `tf.saved_model.load` returns; its endpoints are methods.

    Raises:
        ValueError: if there is no such model, or its files are damaged.
    """
    path = _located(name, folder)
    try:
        model = tf.saved_model.load(str(path))
    except Exception as error:  # a damaged graph or a short file can make TensorFlow raise any
        raise argument_error(
            "name", "a whole SavedModel", received=f"name={path}, which is damaged ({error})"
        ) from error
    for member in vars(model).values():
        if isinstance(member, tf.types.experimental.GenericFunction):
            member.model = model  # it holds variables weakly, so load(name).serve(x) would fail
    return model


def load_keras(path, **kwargs):
    """Loads a `.keras` file as `keras.saving.load_model` does; a damaged one is named.

    Raises:
        ValueError: if the file is missing, truncated or corrupted.
    """
    import keras_gen.models  # noqa: F401  (registers the classes that the file names)

    path = pathlib.Path(path)
    if not path.is_file():
        raise argument_error("path", "an existing `.keras` file", path)
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
    except (zipfile.BadZipFile, NotImplementedError) as error:
        damaged = error
    if damaged is not None:
        raise argument_error(
            "path", "a whole `.keras` file", received=f"path={path}, which is damaged ({damaged})"
        )
    return keras.saving.load_model(path, **kwargs)


def table(folder=FOLDER):
    """The shipped models as a Markdown table made from their cards."""
    rows = ["| name | what | data | endpoints | measured | made by |", "|---|---|---|---|---|---|"]
    for name in available(folder):
        facts = read_card(name, folder)
        metrics = ", ".join(f"{key} {value:.4g}" for key, value in facts["metrics"].items())
        endpoints = ", ".join(f"`{endpoint}`" for endpoint in facts["endpoints"])
        rows.append(
            f"| [{name}]({name}/samples.png) | {facts['what']} | {facts['data']} | {endpoints} "
            f"| {metrics} | `{facts['command']}` (seed {facts['seed']}) |"
        )
    return "\n".join(rows) + "\n"


def _located(name, folder):
    """The folder of a shipped model or of a SavedModel anywhere."""
    if not isinstance(name, (str, os.PathLike)) or not os.fspath(name):
        raise argument_error("name", "a name or a path, a string or `pathlib.Path`", repr(name))
    for path in (pathlib.Path(folder) / name, pathlib.Path(name)):
        recover(path)
        if (path / GRAPH).is_file():
            return path
    elsewhere = ""
    if pathlib.Path(folder) == _INSTALLED:
        elsewhere = (
            "; the other shipped models are in the folder `saved_models` of the source of "
            "keras_gen, whose path is to be given as `folder`"
        )
    raise argument_error(
        "name",
        f"one of {available(folder)} in {folder}, or the path of a SavedModel{elsewhere}",
        name,
    )


def _members(path, written):
    """The names in a folder that an export replaces; an error if one of them is another's file.

    Args:
        path: the folder.
        written: which of card and samples are about to be written.
    """
    folder = check_folder(path)
    own_card = _is_card(folder / CARD)
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


def _is_card(path):
    """Whether a file is the card of a model."""
    try:
        facts = json.loads(path.read_text())
    except (OSError, ValueError):
        return False
    return isinstance(facts, dict) and "endpoints" in facts


def _common_range(model, card):
    """The range that the model or else the card declares; an error for two."""
    ranges = [getattr(model, "value_range", None), (card or {}).get("value_range")]
    declared = [check_range(each) for each in ranges if each is not None]
    if len(set(declared)) > 1:
        raise argument_error(
            "card", f"the value_range of the model, {declared[0]}", received=f"{declared[1]}"
        )
    return declared[0] if declared else None


def _save(endpoints, value_range, path):
    """Writes endpoints, name -> (function, input signature), as a SavedModel."""
    module, signatures = tf.Module(), {}
    for name, (function, signature) in endpoints.items():
        endpoint = tf.function(function, input_signature=signature, autograph=False)
        setattr(module, name, endpoint)
        of_generator = name == "serve" and "sample" in endpoints
        output = "images" if of_generator else OUTPUTS.get(name, "outputs")
        signatures[name] = _named(endpoint, output, signature)
        signatures.setdefault("serving_default", signatures[name])
    traced = [getattr(module, name).get_concrete_function() for name in endpoints]
    used = [variable for function in traced for variable in function.graph.variables]
    module.all_variables = list({id(variable): variable for variable in used}.values())
    if value_range is not None:
        bounds = tf.constant(value_range, tf.float32)
        module.value_range = tf.function(lambda: tf.identity(bounds), input_signature=[])
        module.value_range.get_concrete_function()
    tf.saved_model.save(module, path, signatures=signatures)
    with contextlib.suppress(OSError):  # TensorFlow makes it even where there are none
        os.rmdir(os.path.join(path, "assets"))


def _named(endpoint, name, signature):
    """An endpoint as a signature: a function whose outputs have names."""

    def named(*tensors):
        outputs = endpoint(*tensors)
        if isinstance(outputs, dict):
            return outputs
        flat = tf.nest.flatten(outputs)
        return {name if len(flat) == 1 else f"{name}_{i}": each for i, each in enumerate(flat)}

    return tf.function(named, input_signature=signature, autograph=False)


def _endpoints(model):
    """Name -> (function, input signature)."""
    if hasattr(model, "endpoints"):
        return model.endpoints()
    return _functional_endpoints(model)


def _functional_endpoints(model):
    """Inference of a functional model; images in, outputs (and features) out."""
    names = ["images"] if len(model.inputs) == 1 else [each.name for each in model.inputs]
    signature = [
        tf.TensorSpec(each.shape, tf.float32 if "float" in each.dtype else each.dtype, name)
        for each, name in zip(model.inputs, names, strict=True)
    ]
    outputs = {"serve": model}
    if any(layer.name == "features" for layer in model.layers):
        outputs["features"] = keras.Model(model.inputs, model.get_layer("features").output)
    return {name: (_inference(network), signature) for name, network in outputs.items()}


def _inference(network):
    def infer(*inputs):
        outputs = network(list(inputs) if len(inputs) > 1 else inputs[0], training=False)
        return tf.nest.map_structure(_float32, outputs)

    return infer


def _float32(output):
    return tf.cast(output, tf.float32) if output.dtype.is_floating else output
