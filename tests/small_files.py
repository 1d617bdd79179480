"""Files and folders that tests replace, what is in them, and processes that replace them."""

import errno
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
MEMBERS = ("graph", "variables", "card")
OTHERS = {"thesis.tex": "precious", "notes/a": "precious", "notes/deep/b": "precious"}
OLD = {"graph": "old", "card": "old", "variables/data": "old"} | OTHERS
NEW = {"graph": "new", "variables/data": "new"} | OTHERS


def no_space(*args, **kwargs):
    raise OSError(errno.ENOSPC, "No space left on device")


def content(path):
    """Text of a file, or of every file of a folder by its path below it."""
    if path.is_file():
        return path.read_text()
    inside = [each for each in path.rglob("*") if each.is_file()]
    return {each.relative_to(path).as_posix(): each.read_text() for each in inside}


def write_folder(path, graph="new"):
    (path / "variables").mkdir(parents=True)
    (path / "graph").write_text(graph)
    (path / "variables" / "data").write_text(graph)


def run(code, *arguments):
    search = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": search},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
