"""Folders as they are found: leftovers, splits, classes, links, names, and what is skipped."""

import os
import warnings

import numpy as np
import pytest
from PIL import Image

from keras_gen import data
from keras_gen.data import folders, sources


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((4, 4), value, "uint8")).save(path)


def values(folder, split="train", **options):
    images = data.arrays(data.load(folder, split, value_range=(0, 255), **options))
    return sorted(np.round(images[:, 0, 0, 0]).astype(int).tolist())


def classes(folder, split="train", **options):
    loaded = data.load(folder, split, value_range=(0, 255), labels=True, **options)
    images, labels = data.arrays(loaded)
    return {round(float(x[0, 0, 0])): int(y) for x, y in zip(images, labels)}


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize(
    "leftover",
    [".ipynb_checkpoints", ".git", "__MACOSX", "__pycache__", "@eaDir", "$RECYCLE.BIN", ".a\nb"],
)
def test_leftover_folders_are_no_classes_and_have_no_images(tmp_path, leftover):
    write(tmp_path / "cat" / "1.png", 10)
    write(tmp_path / "dog" / "1.png", 20)
    write(tmp_path / leftover / "1.png", 30)
    write(tmp_path / "cat" / leftover / "2.png", 30)
    assert classes(tmp_path) == {10: 0, 20: 1}
    assert data.class_names(tmp_path) == ("cat", "dog")


def test_leftover_files_are_neither_images_nor_worth_a_warning(tmp_path):
    write(tmp_path / "1.png", 10)
    for name in ("._1.png", ".DS_Store", "Thumbs.db", "desktop.ini", "notes.txt", "labels.CSV"):
        (tmp_path / name).write_bytes(b"")
    assert values(tmp_path) == [10]


def test_a_hidden_folder_can_be_loaded_by_its_path(tmp_path):
    write(tmp_path / ".cache" / "a" / "1.png", 10)
    assert classes(tmp_path / ".cache") == {10: 0}


@pytest.fixture
def uneven(tmp_path):
    """Class b is only in train, c is empty in test, and d only in test."""
    for split, names in (("train", {"a": 10, "b": 20, "c": 30}), ("test", {"a": 10, "d": 40})):
        for name, value in names.items():
            write(tmp_path / split / name / "1.png", value)
    (tmp_path / "test" / "c").mkdir()
    return tmp_path


def test_numbers_of_classes_are_the_same_in_all_splits(uneven):
    assert data.class_names(uneven) == ("a", "b", "c", "d")
    assert classes(uneven) == {10: 0, 20: 1, 30: 2}
    assert classes(uneven, "test") == {10: 0, 40: 3}
    assert classes(uneven / "train") == {10: 0, 20: 1, 30: 2}  # loaded by themselves, too
    assert classes(uneven / "test") == {10: 0, 40: 3}
    assert data.class_names(str(uneven / "test")) == ("a", "b", "c", "d")
    assert data.class_names(data.left_half(uneven)) == ("a", "b", "c", "d")


def test_names_of_classes_can_be_given(uneven):
    assert classes(uneven, class_names=["d", "c", "b", "a"]) == {10: 3, 20: 2, 30: 1}
    assert classes(uneven, "test", class_names=np.array(["z", "d", "a"])) == {10: 2, 40: 1}
    with pytest.raises(ValueError, match=r"`class_names`.*Received.*without 'b' of .*1\.png"):
        classes(uneven, class_names=("a", "c", "d"))


@pytest.mark.parametrize("names", ["abc", [], ["a", "a"], [1, 2], ("a", ""), 3, iter("abc")])
def test_bad_names_of_classes_are_named(uneven, names):
    with pytest.raises(ValueError, match=r"argument `class_names`.*Received: class_names="):
        data.load(uneven, labels=True, class_names=names)


def test_names_of_classes_without_a_use_are_refused(uneven):
    with pytest.raises(ValueError, match="`class_names`.*without `labels=True`"):
        data.load(uneven, class_names=["a"])
    with pytest.raises(ValueError, match="`class_names`.*anything but a folder"):
        data.load("digits", labels=True, class_names=["a"])


