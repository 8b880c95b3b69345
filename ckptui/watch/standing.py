"""The last good checkpoint, kept while rows come and go.

It says what :func:`ckptui.watch.last_good.find_last_good` says of all rows, and looks only at the
series that have changed: a hundred thousand rows are not gone through four times a second.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator
from heapq import nsmallest
from itertools import islice
from typing import Final

from ckptui.formats.naming import is_best, series_key
from ckptui.watch.entries import Signature, folder_of
from ckptui.watch.last_good import is_newer, stands_in, verdict_on, why_not
from ckptui.watch.model import Checkpoint, LastGood, PassedOver
from ckptui.watch.ranking import Ranking, add, walk
from ckptui.watch.series import (
    SAME_MOMENT,
    Extent,
    better_beside,
    counts,
    furthest_at_once,
    is_data,
    rank_of,
    time_of,
)

LATEST: Final = 32
"""Saves of a series that are known by their time."""


class Series:
    """The rows whose paths differ in digits only.

    Attributes:
        counted: Those that say how far they had come.
        plain: The others.
    """

    __slots__ = ("_latest", "_unnumbered", "counted", "plain")

    def __init__(self) -> None:
        self.counted = Ranking()
        self.plain: dict[str, Checkpoint] = {}
        self._unnumbered: set[str] = set()
        self._latest: list[tuple[float, str]] = []

    def put(self, row: Checkpoint) -> None:
        """Take a row that counts, new or different."""
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
        row = self.counted.drop(path)
        self._unnumbered.discard(path)
        if row is not None:
            self._undate(row)

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
        return Extent(self.newest, next(iter(self.counted)))

    def newer(self, best: Checkpoint | None, rows: Iterable[Checkpoint]) -> Iterator[Checkpoint]:
        """Of its rows in order, those that are newer than the best; all where there is none."""
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


class Rows:
    """Rows that may be the last good one, by their series."""

    def __init__(self) -> None:
        self.series: dict[str, Series] = {}
        self.plain = Ranking()
        self._counted = 0
        self._folders: dict[str, set[str]] = {}
        self._moments: list[tuple[float, str]] = []

    def __bool__(self) -> bool:
        return bool(self.series)

    def _is_moment(self, item: tuple[float, str]) -> bool:
        series = self.series.get(item[1])
        return series is not None and bool(series.counted.rows) and -series.newest == item[0]

    def put(self, row: Checkpoint) -> None:
        """Take a row, new or different."""
        key = series_key(row.path)
        series = self.series.get(key)
        if series is None:
            series = self.series[key] = Series()
            self._folders.setdefault(folder_of(key), set()).add(key)
        if counts(row):
            self._forget_plain(series, row.path)
            self._counted += row.path not in series.counted.rows
            before = series.newest if series.counted.rows else None
            series.put(row)
            self._note_moment(key, series, before)
        else:
            self._forget_counted(key, series, row.path)
            series.plain[row.path] = row
            self.plain.put(row)

    def _note_moment(self, key: str, series: Series, before: float | None) -> None:
        if series.counted.rows and series.newest != before:
            add(self._moments, (-series.newest, key), len(self.series), self._is_moment)

    def _forget_plain(self, series: Series, path: str) -> None:
        if series.plain.pop(path, None) is not None:
            self.plain.drop(path)

    def _forget_counted(self, key: str, series: Series, path: str) -> None:
        if path in series.counted.rows:
            before = series.newest
            series.drop(path)
            self._counted -= 1
            self._note_moment(key, series, before)

    def drop(self, path: str) -> None:
        """Forget a row, if it is here."""
        key = series_key(path)
        series = self.series.get(key)
        if series is None:
            return
        self._forget_plain(series, path)
        self._forget_counted(key, series, path)
        if not series.counted.rows and not series.plain:
            del self.series[key]
            folder = folder_of(key)
            self._folders[folder].discard(key)
            if not self._folders[folder]:
                del self._folders[folder]

    def newest(self) -> str:
        """The series whose steps changed last; "" where no row counts."""
        first: float | None = None
        at_once: dict[str, Extent] = {}
        for moment, key in walk(self._moments, self._is_moment):
            first = moment if first is None else first
            if moment - first > SAME_MOMENT:
                break
            at_once[key] = self.series[key].extent
        if not at_once:
            return ""
        key = max(at_once, key=lambda each: (at_once[each].newest, each))
        key = furthest_at_once(at_once, key)
        near = {each: self.series[each].extent for each in self._near(key)}
        return better_beside(near, key)

    def _near(self, key: str) -> set[str]:
        """The series among which a better one than this can be, itself among them."""
        todo, done = [folder_of(key)], set[str]()
        while todo:
            folder = todo.pop()
            if folder in done:
                continue
            done.add(folder)
            if is_best(folder.rpartition("/")[2]):
                home = folder_of(folder)
                todo += [home, *(each for each in self._folders if folder_of(each) == home)]
        keys = {each for folder in done for each in self._folders.get(folder, ())}
        return {each for each in keys if self.series[each].counted.rows}

    def beside(self, key: str) -> list[Series]:
        """The series that may stand in for one."""
        keys = self._folders.get(folder_of(key), set())
        return [self.series[each] for each in keys if stands_in(each, key)]


class Standing:
    """Knows the last good one of rows that it is told of one by one."""

    def __init__(self) -> None:
        self._rows, self._data = Rows(), Rows()
        self._own: dict[Signature, int] = {}
        self._pointers: dict[Signature, dict[str, Checkpoint]] = {}

    def replace(self, before: Checkpoint | None, after: Checkpoint | None) -> None:
        """Take a row that is new (``before`` is None), gone (``after`` is) or different."""
        old, new = _owned(before), _owned(after)
        if before is not None and before.pointer and before.signature is not None:
            self._pointers.get(before.signature, {}).pop(before.path, None)
        if after is not None and after.pointer and after.signature is not None:
            self._pointers.setdefault(after.signature, {})[after.path] = after
        if old != new:
            self._disown(old)
            self._own_up(new)
        elif new is not None and old is not new:
            self._own[new] = self._own.pop(new)  # the row's own tuple: one for both
        self._place(before, after)

    def _own_up(self, signature: Signature | None) -> None:
        if signature is not None:
            self._own[signature] = self._own.get(signature, 0) + 1
            if self._own[signature] == 1:
                self._place_pointers(signature)

    def _disown(self, signature: Signature | None) -> None:
        if signature is not None:
            self._own[signature] -= 1
            if not self._own[signature]:
                del self._own[signature]
                self._place_pointers(signature)

    def _place_pointers(self, signature: Signature) -> None:
        for row in self._pointers.get(signature, {}).values():
            self._place(row, row)

    def _place(self, before: Checkpoint | None, after: Checkpoint | None) -> None:
        here = None if after is None else self._home(after)
        if before is not None:
            for rows in (self._rows, self._data):
                if rows is not here:
                    rows.drop(before.path)
        if after is not None and here is not None:
            here.put(after)

    def _home(self, row: Checkpoint) -> Rows | None:
        """Where a row belongs; None for a unit, and for a second name of another row."""
        if row.unit or (row.pointer and row.signature in self._own):
            return None
        return self._data if is_data(row) else self._rows

    def answer(self, most: int | None = None) -> tuple[LastGood | None, tuple[PassedOver, ...]]:
        """The last good one, and the newer ones (all, where there is none).

        Args:
            most: How many newer ones to name, None for all.
        """
        rows = self._rows or self._data
        key = rows.newest()
        if not key:
            best = next(rows.plain.good(), None)
            over: Iterable[Checkpoint] = rows.plain.bad()
            if best is not None:
                over = _while_newer(over, best)
        else:
            best, over = _of_series(rows, key)
        return verdict_on(best, islice(over, most))

    def latest(self) -> list[Checkpoint]:
        """The latest saves of the series that the last good one is taken from, by time."""
        rows = self._rows or self._data
        key = rows.newest()
        return rows.series[key].latest if key else []


def standing_of(rows: Iterable[Checkpoint]) -> Standing:
    """Of rows that nobody has told one by one."""
    standing = Standing()
    for row in rows:
        standing.replace(None, row)
    return standing


def _owned(row: Checkpoint | None) -> Signature | None:
    return None if row is None or row.pointer else row.signature


def _while_newer(rows: Iterable[Checkpoint], best: Checkpoint) -> Iterator[Checkpoint]:
    for row in rows:
        if not is_newer(row, best):
            return
        yield row


def _of_series(rows: Rows, key: str) -> tuple[Checkpoint | None, Iterator[Checkpoint]]:
    chosen, beside = rows.series[key], rows.beside(key)
    best = next(chosen.counted.good(), None)
    if best is None:
        others = [row for each in beside if (row := next(each.counted.good(), None)) is not None]
        best = min(others, key=rank_of, default=None)
    return best, _over(chosen, beside, best)


def _over(
    chosen: Series, beside: Iterable[Series], best: Checkpoint | None
) -> Iterator[Checkpoint]:
    yield from chosen.newer(best, chosen.counted)
    bad: list[Checkpoint] = []
    for series in beside:
        bad += [row for row in series.newer(best, series.counted.bad()) if why_not(row)]
        plain = (row for row in series.plain.values() if why_not(row))
        bad += [row for row in plain if best is None or is_newer(row, best)]
    yield from sorted(bad, key=rank_of)
