"""Writing files and folders so that nothing already saved is ever lost.

What is written lies in a hidden temporary, `.NAME.keras_gen-...`, until it is complete. Its name
says which process writes it, so the next saving in that folder removes what a killed one has left
and nothing else.
"""

import contextlib
import ctypes
import errno
import functools
import hashlib
import json
import os
import pathlib
import platform
import re
import shutil
import stat
import time
import uuid

from keras_gen.arguments import argument_error

WHOLE = ".whole"  # behind the name of a complete new version whose members are being moved
RECORD = "record.json"  # in it: which members there are
DAY = 24 * 3600.0
_TEMPORARY = re.compile(r"(?s)\..*\.keras_gen-([0-9a-f]{8})-(\d+)-(\d+)-[0-9a-f]{8}(\..*)?")
_REFUSALS = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ELOOP)
_active = set()  # the names of the temporaries that this process is writing


@contextlib.contextmanager
def replacing(path, name="path"):
    """A temporary path beside `path`; the file there takes its place once the block ends well.

    The new file is written beside the old one, flushed to the disk and renamed, so at every moment
    `path` is the whole old version or the whole new one. If the block raises, for instance on a
    full disk, the temporary is removed and the old version stays. The new file gets the
    permissions of the old one.

    Args:
        path: where the file shall stand, a string or `pathlib.Path`. Parent folders are created;
            of a link, what it points to is replaced.
        name: the argument's name for the errors.

    Yields:
        The temporary `pathlib.Path`, with the suffix of `path`.

    Raises:
        ValueError: if `path` is a folder, a device or a pipe, or cannot be written; before
            anything is.
    """
    target = check_file(path, name)
    stem, suffix = target.stem, pathlib.Path(path).suffix
    with _parents(target.parent, name), _temporary(target.parent, stem, suffix) as temporary:
        yield temporary
        _flush(temporary)
        if temporary.is_dir():
            raise IsADirectoryError(errno.EISDIR, "A file was to be written", str(temporary))
        _keep_permissions(target, temporary)
        os.replace(temporary, target)
        _flush_entries(target.parent)


@contextlib.contextmanager
def replacing_folder(path, members, name="path"):
    """A temporary path for a folder whose members take the place of their older versions.

    Other files and folders that stand in `path` stay there. At every moment `path` holds the whole
    old version or the whole new one: the two folders are exchanged in one step, the other files
    being links to the same ones. Where that cannot be done, because the system does not exchange
    folders, or `path` is the working directory, the root of a disk or in a read-only folder, the
    members are moved one by one, and `recover` completes what a killed process has begun.

    Args:
        path: where the folder shall stand, a string or `pathlib.Path`. Parent folders are created;
            of a link, what it points to is replaced.
        members: the names that belong to this kind of folder: those that the block may write, and
            of which older versions are removed even if it does not write them.
        name: the argument's name for the errors.

    Yields:
        The temporary `pathlib.Path`, at which the block makes a folder.

    Raises:
        ValueError: if `path` is a file, or cannot be written; before anything is.
    """
    target = check_folder(path, name)
    recover(target)
    parent = target if target.is_dir() and not _is_exchangeable(target) else target.parent
    with _parents(parent, name), _temporary(parent, target.name) as temporary:
        if target.is_dir():
            remove_leftovers(target)
        yield temporary
        _flush(temporary)
        foreign = set(os.listdir(temporary)).difference(members)
        if foreign:
            raise ValueError(f"The folder was to hold {sorted(members)}, not {sorted(foreign)}")
        _install(temporary, target, members)


def recover(path):
    """Completes the replacement of a folder's members that a killed process has begun.

    Call it before the folder is read. It does nothing while the process still runs.
    """
    with contextlib.suppress(OSError):  # what cannot be written cannot have been begun
        for each in os.listdir(path):
            if each.endswith(WHOLE) and _is_abandoned(pathlib.Path(path, each)):
                _move_members(pathlib.Path(path, each))


def remove_leftovers(folder):
    """Removes the temporaries in a folder whose processes no longer run."""
    for each in os.listdir(folder):
        if not each.endswith(WHOLE) and _is_abandoned(pathlib.Path(folder, each)):
            _remove(pathlib.Path(folder, each))


def check_file(path, name="path"):
    """The absolute path, links resolved, if a file may be written there; an error otherwise."""
    target, mode = _resolved(path, name)
    is_folder = str(path).endswith(os.sep) or (mode is not None and stat.S_ISDIR(mode))
    if is_folder or (mode is not None and not stat.S_ISREG(mode)):
        kind = "a folder" if is_folder else "neither a file nor a folder"
        raise argument_error(name, "the path of a file", received=f"{name}={path}, which is {kind}")
    return target


def check_folder(path, name="path"):
    """The absolute path, links resolved, if a folder may be written there; an error otherwise."""
    target, mode = _resolved(path, name)
    if mode is not None and not stat.S_ISDIR(mode):
        raise argument_error(
            name, "the path of a folder", received=f"{name}={path}, which is a file"
        )
    return target


