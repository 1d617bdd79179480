"""What stands at a path is the whole old version or the whole new one, and nothing else is lost."""

import errno
import os
import pathlib
import random
import signal
import stat
import subprocess
import sys
import time

import numpy as np
import pytest

from keras_gen import files, plotting
from keras_gen.files import recover, replacing, replacing_folder

ROOT = pathlib.Path(__file__).resolve().parents[1]
MEMBERS = ("graph", "variables", "card")
DEAD = "keras_gen-{}-{}-1-0123abcd"
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
REPLACE_FOR_EVER = """
import itertools, pathlib, sys
from keras_gen import files

path = pathlib.Path(sys.argv[1])
if sys.argv[2] == "one by one":
    files._exchange_call = lambda: None
print("ready", flush=True)
for version in itertools.count():
    with files.replacing_folder(path, ["graph", "variables"]) as temporary:
        (temporary / "variables").mkdir(parents=True)
        (temporary / "graph").write_text(str(version) * 2000)
        (temporary / "variables" / "data").write_text(str(version) * 2000)
"""


def no_space(*args, **kwargs):
    raise OSError(errno.ENOSPC, "No space left on device")


def content(path):
    """Text of a file, or of every file of a folder by its path below it."""
    if path.is_file():
        return path.read_text()
    inside = [each for each in path.rglob("*") if each.is_file()]
    return {each.relative_to(path).as_posix(): each.read_text() for each in inside}


def run(code, *arguments):
    search = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": search},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def dead_process():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "model.keras"
    path.write_text("old")
    return path


@pytest.fixture
def folder(tmp_path):
    """With a member that is replaced, one that is not written again, and other things."""
    path = tmp_path / "export"
    (path / "variables").mkdir(parents=True)
    (path / "notes" / "deep").mkdir(parents=True)
    for name in ("graph", "card", "variables/data"):
        (path / name).write_text("old")
    for name in ("thesis.tex", "notes/a", "notes/deep/b"):
        (path / name).write_text("precious")
    return path


OTHERS = {"thesis.tex": "precious", "notes/a": "precious", "notes/deep/b": "precious"}
OLD = {"graph": "old", "card": "old", "variables/data": "old"} | OTHERS
NEW = {"graph": "new", "variables/data": "new"} | OTHERS


def write_folder(path, graph="new"):
    (path / "variables").mkdir(parents=True)
    (path / "graph").write_text(graph)
    (path / "variables" / "data").write_text(graph)


@pytest.fixture(params=["exchanged", "one by one", "not linked"])
def way(request, monkeypatch):
    """The ways in which a folder's members are replaced."""
    if request.param == "one by one":
        monkeypatch.setattr(files, "_exchange_call", lambda: None)
    if request.param == "not linked":
        monkeypatch.setattr(files.os, "link", no_space)
    return request.param


# Files


def test_a_file_is_replaced_and_nothing_is_left_beside_it(file):
    with replacing(file) as temporary:
        temporary.write_text("new")
        assert file.read_text() == "old"
    assert file.read_text() == "new"
    assert list(file.parent.iterdir()) == [file]


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


def test_a_block_that_raises_leaves_no_new_folders(tmp_path):
    for path in ("model.keras", "a/b/model.keras"):
        with pytest.raises(ValueError, match="stop"), replacing(tmp_path / path):
            raise ValueError("stop")
        assert not list(tmp_path.iterdir())


def test_a_block_that_writes_nothing_is_an_error_and_leaves_the_old_version(file, folder):
    with pytest.raises(FileNotFoundError), replacing(file):
        pass
    with pytest.raises(FileNotFoundError), replacing_folder(folder, MEMBERS):
        pass
    assert content(file) == "old" and content(folder) == OLD


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file(file, monkeypatch, call):
    monkeypatch.setattr(files.os, call, no_space)
    with pytest.raises(OSError, match="No space left"), replacing(file) as temporary:
        temporary.write_text("new")
    assert file.read_text() == "old"
    assert list(file.parent.iterdir()) == [file]


def test_a_write_that_the_system_refuses_leaves_the_old_file(file):
    pytest.importorskip("resource")
    _, errors = run(WRITE_TOO_MUCH, file).communicate(timeout=60)
    assert errors.strip() == f"errno {errno.EFBIG}, 1 file"
    assert file.read_text() == "old"


@pytest.mark.parametrize("mode", [0o600, 0o444, 0o664, 0o755])
def test_a_replaced_file_keeps_its_permissions(file, mode):
    file.chmod(mode)
    with replacing(file) as temporary:
        temporary.write_text("new")
    assert stat.S_IMODE(file.stat().st_mode) == mode and file.read_text() == "new"


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


