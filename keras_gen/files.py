"""Writing files so that nothing already saved is ever lost."""

import contextlib
import os
import pathlib
import shutil
import uuid


@contextlib.contextmanager
def replacing(path):
    """A temporary path beside `path` that takes its place once the block has ended well.

    The new file (or folder) is written beside the old one, flushed to the disk and renamed, so at
    every moment `path` is the whole old version or the whole new one. If the block raises, for
    instance on a full disk, the temporary is removed and the old version stays.

    Args:
        path: where the result shall stand. Parent folders are created; of a link, what it points
            to is replaced.

    Yields:
        The temporary `pathlib.Path`, with the same suffix as `path`.
    """
    suffix = pathlib.Path(path).suffix
    path = pathlib.Path(path).resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}-{uuid.uuid4().hex[:8]}{suffix}")
    try:
        yield temporary
        _flush(temporary)
        _swap(temporary, path)
    except BaseException:
        _remove(temporary)
        raise


def _flush(path):
    """Forces a file, or every file below a folder, out of the operating system's cache."""
    for file in [path] if path.is_file() else path.rglob("*"):
        if file.is_file():
            with open(file, "rb") as handle:
                os.fsync(handle.fileno())


def _swap(temporary, path):
    """Puts `temporary` in the place of `path`; a folder's old version goes only at the end."""
    if not path.is_dir():
        os.replace(temporary, path)
        return
    old = path.with_name(f".{path.name}-{uuid.uuid4().hex[:8]}")
    os.rename(path, old)
    try:
        os.rename(temporary, path)
    except OSError:
        os.rename(old, path)
        raise
    shutil.rmtree(old)


def _remove(path):
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
