"""What stands at a path is the whole old version or the whole new one."""

import errno
import os
import pathlib
import subprocess
import sys

import pytest

from keras_gen import files
from keras_gen.files import replacing

ROOT = pathlib.Path(__file__).resolve().parents[1]
WRITE_TOO_MUCH = """
import pathlib, resource, sys
from keras_gen.files import replacing

path = pathlib.Path(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    with replacing(path) as temporary:
        temporary.write_bytes(b"new" * 1000)
except OSError as error:
    sys.exit(f"errno {error.errno}, {len(list(path.parent.iterdir()))} file")
"""


def no_space(*args, **kwargs):
    raise OSError(errno.ENOSPC, "No space left on device")


def content(path):
    """Text of a file, or of every file of a folder by its path below it."""
    if path.is_file():
        return path.read_text()
    inside = [each for each in path.rglob("*") if each.is_file()]
    return {each.relative_to(path).as_posix(): each.read_text() for each in inside}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "model.keras"
    path.write_text("old")
    return path


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "export"
    (path / "variables").mkdir(parents=True)
    (path / "graph").write_text("old")
    (path / "variables" / "data").write_text("old")
    return path


def write_folder(path):
    (path / "variables").mkdir(parents=True)
    (path / "variables" / "data").write_text("new")


def test_a_file_is_replaced_and_nothing_is_left_beside_it(file):
    with replacing(file) as temporary:
        temporary.write_text("new")
        assert file.read_text() == "old"
    assert file.read_text() == "new"
    assert list(file.parent.iterdir()) == [file]


def test_a_folder_is_replaced_as_a_whole(folder):
    with replacing(folder) as temporary:
        write_folder(temporary)
        assert content(folder) == {"graph": "old", "variables/data": "old"}
    assert content(folder) == {"variables/data": "new"}
    assert list(folder.parent.iterdir()) == [folder]


def test_a_new_path_gets_its_parent_folders(tmp_path):
    with replacing(tmp_path / "a" / "b" / "c.png") as temporary:
        temporary.write_text("new")
    assert content(tmp_path) == {"a/b/c.png": "new"}
    with replacing(str(tmp_path / "d" / "e")) as temporary:
        write_folder(temporary)
    assert content(tmp_path / "d") == {"e/variables/data": "new"}


def test_the_temporary_lies_beside_the_path_is_hidden_and_has_its_suffix(file):
    with replacing(file) as temporary, replacing(file) as other:
        assert temporary.parent == file.parent and temporary.suffix == ".keras"
        assert temporary.name.startswith(".")
        assert temporary != other
        temporary.write_text("new")
        other.write_text("other")


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_block_that_raises_leaves_the_old_file(file, error):
    with pytest.raises(error, match="stop"), replacing(file) as temporary:
        temporary.write_text("half")
        raise error("stop")
    assert file.read_text() == "old"
    assert list(file.parent.iterdir()) == [file]


def test_a_block_that_raises_leaves_the_old_folder(folder):
    before = content(folder)
    with pytest.raises(ValueError, match="stop"), replacing(folder) as temporary:
        write_folder(temporary)
        raise ValueError("stop")
    assert content(folder) == before
    assert list(folder.parent.iterdir()) == [folder]


def test_a_block_that_raises_before_it_writes_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match="stop"), replacing(tmp_path / "model.keras"):
        raise ValueError("stop")
    assert not list(tmp_path.iterdir())


def test_a_block_that_writes_nothing_is_an_error_and_leaves_the_old_version(file, folder):
    for path in (file, folder):
        before = content(path)
        with pytest.raises(FileNotFoundError), replacing(path):
            pass
        assert content(path) == before
    assert sorted(file.parent.iterdir()) == [folder, file]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file(file, monkeypatch, call):
    monkeypatch.setattr(files.os, call, no_space)
    with pytest.raises(OSError, match="No space left"), replacing(file) as temporary:
        temporary.write_text("new")
    assert file.read_text() == "old"
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("failing", [0, 1])
def test_a_folder_that_cannot_be_renamed_leaves_the_old_one(folder, monkeypatch, failing):
    calls, rename = [], os.rename

    def rename_or_fail(source, target):
        calls.append(source)
        return no_space() if len(calls) == failing + 1 else rename(source, target)

    monkeypatch.setattr(files.os, "rename", rename_or_fail)
    before = content(folder)
    with pytest.raises(OSError, match="No space left"), replacing(folder) as temporary:
        write_folder(temporary)
    assert content(folder) == before
    assert list(folder.parent.iterdir()) == [folder]


def test_every_file_is_flushed_before_the_old_version_goes(folder, monkeypatch):
    flushed, fsync, rename = [], os.fsync, os.rename

    def observed(handle):
        flushed.append(pathlib.Path(os.readlink(f"/proc/self/fd/{handle}")).name)
        return fsync(handle)

    def rename_flushed(source, target):
        assert sorted(flushed) == ["data", "graph"]
        return rename(source, target)

    if not os.path.exists("/proc/self/fd"):
        pytest.skip("this system does not tell the name of an open file")
    monkeypatch.setattr(files.os, "fsync", observed)
    monkeypatch.setattr(files.os, "rename", rename_flushed)
    with replacing(folder) as temporary:
        write_folder(temporary)
        (temporary / "graph").write_text("new")
    assert content(folder) == {"graph": "new", "variables/data": "new"}


def test_a_write_that_the_system_refuses_leaves_the_old_file(file):
    pytest.importorskip("resource")
    search = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(
        [sys.executable, "-c", WRITE_TOO_MUCH, str(file)],
        env={**os.environ, "PYTHONPATH": search},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.stderr.strip() == f"errno {errno.EFBIG}, 1 file"
    assert file.read_text() == "old"


def test_a_link_goes_on_pointing_to_the_new_version(file, folder, tmp_path):
    file = file.rename(tmp_path / "stored")
    links = [tmp_path / "link.keras", tmp_path / "link"]
    links[0].symlink_to(file)
    links[1].symlink_to(folder)
    with replacing(links[0]) as temporary:
        assert temporary.suffix == ".keras"
        temporary.write_text("new")
    with replacing(links[1]) as temporary:
        write_folder(temporary)
    assert content(file) == "new"
    assert content(folder) == {"variables/data": "new"}
    assert all(link.is_symlink() for link in links)
    assert sorted(tmp_path.iterdir()) == sorted([file, folder, *links])
