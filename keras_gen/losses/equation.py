"""What the equations of this package have in common."""

import dataclasses

from keras_gen.arguments import argument_error


class Equation:
    """An immutable, serializable object: a formula and its few numbers.

    Subclasses are frozen dataclasses, so two equations are equal when their class and their
    numbers are, and the configuration is the dataclass's fields.
    """

    def get_config(self):
        return dataclasses.asdict(self)

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def check_non_negative(name, value):
    """Raises ValueError unless `value` is a number that is zero or more."""
    if not 0 <= value < float("inf"):
        raise argument_error(name, "a finite number that is zero or more", value)
