"""Loading what has been saved: SavedModels by name or path, and `.keras` files."""

import pathlib
import zipfile

import keras
import tensorflow as tf

from keras_gen.arguments import argument_error
from keras_gen.saved_models.shipped import FOLDER, located


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
    path = located(name, folder)
    try:
        model = tf.saved_model.load(str(path))
    except Exception as error:  # a damaged graph or a short file can make TensorFlow raise anything
        raise argument_error(
            "name", "an intact SavedModel", received=f"name={path}, which is damaged ({error})"
        ) from error
    for member in vars(model).values():
        if isinstance(member, tf.types.experimental.GenericFunction):
            member.model = model  # it holds variables weakly, so load(name).serve(x) would fail
    return model


def declared_range(model):
    """The range of the images that go into a loaded SavedModel or come out of it, `(low, high)`.

    `None` if it declares none, as those for other data and those of other libraries do.

    Args:
        model: what `load` or `tf.saved_model.load` returned.
    """
    if not callable(getattr(model, "value_range", None)):
        return None
    low, high = model.value_range().numpy().tolist()
    return low, high


def load_keras(path, **kwargs):
    """Loads a `.keras` file as `keras.saving.load_model` does; an error names a damaged one.

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
            "path", "an intact `.keras` file", received=f"path={path}, which is damaged ({damaged})"
        )
    return keras.saving.load_model(path, **kwargs)
