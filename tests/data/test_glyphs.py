import collections
import hashlib
import os
import pathlib
import subprocess
import sys

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from keras_gen import data
from keras_gen.data import embedded, glyphs, outlines

FONTS = pathlib.Path(matplotlib.get_data_path(), "fonts", "ttf")
ANOTHER_PROCESS = """
import hashlib, socket, sys

def refuse(*arguments):
    raise AssertionError(f"the network was asked for {arguments}")

socket.socket.connect = socket.getaddrinfo = refuse
sys.modules["matplotlib"] = None  # whoever imports it now, fails; Keras does without
from keras_gen import data
data.arrays(data.load("digits"))
del sys.modules["matplotlib"]
images, labels = data.embedded.examples("glyphs", "test", True)
print(hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest())
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where the drawn images are kept: a new folder for every test."""
    monkeypatch.setenv("KERAS_GEN_DATA_DIR", str(tmp_path / "kept"))
    return tmp_path / "kept"


@pytest.fixture(scope="module")
def drawn():
    """All four sets as they are drawn: (name, split) -> (images, labels)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_GEN_DATA_DIR", os.devnull)
        return {
            (name, split): embedded.examples(name, split, True)
            for name in ("glyphs", "glyphs_letters")
            for split in ("train", "test")
        }


def one(character, font="DejaVuSans", size=28, **variation):
    """One character, upright but for what is given, as floats: 1 is ink."""
    chosen = np.zeros(1, glyphs.VARIATION)
    for name, value in variation.items():
        chosen[name] = value
    return glyphs.draw([character], [font], chosen, size)[0, ..., 0] / 255.0


def upright(fonts, characters=glyphs.DIGITS):
    """Upright characters as floats [font, character, pixel]."""
    count = len(fonts) * len(characters)
    names = [font for font in fonts for _ in characters]
    images = glyphs.draw(characters * len(fonts), names, np.zeros(count, glyphs.VARIATION))
    return images.reshape(len(fonts), len(characters), -1) / 255.0


def nearest(images, means):
    return np.argmin(((images[..., None, :] - means) ** 2).sum(-1), axis=-1)


def independently(character, font):
    """The character rendered by another library, much larger, and averaged down into the box."""
    large = Image.new("L", (2000, 2000))
    face = ImageFont.truetype(str(FONTS / f"{font}.ttf"), 800)
    ImageDraw.Draw(large).text((500, 400), character, font=face, fill=255)
    large = large.crop(large.getbbox())
    scale = 20 * min(17 / large.width, 20 / large.height)
    large = large.resize((round(scale * large.width), round(scale * large.height)), Image.BOX)
    frame = Image.new("L", (560, 560))
    frame.paste(large, ((560 - large.width) // 2, (560 - large.height) // 2))
    return np.asarray(frame.resize((28, 28), Image.BOX)) / 255.0


@pytest.mark.parametrize("font", ["DejaVuSerif", "DejaVuSansMono-Bold", "cmr10", "cmti10"])
def test_upright_characters_are_those_that_another_library_renders(font):
    for character in "0468WQ":  # with holes, with a dot in a hole, wider than high
        image, expected = one(character, font), independently(character, font)
        assert np.mean(np.abs(image - expected)) < 0.01  # a filled hole: 0.02 to 0.1
        assert abs(image.sum() / expected.sum() - 1) < 0.03


def test_a_bar_has_its_size_and_grows_at_every_edge_by_its_weight():
    # The I of DejaVuSans is a bar of 20 pixels and, as its font says, 201 x 1493 units.
    for weight in (0.0, 0.6):
        image = one("I", weight=weight)
        np.testing.assert_allclose(image.sum(axis=0).max(), 20 + 2 * weight, atol=0.05)
        middle = image[14].sum()
        np.testing.assert_allclose(middle, 20 * 201 / 1493 + 2 * weight, atol=0.05)


def test_shifts_and_rotations_have_their_directions():
    image = one("4")
    np.testing.assert_allclose(one("4", right=3), np.roll(image, 3, axis=1), atol=0.01)
    np.testing.assert_allclose(one("4", down=-2), np.roll(image, -2, axis=0), atol=0.01)
    np.testing.assert_allclose(one("4", rotation=90), np.rot90(image), atol=0.01)


def test_slant_moves_the_top_to_the_right_and_scales_are_factors():
    columns = np.arange(28)
    row = one("I", slant=0.2) @ columns / one("I", slant=0.2).sum(axis=1).clip(1e-6)
    np.testing.assert_allclose(row[8] - row[18], 0.2 * 10, atol=0.05)
    narrow, low = one("O", width=np.log(0.5)), one("O", height=np.log(0.5))
    image = one("O")
    assert narrow.any(axis=0).sum() == pytest.approx(image.any(axis=0).sum() / 2, abs=1.5)
    assert low.any(axis=1).sum() == pytest.approx(image.any(axis=1).sum() / 2, abs=1.5)
    assert narrow.any(axis=1).sum() == image.any(axis=1).sum()


def test_a_larger_image_shows_the_same_in_more_detail():
    style = {"rotation": 9, "slant": -0.1, "weight": 0.4, "right": 1, "down": -1}
    large = one("5", "cmr10", 56, **style)
    averaged = large.reshape(28, 2, 28, 2).mean(axis=(1, 3))
    assert np.abs(averaged - one("5", "cmr10", **style)).mean() < 0.01
    edges = np.mean((large > 0.1) & (large < 0.9))
    assert edges < 0.75 * np.mean((averaged > 0.1) & (averaged < 0.9))


def test_variations_fill_their_ranges():
    style = glyphs.variations(4000, seed=3)
    for name, (low, high) in glyphs.RANGES.items():
        np.testing.assert_allclose(style[name].mean(), (low + high) / 2, atol=0.03 * (high - low))
        assert low <= style[name].min() < low + 0.01 * (high - low)
        assert high - 0.01 * (high - low) < style[name].max() <= high
    numbers = np.stack([style[name] for name in glyphs.RANGES])
    assert np.abs(np.corrcoef(numbers) - np.eye(len(numbers))).max() < 0.06


def test_images_are_the_same_in_every_process_without_network_and_matplotlib_loads_late(
    drawn, folder
):
    images, labels = drawn["glyphs", "test"]
    environment = {**os.environ, "PYTHONHASHSEED": "5", "TF_CPP_MIN_LOG_LEVEL": "3"}
    process = subprocess.run(
        [sys.executable, "-c", ANOTHER_PROCESS], capture_output=True, text=True, env=environment
    )
    assert process.returncode == 0, process.stderr
    expected = hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()
    assert process.stdout.strip() == expected
    assert [path.name for path in folder.iterdir()] == [f"glyphs-test-{embedded.RECIPE}.npz"]


def test_equal_seeds_give_equal_images_and_others_others():
    one, same, other = (glyphs.balanced("07", ["cmr10"], 20, seed) for seed in (4, 4, 5))
    np.testing.assert_array_equal(one[0], same[0])
    np.testing.assert_array_equal(one[1], same[1])
    assert np.mean(one[0] != other[0]) > 0.1 and np.any(one[1] != other[1])


def test_another_recipe_needs_another_number(drawn):
    """These are the images of one recipe: whoever changes them gives it the next number."""
    images, labels = drawn["glyphs", "train"]
    assert embedded.RECIPE == 2
    assert labels[:10].tolist() == [0, 6, 0, 6, 5, 7, 0, 8, 6, 9]
    ink = [21.1, 36.1, 23.3, 46.0, 25.8, 27.7, 35.7, 48.9, 70.0, 38.5]  # mean of an image
    np.testing.assert_allclose(images[:10].mean(axis=(1, 2, 3)), ink, atol=0.3)


@pytest.mark.parametrize("name, classes", [("glyphs", 10), ("glyphs_letters", 26)])
def test_every_class_is_as_frequent_as_the_others_and_the_order_is_mixed(drawn, name, classes):
    for split, count in (("train", 10_000), ("test", 2_000)):
        _, labels = drawn[name, split]
        assert labels.dtype == np.int32 and count <= len(labels) <= 1.05 * count
        np.testing.assert_array_equal(np.bincount(labels), [len(labels) / classes] * classes)
        assert len(set(labels[:200])) == classes
        assert abs(np.mean(labels[1:] == labels[:-1]) - 1 / classes) < 0.03


def test_every_font_draws_every_character_equally_often(monkeypatch):
    seen = []
    monkeypatch.setattr(glyphs, "draw", lambda *arguments, line: seen.append(arguments[:2]))
    glyphs.balanced("ABC", glyphs.TEST_FONTS, 2 * len(glyphs.TEST_FONTS), seed=1)
    counts = collections.Counter(zip(*seen[0]))
    assert set(counts.values()) == {2} and len(counts) == 3 * len(glyphs.TEST_FONTS)


def test_no_shape_of_a_test_font_is_one_of_a_training_font():
    train, test = upright(glyphs.TRAINING_FONTS), upright(glyphs.TEST_FONTS)
    difference = np.abs(test[:, None] - train[None]).sum(-1)
    assert difference.min() > 8  # in pixels; at least a tenth of the ink
    assert not set(glyphs.TRAINING_FONTS) & set(glyphs.TEST_FONTS)


def test_each_split_is_drawn_with_its_own_fonts(monkeypatch):
    seen = {}

    def balanced(characters, fonts, per_character, seed, line):
        seen[seed] = fonts
        return np.zeros((len(characters) * per_character, 28, 28, 1), "uint8"), np.zeros(1)

    monkeypatch.setattr(glyphs, "balanced", balanced)
    for split in ("train", "test"):
        embedded.examples("glyphs", split, False)
    assert list(seen.values()) == [glyphs.TRAINING_FONTS, glyphs.TEST_FONTS]


def test_background_is_black_and_ink_is_white(drawn):
    for images, _ in drawn.values():
        assert images.dtype == np.uint8 and images.shape[1:] == (28, 28, 1)
        brightest = images.max(axis=(1, 2, 3))
        assert brightest.min() > 200 and np.mean(brightest == 255) > 0.99
        assert 0.1 < images.mean() / 255 < 0.2
        assert np.mean(images == 0) > 0.7
        border = np.concatenate([images[:, [0, -1]], images[:, :, [0, -1]].swapaxes(1, 2)], 1)
        assert np.mean(border.max(axis=(1, 2, 3)) > 127) < 0.005  # whose character is cut off
        grey = np.mean((images > 25) & (images < 230))
        assert grey < 0.15  # edges are sharp


def test_characters_are_recognised_by_their_means(drawn):
    means = upright(glyphs.TRAINING_FONTS).mean(axis=0)
    assert np.all(nearest(upright(glyphs.TEST_FONTS), means) == np.arange(10))
    for name, least in (("glyphs", 0.8), ("glyphs_letters", 0.6)):
        (images, labels), (others, targets) = drawn[name, "train"], drawn[name, "test"]
        pixels, tested = (array.reshape(len(array), -1) / 255.0 for array in (images, others))
        means = np.stack([pixels[labels == k].mean(0) for k in range(labels.max() + 1)])
        accuracy = np.mean(nearest(tested[:500], means) == targets[:500])
        assert least < accuracy < 0.95  # and they vary


def test_load_gives_slices_ranges_sizes_and_names(drawn):
    images, labels = drawn["glyphs", "test"]
    loaded, targets = data.arrays(data.load("glyphs", "test[10:40]", labels=True))
    np.testing.assert_allclose(loaded, images[10:40] / 127.5 - 1, atol=1e-6)
    assert (loaded.min(), loaded.max()) == (-1.0, 1.0)
    np.testing.assert_array_equal(targets, labels[10:40])
    small = data.load("glyphs", "test[:50%]", image_size=14, value_range=(0, 1))
    assert small.element_spec.shape == (14, 14, 1) and int(small.cardinality()) == 1000
    assert data.class_names("glyphs") == tuple("0123456789")
    assert data.class_names("glyphs_letters") == tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    with pytest.raises(ValueError, match="split=validation"):
        data.load("glyphs", "validation")


def test_kept_images_are_read_and_not_drawn_again(drawn, folder, monkeypatch):
    embedded.examples("glyphs", "test", True)
    monkeypatch.setattr(glyphs, "balanced", None)
    images, labels = embedded.examples("glyphs", "test", True)
    np.testing.assert_array_equal(images, drawn["glyphs", "test"][0])
    np.testing.assert_array_equal(labels, drawn["glyphs", "test"][1])
    assert len(list(folder.iterdir())) == 1  # and no temporary


@pytest.mark.parametrize("damage", ["cut", "changed", "text", "empty", "other"])
def test_a_damaged_file_is_drawn_again(drawn, folder, damage):
    images, labels = embedded.examples("glyphs", "test", True)
    (path,) = folder.iterdir()
    whole = path.read_bytes()
    middle = len(whole) // 2
    if damage == "other":
        np.savez_compressed(path, images=images[:5], labels=labels[:5])
    else:
        changed = whole[:middle] + bytes(9) + whole[middle + 9 :]
        contents = {"cut": whole[:middle], "changed": changed, "text": b"no images", "empty": b""}
        path.write_bytes(contents[damage])
    np.testing.assert_array_equal(embedded.examples("glyphs", "test", True)[0], images)
    assert path.read_bytes()[:2] == b"PK"
    np.testing.assert_array_equal(np.load(path)["images"], images)


def test_where_nothing_can_be_written_they_are_drawn_every_time(drawn, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KERAS_GEN_DATA_DIR", str(tmp_path / "file" / "kept"))
    for _ in range(2):
        images = embedded.examples("glyphs", "test", False)[0]
        np.testing.assert_array_equal(images, drawn["glyphs", "test"][0])
    assert (tmp_path / "file").read_text() == ""


def test_a_full_disk_leaves_no_file(drawn, folder, monkeypatch):
    def full(path, **arrays):
        path.write_bytes(b"half of it")
        raise OSError("no space left")

    monkeypatch.setattr(np, "savez_compressed", full)
    images = embedded.examples("glyphs", "test", False)[0]
    np.testing.assert_array_equal(images, drawn["glyphs", "test"][0])
    assert not folder.exists() or not list(folder.iterdir())


def test_without_a_folder_of_its_own_keras_has_the_files(tmp_path, monkeypatch):
    monkeypatch.delenv("KERAS_GEN_DATA_DIR")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    embedded.examples("glyphs", "test", False)
    assert len(list((tmp_path / "keras" / "datasets" / "keras_gen").iterdir())) == 1


def test_characters_fit_into_their_box():
    for font in glyphs.TRAINING_FONTS + glyphs.TEST_FONTS:
        for character in "1WI":
            corners = np.concatenate(outlines.polygons(font, character))
            size = np.ptp(corners, axis=0)
            np.testing.assert_allclose(np.max(size / [17, 20]), 1, atol=1e-6)
            np.testing.assert_allclose(corners.min(axis=0), -size / 2, atol=1e-6)


def test_as_many_fonts_and_variations_as_characters():
    style = glyphs.variations(3, seed=1)
    with pytest.raises(ValueError, match=r"`fonts`. Expected 3 fonts.*Received: 2 fonts"):
        glyphs.draw("123", ["cmr10"] * 2, style)
    with pytest.raises(ValueError, match=r"`variations`. Expected 2 variations.*Received: 3"):
        glyphs.draw("12", ["cmr10"] * 2, style)
