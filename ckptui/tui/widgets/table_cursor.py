"""The cursor of a table: it stays on its row by key, however rows come and go."""

from __future__ import annotations

from collections.abc import Sequence

from textual.geometry import Size

from ckptui.present.columns import Column
from ckptui.present.glyphs import Role
from ckptui.present.spans import Line, Span
from ckptui.tui.widgets.table_lines import HEADER, CellSource, TableLines
from ckptui.tui.widgets.table_messages import Moved, Opened


class TableCursor(TableLines):
    """Keeps the cursor, and moves it."""

    def __init__(
        self, columns: Sequence[Column], source: CellSource, *, ascii_only: bool, table_id: str
    ) -> None:
        super().__init__(columns, source, ascii_only=ascii_only, table_id=table_id)
        self._led = False  # until somebody moves it, the cursor stays on the first row
        self._wish: str | None = None  # a row to go to once it is there
        self._line = 0  # of the cursor, when it was last known
        self._near: list[str] = []  # rows from the cursor on, and then those above it

    @property
    def cursor_line(self) -> int:
        """Index of the row under the cursor; 0 where there is none."""
        line = None if self.cursor is None else self.keys.line_of(self.cursor)
        return line or 0

    def position(self) -> Line:
        """``340 of 12,500``, where not all rows are on screen."""
        if len(self.keys) <= self.page:
            return ()
        return (Span(f"{self._line + 1:,} of {len(self.keys):,}", Role.MUTED),)

    def move_to(self, key: str) -> None:
        """Put the cursor on a row and bring it into view, now or once it is there."""
        self._led = True
        self._catch_up()
        line = self.keys.line_of(key)
        if line is None:
            self._wish = key
        else:
            self._place_on(line)

    def _follow(self) -> None:
        """Take the rows as they stand now: how many there are, and where the cursor's is."""
        height = len(self.keys) + HEADER
        if self.virtual_size.height != height:
            self.virtual_size = Size(self._width, height)
        self._find_cursor()

    def _catch_up(self) -> None:
        """Show rows that came or went since the last time: a key does not wait until it is due."""
        height = len(self.keys) + HEADER
        if self.keys and (self._line != self.cursor_line or self.virtual_size.height != height):
            self._follow()
            self.touch()

    def _find_cursor(self) -> None:
        """Put the cursor on its row's new line; where the row is gone, on a neighbour's."""
        wished = None if self._wish is None else self.keys.line_of(self._wish)
        line = None if self.cursor is None else self.keys.line_of(self.cursor)
        if wished is not None:
            self._place_on(wished)
        elif self._led and line is not None:
            before, self._line = self._line, line
            self._keep_on_screen(before)
            self._note_near()
        elif not self.keys:
            self._place(None)
        elif not self._led:
            self._place_on(0)
        else:
            near = (self.keys.line_of(key) for key in self._near)
            found = next((each for each in near if each is not None), None)
            self._place_on(min(self._line, len(self.keys) - 1) if found is None else found)

    def _note_near(self) -> None:
        above = self.keys[max(self._line - self.page, 0) : self._line]
        self._near = [*self.keys[self._line + 1 : self._line + self.page], *reversed(above)]

    def _keep_on_screen(self, before: int) -> None:
        """Keep the cursor's row where the eye left it, though rows came or went above it."""
        moved = self._line - before
        if moved and self.top > 0:
            self._scroll_to_line(self.top + moved)
        self._show_cursor()

    def _place_on(self, line: int) -> None:
        self._line = line
        self._place(self.keys[line])
        self._note_near()

    def _place(self, key: str | None) -> None:
        before, self.cursor = self.cursor, key
        self._wish = None
        if key is not None:
            self._show_cursor()
        if key == before:
            return
        left = None if before is None else self.keys.line_of(before)
        for line in (left, None if key is None else self._line):
            if line is not None:
                self._repaint(line)
        self.post_message(Moved(self, key))

    def _step(self, lines: int) -> None:
        if self.keys:
            self._led = True
            self._catch_up()
            self._place_on(min(max(self.cursor_line + lines, 0), len(self.keys) - 1))

    def _show_cursor(self) -> None:
        line = self._line
        if line < self.top:
            self._scroll_to_line(line)
        elif line >= self.top + self.page:
            self._scroll_to_line(line - self.page + 1)

    def _scroll_to_line(self, line: int) -> None:
        # At once: an animated page down costs 200 kB over a slow line.
        self.scroll_to(y=max(line, 0), animate=False, force=True, immediate=True)

    def action_table_down(self) -> None:
        """Cursor to the next row."""
        self._step(1)

    def action_table_up(self) -> None:
        """Cursor to the row above."""
        self._step(-1)

    def action_table_page_down(self) -> None:
        """A page on."""
        self._step(self.page)

    def action_table_page_up(self) -> None:
        """A page back."""
        self._step(-self.page)

    def action_table_half_page(self, direction: int) -> None:
        """Half a page on, or back."""
        self._step(direction * max(self.page // 2, 1))

    def action_table_top(self) -> None:
        """First row."""
        self._step(-len(self.keys))

    def action_table_end(self) -> None:
        """Last row."""
        self._step(len(self.keys))

    def action_table_open(self) -> None:
        """Open the row under the cursor."""
        if self.cursor is not None:
            self.post_message(Opened(self, self.cursor))
