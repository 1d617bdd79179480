"""Styles in which whole sets of characters are drawn, and pairs of styles that show the same.

    glyphs_regular  ->  glyphs_bold      a typeface, and the bold one of its family
    glyphs_sans     ->  glyphs_serif     typefaces without serifs, and always one with serifs
    glyphs_outline  ->  glyphs_filled    a line round a bold digit, and the digit in its own colour

The two styles of a pair draw the same characters with the same variations in the same order, so
that images of equal number belong to each other: both digits fill the same box, shifted, rotated
and slanted alike. Training images and test images have different variations and different fonts,
but for glyphs_serif, the one typeface that is the target in both.
"""

import dataclasses

import numpy as np

from keras_gen.data import glyphs, palettes

LINE = 1.2  # pixels, the width of an outline
SEEDS = {"train": 1, "test": 2}


@dataclasses.dataclass(frozen=True)
class Style:
    """How the characters of a dataset are drawn.

    Args:
        train, test: the fonts of the two splits, taken in turn.
        characters: string, in the order of the labels.
        line: width of an outline in pixels, or `None` for characters filled with ink.
        palette: a colour for each character, or `None` for white ones.
    """

    train: tuple
    test: tuple
    characters: str = glyphs.DIGITS
    line: float | None = None
    palette: tuple | None = None

    @property
    def channels(self):
        """1 for white characters, 3 for coloured ones."""
        return 1 if self.palette is None else 3

    def drawn(self, role, per_character):
        """The images of a split, uint8 `(count, 28, 28, channels)`, and their labels."""
        fonts, seed = getattr(self, role), SEEDS[role]
        images, labels = glyphs.balanced(self.characters, fonts, per_character, seed, self.line)
        if self.palette is not None:
            colours = np.array(self.palette)[labels, None, None]
            images = np.rint(images / 255 * colours).astype("uint8")
        return images, labels


# Fonts at equal places make pairs.
REGULAR = Style(
    train=(
        "DejaVuSans",
        "DejaVuSans-Oblique",
        "DejaVuSansMono",
        "DejaVuSansMono-Oblique",
        "STIXGeneral",
        "STIXGeneralItalic",
        "cmr10",
    ),
    test=("DejaVuSerif", "DejaVuSerif-Italic", "STIXGeneral sans"),
)
BOLD = Style(
    train=(
        "DejaVuSans-Bold",
        "DejaVuSans-BoldOblique",
        "DejaVuSansMono-Bold",
        "DejaVuSansMono-BoldOblique",
        "STIXGeneralBol",
        "STIXGeneralBolIta",
        "cmb10",
    ),
    test=("DejaVuSerif-Bold", "DejaVuSerif-BoldItalic", "STIXGeneral sans bold"),
)
SANS = Style(
    train=("DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono", "DejaVuSansMono-Bold", "cmss10"),
    test=("STIXGeneral sans", "STIXGeneral sans bold"),
)
SERIF = Style(
    train=("STIXGeneral",) * len(SANS.train),
    test=("STIXGeneral",) * len(SANS.test),
)
STYLES = {
    "glyphs": Style(glyphs.TRAINING_FONTS, glyphs.TEST_FONTS),
    "glyphs_letters": Style(glyphs.TRAINING_FONTS, glyphs.TEST_FONTS, glyphs.CAPITALS),
    "glyphs_regular": REGULAR,
    "glyphs_bold": BOLD,
    "glyphs_sans": SANS,
    "glyphs_serif": SERIF,
    "glyphs_outline": dataclasses.replace(BOLD, line=LINE),
    "glyphs_filled": dataclasses.replace(BOLD, palette=palettes.DIGITS),
}
PAIRS = {  # from targets to what they are translated from
    "glyphs_bold": "glyphs_regular",
    "glyphs_serif": "glyphs_sans",
    "glyphs_filled": "glyphs_outline",
}


def partners(x, y=None):
    """The two styles of a pair: those that x and y are, in this order, or the pair with target x.

    Args:
        x: anything.
        y: anything, or `None`.

    Returns:
        `(x, y)`, or `(PAIRS[x], x)` if there is no y, or `None` if they are no pair.
    """
    if not isinstance(x, str) or not isinstance(y, (str, type(None))):
        return None
    if y is None:
        return (PAIRS[x], x) if x in PAIRS else None
    return (x, y) if PAIRS.get(y) == x or PAIRS.get(x) == y else None
