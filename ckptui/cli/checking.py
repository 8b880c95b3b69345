"""One look at a run directory, and deep checks: rows as the verdicts come."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Self

from ckptui.cli.asking import ANSWER_SECONDS, no_answer
from ckptui.cli.common import say
from ckptui.cli.looking import scan_settings
from ckptui.errors import CkptuiError
from ckptui.light import dataclass
from ckptui.terms import Category
from ckptui.validation.pool import Pool
from ckptui.watch.model import Change, Checkpoint, Snapshot
from ckptui.watch.monitor import Monitor

_STEP: Final = 0.5
_NO_WORD: Final = 15.0
"""Seconds without a word of the scanner after which the directory is given up."""
_NO_VERDICT: Final = 90.0
"""Seconds without a header that could be read; a worker is given up after sixty."""
_UNREADABLE: Final = Category.UNREADABLE


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far the checks are: path, bytes and fraction of the files that are being read now."""

    running: tuple[tuple[str, int, float], ...]


@dataclass(frozen=True, slots=True)
class Gone:
    """A row that is no more, or was none: its content is no checkpoint, or it was removed."""

    path: str


def settle(monitor: Monitor, waiting: Callable[[Snapshot], None] = lambda _: None) -> Snapshot:
    """Start a monitor and wait for the first sweep and its header checks.

    A directory that is slow, but answers, is waited for as long as it takes.

    Args:
        monitor: Not started yet.
        waiting: Called twice a second meanwhile, with what is known by then.

    Raises:
        CkptuiError: It does not answer, or what is in it cannot be read.
    """
    monitor.start()
    heard, said = time.monotonic(), False
    before = _judged(monitor.snapshot)
    while True:
        shown = monitor.wait_settled(_STEP)
        if shown.settled or (shown.problem and shown.silent_since is None):
            return shown
        if not monitor.alive:
            raise CkptuiError(f"{monitor.root}: looking at it came to an unexpected end")
        waiting(shown)
        now = _judged(shown)
        # Until the sweep is over its own heartbeat tells; after that, verdicts do.
        if now != before or (not shown.watching.swept_at and shown.silent_since is None):
            heard, before = time.monotonic(), now
        quiet = time.monotonic() - heard
        if shown.silent_since is not None:
            quiet = time.time() - shown.silent_since
        if quiet > (_NO_VERDICT if shown.watching.swept_at else _NO_WORD):
            raise CkptuiError(no_answer(monitor.root, quiet))
        if quiet > ANSWER_SECONDS and not said:
            said = True
            say(f"{monitor.root}: no answer from its filesystem for {quiet:.0f} s; still waiting")


def _judged(shown: Snapshot) -> int:
    """How many files could be read."""
    rows = shown.checkpoints.values()
    return sum(row.checked_at is not None and row.category is not _UNREADABLE for row in rows)


class DeepLook:
    """One look at a run directory, and deep checks of what was found.

    Args:
        root: The run directory.
        jobs: Check workers; None for as many as there are processors.
        python: Interpreter whose torch level 3 asks.
        required_keys: Keys that every checkpoint must hold.
        header_checks: False where everything will be read anyway.
    """

    def __init__(
        self,
        root: str,
        *,
        jobs: int | None = None,
        python: str | None = None,
        required_keys: tuple[str, ...] = (),
        header_checks: bool = True,
    ) -> None:
        pool = Pool(jobs, python, spare=header_checks)
        self._monitor = Monitor(
            root,
            follow=False,
            pool=pool,
            required_keys=required_keys,
            header_checks=header_checks,
            settings=scan_settings(),
        )
        self._news: queue.SimpleQueue[Change | Checkpoint | Gone] = queue.SimpleQueue()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._monitor.close()

    def settled(self, waiting: Callable[[Snapshot], None] = lambda _: None) -> Snapshot:
        """The snapshot after the sweep, and the header checks where they were asked for.

        Raises:
            CkptuiError: The directory did not answer at all.
        """
        return settle(self._monitor, waiting)

    @property
    def snapshot(self) -> Snapshot:
        """The model as it is now."""
        return self._monitor.snapshot

    def check(
        self, paths: Sequence[str], *, level: int, load: bool, here: bool = False
    ) -> Iterator[Checkpoint | Gone | Progressed]:
        """Check these rows; yields each as its verdict comes, and progress between."""
        unsubscribe = self._monitor.subscribe(self._news.put)
        self._monitor.check(paths, level, load, here=here, done=self._tell)
        left, running = len(paths), Progressed(())
        while left:
            try:
                news = self._news.get(timeout=_STEP)
            except queue.Empty:
                if not self._monitor.alive:
                    words = f"{self._monitor.root}: the checks ended unexpectedly"
                    raise CkptuiError(words) from None
                yield running
                continue
            if isinstance(news, Change):
                running = _running(news.snapshot)
                yield running
                continue
            left -= 1
            yield news
        unsubscribe()

    def _tell(self, path: str, row: Checkpoint | None) -> None:
        self._news.put(Gone(path) if row is None else row)

    def one(self, path: str, *, level: int, load: bool, here: bool = False) -> Checkpoint | None:
        """Check one row and wait for it; None where it went away."""
        for news in self.check([path], level=level, load=load, here=here):
            if isinstance(news, Checkpoint):
                return news
        return None


def _running(shown: Snapshot) -> Progressed:
    """What is being read now; what only waits for its turn stands at nought."""
    rows = shown.checkpoints.values()
    return Progressed(
        tuple((row.path, row.size or 0, row.progress) for row in rows if row.progress)
    )
