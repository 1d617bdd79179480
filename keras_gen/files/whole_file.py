"""One file: what stands at its path is the whole old version or the whole new one."""

import contextlib
import errno
import os
import pathlib

from keras_gen.files.disk import flush, flush_entries, keep_permissions
from keras_gen.files.paths import check_file, parents
from keras_gen.files.temporaries import temporary


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
    folder, suffix = target.parent, pathlib.Path(path).suffix
    with parents(folder, name), temporary(folder, target.stem, suffix) as new:
        yield new
        flush(new)
        if new.is_dir():
            raise IsADirectoryError(errno.EISDIR, "A file was to be written", str(new))
        keep_permissions(target, new)
        os.replace(new, target)
        flush_entries(folder)
