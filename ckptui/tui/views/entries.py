"""A sorted list that takes changes where they belong, without sorting anything else anew."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Iterator, Sequence
from typing import Final, TypeAlias

Entry: TypeAlias = tuple[int, float, str, float, float, str]
"""Where a row stands: what it is sorted by (the flag keeps None last), then how new it is, then
its key, which makes it the only one of its kind."""

_FEW: Final = 16
_SHARE: Final = 1000
"""A change of more rows than this part of all is made in one pass."""
_SHARE_TO_SORT: Final = 8
"""More rows than this part of all are sorted together with them."""


class Entries:
    """Entries in order.

    Args:
        down: It is read from its end: the greatest first.
    """

    def __init__(self, *, down: bool = False) -> None:
        self.down = down
        self._sorted: list[Entry] = []

    def __len__(self) -> int:
        return len(self._sorted)

    def __iter__(self) -> Iterator[Entry]:
        return reversed(self._sorted) if self.down else iter(self._sorted)

    def __getitem__(self, line: int) -> Entry:
        """The entry on a line, 0 and up."""
        return self._sorted[-1 - line if self.down else line]

    def line_of(self, entry: Entry) -> int | None:
        """The line of an entry, None where it is not there."""
        at = bisect_left(self._sorted, entry)
        if at == len(self._sorted) or self._sorted[at] != entry:
            return None
        return len(self._sorted) - 1 - at if self.down else at

    def add(self, entry: Entry) -> None:
        """Put one in."""
        insort(self._sorted, entry)

    def drop(self, entry: Entry) -> None:
        """Take one out that is there."""
        del self._sorted[bisect_left(self._sorted, entry)]

    def change(self, gone: Collection[Entry], come: Collection[Entry]) -> None:
        """Take some out that are there, and put others in."""
        if len(gone) + len(come) <= _FEW + len(self._sorted) // _SHARE:
            for entry in gone:
                self.drop(entry)
            for entry in come:
                self.add(entry)
            return
        self._take_out(gone)
        if len(come) * _SHARE_TO_SORT > len(self._sorted):
            self._sorted.extend(come)
            self._sorted.sort()
        else:
            self._merge(sorted(come))

    def _take_out(self, gone: Collection[Entry]) -> None:
        kept: list[Entry] = []
        since = 0
        for at in sorted(bisect_left(self._sorted, entry) for entry in gone):
            kept += self._sorted[since:at]
            since = at + 1
        self._sorted = kept + self._sorted[since:]

    def _merge(self, come: Sequence[Entry]) -> None:
        # Sorting would compare every row with its neighbour to find that they are in order.
        kept: list[Entry] = []
        since = 0
        for entry in come:
            at = bisect_left(self._sorted, entry, since)
            kept += self._sorted[since:at]
            kept.append(entry)
            since = at
        self._sorted = kept + self._sorted[since:]
