"""One file: its path always holds the whole old version or the whole new one."""

import contextlib
import errno
import os
import pathlib

from keras_gen.files.disk import flush, flush_entries, keep_permissions
from keras_gen.files.paths import check_file, parents
from keras_gen.files.temporaries import temporary


@contextlib.contextmanager
def replacing(path, name="path"):
    """A temporary path next to `path`; the file there replaces it once the block ends well.

    The new file is written next to the old one, flushed to disk and renamed, so at every moment
    `path` is the whole old version or the whole new one. If the block raises, for instance on a
    full disk, the temporary is removed and the old version stays. The new file gets the
    permissions of the old one.

    Args:
        path: where the file goes, a string or `pathlib.Path`. Parent folders are created; the
            target of a link is replaced, not the link.
        name: the argument's name for the errors.

    Yields:
        The temporary `pathlib.Path`, with the suffix of `path`.

    Raises:
        ValueError: if `path` is a folder, a device or a pipe, or cannot be written; before
            anything is written.
    """
    target = check_file(path, name)
    folder, suffix = target.parent, pathlib.Path(path).suffix
    with parents(folder, name), temporary(folder, target.stem, suffix) as new:
        yield new
        flush(new)
        if new.is_dir():
            raise IsADirectoryError(errno.EISDIR, "A file was to be written", str(new))
        keep_permissions(target, new)
        os.replace(new, target)
        flush_entries(folder)
