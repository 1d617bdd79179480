"""What a new file needs before it replaces an old one: to be on the disk, with its permissions."""

import contextlib
import os
import stat


def flush(path):
    """Forces a file, or every file below a folder, out of the operating system's cache."""
    for file in path.rglob("*") if path.is_dir() else [path]:
        if not file.is_dir():
            with open(file, "rb") as handle:
                os.fsync(handle.fileno())


def flush_entries(folder):
    """Forces the names in a folder to the disk, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def keep_permissions(old, new):
    """Gives a new file or folder the permissions and, if it may, the owner of the old one."""
    with contextlib.suppress(FileNotFoundError):
        facts = os.stat(old)
        with contextlib.suppress(OSError, AttributeError):
            os.chown(new, facts.st_uid, facts.st_gid)
        os.chmod(new, stat.S_IMODE(facts.st_mode))
