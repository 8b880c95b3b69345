"""Reading the log of a run: its end without the rest, and what is added to it.

The size is looked at four times a second; no event is needed, so it works on every filesystem.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import BinaryIO, Final

from ckptui.launch.places import runs_dir
from ckptui.launch.registry import find_run, read_run

POLL: Final = 0.25
_PIECE: Final = 1 << 18
_OVER: Final = frozenset({"ended", "cancelled", "lost"})


def log_path(root: str, run_id: str) -> str:
    """The log file of a run."""
    return os.path.join(runs_dir(root), run_id, "log.txt")


def tail(path: str, max_bytes: int) -> bytes:
    """The last lines of a file, at most ``max_bytes``; only these are read.

    A line that would be cut is left out, unless it is the only one.

    Args:
        path: The file; a missing one gives nothing.
        max_bytes: Bytes at most.

    Raises:
        OSError: It cannot be read.
    """
    try:
        with open(path, "rb") as file:
            file.seek(tail_offset(file, max_bytes))
            return file.read(max_bytes)
    except FileNotFoundError:
        return b""


def tail_offset(file: BinaryIO, max_bytes: int) -> int:
    """Where the last whole lines of at most ``max_bytes`` begin."""
    size = os.fstat(file.fileno()).st_size
    start = max(0, size - max_bytes)
    if start == 0:
        return 0
    # From one byte earlier: where a line begins exactly at the cut, it is whole.
    file.seek(start - 1)
    newline = file.read(max_bytes + 1).find(b"\n")
    return start if newline < 0 or start + newline >= size else start + newline


def follow(
    root: str, run_id: str | None = None, *, follow: bool = True, max_bytes: int | None = None
) -> Iterator[bytes]:
    """The log of a run, piece by piece, until its end; with ``follow`` until the run has ended.

    A log that was cut or replaced is read anew from its beginning.

    Args:
        root: The run directory.
        run_id: The run, or the beginning of its id; the newest by default.
        follow: Wait for more while the run works.
        max_bytes: Begin at most so many bytes before the end; None begins at the beginning.

    Yields:
        Bytes as they stand in the file, at most 256 KiB at once.

    Raises:
        CkptuiError: There is no such run.
        OSError: The log cannot be read.
    """
    found = find_run(root, run_id).id
    place = _Place(log_path(root, found), max_bytes)
    while True:
        # Asked before the reading: what the run wrote before its end is then surely read.
        run = read_run(root, found) if follow else None
        yield from place.new()
        if run is None or run.state in _OVER:
            return
        time.sleep(POLL)


class _Place:
    """How far one log has been read."""

    def __init__(self, path: str, max_bytes: int | None) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._inode: int | None = None
        self._offset = 0

    def new(self) -> Iterator[bytes]:
        """What was added since the last call; nothing where the file is missing."""
        try:
            with open(self._path, "rb") as file:
                self._find(file)
                while piece := file.read(_PIECE):
                    self._offset += len(piece)
                    yield piece
        except FileNotFoundError:
            return

    def _find(self, file: BinaryIO) -> None:
        stat = os.fstat(file.fileno())
        if self._inode is None and self._max_bytes is not None:
            self._offset = tail_offset(file, self._max_bytes)
        elif stat.st_ino != self._inode or stat.st_size < self._offset:
            self._offset = 0
        self._inode = stat.st_ino
        file.seek(self._offset)
