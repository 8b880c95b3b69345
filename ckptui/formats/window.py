"""Few system calls: a file seen through its first and last bytes, kept once they were read."""

from __future__ import annotations

import errno
import os
import stat

from ckptui.formats.limits import KIB
from ckptui.light import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from typing import Final

WHOLE: Final = 64 * KIB
"""Files up to this size are read at once."""

END: Final = 16 * KIB
"""Of larger ones, so much of either end is read first."""


class Source(Protocol):
    """Anything with a positioned read, such as a file on another machine or bytes in memory."""

    def pread(self, count: int, offset: int) -> bytes:
        """Up to ``count`` bytes from ``offset``; fewer only at the end.

        Raises:
            OSError: The read failed.
        """


class FdSource:
    """An open file descriptor."""

    __slots__ = ("fd",)

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def pread(self, count: int, offset: int) -> bytes:
        """See :class:`Source`."""
        chunk = os.pread(self.fd, count, offset)
        if len(chunk) == count or not chunk:
            return chunk
        parts = [chunk]  # a read may stop early, at 2 GB or for a signal
        got = len(chunk)
        while chunk and got < count:
            chunk = os.pread(self.fd, count - got, offset + got)
            parts.append(chunk)
            got += len(chunk)
        return b"".join(parts)


class BytesSource:
    """Bytes in memory."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data

    def pread(self, count: int, offset: int) -> bytes:
        """See :class:`Source`."""
        return self.data[offset : offset + count]


class Window:
    """A source of known size whose ends are kept.

    Attributes:
        size: File size in bytes, as it was when the file was opened.
        whole: True where all of it is kept.
        read: Bytes read so far.
    """

    __slots__ = ("_head", "_source", "_tail", "_tail_start", "read", "size", "whole")

    def __init__(self, source: Source, size: int) -> None:
        self._source = source
        self.size = size
        self.whole = size <= WHOLE
        self._head = source.pread(size if self.whole else END, 0) if size else b""
        self.read = len(self._head)
        self._tail = b""
        self._tail_start = size

    @property
    def head(self) -> bytes:
        """The first bytes, as kept."""
        return self._head

    def tail(self, count: int) -> bytes:
        """The last bytes of the file, kept from now on."""
        count = min(count, self.size)
        if self.whole or self.size - count >= self._tail_start:
            return self.pread(count, self.size - count)
        self._tail_start = self.size - count
        self._tail = self._source.pread(count, self._tail_start)
        self.read += len(self._tail)
        return self._tail

    def pread(self, count: int, offset: int) -> bytes:
        """Up to ``count`` bytes from ``offset``, without a system call where they are kept.

        Raises:
            OSError: The read failed.
        """
        if offset < 0 or count <= 0:
            return b""
        if offset + count <= len(self._head) or self.whole:
            return self._head[offset : offset + count]
        if offset >= self._tail_start:
            start = offset - self._tail_start
            return self._tail[start : start + count]
        chunk = self._source.pread(min(count, max(self.size - offset, 0)), offset)
        self.read += len(chunk)
        return chunk


def open_regular(path: str) -> tuple[int, int]:
    """Open a regular file for reading without ever waiting for it.

    Symlinks are followed; a FIFO, device, socket or directory is refused without blocking.

    Args:
        path: Surrogate-escaped path.

    Returns:
        (descriptor, size in bytes); the caller closes the descriptor.

    Raises:
        OSError: It cannot be opened, or is not a regular file.
    """
    _require_regular(os.stat(path).st_mode, path)  # opening a device may already do something
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        info = os.fstat(fd)
        _require_regular(info.st_mode, path)
    except OSError:
        os.close(fd)
        raise
    return fd, info.st_size


def _require_regular(mode: int, path: str) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a directory", path)
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is not a regular file", path)
