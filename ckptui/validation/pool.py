"""The pool of check workers: many requests in, verdicts out, whatever becomes of the workers.

A worker that dies, hangs or overruns is ended and replaced, and what it was at gets a verdict that
says so. Memory, time and death are never ``corrupted``.
"""

from __future__ import annotations

import os
import selectors
import socket
import sys
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from threading import Lock
from typing import Final

from ckptui.validation.child import Child, Message
from ckptui.validation.events import Answer, Done, Event, Progress
from ckptui.validation.finding import Finding
from ckptui.validation.judge import with_load, worth_loading
from ckptui.validation.loader_client import Load, LoaderClient
from ckptui.validation.trouble import cancelled, died, no_answer
from ckptui.validation.verdict import Verdict
from ckptui.validation.wire import Request, request_to_wire, verdict_from_wire

__all__ = ["Answer", "Done", "Event", "Pool", "Progress", "Request"]

BATCH: Final = 64
"""Header requests in one message."""
PATIENCE: Final = 60.0
"""Seconds without a sign of life (a verdict, or bytes read) before a worker is given up."""
_MOST_WORKERS: Final = 8
_TICK: Final = 0.05
_ATTEMPTS: Final = 2
"""A worker may be killed from outside: only the second death is put down to the file."""
_CANCEL: Final = 1.0
"""Seconds that a worker has to heed a cancel before it is ended."""
_STILLBORN: Final = 3
"""Workers in a row that end before they are ready: then none will ever be."""
_NEWS, _WAKE = b"n", b"w"


@dataclass(slots=True)
class _Job:
    id: int
    request: Request
    attempts: int = 0
    alone: bool = False

    @property
    def quick(self) -> bool:
        return self.request.quick and not self.alone


@dataclass(slots=True)
class _Worker:
    child: Child
    jobs: dict[int, _Job]
    ready: bool = False
    unwanted: dict[int, float] = field(default_factory=dict)

    @property
    def deep(self) -> bool:
        return any(not job.request.quick for job in self.jobs.values())


