"""The rows of one series, while they come and go: in order, and the latest by time."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator
from heapq import nsmallest
from typing import Final

from ckptui.watch.last_good import is_newer, why_not
from ckptui.watch.model import Checkpoint
from ckptui.watch.ranking import Ranking
from ckptui.watch.series import Extent, rank_of, time_of

LATEST: Final = 32
"""Saves of a series that are known by their time."""


class Series:
    """The rows whose paths differ in digits only.

    Attributes:
        counted: Those that say how far they had come.
        plain: Paths of the others.
        bad: Those of them that cannot be the last good one.
    """

    __slots__ = ("_extent", "_latest", "_unnumbered", "bad", "counted", "plain")

    def __init__(self) -> None:
        self.counted = Ranking()
        self.plain: set[str] = set()
        self.bad: set[str] = set()
        self._extent: Extent | None = None
        self._unnumbered: set[str] = set()
        self._latest: list[tuple[float, str]] = []

    def put(self, row: Checkpoint) -> None:
        """Take a row that counts, new or different."""
        self._extent = None
        before = self.counted.rows.get(row.path)
        self.counted.put(row)
        if row.step is None:
            self._unnumbered.add(row.path)
        else:
            self._unnumbered.discard(row.path)
        if before is None or before.mtime != row.mtime:
            if before is not None:
                self._undate(before)
            self._date(row)

    def drop(self, path: str) -> None:
        """Forget a row that counts."""
        self._extent = None
        row = self.counted.drop(path)
        self._unnumbered.discard(path)
        if row is not None:
            self._undate(row)

    def put_plain(self, row: Checkpoint) -> None:
        """Take a row that does not count, new or different."""
        self.plain.add(row.path)
        if why_not(row):
            self.bad.add(row.path)
        else:
            self.bad.discard(row.path)

    def drop_plain(self, path: str) -> None:
        """Forget a row that does not count."""
        self.plain.discard(path)
        self.bad.discard(path)

    def _date(self, row: Checkpoint) -> None:
        item = (-time_of(row), row.path)
        if len(self._latest) < LATEST or item < self._latest[-1]:
            insort(self._latest, item)
            del self._latest[LATEST:]

    def _undate(self, row: Checkpoint) -> None:
        item = (-time_of(row), row.path)
        if item in self._latest:
            rows = self.counted.rows
            dated = ((-time_of(each), path) for path, each in rows.items() if path != row.path)
            self._latest = nsmallest(LATEST, dated)

    @property
    def newest(self) -> float:
        """When it was saved to last."""
        return -self._latest[0][0]

    @property
    def latest(self) -> list[Checkpoint]:
        """The latest saves, the last one at the end."""
        return [self.counted.rows[path] for _, path in reversed(self._latest)]

    @property
    def extent(self) -> Extent:
        """How far it has come."""
        if self._extent is None:
            self._extent = Extent(self.newest, next(iter(self.counted)))
        return self._extent

    def may_pass(self, best: Checkpoint | None) -> bool:
        """False where none of its bad rows that count can be newer than the best."""
        if not self.counted.bads:
            return False
        if best is None or best.step is None or self._unnumbered:
            return True
        step = self.extent.furthest.step
        return step is None or step >= best.step

    def newer(self, best: Checkpoint | None, rows: Iterable[Checkpoint]) -> Iterator[Checkpoint]:
        """Of its rows in order, those that are newer than the best; all where there is none.

        They stay in order.
        """
        for row in rows:
            if best is not None and _is_past(row, best):
                break
            if best is None or (row is not best and is_newer(row, best)):
                yield row
        if best is not None and best.step is not None:
            left = [self.counted.rows[path] for path in self._unnumbered]
            left = [row for row in left if row is not best and is_newer(row, best)]
            yield from sorted(left, key=rank_of)


def _is_past(row: Checkpoint, best: Checkpoint) -> bool:
    """True where no row behind this one can be newer, but for those without a step."""
    if best.step is not None:
        if row.step is None or row.step < best.step:
            return True
        # Behind the last one with an epoch only time counts, and it goes back from row to row.
        return row.step == best.step and row.epoch is None and not is_newer(row, best)
    if row.step is not None or row.epoch is None or best.epoch is None:
        return False
    return row.epoch <= best.epoch and not is_newer(row, best)
