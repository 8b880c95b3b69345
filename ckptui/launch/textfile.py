"""A text file that others write to: read in pieces, and told when it grows, shrinks or is replaced.

It is opened for each piece and never kept open: an open file on a network filesystem stands in the
way of a writer that removes it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Final

from ckptui.errors import CkptuiError
from ckptui.light import dataclass
from ckptui.validation.debt import Debt
from ckptui.validation.page_cache import LITTLE, Passage
from ckptui.validation.settling import is_network

_HELD: Final = 1 << 24
"""Bytes read at once at most, so that no call holds the file long."""
_HEAD: Final = 4096
_TO_LOOK: Final = 1
_TO_OPEN: Final = 2
"""Metadata operations: a path walked, a file opened."""


class Event(StrEnum):
    """What happened to a file since the last look."""

    NONE = ""
    CUT = "cut"
    REPLACED = "replaced"
    GONE = "gone"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class Look:
    """A file as it is now.

    Attributes:
        size: Bytes; 0 where it is gone.
        event: What happened since the last look.
    """

    size: int
    event: Event = Event.NONE


class TextFile:
    """One path, and whatever file stands there.

    Args:
        path: Where it is.

    Attributes:
        size: Bytes at the last look.
        debt: How long its filesystem should now be left alone by all that can wait.
        passage: Of all who read on in it.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.size = 0
        self.debt = Debt()
        self.passage = Passage()
        self._identity: tuple[int, int] | None = None
        self._gone = False

    def look(self) -> Look:
        """See whether it is the same file, and how long it is.

        Raises:
            CkptuiError: It is no regular file.
            OSError: It cannot be looked at; a missing one is told by its event.
        """
        self.debt.take(_TO_LOOK)
        try:
            info = os.stat(self.path)
        except FileNotFoundError:
            event = Event.NONE if self._gone else Event.GONE
            self._gone, self.size = True, 0
            return Look(0, event)
        if not stat.S_ISREG(info.st_mode):
            raise CkptuiError("not a regular file, so it is not read")
        event = self._event(info)
        if self._identity is None or self._identity[0] != info.st_dev:
            self.debt.network = is_network(info.st_dev)
        self._identity, self._gone, self.size = (info.st_dev, info.st_ino), False, info.st_size
        return Look(info.st_size, event)

    def _event(self, info: os.stat_result) -> Event:
        known = self._identity
        if self._gone:
            return Event.BACK
        if known is not None and known != (info.st_dev, info.st_ino):
            return Event.REPLACED
        if known is not None and info.st_size < self.size:
            return Event.CUT
        return Event.NONE

    def read(self, at: int, count: int) -> bytes:
        """Bytes from an offset on; fewer at its end.

        Raises:
            OSError: It cannot be read.
        """
        with self._opened() as fd:
            return self._taken(fd, at, count)

    def read_on(self, at: int, count: int) -> bytes:
        """As :meth:`read`, for one who goes through all of it: that fills no page cache.

        Raises:
            OSError: It cannot be read.
        """
        if self.size <= LITTLE:
            return self.read(at, count)
        with self._opened() as fd:
            self.passage.enter(fd, at, self.size)
            data = self._taken(fd, at, count)
            self.passage.leave(fd, at, len(data))
            return data

    @contextmanager
    def _opened(self) -> Iterator[int]:
        # Not blocking: somebody may have put a FIFO there since the last look.
        fd = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        try:
            yield fd
        finally:
            os.close(fd)

    def _taken(self, fd: int, at: int, count: int) -> bytes:
        data = os.pread(fd, max(min(count, _HELD), 0), max(at, 0))
        self.debt.take(_TO_OPEN, len(data))
        return data

    def hint(self) -> str:
        """What its first bytes say about reading it as text; empty where nothing is odd."""
        head = self.read(0, _HEAD)
        if head.startswith((b"\xff\xfe", b"\xfe\xff")) or _every_other_is_nul(head):
            return "looks like UTF-16, which is shown byte by byte; iconv makes UTF-8 of it"
        if head.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ")):
            return "looks compressed; what is shown is the archive itself"
        return ""


def _every_other_is_nul(head: bytes) -> bool:
    even, odd = head[0::2], head[1::2]
    if len(odd) < 8:
        return False
    share = (even.count(0) / len(even), odd.count(0) / len(odd))
    return max(share) > 0.8 and min(share) < 0.2
