"""The members of a folder, which are replaced together while other files there stay.

Two folders are exchanged in one step where the system can. Elsewhere the complete new version is
moved into the folder first, and then its members one by one, which any process can complete.
"""

import contextlib
import json
import os
import pathlib

from keras_gen.files.disk import flush, flush_entries, keep_permissions
from keras_gen.files.exchange import exchange, is_exchangeable, links_others
from keras_gen.files.paths import check_folder, parents
from keras_gen.files.temporaries import (
    WHOLE,
    active,
    is_abandoned,
    remove,
    remove_leftovers,
    temporary,
)

RECORD = "record.json"  # in a complete new version: which members there are


@contextlib.contextmanager
def replacing_folder(path, members, name="path"):
    """A temporary path for a folder whose members replace their older versions.

    Other files and folders in `path` stay there. At every moment `path` holds the whole
    old version or the whole new one: the two folders are exchanged in one step, the other files
    being links to the same ones. Where that cannot be done, because the system does not exchange
    folders, or `path` is the working directory, the root of a disk or in a read-only folder, the
    members are moved one by one, and `recover` completes what a killed process began.

    Args:
        path: where the folder goes, a string or `pathlib.Path`. Parent folders are created; the
            target of a link is replaced, not the link.
        members: the names that belong to this kind of folder: those that the block may write, and
            whose older versions are removed even if it does not write them.
        name: the argument's name for the errors.

    Yields:
        The temporary `pathlib.Path`, at which the block makes a folder.

    Raises:
        ValueError: if `path` is a file, or cannot be written; before anything is written.
    """
    target = check_folder(path, name)
    recover(target)
    parent = target if target.is_dir() and not is_exchangeable(target) else target.parent
    with parents(parent, name), temporary(parent, target.name) as new:
        if target.is_dir():
            remove_leftovers(target)
        yield new
        flush(new)
        foreign = set(os.listdir(new)).difference(members)
        if foreign:
            raise ValueError(f"The folder was to hold {sorted(members)}, not {sorted(foreign)}")
        _install(new, target, members)


def recover(path):
    """Completes the replacement of a folder's members that a killed process began.

    Call it before the folder is read. It does nothing while the process still runs.
    """
    with contextlib.suppress(OSError):  # what cannot be written cannot have been begun
        for each in os.listdir(path):
            if each.endswith(WHOLE) and is_abandoned(pathlib.Path(path, each)):
                _move_members(pathlib.Path(path, each))


def _install(new, path, members):
    """Puts the members of the folder `new` in place of those of `path`."""
    if not path.exists():
        os.rename(new, path)
        flush_entries(path.parent)
        return
    written = os.listdir(new)
    for each in new.rglob("*"):
        keep_permissions(path / each.relative_to(new), each)
    beside = new.parent == path.parent
    if beside and links_others(path, new, members) and exchange(new, path):
        for each in set(os.listdir(new)) - set(members) - set(os.listdir(path)):
            os.rename(new / each, path / each)  # it came after the links had been made
        flush_entries(path.parent)
        return
    record = {"members": sorted(members), "written": sorted(written)}
    (new / RECORD).write_text(json.dumps(record))
    flush(new / RECORD)
    whole = path / (new.name + WHOLE)
    with active(whole):
        os.rename(new, whole)
        _move_members(whole)


def _move_members(whole):
    """Moves a complete new version into the folder it lies in; may be repeated after a kill."""
    if (whole / RECORD).is_file():  # otherwise all has been moved
        record = json.loads((whole / RECORD).read_text())
        for member in record["members"]:
            old, new = whole.parent / member, whole / member
            is_new = os.path.lexists(new)
            if os.path.lexists(old) and (is_new or member not in record["written"]):
                os.rename(old, whole / f"{member}.old")
            if is_new:
                os.rename(new, old)
        flush_entries(whole.parent)
    remove(whole)
