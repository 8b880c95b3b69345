"""A table of any length: rows are painted only where they are seen, and only when they change.

Textual's own table measures every row before it shows the first, and repaints all of itself for
one cell. This one keeps a list of keys and asks for a row's cells when its line is painted. It
remembers what each visible line showed last, and after a change repaints just the lines that
would now read differently.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import ClassVar, Final, TypeAlias

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ckptui.present.columns import Cell, Column
from ckptui.present.glyphs import Role
from ckptui.present.spans import Line, Span
from ckptui.tui.keys import TABLE, bindings
from ckptui.tui.listing import Listed, Rows
from ckptui.tui.widgets.painting import ROLE_CLASSES, paint, role_style
from ckptui.tui.widgets.rowpaint import GUTTER, Layout, Look, longest

CellSource: TypeAlias = "Callable[[str], Mapping[str, Cell]]"
"""Gives a row's cells by its key, by column id."""

Turn: TypeAlias = "Callable[[str, int], bool]"
"""Opens (1) or closes (-1) the group at a row; False where there is none to open or close."""

_FEW: Final = 20
"""Fewer keys than this part of all rows are looked up one by one."""
HEADER: Final = 1
"""Lines above the rows."""


class Table(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows by key under a header that stays.

    Attributes:
        keys: Keys of the rows in the order shown.
        cursor: Key of the row under the cursor, None while there is no row.
        marks: Keys of the marked rows.
        mark_sign: One cell, left of a marked row.
        turn: Asked first by the keys that scroll sideways.
        exists: True for the key of a row that is there though it may not be shown: its mark stays.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--header",
        "table--sorted",
        "table--cursor",
        "table--marked",
        *ROLE_CLASSES,
    }
    BINDINGS: ClassVar[list[BindingType]] = bindings(TABLE)

    class Moved(Message):
        """The cursor went to another row, or the table became empty."""

        def __init__(self, table: Table, key: str | None) -> None:
            self.table = table
            self.key = key
            super().__init__()

        @property
        def control(self) -> Table:
            """The table."""
            return self.table

        def can_replace(self, message: Message) -> bool:
            """Only the last of several moves matters."""
            return isinstance(message, Table.Moved) and message.table is self.table

    class Opened(Message):
        """A row was opened with enter or a second click."""

        def __init__(self, table: Table, key: str) -> None:
            self.table = table
            self.key = key
            super().__init__()

    class Marked(Message):
        """Marks were set or removed."""

    class Headed(Message):
        """The heading of a column was clicked."""

        def __init__(self, table: Table, column: str) -> None:
            self.table = table
            self.column = column
            super().__init__()

    def __init__(
        self, columns: Sequence[Column], source: CellSource, *, ascii_only: bool, table_id: str
    ) -> None:
        super().__init__(id=table_id)
        self.columns = columns
        self.source = source
        self.ascii_only = ascii_only
        self.keys: Rows = Listed()
        self.cursor: str | None = None
        self.marks: frozenset[str] = frozenset()
        self.exists: Callable[[str], bool] = lambda _: False
        self._marked_last: str | None = None
        self.sorted_by: tuple[str, bool] | None = None
        self.empty: tuple[str, ...] = ()
        self._said: tuple[str, ...] = ()
        self._led = False  # until somebody moves it, the cursor stays on the first row
        self._wish: str | None = None  # a row to go to once it is there
        self._line = 0  # of the cursor, when it was last known
        self._near: list[str] = []  # rows from the cursor on, and then those above it
        self._departed: object = None
        self._painted: dict[int, Look] = {}
        self._plan = Layout()
        self._styles: dict[tuple[str, Role], Style] = {}
        self.turn: Turn | None = None
        self.mark_sign = "*" if ascii_only else "•"

    # What it shows

    def show(self, keys: Sequence[str]) -> None:
        """Show these rows in this order; cursor and marks stay with their rows.

        Args:
            keys: A list is taken as it is; rows may have changed in place since they were shown.
        """
        was_empty = not self.keys and not self._painted and self._said == self.empty
        self.keys = keys if isinstance(keys, Rows) else Listed(keys)
        departed = (id(self.keys), self.keys.departures)
        if self.marks and departed != self._departed:
            self.marks = frozenset(key for key in self.marks if self._is_there(key))
        self._departed = departed
        if self.virtual_size.height != len(self.keys) + HEADER:
            self.virtual_size = Size(self._width, len(self.keys) + HEADER)
        self._find_cursor()
        if not self.keys and not was_empty:
            self._said = self.empty
            self._painted.clear()
            self.refresh()
        self.touch()

    def _is_there(self, key: str) -> bool:
        return self.exists(key) or key in self.keys

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

    def touch(self) -> None:
        """Repaint the visible rows that would now read differently, and no others."""
        for line in self._visible():
            painted = self._painted.get(line - self.top)
            look = self._look(line, self._plan.columns)
            if painted is None or not painted.same_row(look):
                self._repaint(line)
            elif painted.cells != look.cells:
                self._repaint_cells(line, painted, look)
        for line in range(len(self.keys), self.top + self.page):
            if self._painted.pop(line - self.top, None) is not None:
                self._repaint(line)

    def sort_mark(self, column: str | None, *, down: bool) -> None:
        """Show in the header which column the rows are sorted by."""
        before, self.sorted_by = self.sorted_by, (column, down) if column else None
        if self.sorted_by != before:
            self.refresh(Region(0, 0, self._width, HEADER))

    # Cursor and marks

    @property
    def cursor_line(self) -> int:
        """Index of the row under the cursor; 0 where there is none."""
        line = None if self.cursor is None else self.keys.line_of(self.cursor)
        return line or 0

    @property
    def top(self) -> int:
        """Index of the first visible row."""
        return round(self.scroll_y)

    @property
    def page(self) -> int:
        """Number of rows that fit under the header."""
        return max(self.size.height - HEADER, 1)

    def position(self) -> Line:
        """``340 of 12,500``, where not all rows are on screen."""
        if len(self.keys) <= self.page:
            return ()
        return (Span(f"{self._line + 1:,} of {len(self.keys):,}", Role.MUTED),)

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

    def move_to(self, key: str) -> None:
        """Put the cursor on a row and bring it into view, now or once it is there."""
        self._led = True
        line = self.keys.line_of(key)
        if line is None:
            self._wish = key
        else:
            self._place_on(line)

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
        self.post_message(self.Moved(self, key))

    def _step(self, lines: int) -> None:
        if self.keys:
            self._led = True
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
            self.post_message(self.Opened(self, self.cursor))

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
        self.post_message(self.Marked())

    def on_click(self, event: events.Click) -> None:
        """The mouse chooses a row, or a column to sort by; a second click opens the row."""
        line = self.top + event.y - HEADER
        column = self._plan.column_at(event.x)
        if event.y < HEADER and column is not None:
            self.post_message(self.Headed(self, column.id))
        elif event.y >= HEADER and line < len(self.keys):
            self._led = True
            self._place_on(line)
            if event.chain == 2:
                self.action_table_open()

    # Columns

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Show other columns, or the same in another order."""
        if tuple(columns) != tuple(self.columns):
            self.columns = columns
            self._lay_out()
            self.refresh()

    def action_table_side(self, step: int) -> None:
        """Open or close a group at the cursor; else scroll the columns, all but the first one."""
        if self.turn is not None and self.cursor is not None and self.turn(self.cursor, step):
            return
        plan = self._plan
        if step > 0 and not plan.offset:
            shown = [self._look(line, self.columns) for line in self._visible()]
            plan = plan.spread(self.columns, longest(shown, self.columns))
        plan = plan.scrolled(plan.stop(step))
        if not plan.offset:
            plan = self._fitted()
        if plan != self._plan:
            self._plan = plan
            self._painted.clear()
            self.refresh()

    # Painting

    def on_resize(self) -> None:
        """Choose the columns anew and keep the cursor in view."""
        self._lay_out()
        self.virtual_size = Size(self._width, len(self.keys) + HEADER)
        if self.keys:
            self._show_cursor()

    @property
    def _width(self) -> int:
        return max(self.scrollable_content_region.width, GUTTER + 1)

    def _fitted(self) -> Layout:
        ascii_only, mark = self.ascii_only, self.mark_sign
        return Layout.fitted(self.columns, self._width, ascii_only=ascii_only, mark=mark)

    def _lay_out(self) -> None:
        self._plan = self._fitted()
        self._painted.clear()

    def _visible(self) -> range:
        return range(self.top, min(self.top + self.page, len(self.keys)))

    def render_line(self, y: int) -> Strip:
        """Paint one line of the widget."""
        if self._plan.width != self._width:  # a scroll bar came or went
            self._lay_out()
        if y < HEADER:
            base = self.get_component_rich_style("table--header")
            sorted_base = self.get_component_rich_style("table--sorted")
            return self._plan.header(base, sorted_base, self.sorted_by)
        line = self.top + y - HEADER
        if line < len(self.keys):
            look = self._painted[y - HEADER] = self._look(line, self._plan.columns)
            ground = "cursor" if look.cursor else "marked" if look.marked else ""
            return self._plan.row(look, partial(self._style, ground))
        self._painted.pop(y - HEADER, None)
        return self._beyond(y - HEADER)

    def _look(self, line: int, columns: Sequence[Column]) -> Look:
        key = self.keys[line]
        cells, marked = self.source(key), key in self.marks
        return Look.of(key, cells, columns, cursor=key == self.cursor, marked=marked)

    def _repaint(self, line: int) -> None:
        y = line - self.top + HEADER
        if HEADER <= y < self.size.height:
            self.refresh(Region(0, y, self._width, 1))

    def _repaint_cells(self, line: int, painted: Look, look: Look) -> None:
        y = line - self.top + HEADER
        places = zip(self._plan.ends(), painted.cells, look.cells, strict=False)
        last = max((end for end, old, new in places if old != new), default=0)
        # Textual sends a line from its beginning whatever the region, so one region is cheapest.
        self.refresh(Region(0, y, self._width if self._plan.offset else last, 1))

    def notify_style_update(self) -> None:
        """Colours have changed."""
        super().notify_style_update()
        self._styles.clear()

    def _style(self, ground: str, role: Role) -> Style:
        """A role on a row; kept, because a page has hundreds of cells of few kinds."""
        known = self._styles.get((ground, role))
        if known is None:
            base = self.get_component_rich_style(f"table--{ground}") if ground else self.rich_style
            # On a reversed line a role's colour would become a ground of its own.
            known = base if base.reverse else base + role_style(self, role)
            self._styles[ground, role] = known
        return known

    def _beyond(self, y: int) -> Strip:
        """The lines under the last row: blank, or a sentence where there are no rows at all."""
        text = self.empty[y - 1] if not self.keys and 0 < y <= len(self.empty) else ""
        spans = (Span(" " * GUTTER), Span(text, Role.MUTED))
        return paint(self, spans, self._width, self.rich_style, ascii_only=self.ascii_only)
