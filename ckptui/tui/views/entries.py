"""A sorted list that takes changes where they belong: a change costs what changes, not what is."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection, Iterable, Iterator
from itertools import accumulate, chain
from typing import Final, TypeAlias

Entry: TypeAlias = tuple[int, float, str, float, float, str, str]
"""Where a row stands: what it is sorted by (the flag keeps None last), then how new it is, then
its name where that does not follow its key, then its key, the only one of its kind."""

_CHUNK: Final = 500
"""Entries that lie together; up to twice as many do until they are parted."""
_SHARE_TO_SORT: Final = 8
"""A change of more rows than this part of all is made in one pass."""


class Backwards(str):
    """A name in a list that is read from its end: equal rows shall still go by name from A on."""

    __slots__ = ()

    def __lt__(self, other: str) -> bool:
        return str.__gt__(self, other)

    def __gt__(self, other: str) -> bool:
        return str.__lt__(self, other)


class Entries:
    """Entries in order.

    Args:
        down: It is read from its end: the greatest first.
    """

    __slots__ = ("_chunks", "_lasts", "_starts", "down")

    def __init__(self, *, down: bool = False) -> None:
        self.down = down
        self._chunks: list[list[Entry]] = []
        self._lasts: list[Entry] = []
        self._starts: list[int] | None = None

    def __len__(self) -> int:
        return self._begins[-1]

    @property
    def _begins(self) -> list[int]:
        """Where each chunk begins, and behind them where a further one would."""
        if self._starts is None:
            self._starts = list(accumulate(map(len, self._chunks), initial=0))
        return self._starts

    def __iter__(self) -> Iterator[Entry]:
        if self.down:
            return chain.from_iterable(map(reversed, reversed(self._chunks)))
        return chain.from_iterable(self._chunks)

    def __getitem__(self, line: int) -> Entry:
        """The entry on a line, 0 and up."""
        begins = self._begins
        at = begins[-1] - 1 - line if self.down else line
        chunk = bisect_right(begins, at) - 1
        return self._chunks[chunk][at - begins[chunk]]

    def line_of(self, entry: Entry) -> int | None:
        """The line of an entry, None where it is not there."""
        chunk = bisect_left(self._lasts, entry)
        if chunk == len(self._chunks):
            return None
        within = bisect_left(self._chunks[chunk], entry)
        if self._chunks[chunk][within] != entry:
            return None
        at = self._begins[chunk] + within
        return len(self) - 1 - at if self.down else at

    def add(self, entry: Entry) -> None:
        """Put one in."""
        self._starts = None
        if not self._chunks:
            self._chunks, self._lasts = [[entry]], [entry]
            return
        at = min(bisect_left(self._lasts, entry), len(self._chunks) - 1)
        chunk = self._chunks[at]
        insort(chunk, entry)
        self._lasts[at] = chunk[-1]
        if len(chunk) > 2 * _CHUNK:
            self._chunks[at : at + 1] = [chunk[:_CHUNK], chunk[_CHUNK:]]
            self._lasts.insert(at, chunk[_CHUNK - 1])

    def drop(self, entry: Entry) -> None:
        """Take one out that is there."""
        self._starts = None
        at = bisect_left(self._lasts, entry)
        chunk = self._chunks[at]
        del chunk[bisect_left(chunk, entry)]
        if chunk:
            self._lasts[at] = chunk[-1]
        else:
            del self._chunks[at], self._lasts[at]

    def change(self, gone: Collection[Entry], come: Collection[Entry]) -> None:
        """Take some out that are there, and put others in."""
        if (len(gone) + len(come)) * _SHARE_TO_SORT > len(self):
            left = frozenset(gone)
            kept = [entry for entry in chain.from_iterable(self._chunks) if entry not in left]
            self._fill(sorted([*kept, *come]))
            return
        for entry in gone:
            self.drop(entry)
        for entry in come:
            self.add(entry)

    def shed(self) -> bool:
        """Let go of one chunk; True while there are more."""
        self._starts = None
        if self._chunks:
            self._chunks.pop()
            self._lasts.pop()
        return bool(self._chunks)

    def _fill(self, entries: list[Entry]) -> None:
        parts: Iterable[int] = range(0, len(entries), _CHUNK)
        self._chunks = [entries[at : at + _CHUNK] for at in parts]
        self._lasts = [chunk[-1] for chunk in self._chunks]
        self._starts = None
