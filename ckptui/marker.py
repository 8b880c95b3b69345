"""The ``.done`` marker: an empty file beside a checkpoint that says "complete" without opening it.

Reading a marker never opens the checkpoint. Whoever creates one vouches for the file beside it:
``atomic_save`` and the repairs do so only after validation.
"""

from __future__ import annotations

import os

from ckptui.light import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final

    from ckptui.durable import StrPath
    from ckptui.terms import MarkerState

MARKER_SUFFIX: Final = ".done"

TOLERANCE_SECONDS: Final = 2.0
"""A marker this much older than its checkpoint still counts as made after it.

Two seconds is the coarsest timestamp in use (FAT, some NAS), and copies round it either way.
"""


def marker_path(path: StrPath) -> str:
    """Where the marker of a checkpoint stands.

    Args:
        path: A checkpoint: a file or a directory.

    Example:
        >>> marker_path("run/x.pt"), marker_path("run/checkpoint-500/")
        ('run/x.pt.done', 'run/checkpoint-500.done')
    """
    # A trailing slash would put the marker of a directory inside of it.
    return (os.fspath(path).rstrip("/") or "/") + MARKER_SUFFIX


def has_done_marker(path: StrPath) -> bool:
    """True where the checkpoint's marker exists. The checkpoint itself is not touched.

    Args:
        path: The checkpoint, not its marker.

    Example:
        >>> has_done_marker("/nowhere/x.pt")
        False
    """
    return os.path.isfile(marker_path(path))


def create_done_marker(path: StrPath, *, durable: bool = True) -> None:
    """Create the marker of a checkpoint, or renew the time of the one that stands there.

    The caller vouches that the checkpoint is whole; nothing is opened to see.

    Args:
        path: The checkpoint, not its marker.
        durable: False leaves out the fsyncs.

    Raises:
        OSError: The marker cannot be created.

    Example:
        >>> import tempfile; d = tempfile.mkdtemp()
        >>> create_done_marker(f"{d}/x.pt"); has_done_marker(f"{d}/x.pt")
        True
    """
    marker = marker_path(path)
    fd = os.open(marker, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        os.utime(fd)  # an empty file that is truncated keeps its old time
        if durable:
            os.fsync(fd)
    finally:
        os.close(fd)
    if durable:
        _fsync_dir_of(marker)


def remove_done_marker(path: StrPath, *, durable: bool = True) -> None:
    """Remove the marker of a checkpoint; nothing happens where there is none.

    Args:
        path: The checkpoint, not its marker.
        durable: False leaves out the fsync.

    Raises:
        OSError: The marker is there and cannot be removed.

    Example:
        >>> import tempfile; remove_done_marker(tempfile.mkdtemp() + "/x.pt")
    """
    marker = marker_path(path)
    try:
        os.unlink(marker)
    except FileNotFoundError:
        return
    if durable:
        _fsync_dir_of(marker)


def _fsync_dir_of(marker: str) -> None:
    from ckptui.durable import fsync_dir  # only writers need it

    fsync_dir(os.path.dirname(marker))


def marker_state(
    checkpoint_mtime: float | None, marker_mtime: float | None, folder_uses_markers: bool
) -> MarkerState | None:
    """Judge a marker by the two times alone.

    Args:
        checkpoint_mtime: Seconds since the epoch, None where the checkpoint does not exist.
        marker_mtime: Likewise for the marker.
        folder_uses_markers: Whether any checkpoint of the folder has one.

    Returns:
        The state, or None where there is nothing to say (no marker, in a folder without any).

    Example:
        >>> marker_state(100.0, 90.0, True).value
        'outdated'
    """
    from ckptui.terms import MarkerState  # enums are dear, and asking for a marker needs none

    if marker_mtime is None:
        missing = checkpoint_mtime is not None and folder_uses_markers
        return MarkerState.MISSING if missing else None
    if checkpoint_mtime is None:
        return MarkerState.ORPHAN
    outdated = checkpoint_mtime - marker_mtime > TOLERANCE_SECONDS
    return MarkerState.OUTDATED if outdated else MarkerState.PRESENT
