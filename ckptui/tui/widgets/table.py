"""A table of any length: rows are painted only where they are seen, and only when they change.

Textual's own table measures every row before it shows the first, and repaints all of itself for
one cell. This one keeps a list of keys and asks for a row's cells when its line is painted. It
remembers what each visible line showed last, and after a change repaints just the lines that
would now read differently.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import ClassVar, Final, TypeAlias

from textual import events
from textual.binding import BindingType
from textual.geometry import Size

from ckptui.present.columns import Column
from ckptui.tui.keys import TABLE, bindings
from ckptui.tui.listing import Listed, Rows
from ckptui.tui.widgets import table_messages
from ckptui.tui.widgets.painting import ROLE_CLASSES
from ckptui.tui.widgets.table_lines import HEADER, CellSource
from ckptui.tui.widgets.table_marks import TableMarks

_FEW: Final = 20
"""Fewer keys than this part of all rows are looked up one by one."""


class Table(TableMarks, can_focus=True, inherit_bindings=False):
    """Rows by key under a header that stays; see its parts for what it keeps."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--header",
        "table--sorted",
        "table--cursor",
        "table--marked",
        *ROLE_CLASSES,
    }
    BINDINGS: ClassVar[list[BindingType]] = bindings(TABLE)

    Moved: TypeAlias = table_messages.Moved
    Opened: TypeAlias = table_messages.Opened
    Marked: TypeAlias = table_messages.Marked
    Headed: TypeAlias = table_messages.Headed

    def __init__(
        self, columns: Sequence[Column], source: CellSource, *, ascii_only: bool, table_id: str
    ) -> None:
        super().__init__(columns, source, ascii_only=ascii_only, table_id=table_id)
        self._said: tuple[str, ...] = ()

    def show(self, keys: Sequence[str]) -> None:
        """Show these rows in this order; cursor and marks stay with their rows.

        Args:
            keys: A list is taken as it is; rows may have changed in place since they were shown.
        """
        was_empty = not self.keys and not self._painted and self._said == self.empty
        self.keys = keys if isinstance(keys, Rows) else Listed(keys)
        self._keep_marks()
        self._follow()
        if not self.keys and not was_empty:
            self._said = self.empty
            self._painted.clear()
            self.refresh()
        self.touch()

    def on_screen(self) -> list[str]:
        """Keys of the rows on screen."""
        return self.keys[self.top : self.top + self.page]

    def in_order(self, keys: Collection[str]) -> list[str]:
        """Those of some keys that are shown, in the order shown."""
        if len(keys) * _FEW > len(self.keys):
            wanted = frozenset(keys)
            return [key for key in self.keys if key in wanted]
        lines = ((self.keys.line_of(key), key) for key in keys)
        return [key for _, key in sorted((line, key) for line, key in lines if line is not None)]

    def on_click(self, event: events.Click) -> None:
        """The mouse chooses a row, or a column to sort by; a second click opens the row."""
        column, painted = self._plan.column_at(event.x), self._painted.get(event.y - HEADER)
        if event.y < HEADER and column is not None:
            self.post_message(self.Headed(self, column.id))
        elif painted is not None and painted.key in self.keys:
            self.move_to(painted.key)  # the row that was seen there, wherever it stands by now
            if event.chain == 2:
                self.action_table_open()

    def on_resize(self) -> None:
        """Choose the columns anew and keep the cursor in view."""
        self._lay_out()
        self.virtual_size = Size(self._width, len(self.keys) + HEADER)
        if self.keys:
            self._show_cursor()
