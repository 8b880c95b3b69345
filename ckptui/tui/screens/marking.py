"""Marks: what they add up to, which keys act on them, and marking by a filter."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from ckptui.present import units
from ckptui.present.filter import Filter
from ckptui.tui.folding import PREFIX
from ckptui.tui.screens.base import RunScreen
from ckptui.watch.model import Snapshot

_FEW: Final = 2_000
"""Marks that are looked for among the rows shown."""


@dataclass(frozen=True, slots=True)
class Marked:
    """What the marked checkpoints add up to.

    Attributes:
        count: How many.
        size: Bytes.
        remedies: Those for which a remedy is recommended.
        hidden: Marked rows that the filter hides.
    """

    count: int = 0
    size: int = 0
    remedies: int = 0
    hidden: int = 0


class MarkActions(RunScreen):
    """What the marks say, and marks by filter."""

    _marked: tuple[Snapshot | None, frozenset[str], Marked] = (None, frozenset(), Marked())

    def marked(self) -> Marked:
        """What the marks add up to; worked out anew only where marks or rows are others."""
        table = self.tables["checkpoints"]
        if not table.marks:
            return Marked()
        snapshot, marks, known = self._marked
        if snapshot is self.snapshot and marks is table.marks:
            return known
        known_rows = self.snapshot.checkpoints
        groups = [key for key in table.marks if key.startswith(PREFIX)]
        # Not all through one list: a hundred thousand marks are added up while verdicts stream in.
        paths = table.marks.union(self.checkpoints.paths(groups)) if groups else table.marks
        rows = [known_rows[path] for path in paths if path in known_rows]
        few = self.checkpoints.filter and len(table.marks) <= _FEW
        hidden = sum(key not in table.keys for key in table.marks) if few else 0
        found = Marked(
            len(rows),
            sum(row.size or 0 for row in rows),
            sum(row.remedy is not None for row in rows),
            hidden,
        )
        self._marked = (self.snapshot, table.marks, found)
        return found

    def marks_said(self) -> str:
        """``12 checkpoints marked, 28.8G (3 of them hidden)``."""
        if self.view is not self.checkpoints:
            return f"{len(self.table.marks):,} marked" if self.table.marks else ""
        found = self.marked()
        if not found.count:
            return ""
        hidden = f" ({found.hidden:,} hidden by the filter)" if found.hidden else ""
        count = units.counted(found.count, "checkpoint")
        return f"{count} marked, {units.size(found.size)}{hidden}"

    def costs(self) -> dict[str, str]:
        """What the keys of the footer would act on: ``validate 12, 28.8G``."""
        found = self.marked()
        if found.count:
            return {
                "validate": f"validate {found.count:,}, {self._cost(found.size)}",
                "fix": f"fix {found.remedies:,}",
                "marker": f"marker {found.count:,}",
            }
        row = self.current
        return {"validate": f"validate {self._cost(row.size)}"} if row and row.size else {}

    def _cost(self, size: int) -> str:
        """Bytes to read, and the time that takes, where a speed was measured before."""
        if not self.order.speed or size < self.order.speed / 10:
            return units.size(size)
        return f"{units.size(size)}, {units.duration(size / self.order.speed)}"

    def mark_matching(self, asked: Filter) -> None:
        """Mark the rows that match, also those folded away; the marks of others stay."""
        if self.view is not self.checkpoints:
            self.say("only checkpoints can be marked by a filter")
            return
        found = self.matching(asked)
        self.table.mark(found)
        if found:
            self.say(f"marked {units.counted(len(found), 'checkpoint')} by {asked.typed}")
        else:
            self.say(f"nothing here matches {asked.typed}")

    def matching(self, asked: Filter) -> set[str]:
        """Paths of what matches among the rows that the filter shows."""
        now, shown = time.time(), self.checkpoints.filter
        return {
            path
            for path, row in self.snapshot.checkpoints.items()
            if asked.matches(row, now) and (not shown or shown.matches(row, now))
        }
