"""The pool of check workers: many requests in, verdicts out, whatever becomes of the workers.

A worker that dies, hangs or overruns is ended and replaced, and what it was at gets a verdict that
says so. Memory, time and death are never ``corrupted``.
"""

from __future__ import annotations

import os
import selectors
import socket
import time
from collections import deque
from collections.abc import Mapping
from itertools import count
from threading import Lock
from typing import Final

from ckptui.validation.cache import Cache
from ckptui.validation.crew import Crew, Job
from ckptui.validation.events import Answer, Done, Event, Progress
from ckptui.validation.finding import Finding
from ckptui.validation.guest import NETWORK_WORKERS, workers_for
from ckptui.validation.judge import with_load, worth_loading
from ckptui.validation.loader_client import Load, LoaderClient
from ckptui.validation.memory import Memory
from ckptui.validation.trouble import cancelled
from ckptui.validation.verdict import Verdict
from ckptui.validation.wire import Request, verdict_from_wire

__all__ = ["Answer", "Done", "Event", "Pool", "Progress", "Request"]

PATIENCE: Final = 60.0
"""Seconds without a sign of life (a verdict, or bytes read) before a worker is given up."""
_MOST_WORKERS: Final = 8
_TICK: Final = 0.05
_NEWS, _WAKE = b"n", b"w"


