"""What there is of each kind, counted while rows come and go rather than over again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ckptui.terms import Category, InputState, MarkerState
from ckptui.watch.model import Checkpoint, Tally


class Counts:
    """Counts the rows that it is told of.

    Example:
        >>> counts = Counts()
        >>> counts.replace(None, Checkpoint("a.pt", size=12))
        >>> counts.tally().size
        12
    """

    def __init__(self) -> None:
        self._categories: Counter[Category] = Counter()
        self._markers: Counter[MarkerState] = Counter()
        self._stale = 0
        self._size = 0

    def replace(self, before: Checkpoint | None, after: Checkpoint | None) -> None:
        """Take a row that is new (``before`` is None), gone (``after`` is) or different."""
        if before is not None:
            self._count(before, -1)
        if after is not None:
            self._count(after, 1)

    def _count(self, row: Checkpoint, by: int) -> None:
        self._categories[row.category] += by
        if row.marker is not None:
            self._markers[row.marker] += by
        if row.input_hash.state is InputState.STALE:
            self._stale += by
        if row.size and not row.pointer:
            self._size += by * row.size

    def tally(self) -> Tally:
        """As of now."""
        return Tally(
            {category: count for category, count in self._categories.items() if count},
            {marker: count for marker, count in self._markers.items() if count},
            self._stale,
            self._size,
        )


def tally_of(rows: Iterable[Checkpoint]) -> Tally:
    """Count rows that nobody has counted yet: those that a filter has left, for example."""
    counts = Counts()
    for row in rows:
        counts.replace(None, row)
    return counts.tally()
