"""What is worth a bell, found in the changes of the live model; nothing that was so when it opened.

Many checkpoints that turn bad at once are one event. Whoever asks says what time it is, so that
nothing here waits or reads a clock.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from ckptui.launch.known import known_runs
from ckptui.launch.model import LIVE, RunRecord
from ckptui.light import dataclass
from ckptui.present import units
from ckptui.present.safe import clip, plain
from ckptui.present.saving import late_words, next_save
from ckptui.terms import TROUBLE, Category
from ckptui.watch.model import Change, Checkpoint, LastGood, Snapshot
from ckptui.watch.moments import iso

if TYPE_CHECKING:  # most look and never tell: a start need not wait for what tells
    from ckptui.launch.hook import Call
    from ckptui.present.document_types import EventDocument

QUIET_SECONDS: Final = 1.5
"""After so long without a further bad one, those that came are told."""
_LONGEST: Final = 6.0
"""They are told after this long at the latest."""
_ROOMIER: Final = 1.1
"""Space counts as enough again once there is so much more than the next save takes."""
_NAME_CELLS: Final = 40
"""A longer name is cut in a sentence: the reason stands behind it, in a small terminal too."""
MOST_PATHS: Final = 100
"""Paths that one event names; ``count`` tells how many there are."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    Attributes:
        kind: One of :data:`ckptui.user_config.EVENTS`.
        message: One plain sentence.
        paths: What it is about, relative to the run directory, as on disk.
        alarm: False for good news.
    """

    kind: str
    message: str
    paths: tuple[str, ...] = ()
    alarm: bool = True


class Happenings:
    """The events of one run directory. Methods may be called from any thread.

    Example:
        >>> Happenings().take(0.0)
        []
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._bad: set[str] = set()
        self._fresh: dict[str, Checkpoint] = {}
        self._first = self._last = 0.0
        self._ended: set[str] = set()
        self._dead_since: dict[str, float] = {}
        self._short = False
        self._late_after: float | None = None
        self._good: LastGood | None = None

    def heed(self, change: Change, now: float) -> bool:
        """Take a change, in time proportional to what changed.

        Args:
            change: The next one of the monitor.
            now: In seconds since the epoch.

        Returns:
            True where something may have to be told soon.
        """
        with self._lock:
            before, snapshot = self._snapshot, change.snapshot
            if before is None and not snapshot.settled:
                return False
            self._snapshot = snapshot
            if before is None:
                self._begin(snapshot, now)
                return False
            self._judge(change, now)
            return bool(self._fresh) or _matters(before, snapshot)

    def _begin(self, snapshot: Snapshot, now: float) -> None:
        """What is so already is no news."""
        rows = snapshot.checkpoints.items()
        self._bad = {path for path, row in rows if row.category in TROUBLE}
        for run in known_runs(snapshot.run_files, self._dead_since):
            self._note(run)
        self._short = _fits(snapshot, now) is False
        self._good = snapshot.last_good
        if snapshot.rhythm is not None and late_words(snapshot, now=now):
            self._late_after = snapshot.rhythm.last

    def _judge(self, change: Change, now: float) -> None:
        for path in change.removed:
            self._forget(path)
        for path in change.changed:
            row = change.snapshot.checkpoints.get(path)
            if row is None or row.category is Category.VALID:
                self._forget(path)
            elif row.category in TROUBLE:
                if path not in self._bad:
                    self._first = self._first if self._fresh else now
                    self._last = now
                    self._fresh[path] = row
                elif path in self._fresh:
                    self._fresh[path] = row
                self._bad.add(path)

    def _forget(self, path: str) -> None:
        self._bad.discard(path)
        self._fresh.pop(path, None)

    def take(self, now: float) -> list[Event]:
        """What is to be told now; each event once.

        Args:
            now: In seconds since the epoch.
        """
        with self._lock:
            if self._snapshot is None:
                return []
            return list(self._all(self._snapshot, now))

    @property
    def waiting(self) -> bool:
        """True while something is held back for a moment, in case more of its kind comes."""
        return bool(self._fresh)

    def _all(self, snapshot: Snapshot, now: float) -> Iterator[Event]:
        yield from self._turned_bad(now)
        yield from self._runs_ended(snapshot)
        yield from self._space(snapshot, now)
        yield from self._lateness(snapshot, now)
        yield from self._last_good(snapshot)

    def _turned_bad(self, now: float) -> Iterator[Event]:
        held = 0 <= now - self._last < QUIET_SECONDS and 0 <= now - self._first < _LONGEST
        if not self._fresh or held:
            return
        rows, self._fresh = [row for _, row in sorted(self._fresh.items())], {}
        yield Event("bad", _turned(rows), tuple(row.path for row in rows))

    def _runs_ended(self, snapshot: Snapshot) -> Iterator[Event]:
        if not snapshot.run_files:
            return
        for run in known_runs(snapshot.run_files, self._dead_since):
            known = run.id in self._ended
            self._note(run)
            if run.id in self._ended and not known:
                good = run.state == "ended" and run.exit_code == 0
                yield Event("run", _ended(run), (run.log,), alarm=not good)

    def _note(self, run: RunRecord) -> None:
        if run.state not in LIVE:
            self._ended.add(run.id)

    def _space(self, snapshot: Snapshot, now: float) -> Iterator[Event]:
        short = _fits(snapshot, now, at_ease=self._short) is False
        news, self._short = short and not self._short, short
        if news and snapshot.rhythm is not None and snapshot.disk is not None:
            size, free = units.size(snapshot.rhythm.size), units.size(snapshot.disk.free)
            yield Event("space", f"the next save (≈ {size}) does not fit: {free} free")

    def _lateness(self, snapshot: Snapshot, now: float) -> Iterator[Event]:
        rhythm = snapshot.rhythm
        if rhythm is None or rhythm.last == self._late_after:
            return
        if words := late_words(snapshot, now=now):
            self._late_after = rhythm.last
            yield Event("late", f"a save is late: {words}")

    def _last_good(self, snapshot: Snapshot) -> Iterator[Event]:
        good, before = snapshot.last_good, self._good
        self._good = good
        if (good and good.path) == (before and before.path):
            return
        if good is None:
            yield Event("good", "there is no last good checkpoint any more")
        else:
            step = "" if good.step is None else f"step {good.step}, "
            said = f"last good is now {step}{plain(good.path)}"
            yield Event("good", said, (good.path,), alarm=False)


