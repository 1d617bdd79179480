"""What stands at a path is the whole old file or the whole new one."""

import errno
import os
import pathlib
import stat

import numpy as np
import pytest
from small_files import MEMBERS, OLD, content, no_space, run

from keras_gen import plotting
from keras_gen.files import replacing, replacing_folder

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


def test_a_file_is_replaced_and_nothing_is_left_beside_it(file):
    with replacing(file) as temporary:
        temporary.write_text("new")
        assert file.read_text() == "old"
    assert file.read_text() == "new"
    assert list(file.parent.iterdir()) == [file]


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


def test_a_block_that_writes_nothing_is_an_error_and_leaves_the_old_version(file, folder):
    with pytest.raises(FileNotFoundError), replacing(file):
        pass
    with pytest.raises(FileNotFoundError), replacing_folder(folder, MEMBERS):
        pass
    assert content(file) == "old" and content(folder) == OLD


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file(file, monkeypatch, call):
    monkeypatch.setattr(os, call, no_space)
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


@pytest.mark.parametrize("name", ["samples", "samples.v2", "a.b", "picture.PNG", "picture.pdf"])
def test_pictures_stand_at_the_path_that_was_given(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    plotting.image_grid(np.zeros((4, 8, 8, 1)), name, value_range=(0, 1))
    start = b"%PDF" if name.endswith("pdf") else b"\x89PNG"
    assert os.listdir(".") == [name] and pathlib.Path(name).read_bytes().startswith(start)
