"""Where something may be written, and what is refused before anything is."""

import os
import pathlib
import stat

import pytest
from small_files import MEMBERS, NEW, OLD, content, write_folder

from keras_gen.files import replacing, replacing_folder


def test_a_new_path_gets_its_parent_folders(tmp_path):
    with replacing(tmp_path / "a" / "b" / "c.png") as temporary:
        temporary.write_text("new")
    with replacing_folder(str(tmp_path / "d" / "e"), MEMBERS) as temporary:
        write_folder(temporary)
    assert content(tmp_path) == {
        "a/b/c.png": "new",
        "d/e/graph": "new",
        "d/e/variables/data": "new",
    }


def test_a_block_that_raises_leaves_no_new_folders(tmp_path):
    for path in ("model.keras", "a/b/model.keras"):
        with pytest.raises(ValueError, match="stop"), replacing(tmp_path / path):
            raise ValueError("stop")
        assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "name",
    [
        "samples",
        "a.b.c",
        ".hidden",
        "größe 漢字.png",
        "x" * 250 + ".json",
        "漢" * 85,
        "a." + "b" * 253,
    ],
)
def test_any_name_that_the_system_allows(tmp_path, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in (name, pathlib.Path(name), tmp_path / name):
        with replacing(path) as temporary:
            temporary.write_text("new")
    assert content(tmp_path) == {name: "new"}
    os.remove(name)
    for path in (name, pathlib.Path(name), tmp_path / name):
        with replacing_folder(path, MEMBERS) as temporary:
            write_folder(temporary)
    assert content(tmp_path / name) == {"graph": "new", "variables/data": "new"}
    assert os.listdir(tmp_path) == [name]


def test_a_folder_is_never_turned_into_a_file(folder):
    for path in (folder, str(folder), f"{folder}{os.sep}"):
        with pytest.raises(ValueError, match=r"argument `output`.*of a file.*is a folder"):
            with replacing(path, "output"):
                raise AssertionError("the block must not run")
    with pytest.raises(IsADirectoryError), replacing(folder.parent / "file") as temporary:
        temporary.mkdir()
    assert content(folder) == OLD and os.listdir(folder.parent) == [folder.name]


def test_a_file_is_never_turned_into_a_folder(file):
    with pytest.raises(ValueError, match=r"argument `path`.*of a folder.*is a file"):
        with replacing_folder(file, MEMBERS):
            raise AssertionError("the block must not run")
    assert file.read_text() == "old"


def test_a_pipe_or_a_device_is_never_turned_into_a_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/null"):
        with pytest.raises(ValueError, match="neither a file nor a folder"), replacing(path):
            raise AssertionError("the block must not run")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.parametrize("way_in", [replacing, lambda path: replacing_folder(path, MEMBERS)])
def test_what_cannot_be_written_is_named(tmp_path, way_in, monkeypatch):
    (tmp_path / "file").write_text("precious")
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    bad = [
        None,
        3,
        "",
        b"name",
        "x" * 256,
        "漢" * 86,
        tmp_path / "file" / "x",
        tmp_path / "a",
        "a\0b",
    ]
    for path in bad:
        with pytest.raises(ValueError, match=r"Invalid value for argument `path`"), way_in(path):
            raise AssertionError("the block must not run")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(ValueError, match=r"`path`.*can be written.*denied"):
        with way_in(tmp_path / "new"):
            raise AssertionError("the block must not run")
    assert sorted(os.listdir(tmp_path)) == ["a", "b", "file"]


def test_a_link_goes_on_pointing_to_the_new_version(file, folder, tmp_path):
    file = file.rename(tmp_path / "stored")
    links = [tmp_path / "link.keras", tmp_path / "link"]
    links[0].symlink_to(file)
    links[1].symlink_to(folder)
    with replacing(links[0]) as temporary:
        assert temporary.suffix == ".keras"
        temporary.write_text("new")
    with replacing_folder(links[1], MEMBERS) as temporary:
        write_folder(temporary)
    assert content(file) == "new"
    assert content(folder) == NEW
    assert all(link.is_symlink() for link in links)
    assert sorted(tmp_path.iterdir()) == sorted([file, folder, *links])


def test_a_link_to_nothing_gets_something(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "away" / "file")
    with replacing(tmp_path / "link") as temporary:
        temporary.write_text("new")
    assert (tmp_path / "link").is_symlink() and content(tmp_path / "away") == {"file": "new"}
