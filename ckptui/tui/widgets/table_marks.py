"""The marks of a table: they stay with their rows, also with those that are not shown now."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from ckptui.present.columns import Column
from ckptui.tui.widgets.table_cursor import TableCursor
from ckptui.tui.widgets.table_lines import CellSource
from ckptui.tui.widgets.table_messages import Marked


class TableMarks(TableCursor):
    """Keeps the marks.

    Attributes:
        exists: True for the key of a row that is there though it may not be shown: its mark stays.
    """

    def __init__(
        self, columns: Sequence[Column], source: CellSource, *, ascii_only: bool, table_id: str
    ) -> None:
        super().__init__(columns, source, ascii_only=ascii_only, table_id=table_id)
        self.exists: Callable[[str], bool] = lambda _: False
        self._marked_last: str | None = None
        self._departed: object = None

    def _keep_marks(self) -> None:
        """Take the marks away of rows that are gone, if any may be."""
        departed = (id(self.keys), self.keys.departures)
        if self.marks and departed != self._departed:
            self.marks = frozenset(key for key in self.marks if self._is_there(key))
        self._departed = departed

    def _is_there(self, key: str) -> bool:
        return self.exists(key) or key in self.keys

    def action_table_mark(self) -> None:
        """Mark the row under the cursor, or take its mark away, and go on to the next."""
        if self.cursor is not None:
            self._marked_last = self.cursor
            marks = self.marks ^ {self.cursor}
            self._step(1)
            self._set_marks(marks)

    def action_table_mark_range(self) -> None:
        """Mark all rows from the one that was marked last to the cursor, both with them."""
        if self.cursor is not None:
            last = None if self._marked_last is None else self.keys.line_of(self._marked_last)
            here = self.cursor_line
            first, end = sorted((here if last is None else last, here))
            self._marked_last = self.cursor
            self._set_marks(self.marks.union(self.keys[first : end + 1]))

    def action_table_mark_all(self) -> None:
        """Mark all rows shown; once more takes their marks away."""
        shown = frozenset(self.keys)
        self._set_marks(self.marks - shown if self.marks >= shown else self.marks | shown)

    def mark(self, keys: Collection[str]) -> None:
        """Mark these rows as well; they need not be shown."""
        self._set_marks(self.marks.union(keys))

    def clear_marks(self) -> None:
        """Take all marks away."""
        self._marked_last = None
        if self.marks:
            self._set_marks(frozenset())

    def _set_marks(self, marks: frozenset[str]) -> None:
        self.marks = marks
        self.touch()
        self.post_message(Marked())
