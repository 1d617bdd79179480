"""The other callbacks of the same `fit`, and its arguments, which Keras shows to no callback."""

import inspect

import keras

from keras_gen.arguments import argument_error


def callback_list():
    """The `CallbackList` that is being built, seen from a callback's `set_model`, or `None`."""
    for names in _callers():
        if isinstance(names.get("self"), keras.callbacks.CallbackList):
            return names["self"]
    return None


def fit_arguments(model):
    """The arguments of a model's running `fit`, a dict; empty outside of `fit`."""
    for names in _callers("fit"):
        if names.get("self") is model and "epoch_iterator" in names:
            return names
    return {}


def _callers(function=None):
    """The local names of the calling functions, innermost first."""
    frame = inspect.currentframe()
    while frame is not None:
        if function is None or frame.f_code.co_name == function:
            yield frame.f_locals
        frame = frame.f_back


class Adapter(keras.callbacks.Callback):
    """A callback that wraps another one, to which it passes everything on.

    Args:
        callback: a Keras callback.
    """

    def __init__(self, callback):
        super().__init__()
        self.callback = callback

    def set_model(self, model):
        super().set_model(model)
        self.callback.set_model(model)

    def set_params(self, params):
        super().set_params(params)
        self.callback.set_params(params)


def _passed_on(name):
    def method(self, *args, **kwargs):
        return getattr(self.callback, name)(*args, **kwargs)

    method.__name__ = name
    return method


for _name in [name for name in dir(keras.callbacks.Callback) if name.startswith("on_")]:
    setattr(Adapter, _name, _passed_on(_name))


def unwrapped(callback):
    """The callback that an adapter wraps, or the callback itself."""
    while isinstance(callback, Adapter):
        callback = callback.callback
    return callback


def refuse_before(callback, names):
    """Raises an error if a callback earlier in the list reads what this one adds to the logs.

    To be called in `set_model`.

    Args:
        callback: the callback that adds to the epoch logs.
        names: what it adds.
    """
    neighbours = callback_list()
    for other in [] if neighbours is None else neighbours.callbacks:
        if other is callback:
            return
        if reads(unwrapped(other), names):
            own, other = type(callback).__name__, type(unwrapped(other)).__name__
            expected = f"{own} before {other}, which reads {', '.join(names)} from the logs"
            raise argument_error("callbacks", expected, received=f"{other} before {own}")


def reads(callback, names):
    """Whether a callback takes one of these names from the epoch logs."""
    readers = (
        keras.callbacks.CSVLogger,
        keras.callbacks.RemoteMonitor,
        keras.callbacks.TensorBoard,
    )
    path = str(getattr(callback, "filepath", ""))
    monitors = getattr(callback, "monitor", None) in names
    return monitors or isinstance(callback, readers) or any(f"{{{name}" in path for name in names)
