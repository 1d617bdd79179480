"""Two objects that contradict each other: an error when they are new, a warning when loaded.

A model that was saved before a check existed must still load; its training is over.
"""

import contextlib
import contextvars
import warnings

from keras_gen.arguments import argument_error

_loading = contextvars.ContextVar("loading", default=False)


@contextlib.contextmanager
def loading():
    """A block in which a mismatch is a warning: the model comes from a file or a configuration."""
    token = _loading.set(True)
    try:
        yield
    finally:
        _loading.reset(token)


def refuse(name, expected, value=None, *, received=None):
    """Raises the error of `arguments.argument_error`, or warns with its text while loading."""
    error = argument_error(name, expected, value, received=received)
    if not _loading.get():
        raise error
    warnings.warn(f"A saved model contradicts itself. {error}", stacklevel=3)
