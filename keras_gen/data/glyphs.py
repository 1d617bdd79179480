"""Digits and capital letters, drawn from the outlines of the fonts that come with matplotlib.

    ink(x) = clip(1/2 + distance(A x) + weight, 0, 1)

`distance` is that of a point to the outline of the character, in pixels, positive inside. `A` leads
from the picture back to the upright character: it undoes a shift, a rotation, a slant, a width and
a height. Points of equal distance form an outline again, so `weight` makes strokes bolder or
lighter, and every edge is one pixel wide.

The fonts for testing are other typefaces than those for training: whoever reads the test images
knows the characters, but has seen none of their shapes. Both have typefaces with serifs, without,
and of typewriters.

So training images and test images are not of one distribution: the Fréchet distance between them is
what a generator that copies its training images would get, and not nearly zero.
"""

import numpy as np

from keras_gen.arguments import argument_error, positive_integer, positive_number
from keras_gen.data.checks import seed_number
from keras_gen.data.outlines import distances, sampled

DIGITS, CAPITALS = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
TRAINING_FONTS = (
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSans-Oblique",
    "DejaVuSans-BoldOblique",
    "DejaVuSansMono",
    "DejaVuSansMono-Bold",
    "DejaVuSansMono-Oblique",
    "DejaVuSansMono-BoldOblique",
    "STIXGeneral",
    "STIXGeneralBol",
    "STIXGeneralItalic",
    "STIXGeneralBolIta",
    "STIXGeneral typewriter",
    "cmr10",
    "cmb10",
    "cmti10",
    "cmss10",
)
TEST_FONTS = (
    "DejaVuSerif",
    "DejaVuSerif-Bold",
    "DejaVuSerif-Italic",
    "DejaVuSerif-BoldItalic",
    "STIXGeneral sans",
    "STIXGeneral sans bold",
    "cmtt10",
)
SIZE = 28  # all pixels below are those of images of this size
RANGES = {
    "rotation": (-12.0, 12.0),  # degrees, counter-clockwise
    "slant": (-0.2, 0.2),  # pixels to the right per pixel upwards
    "width": (-0.15, 0.1),  # logarithm of a factor
    "height": (-0.15, 0.1),  # logarithm of a factor
    "weight": (-0.25, 0.6),  # pixels by which every edge moves outwards
    "right": (-1.5, 1.5),  # pixels
    "down": (-1.5, 1.5),  # pixels
}
VARIATION = np.dtype([(name, "float32") for name in RANGES])

_BLOCK = 512  # images drawn at once


def variations(count, seed):
    """Variations for `draw`, every number uniform in its range of `RANGES`.

    Args:
        count: how many.
        seed: Non-negative integer; equal seeds give equal variations.

    Returns:
        Array (count,) of type `VARIATION`. `numpy.zeros(count, VARIATION)` leave characters as
        their fonts have them.
    """
    drawn = np.empty(positive_integer("count", count), VARIATION)
    random = _stream(seed_number(seed))
    for name, (low, high) in RANGES.items():
        drawn[name] = random.uniform(low, high, len(drawn))
    return drawn


def draw(characters, fonts, variations, size=SIZE, line=None):
    """Images of characters, white on black.

    The same characters and variations in two fonts make pairs. So do a character and its outline,

        ink(x) = clip(1/2 + line / 2 - |distance(A x) + weight|, 0, 1)

    Args:
        characters: string or sequence of digits and capital letters.
        fonts: for each character one of `TRAINING_FONTS` and `TEST_FONTS`.
        variations: for each character an element of an array of type `VARIATION`.
        size: height and width of the images. All lengths scale with it.
        line: width of a line along the edge that is drawn instead of the character; `None` for
            the character.

    Returns:
        uint8 array `(count, size, size, 1)`: 0 is background, 255 ink.

    Raises:
        ValueError: If a character or a font is unknown, or the three differ in length.

    Example:

        style = glyphs.variations(10, seed=1)
        x = glyphs.draw("0123456789", ["cmr10"] * 10, style)
        y = glyphs.draw("0123456789", ["DejaVuSans"] * 10, style)
    """
    characters, fonts = _checked_characters(characters), _checked_fonts(fonts)
    variations, size = _checked_variations(variations), positive_integer("size", size)
    line = None if line is None else positive_number("line", line)
    for name, values in (("fonts", fonts), ("variations", variations)):
        if len(values) != len(characters):
            expected = f"{len(characters)} {name}, one for each character"
            raise argument_error(name, expected, received=f"{len(values)} {name}")
    kinds = sorted(set(zip(fonts, characters)))
    number = {kind: index for index, kind in enumerate(kinds)}
    which = np.array([number[kind] for kind in zip(fonts, characters)])
    fields = np.stack([distances(*kind) for kind in kinds])
    images = np.empty((len(characters), size, size, 1), "uint8")
    for first in range(0, len(images), _BLOCK):
        block = slice(first, first + _BLOCK)
        distance = sampled(fields, which[block], *_upright(variations[block], size))
        inside = distance + variations["weight"][block, None, None]
        if line is not None:
            inside = np.float32(line / 2) - np.abs(inside)
        images[block, ..., 0] = np.rint(255 * np.clip(0.5 + inside * np.float32(size / SIZE), 0, 1))
    return images


