"""The file of a `CSVLogger` in training that resumes: no row is lost, none is written twice."""

import pathlib

import keras

from keras_gen.arguments import argument_error
from keras_gen.callbacks.callback_state import titled
from keras_gen.callbacks.neighbours import unwrapped
from keras_gen.files import replacing


def texts(callbacks):
    """The contents of the files of all `CSVLogger`s, by the loggers' titles."""
    return {title: _read(logger) for title, logger in _loggers(callbacks)}


def any_appends(callbacks):
    """Whether a `CSVLogger` adds to a file that may exist already."""
    return any(logger.append for _, logger in _loggers(callbacks))


def restore(callbacks, saved):
    """Keeps only the rows of the finished epochs, and makes the loggers continue from there.

    To be called before the loggers open their files, and `appended` after that.

    Args:
        callbacks: all callbacks of the training.
        saved: what `texts` returned after the last finished epoch.

    Raises:
        ValueError: if a file has been changed since; before anything is written.
    """
    loggers = _loggers(callbacks)
    for title, logger in loggers:
        now, then = _read(logger), saved.get(title, "")
        if not (now.startswith(then) or then.startswith(now)):
            raise argument_error(
                "callbacks",
                "a CSVLogger whose file holds the rows of the finished epochs, or does not exist",
                received=f"{logger.filename}, which was changed; move it away",
            )
    for title, logger in loggers:
        if title in saved and _read(logger) != saved[title]:
            with replacing(logger.filename) as temporary:
                temporary.write_bytes(saved[title].encode("utf-8", "surrogateescape"))
        logger._appends = logger.append
        logger.append = True


def appended(callbacks):
    """Gives the loggers, whose files are open now, back the argument that `restore` changed."""
    for _, logger in _loggers(callbacks):
        if hasattr(logger, "_appends"):
            logger.append = logger._appends
            del logger._appends


def _loggers(callbacks):
    named = titled(callbacks).items()
    named = [(title, unwrapped(callback)) for title, callback in named]
    return [(t, c) for t, c in named if isinstance(c, keras.callbacks.CSVLogger)]


def _read(logger):
    path = pathlib.Path(logger.filename)
    return path.read_bytes().decode("utf-8", "surrogateescape") if path.exists() else ""