def _matters(before: Snapshot, now: Snapshot) -> bool:
    return (
        before.run_files is not now.run_files
        or before.disk != now.disk
        or before.last_good != now.last_good
    )


def _fits(snapshot: Snapshot, now: float, *, at_ease: bool = False) -> bool | None:
    """Whether the next save fits; ``at_ease`` asks for some more room than it takes."""
    coming = next_save(snapshot, now=now)
    if coming is None or snapshot.disk is None or not at_ease:
        return None if coming is None else coming.fits
    return snapshot.disk.free >= coming.size * _ROOMIER


def _turned(rows: list[Checkpoint]) -> str:
    """``turned corrupted: a.pt: …``, ``3 checkpoints turned bad: 2 corrupted, 1 unsafe``."""
    if len(rows) == 1:
        why = f": {plain(rows[0].reason)}" if rows[0].reason else ""
        name = clip(plain(rows[0].path), _NAME_CELLS)
        return f"turned {rows[0].category}: {name}{why}"
    counts: dict[Category, int] = {}
    for row in rows:
        counts[row.category] = counts.get(row.category, 0) + 1
    many = units.counted(len(rows), "checkpoint")
    if len(counts) == 1:
        return f"{many} turned {rows[0].category}"
    each = ", ".join(f"{count:,} {category}" for category, count in counts.items())
    return f"{many} turned bad: {each}"


def _ended(run: RunRecord) -> str:
    ended = " ended" if run.state == "ended" else " is lost" if run.state == "lost" else ""
    return f"run {plain(run.id)}{ended}: {plain(run.note)}"


def event_document(event: Event, root: str, now: float) -> EventDocument:
    """The document of an event.

    Args:
        event: Of the run directory.
        root: Absolute path of that.
        now: In seconds since the epoch.
    """
    from ckptui.present.document_types import EventDocument

    paths = event.paths[:MOST_PATHS]
    first = event.paths[0] if event.paths else None
    count = len(event.paths)
    return EventDocument(event.kind, root, first, paths, count, event.message, iso(now))


def hook_call(event: Event, root: str, now: float) -> Call:
    """What the command of ``--on-event`` gets of an event; for the arguments see the document."""
    from ckptui.launch.hook import Call
    from ckptui.present.documents import json_text

    document = event_document(event, root, now)
    variables = {
        "CKPTUI_EVENT": document.event,
        "CKPTUI_RUN": root,
        "CKPTUI_PATH": document.path or "",
        "CKPTUI_MESSAGE": document.message,
    }
    return Call(json_text(document) + "\n", variables)
