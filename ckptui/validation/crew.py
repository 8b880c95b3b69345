"""The crew: check workers, the queue that they work through, and what happens when one fails."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from typing import Final, Protocol

from ckptui.light import dataclass, field
from ckptui.validation.child import Child, Message
from ckptui.validation.trouble import cancelled, died, no_answer
from ckptui.validation.verdict import Verdict
from ckptui.validation.wire import Request, request_to_wire

BATCH: Final = 64
"""Header requests in one message."""
_ATTEMPTS: Final = 2
"""A worker may be killed from outside: only the second death is put down to the file."""
_CANCEL: Final = 1.0
"""Seconds that a worker has to heed a cancel before it is ended."""
_STILLBORN: Final = 3
"""Workers in a row that end before they are ready: then none will ever be."""


@dataclass(slots=True)
class Job:
    """One request on its way. ``alone`` keeps it out of batches once a batch has failed."""

    id: int
    request: Request
    attempts: int = 0
    alone: bool = False

    @property
    def quick(self) -> bool:
        """True where it may share a message with others."""
        return self.request.quick and not self.alone


@dataclass(slots=True)
class Worker:
    """A worker process and what it was given, in the order in which it does it.

    Attributes:
        ready: True once it has said that it could start.
        unwanted: Jobs that were cancelled, and since when (monotonic seconds).
    """

    child: Child
    jobs: dict[int, Job]
    ready: bool = False
    unwanted: dict[int, float] = field(default_factory=dict)

    @property
    def deep(self) -> bool:
        """True while it is at something that is no header check."""
        # What is given at one time is either one deep check or header checks alone.
        return any(not job.request.quick for job in islice(self.jobs.values(), 1))

    @property
    def slowness(self) -> int:
        """How many times the usual patience it deserves: hashing inputs says nothing meanwhile."""
        return 10 if any(job.request.kind == "inputs" for job in self.jobs.values()) else 1

    def take(self, id_: int) -> Job | None:
        """A job that it is done with."""
        self.unwanted.pop(id_, None)
        return self.jobs.pop(id_, None)


class Listener(Protocol):
    """Hears what the crew has done."""

    def progress(self, id_: int, done: int, total: int) -> None:
        """Bytes read of bytes to read."""

    def checked(self, job: Job, wire: Mapping[str, object]) -> None:
        """A worker came to a verdict."""

    def answered(self, job: Job, document: dict[str, object]) -> None:
        """A worker made a document."""

    def lost(self, job: Job, verdict: Verdict) -> None:
        """No worker will: the verdict says why."""


class Crew:
    """Check workers behind one queue; used from one thread.

    Args:
        size: Deep checks at a time; one more worker is kept for header checks.
        patience: Seconds without a sign of life before a worker is given up.
        listener: Hears what was done.
        spare: Whether one more worker is kept for header checks.
    """

    def __init__(
        self, size: int, patience: float, listener: Listener, *, spare: bool = True
    ) -> None:
        self.size, self.spare = size, spare
        self.workers: list[Worker] = []
        self._queue: deque[Job] = deque()
        self._patience = patience
        self._listener = listener
        self._stillborn = 0

    @property
    def restless(self) -> bool:
        """True where something must be looked at again soon, without a line having arrived."""
        return any(worker.child.unsent or worker.unwanted for worker in self.workers)

    def add(self, job: Job) -> None:
        """Put a job at the end of the queue."""
        self._queue.append(job)

    def take_back(self, id_: int) -> bool:
        """Cancel a job. True where it was in the queue; a running one ends by itself, or by us."""
        for worker in self.workers:
            if id_ in worker.jobs:
                worker.unwanted[id_] = time.monotonic()
                worker.child.send({"cancel": [id_]})
                return False
        before = len(self._queue)
        self._queue = deque(job for job in self._queue if job.id != id_)
        return len(self._queue) != before

    def close(self) -> None:
        """End every worker; never waits for one that cannot die."""
        for worker in self.workers:
            worker.child.strike()  # all at once, before the first is waited for
        for worker in self.workers:
            worker.child.kill()
        self.workers.clear()

    # Handing out ---------------------------------------------------------------------------

    def dispatch(self) -> None:
        """Give every free worker something to do; start workers where there is more."""
        while self._queue:
            worker = self._free_worker()
            if worker is None:
                break
            self._hand_out(worker)

    def _free_worker(self) -> Worker | None:
        deep = sum(worker.deep for worker in self.workers)
        quick_waits = any(job.quick for job in self._queue)
        if deep >= self.size and not quick_waits:
            return None
        for worker in self.workers:
            if not worker.jobs:
                return worker
        # One more than `jobs`, so that header checks never wait for a long deep one.
        spare = self.spare and deep >= self.size and len(self.workers) == self.size
        if len(self.workers) < self.size or spare:
            return self._start_worker()
        return None

    def _start_worker(self) -> Worker | None:
        # -P: a run directory often holds a random.py or a types.py of its own; none is imported.
        argv = [sys.executable, "-P", "-m", "ckptui.validation.worker"]
        try:
            worker = Worker(Child(argv), {})
        except OSError as error:
            if not self.workers:
                self._fail_all(f"a check worker cannot be started: {error.strerror or error}")
            return None
        self.workers.append(worker)
        return worker

    def _fail_all(self, sentence: str) -> None:
        queue, self._queue = self._queue, deque()
        for job in queue:
            self._listener.lost(job, died(job.request.path, sentence))

    def _hand_out(self, worker: Worker) -> None:
        deep = sum(other.deep for other in self.workers)
        only_quick = deep >= self.size
        jobs = self._next_jobs(only_quick=only_quick)
        for job in jobs:
            worker.jobs[job.id] = job
        if jobs:
            worker.child.send({"do": [[job.id, request_to_wire(job.request)] for job in jobs]})

    def _next_jobs(self, *, only_quick: bool) -> list[Job]:
        """The next job, and where it is a header check the header checks behind it."""
        if only_quick:
            chosen = next(job for job in self._queue if job.quick)
            self._queue.remove(chosen)
        else:
            chosen = self._queue.popleft()
        jobs = [chosen]
        share = max(1, len(self._queue) // max(1, self.size))
        while (
            chosen.quick and self._queue and self._queue[0].quick and len(jobs) < min(BATCH, share)
        ):
            jobs.append(self._queue.popleft())
        return jobs

    # Listening -----------------------------------------------------------------------------

    def read(self) -> None:
        """Take in what the workers have said, and see to those that have ended."""
        for worker in list(self.workers):
            worker.child.flush()
            for message in worker.child.receive():
                self._take_message(worker, message)
            if worker.child.ended:
                self._bury(worker, worker.child.kill())

    def _take_message(self, worker: Worker, message: Message) -> None:
        if "ready" in message:
            worker.ready = True
            self._stillborn = 0
        for id_, wire in _rows(message.get("done")):
            if isinstance(wire, dict) and (job := worker.take(id_)) is not None:
                self._listener.checked(job, wire)
        for id_, document in _rows([message.get("answer")]):
            if isinstance(document, dict) and (job := worker.take(id_)) is not None:
                self._listener.answered(job, document)
        for id_, sentence in _rows([message.get("broke")]):
            if (job := worker.take(id_)) is not None:
                self._listener.lost(job, died(job.request.path, str(sentence)))
        at = message.get("at")
        if isinstance(at, list):
            self._listener.progress(*at)

    # When things go wrong ------------------------------------------------------------------

    def check_time(self, now: float) -> None:
        """End workers that do not answer, or do not heed a cancel."""
        for worker in list(self.workers):
            if any(now - since > _CANCEL for since in worker.unwanted.values()):
                self._end_unwanted(worker)
            elif worker.jobs and now - worker.child.heard > self._patience * worker.slowness:
                self._bury(worker, "", timed_out=True)
                worker.child.kill()

    def _end_unwanted(self, worker: Worker) -> None:
        """End a worker that does not heed a cancel; what else it had is done by another."""
        for id_ in worker.unwanted:
            job = worker.jobs.pop(id_, None)
            if job is not None:
                self._listener.lost(job, cancelled(job.request.path))
        self.workers.remove(worker)
        self._queue.extendleft(reversed(worker.jobs.values()))
        worker.child.kill()

    def _bury(self, worker: Worker, how: str, *, timed_out: bool = False) -> None:
        """Replace a worker. What it had alone is judged; a batch is tried again one by one."""
        self.workers.remove(worker)
        self._stillborn += not worker.ready
        jobs = list(worker.jobs.values())
        for job in reversed(jobs):
            # Workers go through a batch in order: the first one left is what it was at.
            if job is jobs[0]:
                job.attempts += 1
            if job.id in worker.unwanted:
                self._listener.lost(job, cancelled(job.request.path))
            else:
                self._give_up_or_retry(job, how, timed_out=timed_out and len(jobs) == 1)
        if self._stillborn >= _STILLBORN:
            self._fail_all(f"the check workers cannot run here, each {how}")

    def _give_up_or_retry(self, job: Job, how: str, *, timed_out: bool) -> None:
        if timed_out:
            self._listener.lost(job, no_answer(job.request.path, self._patience))
        elif job.attempts >= _ATTEMPTS:
            self._listener.lost(
                job, died(job.request.path, f"the check worker {how} while reading it")
            )
        else:
            self._queue.appendleft(replace(job, alone=True))


def _rows(value: object) -> list[tuple[int, object]]:
    """Rows of an id and something, as they come from JSON."""
    if not isinstance(value, list):
        return []
    return [(row[0], row[1]) for row in value if isinstance(row, list)]
