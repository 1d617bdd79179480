"""Checks of the contents of result files. They load NumPy only to raise an error."""

import datetime
import json
import math
import numbers
import pathlib


def check(name, valid, expected, value):
    """Raises the error that names an argument unless its value is valid."""
    if not valid:
        raise error(name, expected, value)


def error(name, expected, value):
    """`arguments.argument_error`."""
    from keras_gen.arguments import argument_error

    return argument_error(name, expected, value)


def read_json(path):
    """The content of a JSON file, or an error that names the file."""
    try:
        return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise error("path", "an existing file", path) from None
    except ValueError as failure:
        raise error("path", f"a file with valid JSON ({failure})", path) from failure


def is_text(value):
    return isinstance(value, str) and value.strip() != ""


def is_integer(value):
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def is_number(value):
    return isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)


def is_date(value):
    try:
        return value is None or datetime.date.fromisoformat(value).isoformat() == value
    except (TypeError, ValueError):
        return False
