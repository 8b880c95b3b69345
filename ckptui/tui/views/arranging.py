"""Lines that are arranged anew in pieces, so that no key waits, while the old ones still show."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import Final

from ckptui.present.checkpoints import FILLS
from ckptui.tui.views.arrangement import Arrangement
from ckptui.tui.views.lines import Lines
from ckptui.watch.model import Checkpoint

_PIECE: Final = 100
"""Rows taken in at once, a millisecond or two; a piece of work ends after one of these."""


class Filled:
    """Which columns have something in them. One that had stays: columns shall not come and go.

    Attributes:
        missing: Ids of those in which no row has had anything so far.
    """

    def __init__(self) -> None:
        self.missing = dict(FILLS)

    def note(self, rows: Collection[Checkpoint]) -> None:
        """Look at some more rows."""
        found = [column for column, has in self.missing.items() if any(map(has, rows))]
        for column in found:
            del self.missing[column]


class Shared:
    """The folder that all rows lie in. It only ever becomes shorter: names shall not come and go.

    Attributes:
        folder: With its ``/``; empty where there is none.
    """

    def __init__(self) -> None:
        self.folder = ""
        self._noted = False

    def note(self, paths: Sequence[str]) -> None:
        """Look at some more paths."""
        if paths and not self._noted:
            self.folder, self._noted = _above(paths[0]), True
        for path in paths if self.folder else ():
            while not path.startswith(self.folder):
                self.folder = _above(self.folder[:-1])


def _above(path: str) -> str:
    return path[: path.rfind("/") + 1]


class Spent:
    """Lines that never came to be shown. They go in pieces: a hundred thousand are a pause."""

    def __init__(self) -> None:
        self._lines: list[Lines] = []

    def __bool__(self) -> bool:
        return bool(self._lines)

    def take(self, lines: Lines | None) -> None:
        """Let go of these, in time."""
        if lines is not None:
            self._lines.append(lines)

    def work(self) -> None:
        """Let go of one piece."""
        if self._lines and not self._lines[-1].shed(_PIECE):
            self._lines.pop()


class Arranging:
    """Keeps lines, and replaces them once others are ready.

    Attributes:
        lines: What is shown.
        filled: Which columns have something in them.
        shared: The folder that all rows lie in.
    """

    def __init__(self, opened: Collection[str]) -> None:
        self._opened = opened
        self._rows: Mapping[str, Checkpoint] = {}
        self.lines = Lines(Arrangement(), opened)
        self.filled = Filled()
        self.shared = Shared()
        self._due: dict[str, None] = {}
        self._next: Lines | None = None
        self._next_due: dict[str, None] = {}
        self._spent = Spent()

    @property
    def wanted(self) -> Arrangement:
        """The arrangement that is shown, or soon will be."""
        return (self._next or self.lines).arrangement

    @property
    def busy(self) -> bool:
        """True while there is something left to do."""
        return bool(self._due) or self._next is not None or bool(self._spent)

    def arrange(self, arrangement: Arrangement) -> None:
        """Arrange all rows in another way, or in the same way anew."""
        following = Lines(arrangement, self._opened)
        self._spent.take(self._next)
        if self.lines:
            self._next, self._next_due = following, dict.fromkeys(self._rows)
        else:  # nothing to look at meanwhile: what is ready shows at once
            self.lines, self._next, self._due = following, None, dict.fromkeys(self._rows)

    def change(self, rows: Mapping[str, Checkpoint], paths: Iterable[str] | None) -> None:
        """Take new rows.

        Args:
            rows: All there are.
            paths: Those that may be new, different or gone; None: all may.
        """
        self._rows = rows
        due = dict.fromkeys(rows) if paths is None else dict.fromkeys(paths)
        if paths is None:
            due.update(dict.fromkeys(self.lines.rows))
        self._due.update(due)
        if self._next is not None:
            self._next_due.update(due)

    def work(self, seconds: float) -> None:
        """Go on for about this long, and by one piece at least."""
        end = time.perf_counter() + seconds
        while self.busy:
            self._take(self.lines, self._due)
            if self._next is not None:
                self._take(self._next, self._next_due)
                if not self._next_due:
                    self.lines, self._due, self._next = self._next, {}, None
            self._spent.work()
            if time.perf_counter() >= end:
                return

    def _take(self, lines: Lines, due: dict[str, None]) -> None:
        piece = list(islice(due, _PIECE))
        if piece:
            lines.apply(piece, self._rows, time.time())
            for path in piece:
                del due[path]
            there = [path for path in piece if path in self._rows]
            self.filled.note([self._rows[path] for path in there])
            self.shared.note(there)
