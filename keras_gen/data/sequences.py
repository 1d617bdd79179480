"""Sequences made by rules: tasks that need memory, and texts to read, tag and translate."""

import datetime

import numpy as np

from keras_gen.arguments import argument_error, integer
from keras_gen.data.alphabet import Alphabet
from keras_gen.data.checks import float_array, seed_number

MARKED, AT_THE_ENDS = 1.0, -1.0

PRAISE = ("good", "great", "warm", "clever", "lovely")
BLAME = ("bad", "dull", "cold", "clumsy", "awful")
FILLERS = ("the", "film", "was", "very", "and", "plot", "music", "acting", "it", "here")
NOT = "not"
WORDS = ("", *PRAISE, *BLAME, *FILLERS, NOT)  # the empty word pads short sentences
MOST_OPINIONS = 5

DEEPEST = 4  # brackets open at once

FIRST_DAY, LAST_DAY = datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)
MONTHS = (
    "January February March April May June July August September October November December"
).split()
DATES = Alphabet(sorted(set(" ,0123456789" + "".join(MONTHS))))  # begins with the space
ISO_DATES = Alphabet("-0123456789")
LONGEST_DATE = len("September 30, 1999")


def adding(count, steps=100, seed=0):
    """The adding problem: remember two marked numbers and give their sum at the end.

        x_t = (value, marker),   value ~ U[-1, 1]
        target = .5 + (X_1 + X_2) / 4,   in [0, 1]

    The marker is 1 at two steps, whose values are X_1 and X_2: one of the first ten, and one of
    the first `steps` / 2 - 1 others. It is -1 at the first and the last step and 0
    elsewhere. If the first step is chosen, it keeps its -1 and counts as 0.

    The lengths vary from `steps` to `steps` * 11 / 10, and shorter sequences are padded with zeros
    *in front*, so that all of them end at the last step.

    Args:
        count: number of sequences.
        steps: T, at least 20.
        seed: non-negative integer.

    Returns:
        float32 arrays: sequences (count, steps * 11 // 10, 2) and targets (count, 1).

    Reference:
        Hochreiter and Schmidhuber (1997), Long Short-Term Memory, experiment 4. A sequence is
        processed correctly there if the output is within .04 of the target.
    """
    count = integer("count", count, least=1)
    steps = integer("steps", steps, least=20)
    random = np.random.default_rng(seed_number(seed))
    longest = steps * 11 // 10
    lengths = random.integers(steps, longest + 1, count)
    first = random.integers(0, 10, count)
    second = random.integers(0, steps // 2 - 1, count)
    second += second >= first
    sequences = np.stack([random.uniform(-1, 1, (count, longest)), np.zeros((count, longest))], -1)
    sequences[np.arange(longest) < (longest - lengths)[:, None]] = 0
    row, start = np.arange(count), longest - lengths
    values = sequences[..., 0]
    total = sum(np.where(at == 0, 0, values[row, start + at]) for at in (first, second))
    for at, marker in [(0, AT_THE_ENDS), (lengths - 1, AT_THE_ENDS)]:
        sequences[row, start + at, 1] = marker
    for at in (first, second):
        sequences[row[at > 0], (start + at)[at > 0], 1] = MARKED
    return sequences.astype("float32"), (0.5 + total / 4)[:, None].astype("float32")


def opinions(count, seed=0):
    """Sentences of praise and blame; `not` turns the next such word into its opposite.

        the music not good warm and dull  ->  -1 + 1 - 1, unfavourable

    A sentence has three or five such words, with or without a `not` and a neutral word before
    each of them. It is favourable if more of them praise than blame.

    Args:
        count: number of sentences.
        seed: non-negative integer.

    Returns:
        Two float32 arrays: sentences (count, 15, len(`WORDS`)) as ones and zeros, padded with
        the empty word at the end, and labels (count, 1), 1 for a favourable sentence.
    """
    count = integer("count", count, least=1)
    random = np.random.default_rng(seed_number(seed))
    length = random.choice([3, MOST_OPINIONS], (count, 1))
    praises, turned, filled = random.integers(0, 2, (3, count, MOST_OPINIONS))
    words, fillers = random.integers(0, (len(PRAISE), len(FILLERS)), (count, MOST_OPINIONS, 2)).T
    opinion = np.where(praises, WORDS.index(PRAISE[0]), WORDS.index(BLAME[0])) + words.T
    said = np.stack(
        [filled * (WORDS.index(FILLERS[0]) + fillers.T), turned * WORDS.index(NOT), opinion], -1
    )
    within = np.arange(MOST_OPINIONS) < length
    said = (said * within[..., None]).reshape(count, -1)
    said = np.take_along_axis(said, np.argsort(said == 0, axis=1, kind="stable"), axis=1)
    praising = ((praises != turned) & within).sum(axis=1, keepdims=True)
    return np.eye(len(WORDS), dtype="float32")[said], (2 * praising > length).astype("float32")


def as_text(sentences):
    """The sentences that `opinions` returns, as a list of strings."""
    sentences = float_array(sentences, "sentences", 3)
    if sentences.shape[1] == 0 or sentences.shape[2] != len(WORDS):
        raise argument_error(
            "sentences",
            f"ones and zeros of shape (count, words, {len(WORDS)})",
            received=f"sentences of shape {sentences.shape}",
        )
    return [" ".join(np.array(WORDS)[row]).strip() for row in np.argmax(sentences, axis=-1)]


def brackets(count, steps=20, seed=0):
    """Letters and brackets, and at every step how many brackets are open.

        a(bc(d))e  ->  011122110

    Args:
        count: number of sequences.
        steps: characters of a sequence.
        seed: non-negative integer.

    Returns:
        float32 array (count, steps, 3) of ones and zeros for `(`, `)` and a letter, and int32
        array (count, steps) of depths from 0 to `DEEPEST`.
    """
    count = integer("count", count, least=1)
    steps = integer("steps", steps, least=1)
    random = np.random.default_rng(seed_number(seed))
    kinds, depths = np.zeros((2, count, steps), "int32")
    depth = np.zeros(count, "int32")
    for step in range(steps):
        wanted = random.integers(0, 3, count)
        impossible = ((wanted == 0) & (depth == DEEPEST)) | ((wanted == 1) & (depth == 0))
        kinds[:, step] = np.where(impossible, 2, wanted)
        depth = depth + np.array([1, -1, 0])[kinds[:, step]]
        depths[:, step] = depth
    return np.eye(3, dtype="float32")[kinds], depths


def dates(count, seed=0):
    """Dates as people write them, and as computers do: "November 25, 2026" and "2026-11-25".

    Args:
        count: number of dates, all different, drawn from the years 1900 to 2099.
        seed: non-negative integer.

    Returns:
        Two lists of strings.
    """
    count = integer("count", count, least=1)
    existing = (LAST_DAY - FIRST_DAY).days + 1
    if count > existing:
        raise argument_error("count", f"at most the {existing} days of these years", count)
    offsets = np.random.default_rng(seed_number(seed)).choice(existing, count, replace=False)
    days = [FIRST_DAY + datetime.timedelta(int(offset)) for offset in offsets]
    written = [f"{MONTHS[day.month - 1]} {day.day}, {day.year}" for day in days]
    return written, [day.isoformat() for day in days]


def recent(sequences, steps):
    """What a memory of the last steps would hold at every step: x_t, x_{t-1}, ... side by side.

    Args:
        sequences: array (count, length, features).
        steps: number of steps, 1 for x_t alone. There are zeros before the first step.

    Returns:
        Array (count, length, steps * features).
    """
    steps = integer("steps", steps, least=1)
    sequences = float_array(sequences, "sequences", 3)
    length = sequences.shape[1]
    padded = np.pad(sequences, [(0, 0), (steps - 1, 0), (0, 0)])
    starts = range(steps - 1, -1, -1)
    return np.concatenate([padded[:, start : start + length] for start in starts], axis=-1)
