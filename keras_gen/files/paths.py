"""Where something may be written: paths are checked, and parents made, before anything else."""

import contextlib
import errno
import os
import pathlib
import stat

from keras_gen.arguments import argument_error

_REFUSALS = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ELOOP)


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


@contextlib.contextmanager
def parents(folder, name):
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
            "a path in a folder that can be written to",
            received=f"{name} in {folder} ({error.strerror})",
        ) from error
    try:
        yield
    except BaseException:
        for each in missing:
            with contextlib.suppress(OSError):
                each.rmdir()
        raise


def _resolved(path, name):
    """The path without links, and what is there: the mode of `os.stat`, or `None`."""
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
