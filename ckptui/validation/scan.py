"""One pass over the payload: records in parts, two threads, bounded memory, a polite page cache."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Lock
from typing import Final, Protocol

CHUNK: Final = 256 * 1024
"""Bytes per read: larger is no faster, and each thread keeps one buffer of it."""
PART: Final = 16 * 1024 * 1024
"""Bytes that one thread takes at a time."""


class CancelledError(Exception):
    """The check was cancelled by the one who asked for it."""


class ShortReadError(OSError):
    """The file ended before the place that its directory names."""


class Sink(Protocol):
    """Takes the bytes of one part, chunk after chunk."""

    def feed(self, chunk: memoryview) -> None:
        """Take the next bytes. The buffer is used again afterwards."""


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes ``[start, start + length)`` of the file, and where they go."""

    start: int
    length: int
    sink: Sink


class Progress:
    """Counts bytes over all threads, tells the caller, and stops them when asked to.

    Args:
        total: Bytes that the whole check will read.
        report: Called with (done, total) in bytes, from any thread but never two at once.
        cancelled: Asked before every read; true ends the check with ``CancelledError``.
    """

    def __init__(
        self,
        total: int,
        report: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> None:
        self.total = total
        self.done = 0
        self._report = report
        self._cancelled = cancelled
        self._lock = Lock()
        self.stopped = False

    def advance(self, count: int) -> None:
        """Count bytes read.

        Raises:
            CancelledError: Where the check is not wanted any more.
        """
        if self.stopped or (self._cancelled is not None and self._cancelled()):
            raise CancelledError
        with self._lock:
            self.done += count
            if self._report is not None:
                self._report(self.done, self.total)


def threads_for(total: int) -> int:
    """Threads worth having for this many bytes: the processor's, at most two."""
    return 1 if total < 4 * PART else min(2, len(os.sched_getaffinity(0)))


def split(start: int, length: int) -> list[tuple[int, int]]:
    """Cut a range of the file into parts of at most ``PART`` bytes."""
    return [
        (start + offset, min(PART, length - offset)) for offset in range(0, length, PART)
    ]  # fmt: skip


def scan(fd: int, parts: Sequence[Part], progress: Progress) -> None:
    """Feed every part to its sink.

    Raises:
        CancelledError: Where the check is not wanted any more.
        OSError: Where the file cannot be read, or ends early (``ShortReadError``).
    """
    workers = threads_for(sum(part.length for part in parts))
    if workers == 1:
        _run(fd, iter(parts).__next__, progress)
        return
    lock, remaining = Lock(), iter(parts)

    def take() -> Part:
        with lock:
            return next(remaining)

    with ThreadPoolExecutor(workers) as pool:
        jobs = [pool.submit(_run, fd, take, progress) for _ in range(workers)]
        _finish(jobs, progress)


def _finish(jobs: Sequence[Future[None]], progress: Progress) -> None:
    done, _ = wait(jobs, return_when=FIRST_EXCEPTION)
    if any(job.exception() for job in done):
        progress.stopped = True
    errors = [error for job in jobs if (error := job.exception()) is not None]
    # The thread that failed first says why; the other one only says that it was stopped.
    errors.sort(key=lambda error: isinstance(error, CancelledError))
    if errors:
        raise errors[0]


def _run(fd: int, take: Callable[[], Part], progress: Progress) -> None:
    buffer = memoryview(bytearray(CHUNK))
    while True:
        try:
            part = take()
        except StopIteration:
            return
        _read_part(fd, part, buffer, progress)


def _read_part(fd: int, part: Part, buffer: memoryview, progress: Progress) -> None:
    cold = not _is_cached(fd, part)
    offset, end = part.start, part.start + part.length
    while offset < end:
        wanted = min(CHUNK, end - offset)
        count = _fill(fd, buffer[:wanted], offset)
        part.sink.feed(buffer[:wanted])
        offset += count
        progress.advance(count)
    if cold:
        os.posix_fadvise(fd, part.start, part.length, os.POSIX_FADV_DONTNEED)


def _fill(fd: int, buffer: memoryview, offset: int) -> int:
    filled = 0
    while filled < len(buffer):
        count = os.preadv(fd, [buffer[filled:]], offset + filled)
        if count == 0:
            raise ShortReadError(f"the file ends at byte {offset + filled:,}")
        filled += count
    return filled


def _is_cached(fd: int, part: Part) -> bool:
    """True where these bytes were in the page cache before: such pages are left there.

    Looked at in the middle and at the end, where our own read-ahead has not been yet.
    """
    probe = bytearray(1)
    for place in (part.length // 2, part.length - 1):
        try:
            if os.preadv(fd, [probe], part.start + place, os.RWF_NOWAIT) == 0:
                return False
        except OSError:
            # Not in the cache, or a filesystem that cannot tell.
            return False
    return True
