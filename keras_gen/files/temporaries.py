"""Hidden temporaries whose names say which process writes them.

    .STEM.keras_gen-MACHINE-PROCESS-START-NUMBER.SUFFIX

so what a killed process has left can be told apart from what a running one writes.
"""

import contextlib
import functools
import hashlib
import os
import pathlib
import platform
import re
import shutil
import time
import uuid

WHOLE = (
    ".whole"  # at the end of the name of a complete new version, which is recovered, not removed
)
DAY = 24 * 3600.0
_NAME = re.compile(r"(?s)\..*\.keras_gen-([0-9a-f]{8})-(\d+)-(\d+)-[0-9a-f]{8}(\..*)?")
_active = set()  # the names of the temporaries that this process is writing


@contextlib.contextmanager
def temporary(folder, stem, suffix=""):
    """A hidden path in a folder that says who writes it; what is left there is removed."""
    remove_leftovers(folder)
    pid = os.getpid()
    writer = f"keras_gen-{_machine()}-{pid}-{_started(pid)}-{uuid.uuid4().hex[:8]}"
    suffix = suffix if len(suffix) <= 16 else ""  # a name has at most 255 bytes
    path = folder / f".{stem[:16]}.{writer}{suffix}"
    with active(path):
        try:
            yield path
        finally:
            remove(path)


@contextlib.contextmanager
def active(path):
    """A block in which the path counts as a temporary that this process is writing."""
    _active.add(path.name)
    try:
        yield
    finally:
        _active.discard(path.name)


def remove_leftovers(folder):
    """Removes the temporaries in a folder whose processes no longer run."""
    for each in os.listdir(folder):
        if not each.endswith(WHOLE) and is_abandoned(pathlib.Path(folder, each)):
            remove(pathlib.Path(folder, each))


def remove(path):
    """Removes a file, a link or a folder, if there is one."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def is_abandoned(path):
    """Whether a path is a temporary of this library whose process no longer runs.

    Nothing is known about processes on another machine: theirs is abandoned after a day.
    """
    match = _NAME.fullmatch(path.name)
    if match is None:
        return False
    machine, pid, started = match.groups()[:3]
    if machine == _machine():
        if int(pid) == os.getpid() and started == _started(os.getpid()):
            return path.name not in _active
        return _started(int(pid)) != started
    with contextlib.suppress(FileNotFoundError):
        files = [path, *path.rglob("*")]
        return time.time() - max(os.lstat(each).st_mtime for each in files) > DAY
    return False


@functools.cache
def _machine():
    """Eight digits that differ between machines, their boots and their containers."""
    facts = [platform.node(), str(uuid.getnode())]
    if os.name == "nt":  # where this module cannot tell which processes run
        facts.append(uuid.uuid4().hex)
    with contextlib.suppress(OSError):
        facts.append(pathlib.Path("/proc/sys/kernel/random/boot_id").read_text())
        facts.append(os.readlink("/proc/self/ns/pid"))
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:8]


def _started(pid):
    """When a process began, a number as a string; `None` if it does not run."""
    if os.path.isdir("/proc/self"):
        try:
            state = pathlib.Path(f"/proc/{pid}/stat").read_text(errors="replace")
        except OSError:
            return None
        fields = state.rpartition(")")[2].split()
        return None if fields[0] in "ZX" else fields[19]
    try:
        os.kill(pid, 0) if pid != os.getpid() else None
    except ProcessLookupError:
        return None
    except OSError:
        pass
    return "0"