class Pool:
    """Check workers and the loader behind one queue.

    ``submit``, ``cancel`` and ``wake`` may be called from any thread, ``events`` and ``close``
    from one. Workers are started when there is work, and end with this process.

    Args:
        jobs: Deep checks at a time; one more worker is kept for header checks. By default the
            processors that this process may use, at most eight.
        python: Interpreter whose torch level 3 asks; found by itself where None.
        patience: Seconds without a sign of life before a worker is given up.

    Example:
        >>> pool = Pool()
        >>> id_ = pool.submit(Request("/nowhere/a.pt", load=False))
        >>> [event.verdict.reason for event in pool.events(10.0)]
        ['it does not exist']
        >>> pool.close()
    """

    def __init__(
        self, jobs: int | None = None, python: str | None = None, *, patience: float = PATIENCE
    ) -> None:
        self.jobs = max(1, jobs or min(_MOST_WORKERS, len(os.sched_getaffinity(0))))
        self._patience = patience
        self._lock = Lock()
        self._ids = count(1)
        self._arrived: deque[_Job] = deque()
        self._unwanted: deque[int] = deque()
        self._pending = 0
        self._queue: deque[_Job] = deque()
        self._requests: dict[int, Request] = {}
        self._workers: list[_Worker] = []
        self._out: list[Event] = []
        self._loader = LoaderClient(python, self._loaded, patience)
        self._ear, self._mouth = socket.socketpair()
        self._ear.setblocking(False)
        self._mouth.setblocking(False)
        self._stillborn = 0
        self._closed = False

    # From any thread -----------------------------------------------------------------------

    def submit(self, request: Request) -> int:
        """Ask for something; the id comes back with its events."""
        with self._lock:
            id_ = next(self._ids)
            self._arrived.append(_Job(id_, request))
            self._pending += 1
        self._call(_NEWS)
        return id_

    def cancel(self, id_: int) -> None:
        """Take a request back. It still ends, within a second, as ``Done`` (or ``Answer``)."""
        with self._lock:
            self._unwanted.append(id_)
        self._call(_NEWS)

    def wake(self) -> None:
        """Make ``events`` return now."""
        self._call(_WAKE)

    def _call(self, what: bytes) -> None:
        try:
            self._mouth.send(what)
        except OSError:
            # Full: it is awake already. Closed: there is nobody to wake.
            pass

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
            self._dispatch()
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
        for worker in self._workers:
            worker.child.kill()
        self._workers.clear()
        self._loader.close()
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
        for job in arrived:
            self._requests[job.id] = job.request
        self._queue.extend(arrived)
        for id_ in unwanted:
            self._take_back(id_)

    def _take_back(self, id_: int) -> None:
        request = self._requests.get(id_)
        if request is None:
            return
        for worker in self._workers:
            if id_ in worker.jobs:
                worker.unwanted[id_] = time.monotonic()
                worker.child.send({"cancel": [id_]})
                return
        self._queue = deque(job for job in self._queue if job.id != id_)
        self._loader.drop(id_)
        self._finish(id_, cancelled(request.path))

    def _finish(self, id_: int, verdict: Verdict) -> None:
        request = self._requests.pop(id_, None)
        if request is None:
            return
        if request.kind == "check":
            self._out.append(Done(id_, verdict))
        else:
            self._out.append(Answer(id_, {"path": request.path, "error": verdict.reason}))
        self._count_down()

    def _count_down(self) -> None:
        with self._lock:
            self._pending -= 1

    # Handing out ---------------------------------------------------------------------------

    def _dispatch(self) -> None:
        while self._queue:
            worker = self._free_worker()
            if worker is None:
                break
            self._hand_out(worker)
        self._loader.pump()

    def _free_worker(self) -> _Worker | None:
        deep = sum(worker.deep for worker in self._workers)
        quick_waits = any(job.quick for job in self._queue)
        if deep >= self.jobs and not quick_waits:
            return None
        for worker in self._workers:
            if not worker.jobs:
                return worker
        # One more than `jobs`, so that header checks never wait for a long deep one.
        if len(self._workers) < self.jobs or (
            deep >= self.jobs and len(self._workers) == self.jobs
        ):
            return self._start_worker()
        return None

    def _start_worker(self) -> _Worker | None:
        argv = [sys.executable, "-m", "ckptui.validation.worker"]
        try:
            worker = _Worker(Child(argv), {})
        except OSError as error:
            if not self._workers:
                self._fail_all(f"a check worker cannot be started: {error.strerror or error}")
            return None
        self._workers.append(worker)
        return worker

    def _fail_all(self, sentence: str) -> None:
        queue, self._queue = self._queue, deque()
        for job in queue:
            self._finish(job.id, died(job.request.path, sentence))

    def _hand_out(self, worker: _Worker) -> None:
        deep = sum(other.deep for other in self._workers)
        only_quick = deep >= self.jobs
        jobs = self._next_jobs(only_quick=only_quick)
        for job in jobs:
            worker.jobs[job.id] = job
        if jobs:
            worker.child.send({"do": [[job.id, request_to_wire(job.request)] for job in jobs]})

    def _next_jobs(self, *, only_quick: bool) -> list[_Job]:
        """The next job, and where it is a header check the header checks behind it."""
        if only_quick:
            chosen = next(job for job in self._queue if job.quick)
            self._queue.remove(chosen)
        else:
            chosen = self._queue.popleft()
        jobs = [chosen]
        share = max(1, len(self._queue) // max(1, self.jobs))
        while (
            chosen.quick and self._queue and self._queue[0].quick and len(jobs) < min(BATCH, share)
        ):
            jobs.append(self._queue.popleft())
        return jobs

    # Listening -----------------------------------------------------------------------------

    def _listen(self, timeout: float) -> bool:
        """Wait for lines, and read them. True where somebody called ``wake``."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._ear, selectors.EVENT_READ)
            for worker in self._workers:
                selector.register(worker.child, selectors.EVENT_READ)
            if self._loader.child is not None:
                selector.register(self._loader.child, selectors.EVENT_READ)
            selector.select(self._nap(timeout))
        woken = self._was_woken()
        for worker in list(self._workers):
            worker.child.flush()
            self._hear(worker)
        self._loader.read()
        self._check_time()
        return woken

    def _nap(self, timeout: float) -> float:
        if any(worker.child.unsent or worker.unwanted for worker in self._workers):
            return min(timeout, _TICK)
        return min(timeout, max(_TICK, self._patience / 10), 1.0)

    def _was_woken(self) -> bool:
        woken = False
        try:
            while heard := self._ear.recv(4096):
                woken = woken or _WAKE in heard
        except BlockingIOError:
            pass
        return woken

    def _hear(self, worker: _Worker) -> None:
        for message in worker.child.receive():
            self._take_message(worker, message)
        if worker.child.ended:
            self._bury(worker, worker.child.kill())

    def _take_message(self, worker: _Worker, message: Message) -> None:
        if "ready" in message:
            worker.ready = True
            self._stillborn = 0
        for id_, wire in _pairs(message.get("done")):
            self._checked(worker, id_, wire)
        at = message.get("at")
        if isinstance(at, list) and len(at) == 3:
            self._out.append(Progress(*at))
        answer = message.get("answer")
        if isinstance(answer, list):
            self._answered(worker, answer[0], answer[1])
        broke = message.get("broke")
        if isinstance(broke, list):
            job = worker.jobs.pop(broke[0], None)
            if job is not None:
                self._finish(job.id, died(job.request.path, str(broke[1])))

    def _checked(self, worker: _Worker, id_: int, wire: Mapping[str, object]) -> None:
        job = worker.jobs.pop(id_, None)
        worker.unwanted.pop(id_, None)
        if job is None:
            return
        verdict = verdict_from_wire(wire)
        if job.request.wants_loader and worth_loading(verdict):
            self._loader.add(id_, verdict, job.request.allow_globals)
        else:
            self._finish(id_, verdict)

    def _answered(self, worker: _Worker, id_: int, document: dict[str, object]) -> None:
        if worker.jobs.pop(id_, None) is not None and self._requests.pop(id_, None) is not None:
            self._out.append(Answer(id_, document))
            self._count_down()

    def _loaded(self, load: Load, finding: Finding) -> None:
        request = self._requests.get(load.id)
        if request is not None:
            self._finish(load.id, with_load(load.verdict, finding, asked=request.level))

    # When things go wrong ------------------------------------------------------------------

    def _check_time(self) -> None:
        now = time.monotonic()
        for worker in list(self._workers):
            if any(now - since > _CANCEL for since in worker.unwanted.values()):
                self._end_unwanted(worker)
            elif worker.jobs and now - worker.child.heard > self._patience:
                self._bury(worker, "", timed_out=True)
                worker.child.kill()
        self._loader.check_time(now)

    def _end_unwanted(self, worker: _Worker) -> None:
        """End a worker that does not heed a cancel; what else it had is done by another."""
        for id_ in worker.unwanted:
            job = worker.jobs.pop(id_, None)
            if job is not None:
                self._finish(id_, cancelled(job.request.path))
        self._workers.remove(worker)
        self._queue.extendleft(reversed(worker.jobs.values()))
        worker.child.kill()

    def _bury(self, worker: _Worker, how: str, *, timed_out: bool = False) -> None:
        """Replace a worker. What it had alone is judged; a batch is tried again one by one."""
        self._workers.remove(worker)
        self._stillborn += not worker.ready
        jobs = list(worker.jobs.values())
        for job in reversed(jobs):
            # Workers go through a batch in order: the first one left is what it was at.
            if job is jobs[0]:
                job.attempts += 1
            if job.id in worker.unwanted:
                self._finish(job.id, cancelled(job.request.path))
            else:
                self._give_up_or_retry(job, how, timed_out=timed_out and len(jobs) == 1)
        if self._stillborn >= _STILLBORN:
            self._fail_all(f"the check workers cannot run here, each {how}")

    def _give_up_or_retry(self, job: _Job, how: str, *, timed_out: bool) -> None:
        if timed_out:
            self._finish(job.id, no_answer(job.request.path, self._patience))
        elif job.attempts >= _ATTEMPTS:
            self._finish(job.id, died(job.request.path, f"the check worker {how} while reading it"))
        else:
            self._queue.appendleft(replace(job, alone=True))


def _pairs(value: object) -> list[tuple[int, dict[str, object]]]:
    if not isinstance(value, list):
        return []
    return [(id_, wire) for id_, wire in value]
