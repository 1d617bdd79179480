"""Splits of a dataset: their usual names, and the slices of them."""

import re

from keras_gen.arguments import argument_error

# Every usual name of a folder that holds a split, and the split that it holds.
_ROLES = {
    "train": "train",
    "training": "train",
    "test": "test",
    "testing": "test",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "eval": "evaluation",
    "evaluation": "evaluation",
}
_NAMES = "|".join(_ROLES)
_FOLDER = re.compile(rf"(?i:({_NAMES})(?:[ _-]?(?:set|data|images|split))?)(?:[ _-]?[AB])?")
_SLICE = r"(?:\[(-?\d+%?)?:(-?\d+%?)?\])?"
_SPLIT = re.compile(rf"({_NAMES}){_SLICE}", re.IGNORECASE)


def role(name):
    """The split that a folder of this name holds, such as `train` for `Training`, or `None`."""
    match = _FOLDER.fullmatch(name)
    return None if match is None else _ROLES[match[1].lower()]


def parsed(split, roles=None):
    """The name of a split and the bounds of its slice.

    Args:
        split: such as `"train"` or `"train[90%:]"`.
        roles: the splits that exist, or `None` for any.
    """
    match = _SPLIT.fullmatch(split) if isinstance(split, str) else None
    if match is None or (roles is not None and match[1] not in roles):
        names = _ROLES if roles is None else roles
        raise argument_error(
            "split",
            ", ".join(f"'{name}'" for name in names)
            + " or a slice of them, such as 'train[:1000]' or 'train[90%:]'",
            split,
        )
    bounds = match.groups()[1:]
    if any(b is not None and b.endswith("%") and abs(int(b[:-1])) > 100 for b in bounds):
        raise argument_error("split", "a slice of at most 100%", split)
    return match[1], bounds


def slice_of(count, bounds, split):
    """The slice of `count` examples that a split names, which holds at least one."""

    def position(bound):
        if bound is None or not bound.endswith("%"):
            return None if bound is None else int(bound)
        return round(count * int(bound[:-1]) / 100)

    chosen = slice(*map(position, bounds))
    if not range(count)[chosen]:
        raise empty_split(split)
    return chosen


def empty_split(split):
    """The error for a split without examples."""
    return argument_error("split", "at least one image", received=f"split={split}, which is empty")
