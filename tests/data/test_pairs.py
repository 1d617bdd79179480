"""Pairs of images: side by side, from two folders, and by a rule."""

import numpy as np
import pytest
from PIL import Image

from keras_gen import data
from keras_gen.data import rules, sources

COUNT = 12


def write(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels, "uint8")).save(path)


def values(images):
    return np.round(np.asarray(images)[:, 0, 0, 0]).astype(int)


@pytest.fixture
def pictures(tmp_path):
    """Pictures 4x12 whose left half has the value i and whose right half 100 + i."""
    for i in range(COUNT):
        write(tmp_path / f"{i}.png", np.repeat([[i, 100 + i]], 6, axis=1).repeat(4, axis=0))
    return tmp_path


@pytest.fixture
def folders(tmp_path):
    """Images of the value i, and of the value 100 + i as JPEG, in the same sub-folders."""
    for i in range(COUNT):
        write(tmp_path / "x" / str(i % 3) / f"{i}.png", np.full((4, 6), i))
        write(tmp_path / "y" / str(i % 3) / f"{i}.jpg", np.full((8, 8), 100 + i))
    return tmp_path / "x", tmp_path / "y"


def test_halves_of_a_picture_are_a_pair(pictures):
    pairs = data.load_pairs(
        data.right_half(pictures), data.left_half(pictures), value_range=(0, 255)
    )
    assert int(pairs.cardinality()) == COUNT
    assert [tuple(spec.shape) for spec in pairs.element_spec] == [(4, 6, 1)] * 2
    x, y = data.arrays(pairs)
    assert x.dtype == y.dtype == np.float32
    np.testing.assert_array_equal(values(x), values(y) + 100)
    assert x.min() == 100 and y.max() == COUNT - 1  # no pixel of the other half


def test_pictures_are_cut_before_they_are_resized(pictures):
    halves = data.right_half(str(pictures)), data.left_half(str(pictures))
    x, y = data.arrays(data.load_pairs(*halves, image_size=3, value_range=(0, 255)))
    assert x.shape == y.shape == (COUNT, 3, 3, 1)
    np.testing.assert_allclose(np.ptp(x, axis=(1, 2, 3)), 0, atol=1e-4)
    np.testing.assert_allclose(x, y + 100, atol=1e-4)


def test_a_half_can_be_loaded_alone_and_in_the_order_of_the_pairs(pictures):
    x, y = data.arrays(data.load_pairs(data.right_half(pictures), data.left_half(pictures)))
    np.testing.assert_array_equal(data.arrays(data.load(data.right_half(pictures))), x)
    np.testing.assert_array_equal(data.arrays(data.load(data.left_half(pictures))), y)


@pytest.mark.parametrize("half", [data.left_half, data.right_half])
def test_pictures_of_odd_width_are_named(pictures, half):
    write(pictures / "odd.png", np.zeros((4, 11)))
    with pytest.raises(
        ValueError, match=r"`folder`.*even width.*Received: '.*odd\.png', 11 pixels"
    ):
        data.load_pairs(half(pictures), data.left_half(pictures), image_size=4)


def test_two_folders_are_matched_by_name_and_suffixes_do_not_count(folders):
    x, y = data.arrays(data.load_pairs(*folders, value_range=(0, 255)))
    assert x.shape == (COUNT, 4, 6, 1) and y.shape == (COUNT, 8, 8, 1)
    np.testing.assert_array_equal(np.sort(values(x)), np.arange(COUNT))
    np.testing.assert_array_equal(values(y), values(x) + 100)
    alone = data.arrays(data.load(folders[0], value_range=(0, 255)))
    np.testing.assert_array_equal(x, alone)  # in the order of `load`


def test_slices_never_part_a_pair(folders):
    whole = data.arrays(data.load_pairs(*folders, value_range=(0, 255)))
    first = data.arrays(data.load_pairs(*folders, split="train[:25%]", value_range=(0, 255)))
    rest = data.arrays(data.load_pairs(*folders, split="train[25%:]", value_range=(0, 255)))
    assert len(first[0]) == 3
    for all_of_it, a, b in zip(whole, first, rest):
        np.testing.assert_array_equal(np.concatenate([a, b]), all_of_it)
    np.testing.assert_array_equal(values(rest[1]), values(rest[0]) + 100)


def test_each_folder_may_have_a_sub_folder_per_split(tmp_path):
    for part, value in [("train", 10), ("test", 20)]:
        write(tmp_path / "x" / part / "a.png", np.full((4, 4), value))
        write(tmp_path / "y" / part / "a.png", np.full((4, 4), value + 1))
    folders = tmp_path / "x", tmp_path / "y"
    x, y = data.arrays(data.load_pairs(*folders, split="test", value_range=(0, 255)))
    assert (values(x), values(y)) == ([20], [21])


