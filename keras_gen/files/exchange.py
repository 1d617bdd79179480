"""Two folders that change places in one step, where the system can do that."""

import ctypes
import errno
import functools
import os
import pathlib
import platform
import shutil

from keras_gen.files.disk import keep_permissions


def is_exchangeable(path):
    """Whether a folder may change its identity and something can be written next to it."""
    working = pathlib.Path.cwd().resolve()
    return (
        os.access(path.parent, os.W_OK | os.X_OK)
        and not os.path.ismount(path)
        and path not in (working, *working.parents)
    )


def links_others(path, new, members):
    """Gives `new` links to all files of `path` but its members; returns whether it could."""
    try:
        for each in os.scandir(path):
            if each.name in members:
                continue
            if each.is_dir(follow_symlinks=False):
                shutil.copytree(each, new / each.name, symlinks=True, copy_function=os.link)
            else:
                os.link(each, new / each.name, follow_symlinks=False)
        keep_permissions(path, new)
    except (OSError, NotImplementedError):
        return False
    return True


def exchange(one, other):
    """Exchanges two paths in one step; returns whether the system can."""
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
    here, swap = -100, 2  # AT_FDCWD, and RENAME_EXCHANGE or RENAME_SWAP
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if platform.system() == "Darwin":
            return lambda one, other: library.renamex_np(one, other, swap)
        call = library.renameat2
    except (OSError, TypeError, AttributeError):
        return None
    return lambda one, other: call(here, one, here, other, swap)