def jobs_of_each(pools: int) -> int | None:
    """Deep checks at a time for each of several pools, so that all together are no crowd.

    Pools of their own, not a shared one: a filesystem that hangs holds up its own checks alone.

    Returns:
        None, what :class:`Pool` takes for its default, where there is but one.
    """
    return max(1, _usable() // pools) if pools > 1 else None


def _usable() -> int:
    return min(_MOST_WORKERS, len(os.sched_getaffinity(0)))


class Pool:
    """Check workers and the loader behind one queue.

    ``submit``, ``cancel`` and ``wake`` may be called from any thread, ``events`` and ``close``
    from one. Workers are started when there is work, and end with this process.

    Args:
        jobs: Deep checks at a time; one more worker is kept for header checks. By default the
            processors that this process may use, at most eight.
        python: Interpreter whose torch level 3 asks; found by itself where None.
        patience: Seconds without a sign of life before a worker is given up.
        cache: What is known already; by default the user's own.
        spare: False keeps no worker for header checks.

    Example:
        >>> pool = Pool()
        >>> id_ = pool.submit(Request("/nowhere/a.pt", load=False))
        >>> [event.verdict.reason for event in pool.events(10.0)]
        ['it does not exist']
        >>> pool.close()
    """

    def __init__(
        self,
        jobs: int | None = None,
        python: str | None = None,
        *,
        patience: float = PATIENCE,
        cache: Cache | None = None,
        spare: bool = True,
    ) -> None:
        self.jobs = workers_for(max(1, jobs or _usable()), network=False)
        self._patience = patience
        self._lock = Lock()
        self._ids = count(1)
        self._arrived: deque[Job] = deque()
        self._unwanted: deque[int] = deque()
        self._pending = 0
        self._requests: dict[int, Request] = {}
        self._out: list[Event] = []
        self._crew = Crew(self.jobs, patience, self, spare=spare)
        self._loader = LoaderClient(python, self._loaded, patience)
        self._memory = Memory(cache if cache is not None else Cache(), python)
        self._ear, self._mouth = socket.socketpair()
        self._ear.setblocking(False)
        self._mouth.setblocking(False)
        self._called = False
        self._closed = False

    # From any thread -----------------------------------------------------------------------

    def submit(self, request: Request) -> int:
        """Ask for something; the id comes back with its events."""
        with self._lock:
            id_ = next(self._ids)
            self._arrived.append(Job(id_, request))
            self._pending += 1
        if not self._called:  # a thousand at a time need one call
            self._called = True
            self._call(_NEWS)
        return id_

    def cancel(self, id_: int) -> None:
        """Take a request back. It still ends, within a second, as ``Done`` (or ``Answer``)."""
        with self._lock:
            self._unwanted.append(id_)
        self._call(_NEWS)

    def be_modest(self) -> None:
        """Start no more workers than a file server should bear, the spare one among them."""
        if self._crew.spare:
            self.jobs = self._crew.size = min(self.jobs, NETWORK_WORKERS - 1)

    def wake(self) -> None:
        """Make ``events`` return now."""
        self._call(_WAKE)

    def _call(self, what: bytes) -> None:
        try:
            self._mouth.send(what)
        except OSError:
            # Full: it is awake already. Closed: there is nobody to wake.
            pass

    def flush(self) -> None:
        """Wait, for half a second at most, until the verdicts so far are kept."""
        self._memory.flush()

    @property
    def pending(self) -> int:
        """Requests that have not ended yet."""
        return self._pending

    # From one thread -----------------------------------------------------------------------

    def events(self, timeout: float) -> list[Event]:
        """What has happened; waits up to ``timeout`` seconds for the first of it.

        Returns early, and empty, where ``wake`` was called.
        """
        deadline = time.monotonic() + timeout
        while True:
            self._take_in()
            self._crew.dispatch()
            self._loader.pump()
            if self._out or self._closed:
                return self._gather()
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return []
            if self._listen(remaining):
                return self._gather()

    def close(self) -> None:
        """End every worker and the loader; never waits for one that cannot die."""
        self._closed = True
        self._crew.close()
        self._loader.close()
        self._memory.close()
        self._ear.close()
        self._mouth.close()

    def __enter__(self) -> Pool:  # noqa: PYI034  (a pool is not made to be inherited)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _gather(self) -> list[Event]:
        out, self._out = self._out, []
        return out

    # Requests ------------------------------------------------------------------------------

    def _take_in(self) -> None:
        with self._lock:
            arrived, self._arrived = self._arrived, deque()
            unwanted, self._unwanted = self._unwanted, deque()
        known = self._memory.answers((job.id, job.request) for job in arrived)
        for job in arrived:
            self._requests[job.id] = job.request
            if job.id in known:
                self._finish(job.id, known[job.id])
            else:
                job.request = self._memory.completed(job.id, job.request)
                self._crew.add(job)
        for id_ in unwanted:
            self._take_back(id_)

    def _take_back(self, id_: int) -> None:
        request = self._requests.get(id_)
        if request is None:
            return
        if self._crew.take_back(id_) or self._loader.drop(id_):
            self._finish(id_, cancelled(request.path))

    def _finish(self, id_: int, verdict: Verdict) -> None:
        request = self._requests.pop(id_, None)
        if request is None:
            return
        self._memory.keep(id_, verdict)
        if request.kind == "check":
            self._out.append(Done(id_, verdict))
        else:
            self._out.append(Answer(id_, {"path": request.path, "error": verdict.reason}))
        self._count_down()

    def _count_down(self) -> None:
        with self._lock:
            self._pending -= 1

    # From the crew and the loader ------------------------------------------------------------

    def progress(self, id_: int, done: int, total: int) -> None:
        """Bytes read of bytes to read."""
        self._out.append(Progress(id_, done, total))

    def checked(self, job: Job, wire: Mapping[str, object]) -> None:
        """A verdict from the bytes: torch has the next word where it was asked for."""
        verdict = self._memory.compare(job.id, verdict_from_wire(wire))
        if verdict is None:
            self._crew.add(job)
        elif job.request.wants_loader and worth_loading(verdict):
            self._loader.add(job.id, verdict, job.request.allow_globals)
        else:
            self._finish(job.id, verdict)

    def answered(self, job: Job, document: dict[str, object]) -> None:
        """A document."""
        if self._requests.pop(job.id, None) is not None:
            self._out.append(Answer(job.id, document))
            self._count_down()

    def lost(self, job: Job, verdict: Verdict) -> None:
        """A check that no worker could do."""
        self._finish(job.id, verdict)

    def _loaded(self, load: Load, finding: Finding) -> None:
        request = self._requests.get(load.id)
        if request is not None:
            self._finish(load.id, with_load(load.verdict, finding, asked=request.level))

    # Listening -----------------------------------------------------------------------------

    def _listen(self, timeout: float) -> bool:
        """Wait for lines, and read them. True where somebody called ``wake``."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._ear, selectors.EVENT_READ)
            for worker in self._crew.workers:
                selector.register(worker.child, selectors.EVENT_READ)
            if self._loader.child is not None:
                selector.register(self._loader.child, selectors.EVENT_READ)
            selector.select(self._nap(timeout))
        woken = self._was_woken()
        self._crew.read()
        self._loader.read()
        now = time.monotonic()
        self._crew.check_time(now)
        self._loader.check_time(now)
        return woken

    def _nap(self, timeout: float) -> float:
        if self._crew.restless:
            return min(timeout, _TICK)
        return min(timeout, max(_TICK, self._patience / 10), 1.0)

    def _was_woken(self) -> bool:
        woken = False
        self._called = False  # first: what is submitted from here on calls again
        try:
            while heard := self._ear.recv(4096):
                woken = woken or _WAKE in heard
        except BlockingIOError:
            pass
        return woken
