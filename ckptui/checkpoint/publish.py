"""Putting a finished file in its place, and its marker after it.

Everything that can fail for want of space happens before the file is published: the new marker is
created under a temporary name, and an old one is set aside by a rename, so that putting it back
needs no space either. tests/crash kills this at every system call.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress

from ckptui.durable import fsync_dir, new_file, temporary_path
from ckptui.marker import marker_path


def refuse_impossible(final: str) -> None:
    """Fail before anything is written where a directory stands in the way.

    Raises:
        IsADirectoryError: ``final`` or its marker is a directory.
    """
    for path in (final, marker_path(final)):
        with suppress(FileNotFoundError):
            if stat.S_ISDIR(os.lstat(path).st_mode):
                raise IsADirectoryError(errno.EISDIR, "a directory stands there", path)


def publish(temporary: str, final: str, *, durable: bool) -> None:
    """Rename a whole, synced file to its final path and mark it.

    Order: the old marker goes if there is an old file, the new file comes, the directory is
    synced, the new marker comes, the directory is synced.

    Args:
        temporary: The finished file, in the directory of ``final``.
        final: Where it goes; a symlink there is replaced, not followed.
        durable: False leaves out the fsyncs.

    Raises:
        OSError: Before the rename: what was there before is there, its marker too.
    """
    marker = marker_path(final)
    new_marker, old_marker = temporary_path(marker), temporary_path(marker)
    try:
        with new_file(new_marker, durable=durable):
            pass
        _replace(temporary, final, marker, old_marker)
        _sync(final, durable)
        os.replace(new_marker, marker)
        _sync(final, durable)
    finally:
        for leftover in (new_marker, old_marker):
            with suppress(OSError):
                os.unlink(leftover)


def _replace(temporary: str, final: str, marker: str, old_marker: str) -> None:
    try:
        if os.path.lexists(final):
            with suppress(FileNotFoundError):
                os.rename(marker, old_marker)
        os.replace(temporary, final)
    except BaseException:
        # Only beside the file that it vouched for: never where that file is gone.
        if os.path.lexists(final):
            with suppress(FileNotFoundError):
                os.rename(old_marker, marker)
        raise


def _sync(final: str, durable: bool) -> None:
    if durable:
        fsync_dir(os.path.dirname(final))
