"""One look at a run directory, and deep checks: rows as the verdicts come."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from ckptui.cli.asking import no_answer
from ckptui.cli.common import say
from ckptui.errors import CkptuiError
from ckptui.validation.pool import Pool
from ckptui.watch.model import Change, Checkpoint, Snapshot
from ckptui.watch.monitor import Monitor


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far the checks are: fractions of the files that are being read now."""

    running: tuple[tuple[str, float], ...]


def look_once(root: str) -> Snapshot:
    """Look at a run directory once, and say on stderr while it does not answer.

    Raises:
        CkptuiError: It did not answer at all.
    """
    monitor = Monitor(root, follow=False)
    try:
        return settle(monitor)
    finally:
        monitor.close()


def settle(monitor: Monitor) -> Snapshot:
    """Start a monitor and wait for the first sweep and its header checks.

    A directory that is slow, but answers, is waited for as long as it takes.

    Raises:
        CkptuiError: It did not answer at all.
    """
    said = False

    def tell(change: Change) -> None:
        nonlocal said
        silent = change.snapshot.silent_since is not None
        if silent and not said:
            say(f"{monitor.root}: no answer from its filesystem yet; still waiting")
        said = silent

    unsubscribe = monitor.subscribe(tell)
    monitor.start()
    shown = monitor.wait_settled()
    unsubscribe()
    if shown.silent_since is not None and not shown.settled:
        raise CkptuiError(no_answer(monitor.root, time.time() - shown.silent_since))
    return shown


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
        return self

    def __exit__(self, *_: object) -> None:
        self._monitor.close()

    def settled(self) -> Snapshot:
        """The snapshot after the header checks.

        Raises:
            CkptuiError: The directory did not answer at all.
        """
        return settle(self._monitor)

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
