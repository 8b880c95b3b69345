"""One pass over a file's bytes: jobs, two threads, bounded memory, a polite page cache.

A job is a run of consecutive bytes that one thread reads; its sinks follow one another in it.
Whatever the file holds, at most a few jobs are in memory at a time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Lock
from typing import Final, Generic, Protocol, TypeVar

from ckptui.validation.page_cache import is_cached, let_go

CHUNK: Final = 1024 * 1024
"""Bytes per read, and of the one buffer that each thread keeps: the second-level cache of a
present processor. Smaller ones spend more on calls, larger ones on waiting for memory."""
PART: Final = 16 * 1024 * 1024
"""Bytes that one thread takes at a time."""
UNIT: Final = 16
"""No sink is fed a broken element: every element has 16 bytes or a whole fraction of them."""


class CancelledError(Exception):
    """The check was cancelled by the one who asked for it."""


class ShortReadError(OSError):
    """The file ended before the place that its directory names."""


class Sink(Protocol):
    """Takes the bytes of one stretch of the file, chunk after chunk."""

    @property
    def length(self) -> int:
        """How many bytes it takes in all."""

    def feed(self, chunk: memoryview) -> None:
        """Take the next bytes. The buffer is used again afterwards."""


S = TypeVar("S", bound=Sink)


@dataclass(frozen=True, slots=True)
class Job(Generic[S]):
    """Bytes from ``start`` on, and the sinks that they go to, one after another.

    Attributes:
        index: Its place in the order in which jobs are handed to ``done``.
    """

    index: int
    start: int
    length: int
    sinks: Sequence[S]


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
        self.pace: Callable[[int], None] = lambda count: None
        """Called before each read with its bytes: it may wait."""
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


class _Queue(Generic[S]):
    """Hands out jobs, and hands them on in their own order once they are done."""

    def __init__(self, jobs: Iterator[Job[S]], done: Callable[[Job[S]], None]) -> None:
        self._jobs, self._done = jobs, done
        self._lock = Lock()
        self._early: dict[int, Job[S]] = {}
        self._next = 0

    def take(self) -> Job[S] | None:
        """The next job; None where there is none left."""
        with self._lock:
            return next(self._jobs, None)

    def finish(self, job: Job[S]) -> None:
        """Take back a job that was read to its end."""
        with self._lock:
            self._early[job.index] = job
            while (ready := self._early.pop(self._next, None)) is not None:
                self._next += 1
                self._done(ready)


def threads_for(total: int) -> int:
    """Threads worth having for this many bytes: the processor's, at most two."""
    return 1 if total < 4 * PART else min(2, len(os.sched_getaffinity(0)))


def scan(
    fd: int, size: int, jobs: Iterator[Job[S]], progress: Progress, done: Callable[[Job[S]], None]
) -> None:
    """Read every job's bytes and feed its sinks.

    Args:
        fd: Open file descriptor; its position does not matter.
        size: Bytes to read: says how many threads are worth having.
        jobs: With indices 0, 1, 2 …; taken from one thread at a time, as they are needed.
        progress: Told of every byte.
        done: Called with each job in order of index, never twice at once.

    Raises:
        CancelledError: Where the check is not wanted any more.
        OSError: Where the file cannot be read, or ends early (``ShortReadError``).
    """
    queue = _Queue(jobs, done)
    workers = threads_for(size)
    if workers == 1:
        _run(fd, queue, progress)
        return
    with ThreadPoolExecutor(workers) as pool:
        _wait([pool.submit(_run, fd, queue, progress) for _ in range(workers)], progress)


def _wait(jobs: Sequence[Future[None]], progress: Progress) -> None:
    done, _ = wait(jobs, return_when=FIRST_EXCEPTION)
    if any(job.exception() for job in done):
        progress.stopped = True
    errors = [error for job in jobs if (error := job.exception()) is not None]
    # The thread that failed first says why; the other one only says that it was stopped.
    errors.sort(key=lambda error: isinstance(error, CancelledError))
    if errors:
        raise errors[0]


def _run(fd: int, queue: _Queue[S], progress: Progress) -> None:
    buffer = memoryview(bytearray(CHUNK))
    while (job := queue.take()) is not None:
        cold = not is_cached(fd, job.start, job.length)
        _read(fd, job, buffer, progress)
        if cold:
            let_go(fd, job.start, job.length)
        queue.finish(job)


def _read(fd: int, job: Job[S], buffer: memoryview, progress: Progress) -> None:
    offset, end = job.start, job.start + job.length
    sinks = iter(job.sinks)
    sink: S | None = None
    left = 0
    while offset < end:
        count = min(CHUNK, end - offset)
        progress.pace(count)
        _fill(fd, buffer[:count], offset)
        at = 0
        while at < count:
            if sink is None or not left:
                sink = next(sinks)
                left = sink.length
            share = min(left, count - at)
            if share < left:
                # The rest of a broken element is read again, with what belongs to it.
                share -= share % UNIT
                if not share:
                    break
            sink.feed(buffer[at : at + share])
            at, left = at + share, left - share
        offset += at
        progress.advance(at)


def _fill(fd: int, buffer: memoryview, offset: int) -> None:
    filled = 0
    while filled < len(buffer):
        count = os.preadv(fd, [buffer[filled:]], offset + filled)
        if count == 0:
            raise ShortReadError(f"the file ends at byte {offset + filled:,}")
        filled += count