def test_names_of_classes_of_datasets():
    assert data.class_names("digits") == tuple("0123456789")
    with pytest.raises(ValueError, match="argument `name`.*with classes.*celeb_a"):
        data.class_names("celeb_a")
    with pytest.raises(ValueError, match="argument `name`.*Received"):
        data.class_names("no_such_dataset")


def test_a_folder_without_sub_folders_has_no_classes(tmp_path):
    write(tmp_path / "1.png", 10)
    with pytest.raises(ValueError, match="argument `name`.*with classes.*Received"):
        data.class_names(tmp_path)


@pytest.mark.parametrize("train", ["train", "Training", "TRAIN", "train_set", "training-images"])
@pytest.mark.parametrize("test", ["test", "Testing"])
def test_usual_names_of_splits_are_splits(tmp_path, train, test):
    for folder, value in ((train, 10), (test, 200)):
        write(tmp_path / folder / "cat" / "1.png", value)
    for split in ("train", "training", "Train"):
        assert classes(tmp_path, split) == {10: 0}
    for split in ("test", "testing", "Test[:100%]"):
        assert classes(tmp_path, split) == {200: 0}
    assert data.class_names(tmp_path) == ("cat",)


@pytest.mark.parametrize("folder", ["val", "valid", "validation", "dev", "VAL"])
@pytest.mark.parametrize("split", ["val", "validation", "dev[:1]"])
def test_any_usual_name_finds_the_validation_split(tmp_path, folder, split):
    write(tmp_path / "train" / "a" / "1.png", 10)
    write(tmp_path / folder / "a" / "1.png", 20)
    assert values(tmp_path) == [10]
    assert values(tmp_path, split) == [20]


def test_without_a_folder_for_it_train_is_the_rest(tmp_path):
    for name, value in (("cat", 10), ("dog", 20), ("test/dog", 200), ("Eval/owl", 90)):
        write(tmp_path / name / "1.png", value)
    assert classes(tmp_path) == {10: 0, 20: 1}
    assert classes(tmp_path, "test") == {200: 1}
    assert classes(tmp_path, "eval") == {90: 2}
    with pytest.raises(ValueError, match=r"`split`.*no sub-folder 'val', only Eval, test"):
        values(tmp_path, "val")


def test_images_beside_the_splits_are_counted(tmp_path):
    for name, value in (("train", 10), ("test", 20), ("bus", 30)):
        write(tmp_path / name / "1.png", value)
    with pytest.warns(
        UserWarning, match=r"1 file, 'bus/1\.png',.*outside the folders of its splits"
    ):
        assert values(tmp_path) == [10]


def test_only_test_images_are_no_training_images(tmp_path):
    write(tmp_path / "test" / "a" / "1.png", 20)
    with pytest.raises(ValueError, match=r"`name`.*has none; its splits are \['test'\]"):
        data.load(tmp_path)


def test_two_folders_of_one_split_are_named(tmp_path):
    for name in ("trainA", "trainB", "testA", "testB"):
        write(tmp_path / name / "1.png", 20)
    with pytest.raises(ValueError, match="`name`.*one folder of the split.*'trainA' and 'trainB'"):
        data.load(tmp_path)
    assert values(tmp_path / "trainA") == [20]


@pytest.mark.parametrize("path", ["cat/train", "images/test", "train/cat/test"])
def test_splits_deeper_down_are_named(tmp_path, path):
    write(tmp_path / path / "1.png", 20)
    with pytest.raises(ValueError, match=rf"`name`.*side by side at the top.*{path}'"):
        data.load(tmp_path)


