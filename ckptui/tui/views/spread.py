"""Lines below other lines: the rows of a group that is open."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from ckptui.tui.views.entries import Entries


class Spread:
    """Where lines stand though groups have others below them.

    Args:
        wide: (line of a group among the groups, what stands below it), by line.
    """

    def __init__(self, wide: list[tuple[int, Entries]]) -> None:
        self._wide = wide
        self._lines = [line for line, _ in wide]
        self._sums = [0]
        for _, below in wide:
            self._sums.append(self._sums[-1] + len(below))
        self._starts = [line + self._sums[at] for at, line in enumerate(self._lines)]

    @property
    def extra(self) -> int:
        """Lines below groups, all together."""
        return self._sums[-1]

    def pushed(self, line: int) -> int:
        """Where a line stands that was this one before anything stood below a group."""
        return line + self._sums[bisect_left(self._lines, line)]

    def find(self, line: int) -> tuple[int, Entries | None]:
        """What stands on a line: a number among the groups, or one among those below a group."""
        at = bisect_right(self._starts, line) - 1
        if at < 0:
            return line, None
        offset, below = line - self._starts[at], self._wide[at][1]
        if 0 < offset <= len(below):
            return offset - 1, below
        return line - self._sums[at + 1 if offset else at], None
