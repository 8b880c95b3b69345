"""Leaving the page cache as it was: what nobody else had read goes out again after us."""

from __future__ import annotations

import os
from mmap import PAGESIZE
from typing import Final

LITTLE: Final = 32 << 20
"""Bytes of a file that take no room to speak of: they may stay, for a second reading."""
_STRETCH: Final = 64 << 20
"""More than a kernel reads ahead."""


def is_cached(fd: int, start: int, length: int) -> bool:
    """True where these bytes are in the page cache now.

    Looked at in the middle and at the end, where our own read-ahead has not been yet.
    """
    probe = bytearray(1)
    for place in (length // 2, length - 1):
        try:
            if os.preadv(fd, [probe], start + place, os.RWF_NOWAIT) == 0:
                return False
        except OSError:
            # Not in the cache, or a filesystem that cannot tell.
            return False
    return True


def let_go(fd: int, start: int, length: int) -> None:
    """Take pages out of the cache that are not needed any more, those at the edges too."""
    before = start % PAGESIZE  # the kernel leaves a page that is named in part
    after = -(start + length) % PAGESIZE
    os.posix_fadvise(fd, start - before, before + length + after, os.POSIX_FADV_DONTNEED)


class Passage:
    """One who reads long parts of a file, piece by piece.

    Whether others use a part is looked at once, before our own read-ahead has come near: it would
    look like theirs.
    """

    def __init__(self) -> None:
        self._cold: dict[int, bool] = {}

    def rest(self) -> None:
        """The reading is over: the next one looks anew."""
        self._cold.clear()

    def enter(self, fd: int, at: int, size: int) -> None:
        """Before a piece is read at ``at`` of a file of ``size`` bytes."""
        here = at // _STRETCH
        for each in (here, here + 1):
            if each not in self._cold:
                self._cold[each] = _is_cold(fd, each * _STRETCH, size)

    def leave(self, fd: int, at: int, length: int) -> None:
        """After it was read."""
        if self._cold[at // _STRETCH]:
            let_go(fd, at, length)


def _is_cold(fd: int, start: int, size: int) -> bool:
    length = min(_STRETCH, size - start)
    return length > 0 and not is_cached(fd, start, length)