def balanced(characters, fonts, per_character, seed, line=None):
    """Equally many images of each character in mixed order, the fonts taken in turn.

    Variations and order do not depend on the fonts, so that as many others make pairs.

    Args:
        characters: string or sequence of digits and capital letters.
        fonts: some of `TRAINING_FONTS` and `TEST_FONTS`.
        per_character: how many images of each character.
        seed: Non-negative integer, of the variations and of the order.
        line: as for `draw`.

    Returns:
        `(images, labels)`: a uint8 array `(count, 28, 28, 1)`, and an int32 array `(count,)` of
        positions in `characters`.
    """
    characters, fonts = _checked_characters(characters), _checked_fonts(fonts)
    per_character = positive_integer("per_character", per_character)
    count = len(characters) * per_character
    drawn = variations(count, seed)
    order = _stream((seed, 1)).permutation(count)
    labels, turn = order % len(characters), order // len(characters) % len(fonts)
    images = draw([characters[i] for i in labels], [fonts[i] for i in turn], drawn, line=line)
    return images, labels.astype("int32")


def _stream(seed):
    """Random numbers that are the same with every version of NumPy."""
    return np.random.RandomState(np.random.MT19937(seed))


def _upright(variations, size):
    """Where the pixels of varied images lie in the upright characters: x and y, upwards."""
    v = {name: variations[name].astype("float64")[:, None, None] for name in RANGES}
    cos, sin = np.cos(np.deg2rad(v["rotation"])), np.sin(np.deg2rad(v["rotation"]))
    x = np.stack([cos + v["slant"] * sin, sin - v["slant"] * cos]) / np.exp(v["width"])
    y = np.stack([-sin, cos]) / np.exp(v["height"])
    centres = (np.arange(size) + 0.5) * (SIZE / size) - SIZE / 2
    offsets = centres - v["right"], v["down"] - centres[:, None]
    right, up = (offset.astype("float32") for offset in offsets)
    return tuple(along * right + upwards * up for along, upwards in np.float32([x, y]))


def _checked_characters(characters):
    known = DIGITS + CAPITALS
    expected = "at least one digit or capital letter, in a string or a sequence"
    return _checked("characters", characters, known, expected)


def _checked_fonts(fonts):
    known = TRAINING_FONTS + TEST_FONTS
    expected = f"a sequence of at least one of the names {', '.join(map(repr, known))}"
    if isinstance(fonts, str):
        raise argument_error("fonts", expected, repr(fonts))
    return _checked("fonts", fonts, known, expected)


def _checked(name, values, known, expected):
    """The values as a list, if there are any and all are known strings."""
    values = values.tolist() if isinstance(values, np.ndarray) else values
    listed = list(values) if isinstance(values, (str, list, tuple)) else []
    wrong = [value for value in listed if not isinstance(value, str) or value not in tuple(known)]
    if not listed or wrong:
        raise argument_error(name, expected, repr(wrong[0] if wrong else values))
    return listed


def _checked_variations(variations):
    if not isinstance(variations, np.ndarray) or variations.dtype != VARIATION:
        received = f"variations={variations!r}"[:200]
    elif variations.ndim != 1:
        received = f"variations of shape {variations.shape}"
    else:
        return variations
    expected = "an array (count,) of type `VARIATION`, as the function `variations` returns"
    raise argument_error("variations", expected, received=received)
