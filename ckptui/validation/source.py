"""One open checkpoint: opened so that nothing can hang or run, read by position, never kept."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Self

from ckptui.validation.guest import bytes_for, operations_for
from ckptui.validation.hold import FLAGS, Hold
from ckptui.validation.pace import BYTES, OPERATIONS, keep_pace
from ckptui.validation.settling import filesystem_type, is_network, is_young

_TO_OPEN = 4
"""Metadata operations: a look by path, a path walked and opened, a look at what is open."""
_TO_LOOK_AGAIN = 2
_INLINE = 8192
"""Smaller files may lie in their inode, without a block."""

Signature = tuple[int, int, int, int, int]


class NotRegularError(OSError):
    """The path leads to something that is not a regular file; the text names what it is."""


class OfflineError(OSError):
    """The file has a size and no blocks on disk: it is on tape, or was never written."""


_KINDS = (
    (stat.S_ISFIFO, "a named pipe (FIFO)"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a character device"),
    (stat.S_ISBLK, "a block device"),
)


def signature_of(info: os.stat_result) -> Signature:
    """(device, inode, size, mtime_ns, ctime_ns) of a stat result."""
    return (info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns)


def is_offline(info: os.stat_result) -> bool:
    """True where a settled file of some size has no blocks, on a filesystem that counts them."""
    if info.st_blocks or info.st_size < _INLINE or is_young(info):
        return False
    kind = filesystem_type(info.st_dev)
    return bool(kind) and not kind.startswith(("fuse", "9p", "proc", "sysfs"))


def _require_regular(info: os.stat_result) -> None:
    if stat.S_ISREG(info.st_mode):
        return
    if stat.S_ISDIR(info.st_mode):
        raise IsADirectoryError("a directory")
    kind = next((name for test, name in _KINDS if test(info.st_mode)), "no regular file")
    raise NotRegularError(kind)


def pause_on(device: int) -> Callable[[int], None]:
    """What waits until so many metadata operations may be done on the filesystem of a device."""
    return partial(_keep, network=is_network(device))


def _keep(count: int, *, network: bool) -> None:
    keep_pace(OPERATIONS, count, operations_for(network=network))


class Source:
    """A regular file, open for reading by position.

    It is looked at before it is opened, because opening a device can have effects, and it is
    opened without blocking, because a FIFO may have taken its place in between.

    Attributes:
        path: As given.
        size: Bytes when it was opened.
        info: The stat result of the open file.
        bytes_read: Bytes read so far, for progress and for the tests of frugality.
        network: True on a filesystem that is served from elsewhere: there it is opened anew each
            second under the same number, and read at a pace.
    """

    def __init__(self, path: str, *, recall: bool = True) -> None:
        """Open ``path``.

        Args:
            path: The file.
            recall: False leaves a file alone that has no blocks on disk: to open it could order
                it back from tape.

        Raises:
            IsADirectoryError: Where it is a directory.
            NotRegularError: Where it is no regular file.
            OfflineError: Where it has no blocks and ``recall`` is false.
            OSError: Where it cannot be opened.
        """
        self.path = path
        self._hold: Hold | None = None
        there = os.stat(path)
        self.network = is_network(there.st_dev)
        self.keep_operations(_TO_OPEN)
        _require_regular(there)
        if not recall and is_offline(there):
            raise OfflineError("no blocks on disk")
        self.fd = os.open(path, FLAGS)
        try:
            self.info = os.fstat(self.fd)
            _require_regular(self.info)
        except BaseException:
            os.close(self.fd)
            raise
        self.size = self.info.st_size
        self.bytes_read = 0
        if self.network:
            self._hold = Hold(path, self.fd, (self.info.st_dev, self.info.st_ino))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._hold is not None:
            self._hold.close()
        os.close(self.fd)

    def keep_operations(self, count: int) -> None:
        """Wait until so many metadata operations may be done on this filesystem."""
        _keep(count, network=self.network)

    def keep_bytes(self, count: int) -> None:
        """Wait until so many bytes may be read from this filesystem."""
        keep_pace(BYTES, count, bytes_for(network=self.network))

    @property
    def signature(self) -> Signature:
        """Signature of the bytes that are read here."""
        return signature_of(self.info)

    def pread(self, count: int, offset: int) -> bytes:
        """Up to ``count`` bytes at ``offset``; fewer only at the end of the file."""
        self.keep_bytes(count)
        data = os.pread(self.fd, count, offset)
        self.bytes_read += len(data)
        return data

    def moved(self) -> str:
        """What changed about the file since it was opened, in words; empty where nothing did.

        The ctime is left out: a new link or mode changes it, and no byte.
        """
        self.keep_operations(_TO_LOOK_AGAIN)
        try:
            there = os.stat(self.path)
        except FileNotFoundError:
            return "it was removed during the check"
        if (there.st_dev, there.st_ino) != (self.info.st_dev, self.info.st_ino):
            return "it was replaced by another file during the check"
        for now in (there, os.fstat(self.fd)):
            if now.st_size != self.size:
                return f"its size went from {self.size:,} to {now.st_size:,} bytes during the check"
            if now.st_mtime_ns != self.info.st_mtime_ns:
                return "it was written to during the check"
        return ""
