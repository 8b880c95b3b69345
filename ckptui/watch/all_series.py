"""Rows by their series, while they come and go: which series was saved to last."""

from __future__ import annotations

from ckptui.formats.naming import is_best, series_key
from ckptui.watch.entries import folder_of
from ckptui.watch.last_good import stands_in
from ckptui.watch.model import Checkpoint
from ckptui.watch.one_series import Series
from ckptui.watch.ranking import Ranking, add, walk
from ckptui.watch.series import SAME_MOMENT, Extent, better_beside, counts, furthest_at_once


class AllSeries:
    """Rows that may be the last good one, by their series.

    Attributes:
        series: By key; none is empty.
        plain: The rows that do not say how far they had come.
    """

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
            series.put_plain(row)
            self.plain.put(row)

    def _note_moment(self, key: str, series: Series, before: float | None) -> None:
        if series.counted.rows and series.newest != before:
            add(self._moments, (-series.newest, key), len(self.series), self._is_moment)

    def _forget_plain(self, series: Series, path: str) -> None:
        if path in series.plain:
            series.drop_plain(path)
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
