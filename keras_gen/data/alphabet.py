"""Characters, their numbers, and pieces of a long sequence of numbers."""

import numpy as np

from keras_gen.arguments import argument_error, integer, positive_integer


class Alphabet:
    """The characters that texts are made of; the number of a character is its position.

    Args:
        characters: a string, or a list of single characters, without repetitions. The first one
            pads short texts.

    Raises:
        ValueError: if there is none, or one occurs twice.
    """

    def __init__(self, characters):
        listed = list(characters) if isinstance(characters, (str, list, tuple)) else [None]
        if not all(isinstance(character, str) and len(character) == 1 for character in listed):
            raise argument_error(
                "characters",
                "a string, or a list of single characters",
                received=f"characters={characters!r}",
            )
        self.characters = "".join(listed)
        self._numbers = {character: i for i, character in enumerate(self.characters)}
        if not self.characters or len(self._numbers) != len(self.characters):
            raise argument_error(
                "characters",
                "at least one character and none of them twice",
                received=f"characters={self.characters!r}",
            )

    def __len__(self):
        return len(self.characters)

    def encode(self, texts, length=None):
        """The numbers of the characters of texts.

        Args:
            texts: list of strings.
            length: of the rows; shorter texts are padded at the end with the first character.
                `None` means the length of the longest text.

        Returns:
            int32 array (len(texts), length).

        Raises:
            ValueError: for a character that is not in the alphabet, or a text that is too long.
        """
        is_list = isinstance(texts, (list, tuple, np.ndarray)) and np.ndim(texts) == 1
        if not is_list or len(texts) == 0 or not all(isinstance(text, str) for text in texts):
            raise argument_error("texts", "a list of strings", received=f"texts={texts!r}"[:200])
        length = max(map(len, texts)) if length is None else integer("length", length, least=1)
        numbers = np.zeros((len(texts), length), "int32")
        for row, text in zip(numbers, texts):
            if len(text) > length:
                raise argument_error(
                    "texts", f"at most {length} characters", received=f"{text!r}, with {len(text)}"
                )
            try:
                row[: len(text)] = [self._numbers[character] for character in text]
            except KeyError as error:
                raise argument_error(
                    "texts",
                    f"characters from {self.characters!r}",
                    received=f"{text[:80]!r}, with {error}",
                ) from None
        return numbers

    def decode(self, numbers):
        """The texts, a list of strings, that rows of numbers encode.

        Args:
            numbers: integers (count, length), from 0 to `len(alphabet) - 1`.

        Raises:
            ValueError: for other numbers.
        """
        expected = f"rows of integers from 0 to {len(self) - 1}"
        array = _numbers("numbers", numbers, 2, expected)
        if array.size and (array.min() < 0 or array.max() >= len(self)):
            received = f"numbers from {array.min()} to {array.max()}"
            raise argument_error("numbers", expected, received=received)
        return ["".join(self.characters[i] for i in row) for row in array]

    def one_hot(self, texts, length=None):
        """What `encode` returns as float32 ones and zeros (len(texts), length, characters)."""
        return np.eye(len(self), dtype="float32")[self.encode(texts, length)]


def windows(tokens, steps):
    """A long sequence of tokens cut into pieces of `steps` predictions each.

        piece_i = tokens[steps * i], ..., tokens[steps * (i + 1)]

    The last token of a piece is the first one of the next, so that every token but the very first
    is predicted once. What is left at the end, less than a piece, is dropped.

    Args:
        tokens: integers (count,), such as `Alphabet.encode([text])[0]`.
        steps: predictions per piece.

    Returns:
        Array (pieces, steps + 1).

    Raises:
        ValueError: if there are not enough tokens for one piece, or `steps` is not a positive
            integer.
    """
    steps = positive_integer("steps", steps)
    tokens = _numbers("tokens", tokens, 1, f"more than {steps} tokens, integers, one piece")
    if len(tokens) <= steps:
        raise argument_error(
            "tokens",
            f"more than {steps} tokens, one piece",
            received=f"tokens of shape {tokens.shape}",
        )
    pieces = (len(tokens) - 1) // steps
    return np.lib.stride_tricks.sliding_window_view(tokens, steps + 1)[: pieces * steps : steps]


def _numbers(name, value, rank, expected):
    """An integer array of a rank, or the error that names the argument."""
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):  # rows of different lengths
        raise argument_error(name, expected, value) from None
    if array.ndim != rank or array.dtype.kind not in "iu":
        what = f"{name}={value!r}" if array.ndim == 0 else f"{name} of {array.dtype}"
        raise argument_error(name, expected, received=f"{what}, shape {array.shape}")
    return array