def test_skipped_files_are_counted_in_one_warning(tmp_path):
    write(tmp_path / "a" / "1.png", 10)
    for name in ("2.webp", "3.bmp", "4.gif", "5.tif", "6.npy"):
        (tmp_path / "a" / name).write_bytes(b"")
    with pytest.warns(UserWarning) as caught:
        assert values(tmp_path) == [10]
    assert len(caught) == 1 and caught[0].filename == __file__
    assert "5 files, such as 'a/2.webp', 'a/3.bmp', 'a/4.gif'," in str(caught[0].message)
    with pytest.warns(UserWarning) as caught:
        data.load_pairs(tmp_path, tmp_path)
    assert len(caught) == 1 and str(caught[0].message).count("5 files") == 1
    assert caught[0].filename == __file__


def test_a_folder_of_other_images_says_what_it_has(tmp_path):
    (tmp_path / "1.webp").write_bytes(b"")
    with pytest.raises(ValueError, match=r"`name`.*has none, only 1 file, '1\.webp'"):
        data.load(tmp_path)


@pytest.mark.parametrize(
    "name", [b"caf\xe9.png", b"a\nb.png", "\U0001f600'\".PNG".encode(), b" .JPG"]
)
def test_any_name_of_a_file_is_read(tmp_path, name, monkeypatch):
    (tmp_path / "é'\n").mkdir()
    with open(os.path.join(os.fsencode(tmp_path / "é'\n"), name), "wb") as file:
        Image.fromarray(np.full((4, 4), 7, "uint8")).save(file, "PNG")
    assert classes(tmp_path) == {7: 0}
    monkeypatch.setattr(sources, "_MEMORY_LIMIT", 0)
    assert classes(tmp_path) == {7: 0}


def test_names_in_messages_can_be_printed(tmp_path):
    with open(os.path.join(os.fsencode(tmp_path), b"caf\xe9\n.png"), "wb") as file:
        file.write(b"no image")
    with pytest.raises(ValueError, match=r"`name`.*caf\\udce9\\n\.png") as caught:
        data.load(tmp_path)
    str(caught.value).encode()


def test_links_are_followed(tmp_path):
    write(tmp_path / "elsewhere" / "deep" / "1.png", 10)
    write(tmp_path / "other.png", 20)
    root = tmp_path / "root"
    root.mkdir()
    (root / "a").symlink_to(tmp_path / "elsewhere")
    (root / "b").mkdir()
    (root / "b" / "2.png").symlink_to(tmp_path / "other.png")
    assert classes(root) == {10: 0, 20: 1}
    (tmp_path / "link").symlink_to(root)
    assert classes(tmp_path / "link") == {10: 0, 20: 1}


def test_links_that_lead_nowhere_or_back_are_named(tmp_path):
    write(tmp_path / "a" / "1.png", 10)
    link = tmp_path / "a" / "2.png"
    for target in (tmp_path / "gone.png", link):
        link.symlink_to(target)
        with pytest.raises(ValueError, match=r"`name`.*a/2\.png', a broken link"):
            data.load(tmp_path)
        link.unlink()
    (tmp_path / "a" / "back").symlink_to(tmp_path)
    with pytest.raises(ValueError, match=r"`name`.*a/back', a link to a folder it lies in"):
        data.load(tmp_path)


def test_pipes_are_named_instead_of_waited_for(tmp_path):
    os.mkfifo(tmp_path / "1.png")
    with pytest.raises(ValueError, match=r"`name`.*1\.png', not a regular file"):
        data.load(tmp_path)


def test_what_is_no_folder_is_named(tmp_path):
    write(tmp_path / "1.png", 10)
    for name in (tmp_path / "1.png", str(tmp_path / "1.png")):
        with pytest.raises(ValueError, match=r"`name`.*1\.png, which is not a folder"):
            data.load(name)
    with pytest.raises(ValueError, match=r"`folder`.*1\.png, which is not a folder"):
        data.left_half(tmp_path / "1.png")
    with pytest.raises(ValueError, match=r"`folder`.*gone, which does not exist"):
        data.right_half(tmp_path / "gone")
    (tmp_path / "empty").mkdir()
    for empty in (tmp_path / "empty", data.left_half(tmp_path / "empty")):
        with pytest.raises(ValueError, match=r"`name`.*empty', which has none"):
            data.load(empty)
    with pytest.raises(ValueError, match=r"`x`.*empty', which has none"):
        data.load_pairs(tmp_path / "empty", tmp_path)


