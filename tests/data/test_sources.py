import os
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from sklearn.datasets import load_digits

from keras_gen import data
from keras_gen.data import sources


def write(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels, "uint8")).save(path)


@pytest.fixture
def folder(tmp_path):
    """Grey 4x4 images of one value each: 0, 51, ... 255, in the classes cats and dogs."""
    for index in range(6):
        name = ("dogs", "cats")[index % 2]
        write(tmp_path / name / f"{index}.png", np.full([4, 4], 51 * index))
    return tmp_path


def test_digits_are_scikit_learns():
    digits = load_digits()
    images, labels = data.arrays(data.load("digits", value_range=(0.0, 1.0), labels=True))
    assert images.shape == (1437, 8, 8, 1) and images.dtype == np.float32
    assert labels.dtype == np.int32
    np.testing.assert_allclose(images[..., 0], digits.images[:1437] / 16, atol=1e-7)
    np.testing.assert_array_equal(labels, digits.target[:1437])
    images, labels = data.arrays(data.load("digits", split="test", labels=True))
    assert len(images) == 360
    np.testing.assert_array_equal(labels, digits.target[1437:])


@pytest.mark.parametrize("value_range", [(-1.0, 1.0), (0.0, 1.0), (-0.3, 0.7)])
def test_black_and_white_are_exactly_the_ends_of_the_range(value_range, folder):
    low, high = np.float32(value_range)
    for name in ("digits", folder):
        images = data.arrays(data.load(name, value_range=value_range))
        assert images.min() == low
        assert images.max() == high


@pytest.mark.parametrize(
    "split, expected",
    [
        ("train[:10]", slice(10)),
        ("train[10:20]", slice(10, 20)),
        ("train[-5:]", slice(-5, None)),
        ("train[50%:]", slice(718, None)),
        ("train[:]", slice(None)),
    ],
)
def test_slices_of_a_split(split, expected):
    whole = data.arrays(data.load("digits"))
    part = data.load("digits", split=split)
    assert int(part.cardinality()) == len(whole[expected])
    np.testing.assert_array_equal(data.arrays(part), whole[expected])


def test_resizing_is_bilinear_with_antialiasing():
    images = data.arrays(data.load("digits", split="train[:4]", image_size=28))
    raw = load_digits().images[:4, ..., np.newaxis]
    expected = tf.image.resize(raw, [28, 28], antialias=True) / 8 - 1
    np.testing.assert_allclose(images, expected, atol=1e-6)
    assert data.load("digits", image_size=(5, 3)).element_spec.shape == (5, 3, 1)


def test_antialiasing_averages_a_fine_checkerboard(tmp_path):
    write(tmp_path / "board.png", np.indices([16, 16]).sum(axis=0) % 2 * 255)
    image = data.arrays(data.load(tmp_path, image_size=4, value_range=(0.0, 1.0)))
    np.testing.assert_allclose(image, 0.5, atol=0.05)


def test_folder_labels_are_the_sorted_names_of_sub_folders(folder):
    images, labels = data.arrays(data.load(str(folder), value_range=(0.0, 255.0), labels=True))
    assert images.shape == (6, 4, 4, 1)
    # dogs are 0, 102, 204 and cats 51, 153, 255.
    values = np.round(images[:, 0, 0, 0]).astype(int)
    assert sorted(values) == [0, 51, 102, 153, 204, 255]
    np.testing.assert_array_equal(labels, (values % 102 == 0).astype(int))


def test_a_slice_of_a_folder_keeps_the_labels_of_the_whole(folder):
    whole = data.arrays(data.load(folder, labels=True))
    part = data.arrays(data.load(folder, split="train[3:4]", labels=True))
    np.testing.assert_array_equal(part[0], whole[0][3:4])
    np.testing.assert_array_equal(part[1], whole[1][3:4])


def test_a_folder_with_a_sub_folder_per_split(tmp_path):
    write(tmp_path / "train" / "a.png", np.zeros([4, 4]))
    write(tmp_path / "test" / "b.jpg", np.full([4, 4], 255))
    assert data.arrays(data.load(tmp_path)).max() == -1.0
    assert data.arrays(data.load(tmp_path, split="test")).min() == 1.0


def test_one_colour_image_makes_the_folder_rgb(folder):
    write(folder / "cats" / "colour.png", np.full([4, 4, 3], (255, 0, 0)))
    assert data.load(folder).element_spec.shape == (4, 4, 3)


def test_photographs_are_turned_upright(tmp_path):
    image = Image.fromarray(np.zeros([4, 6], "uint8"))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.jpg", exif=exif)
    assert data.load(tmp_path).element_spec.shape == (6, 4, 1)


def test_large_folders_are_read_in_every_pass(folder, monkeypatch):
    held = data.arrays(data.load(folder, labels=True, image_size=3))
    monkeypatch.setattr(sources, "_MEMORY_LIMIT", 0)
    dataset = data.load(folder, labels=True, image_size=3)
    assert int(dataset.cardinality()) == 6
    for expected, streamed in zip(held, data.arrays(dataset)):
        np.testing.assert_array_equal(streamed, expected)


