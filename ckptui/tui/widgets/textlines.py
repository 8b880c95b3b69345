"""Lines of a text file on the screen: rows broken to the width, and what the last line says.

Only lines that would read differently are painted again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.binding import BindingType
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from ckptui.present.glyphs import Role
from ckptui.present.spans import Line, Span, line
from ckptui.tui.keys import PAGER, TEXT, bindings, cap
from ckptui.tui.reading import Reading
from ckptui.tui.rows import Place, Window
from ckptui.tui.textstate import Search, TextState
from ckptui.tui.widgets.painting import ROLE_CLASSES, between, paint, width_of


class TextLines(Widget, can_focus=True, inherit_bindings=False):
    """Rows of one file around a place in it.

    Args:
        environment: For the reader process.
        ascii_only: No signs beyond ASCII.
        view_id: Widget id.

    Attributes:
        path: The file, None where none is open.
        state: For the last line.
        search: What is looked for.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {*ROLE_CLASSES}
    BINDINGS: ClassVar[list[BindingType]] = bindings((*PAGER, *TEXT))

    def __init__(
        self, environment: Mapping[str, str], *, ascii_only: bool, view_id: str | None = None
    ) -> None:
        super().__init__(id=view_id)
        self.environment = environment
        self.ascii_only = ascii_only
        self.path: str | None = None
        self.state = TextState()
        self.search = Search()
        self.window = Window()
        self.wrapping = True
        self._left = 0
        self._top = Place(0, 0)
        self._reading: Reading | None = None
        self._painted: dict[int, Line] = {}

    @property
    def page(self) -> int:
        """Lines of text that fit over the last line."""
        return max(self.size.height - 1, 1)

    @property
    def top_offset(self) -> int:
        """Offset of the row at the top of the screen."""
        rows = self.window.rows
        return rows[min(self._top.row, len(rows) - 1)].start if rows else 0

    def say(self, note: str, *, alarm: bool = False) -> None:
        """Say something in the last line until the next move."""
        self.state.note, self.state.alarm = note, alarm
        self._paint_status()

    def _lay_out(self) -> None:
        self.window.broken_at(max(self.size.width, 10) if self.wrapping else 0)
        if self.window:
            row = min(self._top.row, len(self.window.rows) - 1)
            self._top = Place(row, min(self._top.piece, len(self.window.pieces(row)) - 1))

    def _line(self, y: int) -> Line:
        if y >= self.page:
            return self._status()
        if not self.window:
            return line(Span(self._empty(), Role.MUTED)) if y == 0 else ()
        place, missing = self.window.moved(self._top, y)
        return () if missing else self.window.line(place, self._left, self.search.row)

    def _empty(self) -> str:
        reading = self._reading
        if self.path is None or (reading is not None and reading.waits_for("rows")):
            return ""
        return "" if self.state.size else "nothing is in it yet"

    def _status(self) -> Line:
        if self.path is None and not self.state.note:
            return ()
        left = self.state.left(self.search, cap("text-follow"))
        width = max(self.size.width, 1)
        return between(left, self.state.right(width - width_of(left) - 2), width)

    def _shown_to(self) -> int:
        if not self.window:
            return 0
        place, missing = self.window.moved(self._top, self.page - 1)
        return self.window.end if missing else self.window.rows[place.row].end

    def repaint(self) -> None:
        """Repaint the lines that would now read differently."""
        self.state.shown = self._shown_to()
        for y in range(self.size.height):
            if self._painted.get(y) != self._line(y):
                self.refresh(Region(0, y, self.size.width, 1))

    def _paint_status(self) -> None:
        y = self.page
        if self._painted.get(y) != self._line(y):
            self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """Paint one line of the widget."""
        spans = self._painted[y] = self._line(y)
        return paint(self, spans, self.size.width, self.rich_style, ascii_only=self.ascii_only)
