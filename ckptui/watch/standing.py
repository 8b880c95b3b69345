"""The last good checkpoint, kept while rows come and go.

It says what :func:`ckptui.watch.last_good.find_last_good` says of all rows, and looks only at the
series that have changed: a hundred thousand rows are not gone through four times a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from heapq import merge
from itertools import chain, islice

from ckptui.watch.all_series import AllSeries
from ckptui.watch.entries import Signature
from ckptui.watch.last_good import is_newer, verdict_on, why_not
from ckptui.watch.model import Checkpoint, LastGood, PassedOver
from ckptui.watch.one_series import Series
from ckptui.watch.ranking import merged
from ckptui.watch.series import is_data, rank_of


class Standing:
    """Knows the last good one of rows that it is told of one by one."""

    def __init__(self) -> None:
        self._rows, self._data = AllSeries(), AllSeries()
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

    def _home(self, row: Checkpoint) -> AllSeries | None:
        """Where a row belongs; None for a unit, and for a second name of another row."""
        if row.unit or (row.pointer and row.signature in self._own):
            return None
        return self._data if is_data(row) else self._rows

    def answer(self, most: int | None = None) -> tuple[LastGood | None, tuple[PassedOver, ...]]:
        """The last good one, and the newer ones (all, where there is none).

        Args:
            most: How many newer ones to name, None for all.
        """
        best, over = self._found()
        return verdict_on(best, islice(over, most))

    def _found(self) -> tuple[Checkpoint | None, Iterator[Checkpoint]]:
        rows = self._rows or self._data
        key = rows.newest()
        if key:
            return _of_series(rows, key)
        best = next(rows.plain.good(), None)
        return best, rows.plain.bad() if best is None else _while_newer(rows.plain.bad(), best)

    def without(self) -> int:
        """How many are passed over where there is no last good one."""
        rows = self._rows or self._data
        key = rows.newest()
        if not key:
            return rows.plain.bads
        beside = rows.beside(key)
        counted = (each.counted.bads for each in (rows.series[key], *beside))
        return sum(counted) + sum(len(each.bad) for each in beside)

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


def _of_series(rows: AllSeries, key: str) -> tuple[Checkpoint | None, Iterator[Checkpoint]]:
    chosen, beside = rows.series[key], rows.beside(key)
    best = next(chosen.counted.good(), None)
    if best is None:
        others = [row for each in beside if (row := next(each.counted.good(), None)) is not None]
        best = min(others, key=rank_of, default=None)
    over = chosen.newer(best, chosen.counted)
    return best, chain(over, _over(rows.plain.rows, beside, best))


def _over(
    plain: Mapping[str, Checkpoint], beside: Iterable[Series], best: Checkpoint | None
) -> Iterator[Checkpoint]:
    """Of what stands in for a series, the bad ones that are newer, in order; made one by one."""
    near = list(beside)
    ranks = ((rank_of(each.extent.furthest), each) for each in near if each.may_pass(best))
    counted = merged(ranks, lambda each: filter(why_not, each.newer(best, each.counted.bad())))
    bad = (plain[path] for each in near for path in each.bad)
    uncounted = sorted((row for row in bad if _newer(row, best)), key=rank_of)
    return merge(counted, uncounted, key=rank_of)


def _newer(row: Checkpoint, best: Checkpoint | None) -> bool:
    return best is None or is_newer(row, best)
