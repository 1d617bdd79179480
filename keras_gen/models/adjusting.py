"""What may change in a model after its compilation, and how the change takes effect."""

import functools
import inspect
import types

import keras
import tensorflow as tf

from keras_gen.arguments import argument_error


class Adjustable(keras.Model):
    """A `keras.Model` whose public numbers take effect whenever they are set, or raise.

    TensorFlow traces a training step once, and keeps the numbers that it found. So setting a number
    drops what has been traced, also within `fit`: the next step is traced again, with the new
    number. That takes as long as the first step did; a number that changes with every step should
    be a `keras.Variable`.

    The arguments of a library model that are not in `adjustable` shape its variables. Once it is
    compiled they keep their values, and setting another one raises. All arguments that a user's
    subclass adds may be set.

    Attributes:
        adjustable: dict from the names of numbers to their checks, functions of name and value
            that return the number or raise.
    """

    adjustable = types.MappingProxyType({})

    def __setattr__(self, name, value):
        known = name in self.__dict__ or name in self.adjustable
        if not known or name not in _arguments(type(self)) | self.adjustable.keys():
            return super().__setattr__(name, value)
        value = self.checked(name, value)
        if not getattr(self, "compiled", False):
            return super().__setattr__(name, value)
        before = getattr(self, name, None)
        if name not in self.adjustable and name in _fixed(type(self)):
            if not _same(before, value):
                expected = "the value it was made with; another one needs a new model"
                raise argument_error(name, expected, value)
            return None
        super().__setattr__(name, value)
        if not _same(before, value):
            self.adjusted(name, value)
        return None

    def keep(self, **values):
        """Sets attributes that have been checked already, and does nothing else."""
        for name, value in values.items():
            super().__setattr__(name, value)

    def checked(self, name, value):
        """The number as it is stored; raises the error for a value that it cannot have."""
        check = self.adjustable.get(name)
        return value if check is None else check(name, value)

    def adjusted(self, name, value):
        """What happens after a number of a compiled model has changed."""
        if not tf.inside_function():
            self.retrace()

    def retrace(self):
        """Drops what has been traced of the steps; a running `fit` continues with new ones."""
        for step in ("train", "test", "predict"):
            if getattr(self, f"{step}_function") is not None:
                getattr(self, f"make_{step}_function")(force=True)


def _same(first, second):
    """Whether two values are certainly the same."""
    if first is second:
        return True
    try:
        return type(first) is type(second) and bool(first == second)
    except (TypeError, ValueError):  # arrays
        return False


@functools.cache
def _arguments(model_class):
    """Names of the `__init__` arguments of a model class and its bases."""
    return frozenset(
        name
        for base in model_class.__mro__
        if issubclass(base, Adjustable) and base is not Adjustable
        for name in inspect.signature(base.__init__).parameters
    ) - {"self", "args", "kwargs"}


@functools.cache
def _fixed(model_class):
    """Those of them that classes of this library declare."""
    bases = [base for base in model_class.__mro__ if base.__module__.startswith("keras_gen.")]
    return frozenset(name for base in bases if issubclass(base, Adjustable) for name in _own(base))


def _own(base):
    return inspect.signature(base.__init__).parameters
