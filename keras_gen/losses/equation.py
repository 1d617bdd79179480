"""What the equations of this package have in common."""

import inspect

import keras

from keras_gen.arguments import argument_error


class Equation:
    """An immutable, serializable object: a formula and its few numbers.

    The configuration follows from the signature of `__init__`: each argument is an attribute of
    the same name. The subclasses here are frozen dataclasses, so two equations are equal when
    their class and their numbers are; a plain class works too, and so does a `get_config` of its
    own. Every subclass is registered with Keras, so a file with it can be loaded wherever the class
    has been defined or imported.
    """

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        keras.saving.register_keras_serializable(cls.__module__)(cls)

    def get_config(self):
        return {
            name: keras.saving.serialize_keras_object(getattr(self, name))
            for name in _arguments(type(self))
        }

    @classmethod
    def from_config(cls, config):
        return cls(**{name: _deserialized(value) for name, value in config.items()})

    def unstated(self):
        """Names of the methods that a subclass has to state but does not."""
        return []


def check_equation(name, value, kind, example):
    """Returns an equation that can be used and saved, or raises an error.

    Args:
        name: the argument's name.
        value: the argument's value.
        kind: the class that it should be an instance of.
        example: such an object, as text.
    """
    expected = f"a `keras_gen.losses.{kind.__name__}`, such as {example}"
    if isinstance(value, type) and issubclass(value, kind):
        raise argument_error(name, f"an object, {value.__name__}(), not its class", value)
    if not isinstance(value, kind):
        raise argument_error(name, expected, repr(value))
    unstated = value.unstated()
    if unstated:
        received = f"a {type(value).__name__} without them"
        raise argument_error(
            name, f"an object that states {', '.join(unstated)}", None, received=received
        )
    if type(value).get_config is Equation.get_config:
        missing = [each for each in _arguments(type(value)) if not hasattr(value, each)]
        if missing:
            raise argument_error(
                name,
                "an object that can be saved: one that keeps each argument of `__init__` as an "
                "attribute of the same name, or has a `get_config`",
                received=f"a {type(value).__name__} without the attribute {missing[0]!r}",
            )
    return value


def _arguments(equation_class):
    """Names of the arguments of `__init__`."""
    if equation_class.__init__ is object.__init__:
        return []
    parameters = inspect.signature(equation_class.__init__).parameters.values()
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [each.name for each in parameters if each.name != "self" and each.kind not in kinds]


def _deserialized(value):
    if isinstance(value, (dict, list, tuple)):
        return keras.saving.deserialize_keras_object(value)
    return value
