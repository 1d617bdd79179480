"""Pieces of a long text."""

import numpy as np

from keras_gen.arguments import argument_error


def windows(tokens, steps):
    """A long row of tokens cut into pieces of `steps` predictions each.

        piece_i = tokens[steps * i], ..., tokens[steps * (i + 1)]

    The last token of a piece is the first one of the next, so that every token but the very first
    is predicted once. What is left at the end, less than a piece, is dropped.

    Args:
        tokens: integers (count,), such as `Alphabet.encode([text])[0]`.
        steps: predictions per piece.

    Returns:
        Array (pieces, steps + 1).

    Raises:
        ValueError: if there are not enough tokens for one piece.
    """
    tokens = np.asarray(tokens)
    if tokens.ndim != 1 or len(tokens) <= steps:
        raise argument_error(
            "tokens",
            f"more than {steps} tokens, one piece",
            received=f"tokens of shape {tokens.shape}",
        )
    pieces = (len(tokens) - 1) // steps
    return np.lib.stride_tricks.sliding_window_view(tokens, steps + 1)[: pieces * steps : steps]