@pytest.mark.parametrize("name", ["samples", "samples.v2", "a.b", "picture.PNG", "picture.pdf"])
def test_pictures_stand_at_the_path_that_was_given(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    plotting.image_grid(np.zeros((4, 8, 8, 1)), name, value_range=(0, 1))
    start = b"%PDF" if name.endswith("pdf") else b"\x89PNG"
    assert os.listdir(".") == [name] and pathlib.Path(name).read_bytes().startswith(start)


# What is no file of ours


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
    monkeypatch.setattr(files.os, "access", lambda *_: False)
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


# Folders


def test_the_members_are_replaced_and_all_else_stays(folder, way):
    with replacing_folder(folder, MEMBERS) as temporary:
        write_folder(temporary)
        assert content(folder) == OLD
    assert content(folder) == NEW
    assert os.listdir(folder.parent) == [folder.name]


def test_other_files_are_the_same_ones_as_before(folder, way):
    (folder / "link").symlink_to("thesis.tex")
    (folder / "notes" / "nowhere").symlink_to("/no/such/file")
    os.mkfifo(folder / "pipe")
    folder.chmod(0o750)
    (folder / "variables").chmod(0o700)
    inode = (folder / "thesis.tex").stat().st_ino
    with open(folder / "notes" / "a", "a") as log, replacing_folder(folder, MEMBERS) as temporary:
        write_folder(temporary)
        log.write(" indeed")
    assert (folder / "thesis.tex").stat().st_ino == inode
    assert (folder / "notes" / "a").read_text() == "precious indeed"
    assert (folder / "link").is_symlink() and (folder / "notes" / "nowhere").is_symlink()
    assert stat.S_ISFIFO((folder / "pipe").stat().st_mode)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o750
    assert stat.S_IMODE((folder / "variables").stat().st_mode) == 0o700


@pytest.mark.parametrize("where", [".", "..", "inside"])
def test_the_working_directory_stays_the_same_folder(folder, monkeypatch, where):
    monkeypatch.chdir(folder if where == "." else folder / "notes")
    path = {".": ".", "..": "..", "inside": folder}[where]
    inode = folder.stat().st_ino
    with replacing_folder(path, MEMBERS) as temporary:
        write_folder(temporary)
    assert folder.stat().st_ino == inode and content(folder) == NEW
    assert sorted(os.listdir(folder)) == sorted({name.split("/")[0] for name in NEW})


def test_a_block_that_raises_leaves_the_old_folder(folder, way):
    with pytest.raises(ValueError, match="stop"), replacing_folder(folder, MEMBERS) as temporary:
        write_folder(temporary)
        raise ValueError("stop")
    with pytest.raises(ValueError, match="was to hold.*other"):
        with replacing_folder(folder, MEMBERS) as temporary:
            write_folder(temporary)
            (temporary / "other").write_text("")
    assert content(folder) == OLD
    assert list(folder.parent.iterdir()) == [folder]


def test_every_file_is_flushed_before_the_old_version_goes(folder, monkeypatch):
    if not os.path.exists("/proc/self/fd"):
        pytest.skip("this system does not tell the name of an open file")
    flushed, fsync, install = [], os.fsync, files._install

    def observed(handle):
        flushed.append(pathlib.Path(os.readlink(f"/proc/self/fd/{handle}")).name)
        return fsync(handle)

    def install_flushed(*arguments):
        assert sorted(flushed) == ["data", "graph"]
        return install(*arguments)

    monkeypatch.setattr(files.os, "fsync", observed)
    monkeypatch.setattr(files, "_install", install_flushed)
    with replacing_folder(folder, MEMBERS) as temporary:
        write_folder(temporary)
    assert content(folder) == NEW


@pytest.mark.parametrize("after", range(6))
def test_members_moved_one_by_one_are_completed_after_a_stop(folder, monkeypatch, after):
    monkeypatch.setattr(files, "_exchange_call", lambda: None)
    calls, rename = [], os.rename

    def stopped(*paths):
        calls.append(paths)
        if len(calls) > after:
            raise KeyboardInterrupt
        rename(*paths)

    monkeypatch.setattr(files.os, "rename", stopped)
    with pytest.raises(KeyboardInterrupt), replacing_folder(folder, MEMBERS) as temporary:
        write_folder(temporary)
    monkeypatch.setattr(files.os, "rename", rename)
    recover(folder)
    assert content(folder) == (OLD if after == 0 else NEW)
    assert not [each for each in os.listdir(folder) if each.startswith(".")]


@pytest.mark.parametrize("how", ["exchanged", "one by one"])
def test_a_folder_survives_any_number_of_kills(folder, how):
    for seed in range(12):
        process = run(REPLACE_FOR_EVER, folder, how)
        process.stdout.readline()
        time.sleep(random.Random(seed).uniform(0.005, 0.06))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if how == "one by one":
            recover(folder)
        graph = (folder / "graph").read_text()
        assert graph == (folder / "variables" / "data").read_text()
        assert len(graph) >= 2000
        assert OTHERS.items() <= content(folder).items()
    with replacing_folder(folder, MEMBERS) as temporary:
        write_folder(temporary)
    assert content(folder) == NEW and os.listdir(folder.parent) == [folder.name]


# Leftovers


def test_leftovers_of_dead_processes_disappear_with_the_next_saving(file):
    machine, pid = files._machine(), dead_process()
    left = [
        file.parent / f".{n}.{DEAD.format(machine, pid)}{s}" for n, s in [("a", ""), ("b", ".x")]
    ]
    left[0].mkdir()
    (left[0] / "half").write_text("half")
    left[1].write_text("half")
    own = file.parent / f".c.{DEAD.format(machine, os.getpid())}.png"  # its number is taken again
    own.write_text("half")
    with replacing(file) as temporary:
        temporary.write_text("new")
    assert os.listdir(file.parent) == [file.name]


def test_what_may_be_in_use_or_is_not_ours_stays(file):
    process = run("import sys, time; sys.stdout.write('x\\n'); sys.stdout.flush(); time.sleep(60)")
    process.stdout.readline()
    started = files._started(process.pid)
    live = f".a.keras_gen-{files._machine()}-{process.pid}-{started}-0123abcd.keras"
    names = [live, f".a.{DEAD.format('00000000', 1)}", ".model-0123abcd.keras", ".a.keras_gen-x"]
    for name in names:
        (file.parent / name).write_text("precious")
    with replacing(file) as temporary, replacing(file) as other:
        temporary.write_text("new")
        other.write_text("new")
    assert sorted(os.listdir(file.parent)) == sorted([file.name, *names])
    process.kill()
    process.wait()
    os.utime(file.parent / names[1], (0, 0))  # of another machine, and old
    with replacing(file) as temporary:
        temporary.write_text("new")
    assert sorted(os.listdir(file.parent)) == sorted([file.name, *names[2:]])
