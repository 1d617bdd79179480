"""What stands in a folder are all old members or all new ones, and the files of others stay."""

import os
import pathlib
import random
import signal
import stat
import time

import pytest
from small_files import MEMBERS, NEW, OLD, OTHERS, content, no_space, run, write_folder

from keras_gen.files import exchange, recover, replacing_folder, whole_folder

REPLACE_FOR_EVER = """
import itertools, pathlib, sys
from keras_gen.files import exchange, replacing_folder

path = pathlib.Path(sys.argv[1])
if sys.argv[2] == "one by one":
    exchange._exchange_call = lambda: None
print("ready", flush=True)
for version in itertools.count():
    with replacing_folder(path, ["graph", "variables"]) as temporary:
        (temporary / "variables").mkdir(parents=True)
        (temporary / "graph").write_text(str(version) * 2000)
        (temporary / "variables" / "data").write_text(str(version) * 2000)
"""


@pytest.fixture(params=["exchanged", "one by one", "not linked"])
def way(request, monkeypatch):
    """The ways in which a folder's members are replaced."""
    if request.param == "one by one":
        monkeypatch.setattr(exchange, "_exchange_call", lambda: None)
    if request.param == "not linked":
        monkeypatch.setattr(os, "link", no_space)
    return request.param


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
    flushed, fsync, install = [], os.fsync, whole_folder._install

    def observed(handle):
        flushed.append(pathlib.Path(os.readlink(f"/proc/self/fd/{handle}")).name)
        return fsync(handle)

    def install_flushed(*arguments):
        assert sorted(flushed) == ["data", "graph"]
        return install(*arguments)

    monkeypatch.setattr(os, "fsync", observed)
    monkeypatch.setattr(whole_folder, "_install", install_flushed)
    with replacing_folder(folder, MEMBERS) as temporary:
        write_folder(temporary)
    assert content(folder) == NEW


@pytest.mark.parametrize("after", range(6))
def test_members_moved_one_by_one_are_completed_after_a_stop(folder, monkeypatch, after):
    monkeypatch.setattr(exchange, "_exchange_call", lambda: None)
    calls, rename = [], os.rename

    def stopped(*paths):
        calls.append(paths)
        if len(calls) > after:
            raise KeyboardInterrupt
        rename(*paths)

    monkeypatch.setattr(os, "rename", stopped)
    with pytest.raises(KeyboardInterrupt), replacing_folder(folder, MEMBERS) as temporary:
        write_folder(temporary)
    monkeypatch.setattr(os, "rename", rename)
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