def test_images_of_different_sizes_need_a_size(folder):
    write(folder / "cats" / "wide.png", np.zeros([4, 9]))
    with pytest.raises(ValueError, match=r"(?s)`image_size`.*4x9"):
        data.load(folder)
    assert data.load(folder, image_size=4).element_spec.shape == (4, 4, 1)


@pytest.mark.parametrize("damage", ["truncated", "text", "empty"])
def test_a_broken_file_among_good_ones_is_named(folder, damage):
    path = folder / "cats" / "broken.png"
    write(path, np.random.default_rng(0).integers(0, 256, [64, 64]))
    content = {"truncated": path.read_bytes()[:2000], "text": b"not an image", "empty": b""}
    path.write_bytes(content[damage])
    with pytest.raises(ValueError, match=r"cats/broken\.png"):
        data.load(folder, image_size=4)


def test_sixteen_bit_images_are_refused(tmp_path):
    Image.fromarray(np.zeros([4, 4], "uint16")).save(tmp_path / "deep.png")
    with pytest.raises(ValueError, match=r"deep\.png.*8 bits"):
        data.load(tmp_path)


def test_a_folder_without_images_is_named(tmp_path):
    (tmp_path / "notes.txt").write_text("no image")
    with pytest.raises(ValueError, match=tmp_path.name):
        data.load(tmp_path)


def test_labels_need_a_sub_folder_for_every_image(folder):
    write(folder / "loose.png", np.zeros([4, 4]))
    with pytest.raises(ValueError, match=r"loose\.png"):
        data.load(folder, labels=True)


def test_a_folder_has_no_test_split_of_its_own(folder):
    with pytest.raises(ValueError, match="no sub-folder 'test'"):
        data.load(folder, split="test")


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"split": "valid"}, "split=valid"),
        ({"split": "train[5:5]"}, "is empty"),
        ({"image_size": 0}, "image_size=0"),
        ({"image_size": (4, 4, 1)}, "image_size="),
        ({"image_size": 4.5}, "image_size=4.5"),
        ({"value_range": (1, 0)}, "value_range="),
        ({"value_range": 1.0}, "value_range="),
        ({"value_range": (0, float("inf"))}, "value_range="),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message.replace("[", r"\[")):
        data.load("digits", **arguments)


@pytest.mark.parametrize("name", ["no_such_dataset", "./no/such/folder"])
def test_an_unknown_name_lists_what_is_known(name):
    with pytest.raises(ValueError, match=r"digits.*mnist.*celeb_a.*folder.*no.such"):
        data.load(name)


def test_a_dataset_that_cannot_be_downloaded_names_folder_and_way_on(tmp_path, monkeypatch):
    tfds = pytest.importorskip("tensorflow_datasets")

    def no_network(*args, **kwargs):
        raise ConnectionError("no route")

    monkeypatch.setattr("requests.head", no_network)
    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", no_network)
    monkeypatch.setattr(tfds.core.constants, "DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    with pytest.raises(ValueError, match="--dataset digits") as caught:
        data.load("mnist")
    assert "mnist" in str(caught.value)
    assert str(tmp_path) in str(caught.value)
    assert "no route" in str(caught.value) and "browser" not in str(caught.value)
    with pytest.raises(ValueError, match=r"--dataset digits.*browser.*--dataset FOLDER"):
        data.load("celeb_a", image_size=8)


@pytest.mark.parametrize(
    "name, arguments, message",
    [
        ("celeb_a", {"labels": True}, "no feature 'label'"),
        ("ag_news_subset", {}, "feature 'image'"),
        ("oxford_flowers102", {}, "differ in size"),
    ],
)
def test_what_a_dataset_lacks_is_said_before_any_download(
    name, arguments, message, tmp_path, monkeypatch
):
    tfds = pytest.importorskip("tensorflow_datasets")
    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", None)
    monkeypatch.setattr(tfds.core.constants, "DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    with pytest.raises(ValueError, match=message):
        data.load(name, **arguments)


def prepared(name):
    folder = os.environ.get("TFDS_DATA_DIR")
    there = folder is not None and (Path(folder) / name).is_dir()
    return pytest.mark.skipif(not there, reason=f"TFDS_DATA_DIR has no {name}")


@prepared("mnist")
def test_mnist():
    images, labels = data.arrays(data.load("mnist", split="test[:1000]", labels=True))
    assert images.shape == (1000, 28, 28, 1)
    assert (images.min(), images.max()) == (-1.0, 1.0)
    assert labels[:3].tolist() != [0, 0, 0] and set(labels) == set(range(10))


@prepared("cifar10")
def test_colour_images_streamed_or_held_are_the_same(monkeypatch):
    held = data.arrays(data.load("cifar10", split="test[:50]", image_size=16))
    monkeypatch.setattr(sources, "_MEMORY_LIMIT", 0)
    streamed = data.load("cifar10", split="test[:50]", image_size=16)
    assert int(streamed.cardinality()) == 50
    np.testing.assert_array_equal(data.arrays(streamed), held)
