"""SavedModels that run without this library: export, load, and the registry of those shipped.

A shipped model is a folder with the SavedModel, `card.json` (what it is and how it was made) and
`samples.png`.
"""

import datetime
import json
import pathlib
import platform
import shlex
import sys
import zipfile

import keras
import tensorflow as tf

import keras_gen
from keras_gen.arguments import argument_error
from keras_gen.files import replacing

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "saved_models"
CARD_FIELDS = ("what", "data", "value_range", "command", "seed", "metrics", "versions", "date")


def export(model, path, card=None, samples=None):
    """Writes a TensorFlow SavedModel that runs in a process without keras_gen and keras.

    It holds the endpoints and the variables that they use, each once: of a GAN neither the
    discriminator nor, if there are averaged weights, the others.

    Args:
        model: a model of this library, or a functional Keras model; of the latter the endpoints
            are `serve` and, if it has a layer of that name, `features`.
        path: folder to write; an older export stays whole until the new one is complete.
        card: dict from `card()`, written as `card.json`.
        samples: `matplotlib` figure, written as `samples.png`.

    Returns:
        The names of the endpoints: of methods of what `tf.saved_model.load(path)` returns.

    Raises:
        ValueError: if the model is not built.
    """
    if not model.built:
        raise argument_error("model", "a built model", model)
    endpoints = model.endpoints() if hasattr(model, "endpoints") else _functional_endpoints(model)
    archive = keras.export.ExportArchive()
    for name, (function, signature) in endpoints.items():
        archive.add_endpoint(name, function, input_signature=signature)
    with replacing(path) as temporary:
        archive.write_out(str(temporary), verbose=False)
        if card is not None:
            text = json.dumps({**card, "endpoints": sorted(endpoints)}, indent=2)
            (temporary / "card.json").write_text(text + "\n")
        if samples is not None:
            samples.savefig(temporary / "samples.png")
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
    return sorted(path.parent.name for path in pathlib.Path(folder).glob("*/card.json"))


def read_card(name, folder=FOLDER):
    """The card of a shipped model, as a dict with the keys `CARD_FIELDS` and `endpoints`."""
    return json.loads((_located(name, folder) / "card.json").read_text())


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
    for path in (pathlib.Path(folder) / name, pathlib.Path(name)):
        if (path / "saved_model.pb").is_file():
            return path
    raise argument_error(
        "name", f"one of {available(folder)} in {folder}, or the path of a SavedModel", name
    )


def _functional_endpoints(model):
    """Inference of a functional model; images in, outputs (and features) out."""
    images = [tf.TensorSpec(model.inputs[0].shape, tf.float32, "images")]
    outputs = {"serve": model}
    if any(layer.name == "features" for layer in model.layers):
        outputs["features"] = keras.Model(model.inputs, model.get_layer("features").output)
    return {name: (_inference(network), images) for name, network in outputs.items()}


def _inference(network):
    def infer(images):
        outputs = network(images, training=False)
        return tf.nest.map_structure(lambda output: tf.cast(output, tf.float32), outputs)

    return infer
