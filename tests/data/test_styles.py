"""Digits in two styles: the same characters with the same variations, pixel on pixel."""

import dataclasses

import numpy as np
import pytest
import scipy.ndimage

from keras_gen import data
from keras_gen.data import embedded, glyphs, lab, palettes, styles

PAIRS = list(styles.PAIRS.items())
PER_CHARACTER = 21  # three times the fonts of a style


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where the drawn images are kept: a new folder for every test."""
    monkeypatch.setenv("KERAS_GEN_DATA_DIR", str(tmp_path / "kept"))
    return tmp_path / "kept"


@pytest.fixture
def few(monkeypatch):
    """Sets of a few images, which are drawn at once."""
    for counts in (embedded._PER_CHARACTER, embedded._PER_LETTER):
        monkeypatch.setitem(counts, "train", PER_CHARACTER)
        monkeypatch.setitem(counts, "test", 6)


def upright(style, role="train"):
    """Every character in every font of a style, without variations: ink [count, 28, 28]."""
    fonts = getattr(style, role)
    characters = [character for character in glyphs.DIGITS for _ in fonts]
    still = np.zeros(len(characters), glyphs.VARIATION)
    images = glyphs.draw(characters, fonts * len(glyphs.DIGITS), still, line=style.line)
    return images[..., 0] / 255.0


def ink(images):
    """The brightest of the channels, as if digits were white: [count, 28, 28] from 0 to 1."""
    return images.max(axis=-1) / 255.0


def extents(ink):
    """First and last inked row, and first and last inked column: (count, 4)."""
    bounds = []
    for image in ink > 0.3:
        rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
        bounds.append([rows[0], rows[-1], columns[0], columns[-1]])
    return np.array(bounds)


@pytest.mark.parametrize("target, source", PAIRS)
@pytest.mark.parametrize("role", ["train", "test"])
def test_both_images_of_a_pair_show_the_same_digit_in_the_same_place(few, target, source, role):
    (x, x_labels), (y, y_labels) = (
        embedded.examples(name, role, True) for name in (source, target)
    )
    np.testing.assert_array_equal(x_labels, y_labels)
    assert len(x) == 10 * embedded._PER_CHARACTER[role]
    boxes, others = extents(ink(x)), extents(ink(y))
    centres = [(each[:, ::2] + each[:, 1::2]) / 2 for each in (boxes, others)]
    assert np.abs(centres[0] - centres[1]).max() <= 2.5  # serifs and slants differ
    assert np.abs(centres[0] - centres[1]).mean() < 0.6
    overlap = np.mean(np.minimum(ink(x), ink(y)), axis=(1, 2))
    another = np.mean(np.minimum(ink(x), np.roll(ink(y), 1, axis=0)), axis=(1, 2))
    assert overlap.mean() > 1.1 * another.mean()  # of a line one half lies inside


@pytest.mark.parametrize("target, source", PAIRS)
def test_upright_pairs_fill_the_same_box(target, source):
    for role in ("train", "test"):
        boxes, others = (extents(upright(styles.STYLES[name], role)) for name in (source, target))
        assert np.abs(boxes[:, :2] - others[:, :2]).max() <= 1  # above and below
        middles = [each[:, 2:].mean(axis=1) for each in (boxes, others)]
        assert np.abs(middles[0] - middles[1]).max() <= 1


def test_bold_digits_have_more_ink_than_their_regular_partners(few):
    for role in ("train", "test"):
        regular, bold = (
            embedded.examples(f"glyphs_{n}", role, False)[0] for n in ("regular", "bold")
        )
        more = bold.mean(axis=(1, 2, 3)) / regular.mean(axis=(1, 2, 3))
        assert more.min() > 1.05 and more.mean() > 1.3


def test_serifs_are_wider_feet_of_the_same_one_typeface():
    sans, serif = (upright(styles.STYLES[name]) for name in ("glyphs_sans", "glyphs_serif"))
    digits = serif.reshape(10, -1, 28, 28)
    np.testing.assert_array_equal(digits, np.repeat(digits[:, :1], digits.shape[1], axis=1))
    assert np.abs(sans - serif).sum(axis=(1, 2)).min() > 8


def test_an_outline_lies_on_the_edge_of_the_filled_digit(few):
    outline, filled = (
        embedded.examples(f"glyphs_{name}", "train", False)[0] for name in ("outline", "filled")
    )
    line, whole = ink(outline) > 0.5, ink(filled) > 0.1
    grown, shrunk = (
        change(whole, np.ones((1, 3, 3)))
        for change in (scipy.ndimage.binary_dilation, scipy.ndimage.binary_erosion)
    )
    assert not np.any(line & ~grown)
    inside = scipy.ndimage.binary_erosion(shrunk, np.ones((1, 3, 3)))
    assert np.mean(line[inside]) < 0.02  # in gaps narrower than a pixel
    edge = whole & ~scipy.ndimage.binary_erosion(whole, [[[0, 1, 0], [1, 1, 1], [0, 1, 0]]])
    assert np.mean(ink(outline)[edge] > 0.2) > 0.9
    assert np.mean(line.sum(axis=(1, 2)) / whole.sum(axis=(1, 2))) < 0.9


def test_a_line_has_its_width():
    still = np.zeros(1, glyphs.VARIATION)  # the I of DejaVuSans is a bar
    for width in (1.0, 1.5):
        (row,) = glyphs.draw("I", ["DejaVuSans"], still, size=280, line=width)[:, 140, :, 0] / 255.0
        np.testing.assert_allclose(row.sum() / 10, 2 * width, atol=0.02)
    with pytest.raises(ValueError, match="`line`.*positive"):
        glyphs.draw("I", ["DejaVuSans"], still, line=0)


def test_every_digit_has_a_colour_of_its_own_and_no_lightness(few):
    images, labels = embedded.examples("glyphs_filled", "train", True)
    assert images.shape == (10 * PER_CHARACTER, 28, 28, 3) and images.dtype == np.uint8
    brightest = images.reshape(len(images), -1, 3).max(axis=1)
    np.testing.assert_array_equal(brightest, np.array(palettes.DIGITS)[labels])
    colours = lab.to_lab(np.array(palettes.DIGITS, "float32") / 255).numpy()
    np.testing.assert_allclose(colours[:, 0], 68, atol=0.5)
    hues = np.rad2deg(np.arctan2(colours[:, 2], colours[:, 1])) % 360
    np.testing.assert_allclose((hues - 36 * np.arange(10) + 180) % 360, 180, atol=1)
    assert np.hypot(*colours[:, 1:].T).min() > 35


def test_each_style_is_the_same_every_time_and_splits_differ(few):
    for name in ("glyphs_outline", "glyphs_filled"):
        again = [styles.STYLES[name].drawn(role, 6)[0] for role in ("train", "train", "test")]
        np.testing.assert_array_equal(again[0], again[1])
        assert np.mean(again[0] != again[2]) > 0.1
    train, test = (embedded.examples("glyphs_bold", role, False)[0] for role in ("train", "test"))
    distances = np.abs(train[:, None] / 255.0 - test[None] / 255.0).sum(axis=(2, 3, 4))
    assert distances.min() > 8


def test_fonts_of_testing_are_not_those_of_training_and_pair_up():
    for target, source in PAIRS:
        x, y = styles.STYLES[source], styles.STYLES[target]
        for role in ("train", "test"):
            assert len(getattr(x, role)) == len(getattr(y, role))
        assert not set(x.train) & set(x.test)
        assert target == "glyphs_serif" or not set(y.train) & set(y.test)


def test_styles_are_kept_and_damaged_files_replaced(few, folder, monkeypatch):
    images, labels = embedded.examples("glyphs_filled", "test", True)
    (path,) = folder.iterdir()
    monkeypatch.setattr(styles.Style, "drawn", None)
    np.testing.assert_array_equal(embedded.examples("glyphs_filled", "test", True)[0], images)
    monkeypatch.undo()
    monkeypatch.setenv("KERAS_GEN_DATA_DIR", str(folder))
    monkeypatch.setitem(embedded._PER_CHARACTER, "test", 6)
    np.savez_compressed(path, images=images[..., :1], labels=labels)
    np.testing.assert_array_equal(embedded.examples("glyphs_filled", "test", True)[0], images)


def test_pairs_are_loaded_by_both_names_or_by_the_target_in_either_direction(few):
    x, y = data.arrays(data.load_pairs("glyphs_outline", "glyphs_filled", split="test"))
    assert x.shape == (60, 28, 28, 1) and y.shape == (60, 28, 28, 3)
    np.testing.assert_array_equal(x, data.arrays(data.load("glyphs_outline", "test")))
    np.testing.assert_array_equal(y, data.arrays(data.load("glyphs_filled", "test")))
    same = data.arrays(data.load_pairs("glyphs_filled", split="test"))
    np.testing.assert_array_equal(same[0], x)
    np.testing.assert_array_equal(same[1], y)
    back = data.arrays(data.load_pairs("glyphs_filled", "glyphs_outline", split="test[:9]"))
    np.testing.assert_array_equal(back[0], y[:9])
    options = {"split": "test[:5]", "image_size": 14, "value_range": (0, 1), "x_range": (-1, 1)}
    x, y = data.arrays(data.load_pairs("glyphs_bold", **options))
    assert x.shape == y.shape == (5, 14, 14, 1) and x.min() == -1 and y.min() == 0
    (one,) = data.load_pairs("glyphs_bold", split="test[:1]")
    assert [tuple(image.shape) for image in one] == [(28, 28, 1)] * 2


@pytest.mark.parametrize("x, y", [("glyphs_bold", "glyphs_filled"), ("glyphs", "digits")])
def test_styles_that_are_no_pair_are_refused(x, y):
    with pytest.raises(ValueError, match="`y`.*'glyphs_bold' with 'glyphs_regular'.*Received: y="):
        data.load_pairs(x, y)


def test_a_rule_applies_to_a_style_as_to_any_images(few):
    x, y = data.arrays(data.load_pairs("glyphs_filled", rule=data.rules.grey, split="test"))
    assert x.shape[-1] == 1 and y.shape[-1] == 3
    np.testing.assert_array_equal(y, data.arrays(data.load("glyphs_filled", "test")))


def test_whose_variations_are_the_same_is_decided_by_the_seed_alone():
    x = dataclasses.replace(styles.BOLD, train=styles.BOLD.train[::-1])
    (_, labels), (_, others) = (each.drawn("train", 7) for each in (x, styles.REGULAR))
    np.testing.assert_array_equal(labels, others)