def test_one_image_is_a_folder(tmp_path):
    write(tmp_path / "a" / "1.png", 10)
    assert classes(tmp_path) == {10: 0}
    assert [x.shape for x in data.batches(data.load(tmp_path), 1)] == [(1, 4, 4, 1)]


def test_the_order_of_files_is_the_recorded_one(tmp_path):
    """Recorded before splits and leftovers were told apart; resumed trainings depend on it."""
    for value in range(8):
        write(tmp_path / "ab"[value % 2] / f"{value}.png", value)
    images = data.arrays(data.load(tmp_path, value_range=(0, 255)))
    assert np.round(images[:, 0, 0, 0]).astype(int).tolist() == ORDER


ORDER = [0, 2, 3, 7, 1, 6, 5, 4]


def test_files_can_be_in_the_order_of_their_names_so_that_slices_keep_persons_together(tmp_path):
    for number in range(20):
        write(tmp_path / f"s{number // 4}_{number % 4}.png", number)

    def first(name, split):
        images = data.arrays(data.load(name, split, value_range=(0, 255)))
        return np.round(images[:, 0, 0, 0]).astype(int).tolist()

    named = data.by_name(tmp_path)
    assert first(named, "train[:60%]") == list(range(12))
    assert first(named, "train[60%:]") == list(range(12, 20))
    assert first(tmp_path, "train") != list(range(20))
    pairs = data.load_pairs(named, rule=lambda image: 1 - image, value_range=(0, 255))
    x, y = data.arrays(pairs)
    np.testing.assert_allclose(y[:, 0, 0, 0], range(20), atol=1e-3)
    np.testing.assert_allclose(x, 255 - y, atol=1e-3)
    with pytest.raises(ValueError, match="argument `folder`"):
        data.by_name(tmp_path / "no such")


def test_splits_by_group_have_nobody_on_both_sides(tmp_path):
    for number in range(40):  # of ten persons, with one to seven pictures
        person = min(number // 4, 9) if number < 28 else number % 10
        write(tmp_path / f"s{person}_{number}.png", 10 * person)

    def persons(split, **pattern):
        folder = data.by_group(tmp_path, **pattern)
        images = data.arrays(data.load(folder, split, value_range=(0, 255)))
        return np.round(images[:, 0, 0, 0] / 10).astype(int).tolist()

    train, test = persons("train[:70%]"), persons("train[70%:]")
    assert len(set(train)) == 7 and len(set(test)) == 3  # a share of the persons, not of pictures
    assert not set(train) & set(test) and len(train) + len(test) == 40
    assert len(set(persons("train[:4]"))) == 4
    assert persons("train[:4]", pattern=r"s(\d)_") == persons("train[:4]", pattern="s([0-9])")
    assert sorted(set(train)) != list(range(7))  # mixed
    with pytest.raises(ValueError, match="pattern"):
        persons("train", pattern=r"(\d)_")


def test_labels_follow_the_order_of_the_names(tmp_path):
    for name, value in [("b/1.png", 10), ("a/9.png", 20), ("a/1.png", 30)]:
        write(tmp_path / name, value)
    images, labels = data.arrays(
        data.load(data.by_name(tmp_path), value_range=(0, 255), labels=True)
    )
    assert np.round(images[:, 0, 0, 0]).tolist() == [30, 20, 10] and labels.tolist() == [0, 0, 1]
    assert data.class_names(data.by_name(tmp_path)) == ("a", "b")


def test_a_folder_has_the_splits_of_its_sub_folders_under_whatever_name(tmp_path):
    write(tmp_path / "Testing" / "1.png", 10)
    assert folders.has_split(tmp_path, "test") and not folders.has_split(tmp_path, "validation")