def _resolved(path, name):
    """The path without links and what stands there: the mode of `os.stat`, or `None`."""
    if not isinstance(path, (str, os.PathLike)) or not os.fspath(path):
        raise argument_error(name, "a path, a string or `pathlib.Path`", repr(path))
    try:
        target = pathlib.Path(path).resolve()
        with contextlib.suppress(FileNotFoundError):
            return target, os.stat(target).st_mode
        return target, None
    except (OSError, RuntimeError, TypeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise argument_error(
            name, "a path that can be written", received=f"{name}={path} ({reason})"
        ) from error


@contextlib.contextmanager
def _parents(folder, name):
    """Makes a folder, and removes it again if the block raises and has left it empty."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        if error.errno not in _REFUSALS:
            raise
        raise argument_error(
            name,
            "a path in a folder that can be written",
            received=f"{name} in {folder} ({error.strerror})",
        ) from error
    try:
        yield
    except BaseException:
        for each in missing:
            with contextlib.suppress(OSError):
                each.rmdir()
        raise


@contextlib.contextmanager
def _temporary(folder, stem, suffix=""):
    """A hidden path in a folder that says who writes it; what is left there is removed."""
    remove_leftovers(folder)
    pid = os.getpid()
    writer = f"keras_gen-{_machine()}-{pid}-{_started(pid)}-{uuid.uuid4().hex[:8]}"
    suffix = suffix if len(suffix) <= 16 else ""  # a name has at most 255 bytes
    temporary = folder / f".{stem[:16]}.{writer}{suffix}"
    _active.add(temporary.name)
    try:
        yield temporary
    finally:
        _remove(temporary)
        _active.discard(temporary.name)


def _flush(path):
    """Forces a file, or every file below a folder, out of the operating system's cache."""
    for file in path.rglob("*") if path.is_dir() else [path]:
        if not file.is_dir():
            with open(file, "rb") as handle:
                os.fsync(handle.fileno())


def _flush_entries(folder):
    """Forces the names in a folder to the disk, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _keep_permissions(old, new):
    """Gives a new file or folder the permissions and, if it may, the owner of the old one."""
    with contextlib.suppress(FileNotFoundError):
        facts = os.stat(old)
        with contextlib.suppress(OSError, AttributeError):
            os.chown(new, facts.st_uid, facts.st_gid)
        os.chmod(new, stat.S_IMODE(facts.st_mode))


def _install(temporary, path, members):
    """Puts the members of `temporary` in the place of those of `path`."""
    if not path.exists():
        os.rename(temporary, path)
        _flush_entries(path.parent)
        return
    written = os.listdir(temporary)
    for each in temporary.rglob("*"):
        _keep_permissions(path / each.relative_to(temporary), each)
    beside = temporary.parent == path.parent
    if beside and _links_others(path, temporary, members) and _exchange(temporary, path):
        for each in set(os.listdir(temporary)) - set(members) - set(os.listdir(path)):
            os.rename(temporary / each, path / each)  # it came after the links had been made
        _flush_entries(path.parent)
        return
    record = {"members": sorted(members), "written": sorted(written)}
    (temporary / RECORD).write_text(json.dumps(record))
    _flush(temporary / RECORD)
    whole = path / (temporary.name + WHOLE)
    _active.add(whole.name)
    try:
        os.rename(temporary, whole)
        _move_members(whole)
    finally:
        _active.discard(whole.name)


def _move_members(whole):
    """Moves a complete new version into the folder it lies in; may be done again after a kill."""
    if (whole / RECORD).is_file():  # otherwise all has been moved
        record = json.loads((whole / RECORD).read_text())
        for member in record["members"]:
            old, new = whole.parent / member, whole / member
            is_new = os.path.lexists(new)
            if os.path.lexists(old) and (is_new or member not in record["written"]):
                os.rename(old, whole / f"{member}.old")
            if is_new:
                os.rename(new, old)
        _flush_entries(whole.parent)
    _remove(whole)


def _is_exchangeable(path):
    """Whether a folder may change its identity and something can be written beside it."""
    working = pathlib.Path.cwd().resolve()
    return (
        os.access(path.parent, os.W_OK | os.X_OK)
        and not os.path.ismount(path)
        and path not in (working, *working.parents)
    )


def _links_others(path, temporary, members):
    """Gives `temporary` links to all files of `path` but its members; whether that was possible."""
    try:
        for each in os.scandir(path):
            if each.name in members:
                continue
            if each.is_dir(follow_symlinks=False):
                shutil.copytree(each, temporary / each.name, symlinks=True, copy_function=os.link)
            else:
                os.link(each, temporary / each.name, follow_symlinks=False)
        _keep_permissions(path, temporary)
    except (OSError, NotImplementedError):
        return False
    return True


def _exchange(one, other):
    """Exchanges two paths in one step; whether the system can."""
    call = _exchange_call()
    if call is None:
        return False
    ctypes.set_errno(0)
    if call(os.fsencode(one), os.fsencode(other)) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
        raise OSError(code, os.strerror(code), str(other))
    return False


@functools.cache
def _exchange_call():
    """The system's function of two paths that exchanges them, or `None`."""
    here, exchange = -100, 2  # AT_FDCWD, and RENAME_EXCHANGE or RENAME_SWAP
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if platform.system() == "Darwin":
            return lambda one, other: library.renamex_np(one, other, exchange)
        call = library.renameat2
    except (OSError, TypeError, AttributeError):
        return None
    return lambda one, other: call(here, one, here, other, exchange)


def _is_abandoned(path):
    """Whether a path is a temporary of this library whose process no longer runs.

    Of processes on another machine nothing is known: theirs is abandoned after a day.
    """
    match = _TEMPORARY.fullmatch(path.name)
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


def _remove(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
