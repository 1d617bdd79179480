"""What two objects contradict each other in: an error where it is said, a warning where it is old.

A model that was saved before a check was known must still load; what it was trained with is done.
"""

import contextlib
import contextvars
import warnings

from keras_gen.arguments import argument_error

_loading = contextvars.ContextVar("loading", default=False)


@contextlib.contextmanager
def loading():
    """Within it a mismatch is a warning: the model comes from a file or from a configuration."""
    token = _loading.set(True)
    try:
        yield
    finally:
        _loading.reset(token)


def refuse(name, expected, value=None, *, received=None):
    """Raises the error of `arguments.argument_error`, or warns with its words while loading."""
    error = argument_error(name, expected, value, received=received)
    if not _loading.get():
        raise error
    warnings.warn(f"A saved model contradicts itself. {error}", stacklevel=3)
