"""Checks that read whole files, for the verbs that ask for them: rows as the verdicts come."""

from __future__ import annotations

import queue
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from ckptui.validation.pool import Pool
from ckptui.watch.model import Change, Checkpoint, Snapshot
from ckptui.watch.monitor import Monitor


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far the checks are: fractions of the files that are being read now."""

    running: tuple[tuple[str, float], ...]


class DeepLook:
    """One look at a run directory, and deep checks of what was found.

    Args:
        root: The run directory.
        jobs: Check workers; None for as many as there are processors.
        python: Interpreter whose torch level 3 asks.
        required_keys: Keys that every checkpoint must hold.
    """

    def __init__(
        self,
        root: str,
        *,
        jobs: int | None = None,
        python: str | None = None,
        required_keys: tuple[str, ...] = (),
    ) -> None:
        pool = Pool(jobs, python)
        self._monitor = Monitor(root, follow=False, pool=pool, required_keys=required_keys)
        self._news: queue.SimpleQueue[Change | Checkpoint | None] = queue.SimpleQueue()

    def __enter__(self) -> Self:
        self._monitor.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._monitor.close()

    def settled(self) -> Snapshot:
        """The snapshot after the header checks."""
        return self._monitor.wait_settled()

    @property
    def snapshot(self) -> Snapshot:
        """The model as it is now."""
        return self._monitor.snapshot

    def check(
        self, paths: Sequence[str], *, level: int, load: bool
    ) -> Iterator[Checkpoint | Progressed]:
        """Check these rows; yields each as its verdict comes, and progress between."""
        unsubscribe = self._monitor.subscribe(self._news.put)
        self._monitor.check(paths, level, load, done=lambda path, row: self._news.put(row))
        left = len(paths)
        while left:
            news = self._news.get()
            if isinstance(news, Change):
                rows = news.snapshot.checkpoints.values()
                running = ((row.path, row.progress) for row in rows if row.progress is not None)
                yield Progressed(tuple(running))
                continue
            left -= 1
            if news is not None:
                yield news
        unsubscribe()

    def one(self, path: str, *, level: int, load: bool) -> Checkpoint | None:
        """Check one row and wait for it; None where it went away."""
        for news in self.check([path], level=level, load=load):
            if isinstance(news, Checkpoint):
                return news
        return None