@pytest.mark.parametrize("lacking, name", [("x", "x"), ("y", "y")])
def test_missing_partners_are_named(folders, lacking, name):
    other = {"x": folders[1], "y": folders[0]}[lacking]
    suffix = next(other.rglob("*.*")).suffix
    for i in range(7):
        write(other / f"lonely{i}{suffix}", np.zeros((4, 6)))
    message = rf"`{name}`.*partner.*lonely0\{suffix}'.*lonely4\{suffix}' and 2 more"
    with pytest.raises(ValueError, match=message):
        data.load_pairs(*folders)


def test_two_images_of_one_name_are_refused(folders):
    write(folders[0] / "0" / "0.jpg", np.zeros((4, 6)))
    with pytest.raises(ValueError, match=r"`x`. Expected one image of each name.*0\.(png|jpg)'"):
        data.load_pairs(*folders)


def test_a_rule_makes_the_first_image_of_the_second():
    pairs = data.load_pairs("digits", rule=lambda image: 1 - image, value_range=(0, 1))
    x, y = data.arrays(pairs)
    np.testing.assert_array_equal(y, data.arrays(data.load("digits", value_range=(0, 1))))
    np.testing.assert_array_equal(x, 1 - y)


@pytest.mark.parametrize("value_range", [(-1.0, 1.0), (-0.3, 0.7)])
def test_the_range_is_declared_for_both_images(value_range):
    plain = data.load_pairs("digits", rule=rules.edges, split="train[:50]", value_range=(0, 1))
    pairs = data.load_pairs("digits", rule=rules.edges, split="train[:50]", value_range=value_range)
    low, high = value_range
    for zero_to_one, ranged in zip(data.arrays(plain), data.arrays(pairs)):
        np.testing.assert_allclose(ranged, low + (high - low) * zero_to_one, atol=1e-6)
        assert ranged.min() == np.float32(low)
    loaded = data.load("digits", split="train[:50]", value_range=value_range)
    np.testing.assert_array_equal(data.arrays(pairs)[1], data.arrays(loaded))


def test_x_may_have_a_range_of_its_own(folders):
    options = {"value_range": (-1, 1), "x_range": (0, 1)}
    x, y = data.arrays(data.load_pairs(*folders, **options))
    assert 0 <= x.min() and x.max() < 0.05 and y.max() < 0
    x, y = data.arrays(data.load_pairs("digits", rule=lambda image: image, **options))
    np.testing.assert_allclose(x, (y + 1) / 2, atol=1e-6)


def test_a_rule_may_change_size_and_channels_and_is_applied_after_the_resizing():
    pairs = data.load_pairs("digits", rule=rules.downscaled(4), split="train[:3]", image_size=16)
    assert [tuple(spec.shape) for spec in pairs.element_spec] == [(4, 4, 1), (16, 16, 1)]
    x, y = data.arrays(pairs)
    expected = rules.downscaled(4)((y + 1) / 2).numpy() * 2 - 1
    np.testing.assert_allclose(x, expected, atol=1e-5)


def test_pairs_that_do_not_fit_in_memory_are_streamed_and_the_same(folders, monkeypatch):
    held = data.arrays(data.load_pairs(*folders, image_size=3))
    monkeypatch.setattr(sources, "_MEMORY_LIMIT", 0)
    streamed = data.load_pairs(*folders, image_size=3)
    assert int(streamed.cardinality()) == COUNT
    for a, b in zip(held, data.arrays(streamed)):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"x": "digits"}, "`rule`.*either a rule or `y`, not both"),
        ({"x": "a", "y": "b", "rule": rules.grey}, "`rule`.*not both"),
        ({"x": "digits", "rule": "grey"}, "`rule`.*callable.*rule=grey"),
        ({"x": "digits", "rule": lambda image: image[..., 0]}, r"`rule`.*shape \(8, 8\)"),
        ({"x": "digits", "y": "."}, "`x`.*folder.*x=digits"),
        ({"x": ".", "y": "no such"}, "`y`.*folder.*y=no such"),
        ({"x": "digits", "rule": rules.grey, "value_range": (1, 0)}, "`value_range`"),
        ({"x": "digits", "rule": rules.grey, "x_range": (1, 0)}, "`x_range`"),
        ({"x": "digits", "rule": rules.grey, "image_size": 0}, "`image_size`"),
        ({"x": "digits", "rule": rules.grey, "split": "train[5:5]"}, "`split`"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        data.load_pairs(**arguments)
