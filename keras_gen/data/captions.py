"""Captions of digits: small sets of words that say the same thing in three ways."""

import numpy as np

from keras_gen.arguments import argument_error, class_labels
from keras_gen.data.checks import float_array

NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
PARITIES = ("even", "odd")
SIZES = ("small", "large")  # 0 to 4, 5 to 9
WORDS = NAMES + PARITIES + SIZES


def of_digits(labels):
    """Captions of digits: a name, a parity and a size for each.

        7 -> {seven, odd, large}

    Args:
        labels: integers from 0 to 9, of shape (count,) or (count, 1).

    Returns:
        float32 array (count, 14) of zeros and ones, one column per word of `WORDS`.

    Raises:
        ValueError: for labels of another shape or kind.
    """
    labels = class_labels("labels", labels, len(NAMES), of="digit")
    parts = [(NAMES, labels), (PARITIES, labels % 2), (SIZES, labels // 5)]
    return np.concatenate([np.eye(len(words))[i] for words, i in parts], 1).astype("float32")


def as_text(captions):
    """Captions as texts: the words whose probability is above one half, such as "seven odd large".

    Args:
        captions: array (count, 14) of probabilities.

    Returns:
        A list of strings.
    """
    return [" ".join(np.array(WORDS)[caption > 0.5]) for caption in _checked(captions)]


def right(captions, expected):
    """Which captions say exactly the expected words.

    Args:
        captions: array (count, 14) of probabilities; a word is said if its own is above one half.
        expected: array of zeros and ones, of the same shape.

    Returns:
        Boolean array (count,).
    """
    captions, expected = _checked(captions), _checked(expected, "expected")
    if captions.shape != expected.shape:
        raise argument_error(
            "expected",
            f"{len(captions)} captions, one for each of `captions`",
            received=f"expected of shape {expected.shape}",
        )
    return np.all((captions > 0.5) == (expected > 0.5), axis=1)


def _checked(captions, name="captions"):
    array = float_array(captions, name, 2)
    if array.shape[1] != len(WORDS) or not np.all((array >= 0) & (array <= 1)):
        raise argument_error(
            name,
            f"probabilities of shape (count, {len(WORDS)})",
            received=f"{name} of shape {array.shape}"
            + (f", from {array.min()} to {array.max()}" if array.size else ""),
        )
    return array
