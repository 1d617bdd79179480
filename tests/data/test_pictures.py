"""Pictures of every depth, kind and state: read rightly, or refused by name."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from keras_gen import data
from keras_gen.data import sources

ROW = [0, 85, 170, 255]


def png(bits, colour, row, width, transparent=b"", interlaced=False):
    """A PNG file of one row, written by hand."""

    def chunk(kind, content):
        checksum = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + checksum

    header = struct.pack(">IIBBBBB", width, 1, bits, colour, 0, 0, interlaced)
    content = chunk(b"IHDR", header) + (chunk(b"tRNS", transparent) if transparent else b"")
    content += chunk(b"IDAT", zlib.compress(b"\0" + bytes(row))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + content


def saved(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def pixels(folder, content, name="1.png", **options):
    """The pixels from 0 to 255 of a folder with one picture of this content."""
    (folder / name).write_bytes(content)
    return data.arrays(data.load(folder, value_range=(0, 255), **options))[0]


@pytest.mark.parametrize(
    "bits, row, expected",
    [
        (1, [0b01010000], [0, 255, 0, 255]),
        (2, [0b00011011], ROW),
        (4, [0x05, 0xAF], ROW),
        (8, ROW, ROW),
    ],
)
def test_grey_pictures_of_every_depth(tmp_path, bits, row, expected):
    image = pixels(tmp_path, png(bits, 0, row, 4))
    np.testing.assert_allclose(image[0, :, 0], expected, atol=1e-4)
    # The second pixel is transparent: the files say so in units of their own depth.
    level = struct.pack(">H", {1: 1, 2: 1, 4: 5, 8: 85}[bits])
    image = pixels(tmp_path, png(bits, 0, row, 4, level), background=0.4)
    hidden = np.array(expected) == expected[1]
    np.testing.assert_allclose(image[0, :, 0], np.where(hidden, 102, expected), atol=1e-4)


@pytest.mark.parametrize("colour, channels", [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_pictures_of_16_bits_are_named(tmp_path, colour, channels):
    content = png(16, colour, struct.pack(f">{channels}H", *[5000] * channels), 1)
    with pytest.raises(ValueError, match=r"argument `name`.*1\.png.*16 bits per channel, not 8"):
        pixels(tmp_path, content)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
@pytest.mark.parametrize("background, shown", [(1.0, 255), (0, 0), (np.float32(0.2), 51)])
def test_transparent_pixels_show_the_background(tmp_path, mode, background, shown):
    # Pixels of 100: wholly transparent, half transparent, opaque.
    image = np.full((1, 3, len(mode)), 100, "uint8")
    image[0, :, -1] = 0, 51, 255
    image = pixels(tmp_path, saved(Image.fromarray(image), "PNG"), background=background)
    assert image.shape == (1, 3, 1 if mode == "LA" else 3)
    expected = [shown, np.rint(0.2 * 100 + 0.8 * shown), 100]
    np.testing.assert_allclose(image, np.resize(expected, (1, 3, 1)) * np.ones(image.shape))


def test_a_background_may_have_a_colour_which_makes_grey_pictures_colourful(tmp_path):
    image = np.zeros((2, 2, 2), "uint8")
    content = saved(Image.fromarray(image), "PNG")
    image = pixels(tmp_path, content, background=(1, 0.2, 0))
    np.testing.assert_allclose(image, np.resize([255, 51, 0], (2, 2, 3)), atol=1e-4)
    opaque = pixels(tmp_path, png(8, 0, ROW, 4), background=(1, 0.2, 0))
    assert opaque.shape == (1, 4, 1)


def test_palettes_with_and_without_transparency(tmp_path):
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putpixel((1, 0), 1)
    plain = pixels(tmp_path, saved(image, "PNG"))
    np.testing.assert_allclose(plain, [[[10, 20, 30], [40, 50, 60]]], atol=1e-4)
    one = pixels(tmp_path, saved(image, "PNG", transparency=1))
    np.testing.assert_allclose(one, [[[10, 20, 30], [255] * 3]], atol=1e-4)
    table = pixels(tmp_path, saved(image, "PNG", transparency=b"\0\x80"), background=0)
    np.testing.assert_allclose(table, [[[0, 0, 0], [20, 25, 30]]], atol=0.6)


def test_a_transparent_colour_of_a_palette_free_picture(tmp_path):
    content = png(8, 2, [1, 2, 3, 4, 5, 6], 2, struct.pack(">HHH", 1, 2, 3))
    image = pixels(tmp_path, content, background=0)
    np.testing.assert_allclose(image, [[[0, 0, 0], [4, 5, 6]]], atol=1e-4)


def test_interlaced_pictures(tmp_path):
    image = pixels(tmp_path, png(8, 0, [7], 1, interlaced=True))
    np.testing.assert_allclose(image, [[[7]]], atol=1e-4)


def test_ink_becomes_light(tmp_path):
    ink = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    image = pixels(tmp_path, saved(ink, "JPEG", quality=100), "1.jpg")
    np.testing.assert_allclose(image[4, 4], [255, 0, 0], atol=3)


@pytest.mark.parametrize("turn", range(1, 9))
def test_pictures_are_turned_upright(tmp_path, turn):
    """The numbers of the EXIF standard, by where they put the first row and column."""
    upright = np.arange(6, dtype="uint8").reshape(2, 3)
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: np.rot90(upright),
        7: upright[::-1, ::-1].T,
        8: np.rot90(upright, -1),
    }[turn]
    exif = Image.Exif()
    exif[0x0112] = turn
    image = Image.fromarray(np.ascontiguousarray(stored))
    image = pixels(tmp_path, saved(image, "PNG", exif=exif))
    np.testing.assert_allclose(image[..., 0], upright, atol=1e-4)


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP"])
def test_the_first_frame_of_an_animation(tmp_path, kind):
    frames = [Image.new("RGB", (4, 4), (value,) * 3) for value in (200, 50)]
    options = {"lossless": True} if kind == "WEBP" else {}
    content = saved(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    np.testing.assert_allclose(pixels(tmp_path, content), 200, atol=1)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "GIF", "WEBP"])
@pytest.mark.parametrize("name", ["1.png", "1.JPG", "1.JpEg"])
def test_content_counts_more_than_suffixes(tmp_path, kind, name):
    image = Image.new("RGB", (8, 8), (200, 100, 50))
    image = pixels(tmp_path, saved(image, kind), name)
    np.testing.assert_allclose(image, np.resize([200, 100, 50], (8, 8, 3)), atol=5)


@pytest.mark.parametrize("kind", ["TIFF", "PPM"])
def test_other_content_is_named(tmp_path, kind):
    with pytest.raises(ValueError, match=r"`name`.*1\.png' \(its content is not such an image\)"):
        pixels(tmp_path, saved(Image.new("RGB", (8, 8)), kind))


def test_files_cut_anywhere_are_named_or_whole(tmp_path):
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (8, 8, 3), "uint8"))
    for kind, name in (("PNG", "1.png"), ("JPEG", "1.jpg")):
        whole = saved(image, kind)
        expected = pixels(tmp_path, whole, name)
        for end in range(0, len(whole), 7):
            try:
                received = pixels(tmp_path, whole[:end], name)
            except ValueError as error:
                assert "argument `name`" in str(error) and name in str(error)
            else:
                np.testing.assert_array_equal(received, expected)
        (tmp_path / name).unlink()


def test_flipped_bytes_raise_nothing_else(tmp_path):
    random = np.random.default_rng(0)
    whole = saved(Image.fromarray(random.integers(0, 256, (8, 8, 3), "uint8")), "PNG")
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        try:
            pixels(tmp_path, bytes(damaged))
        except ValueError as error:
            assert "argument `name`" in str(error) and "1.png" in str(error)


@pytest.mark.parametrize(
    "background", [2, -0.1, np.nan, None, "white", True, (1, 1), (1, 2, 3), [0.1] * 4, {}]
)
def test_bad_backgrounds_are_named(background):
    for load in (data.load, lambda *args, **options: data.load_pairs(*args, "y", **options)):
        with pytest.raises(ValueError, match="argument `background`.*Received: background="):
            load("digits", background=background)


def test_streamed_pictures_have_the_background_too(tmp_path, monkeypatch):
    content = saved(Image.fromarray(np.zeros((2, 2, 4), "uint8")), "PNG")
    held = pixels(tmp_path, content, background=0.2)
    monkeypatch.setattr(sources, "_MEMORY_LIMIT", 0)
    np.testing.assert_array_equal(pixels(tmp_path, content, background=0.2), held)
    assert held.max() == 51


def test_pairs_have_the_background_too(tmp_path):
    (tmp_path / "1.png").write_bytes(saved(Image.new("RGBA", (2, 2)), "PNG"))
    for options in ({"y": tmp_path}, {"rule": lambda image: image}):
        x, y = data.arrays(data.load_pairs(tmp_path, background=0, **options))
        assert x.max() == y.max() == -1
