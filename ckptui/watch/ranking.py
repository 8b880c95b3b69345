"""Rows in order, the good ones apart, where one comes or goes without sorting all again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from heapq import heapify, heappop, heappush, merge
from typing import Final, TypeVar

from ckptui.watch.last_good import why_not
from ckptui.watch.model import Checkpoint
from ckptui.watch.series import Rank, rank_of

_SLACK: Final = 64
Part = TypeVar("Part")
Item = TypeVar("Item", Rank, tuple[float, str])


def add(heap: list[Item], item: Item, live: int, stands: Callable[[Item], bool]) -> None:
    """Add an item to a heap from which nothing is taken out: what goes stays, and is passed over.

    Args:
        heap: Least first, by heapq.
        item: It may be there already.
        live: How many stand at most; where there are many more, the others are thrown away.
        stands: Whether an item is still true.
    """
    heappush(heap, item)
    tidy(heap, live, stands)


def tidy(heap: list[Item], live: int, stands: Callable[[Item], bool]) -> None:
    """Throw away what stands no longer, where that is most of it."""
    if len(heap) > 2 * live + _SLACK:
        heap[:] = set(filter(stands, heap))
        heapify(heap)


def walk(heap: list[Item], stands: Callable[[Item], bool]) -> Iterator[Item]:
    """Those that stand, the least first. A step takes as long as the logarithm of how many."""
    while heap and not stands(heap[0]):
        heappop(heap)
    # A heap is a tree with the least on top: what may come next is below what has come.
    waiting = [(heap[0], 0)] if heap else []
    last: Item | None = None
    while waiting:
        item, at = heappop(waiting)
        for below in range(2 * at + 1, min(2 * at + 3, len(heap))):
            heappush(waiting, (heap[below], below))
        if item != last and stands(item):
            yield item
        last = item


def merged(
    parts: Iterable[tuple[Rank, Part]], begin: Callable[[Part], Iterator[Checkpoint]]
) -> Iterator[Checkpoint]:
    """Rows of many parts, the furthest first. A part is begun when it may be its turn.

    Args:
        parts: Each with a rank that none of its rows is before.
        begin: Gives the rows of a part, in order.
    """
    begun: list[Iterator[Checkpoint]] = []
    unbegun = [(rank, at, part) for at, (rank, part) in enumerate(parts)]
    heapify(unbegun)
    heads: list[tuple[Rank, int, Checkpoint]] = []
    while unbegun or heads:
        if unbegun and (not heads or unbegun[0][0] <= heads[0][0]):
            begun.append(begin(heappop(unbegun)[2]))
            at = len(begun) - 1
        else:
            _, at, row = heappop(heads)
            yield row
        following = next(begun[at], None)
        if following is not None:
            heappush(heads, (rank_of(following), at, following))


class Ranking:
    """Rows by how far they are, and by whether they can be the last good one.

    Attributes:
        rows: By path.
        bads: How many of them cannot be the last good one.
    """

    __slots__ = ("_bad", "_good", "bads", "rows")

    def __init__(self) -> None:
        self.bads = 0
        self.rows: dict[str, Checkpoint] = {}
        self._good: list[Rank] = []
        self._bad: list[Rank] = []

    def _is_good(self, rank: Rank) -> bool:
        row = self.rows.get(rank[3])
        return row is not None and rank_of(row) == rank and not why_not(row)

    def _is_bad(self, rank: Rank) -> bool:
        row = self.rows.get(rank[3])
        return row is not None and rank_of(row) == rank and bool(why_not(row))

    def put(self, row: Checkpoint) -> None:
        """Take a row, new or different."""
        before = self.rows.get(row.path)
        self.rows[row.path] = row
        rank, bad = rank_of(row), bool(why_not(row))
        was = None if before is None else bool(why_not(before))
        if before is not None and was == bad and rank_of(before) == rank:
            return
        self.bads += bad - bool(was)
        if bad:
            add(self._bad, rank, self.bads, self._is_bad)
        else:
            add(self._good, rank, len(self.rows) - self.bads, self._is_good)
            tidy(self._bad, self.bads, self._is_bad)

    def drop(self, path: str) -> Checkpoint | None:
        """Forget a row; what it was."""
        row = self.rows.pop(path, None)
        self.bads -= row is not None and bool(why_not(row))
        return row

    def good(self) -> Iterator[Checkpoint]:
        """Those that can be the last good one, the furthest first."""
        return (self.rows[rank[3]] for rank in walk(self._good, self._is_good))

    def bad(self) -> Iterator[Checkpoint]:
        """Those that cannot, the furthest first."""
        return (self.rows[rank[3]] for rank in walk(self._bad, self._is_bad))

    def __iter__(self) -> Iterator[Checkpoint]:
        """All of them, the furthest first."""
        return merge(self.good(), self.bad(), key=rank_of)
