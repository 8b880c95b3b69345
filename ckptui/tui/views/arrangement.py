"""How rows are arranged: what they are sorted by, put together by, and which are shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ckptui.present.checkpoints import sort_key
from ckptui.present.columns import SortKey
from ckptui.present.filter import Filter
from ckptui.tui.folding import group_sort_key
from ckptui.tui.views.entries import Backwards, Entry
from ckptui.tui.views.groups import UNITS, Group, Grouping
from ckptui.watch.model import Checkpoint

NEWEST: Final = ""
"""In the place of a column: by step where there is one, else by time, the newest first."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """How rows are arranged.

    Attributes:
        sort: (column id, turned round), or NEWEST in the place of a column.
        grouping: What puts rows together.
        filter: Which are shown.
    """

    sort: tuple[str, bool] = (NEWEST, False)
    grouping: Grouping = UNITS
    filter: Filter = field(default_factory=Filter)

    @property
    def down(self) -> bool:
        """True where entries are read from the greatest on."""
        return self.sort[0] != NEWEST and self.sort[1]

    def entry(self, row: Checkpoint) -> Entry:
        """Where a row stands."""
        column = self.sort[0]
        key = (0.0, "") if column == NEWEST else sort_key(row, column)
        # Turned round by a column, entries are read backwards; what is equal shall not be.
        sign = 1 if self.sort[1] else -1
        step = float("-inf") if row.step is None else float(row.step)
        return self._entry(key, sign * step, sign * (row.mtime or 0.0), row.path)

    def group_entry(self, group: Group) -> Entry:
        """Where a group stands: by what its row shows, else where the first of its rows would."""
        first, column = group.members[0], self.sort[0]
        key = (0.0, "") if group.tally is None else group_sort_key(group.key, group.tally, column)
        return self._entry(key, first[3], first[4], group.key)

    def _entry(self, key: SortKey, step: float, mtime: float, name: str) -> Entry:
        known = key is not None
        number, text = key or (0.0, "")
        tie = Backwards(name) if self.down else ""
        return int(known == self.down), number, text, step, mtime, tie, name
