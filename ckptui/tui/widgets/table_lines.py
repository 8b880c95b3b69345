"""The lines of a table: which columns they show, and which of them have to be painted anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, TypeAlias

from rich.style import Style
from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ckptui.present.columns import Cell, Column
from ckptui.present.glyphs import Role
from ckptui.present.spans import Span
from ckptui.tui.listing import Listed, Rows
from ckptui.tui.widgets.painting import paint, role_style
from ckptui.tui.widgets.rowpaint import GUTTER, Layout, Look, longest

CellSource: TypeAlias = "Callable[[str], Mapping[str, Cell]]"
"""Gives a row's cells by its key, by column id."""

Turn: TypeAlias = "Callable[[str, int], bool]"
"""Opens (1) or closes (-1) the group at a row; False where there is none to open or close."""

HEADER: Final = 1
"""Lines above the rows."""


class TableLines(ScrollView):
    """Rows under a header, painted only where they are seen and only where they read differently.

    Attributes:
        columns: All that there are to show, in order.
        source: Gives a row's cells.
        keys: Keys of the rows in the order shown.
        cursor: Key of the row under the cursor, None while there is no row.
        marks: Keys of the marked rows.
        mark_sign: One cell, left of a marked row.
        turn: Asked first by the keys that scroll sideways.
        empty: What to say where there are no rows.
    """

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
        self.mark_sign = "*" if ascii_only else "•"
        self.turn: Turn | None = None
        self.empty: tuple[str, ...] = ()
        self.sorted_by: tuple[str, bool] | None = None
        self._painted: dict[int, Look] = {}
        self._plan = Layout()
        self._styles: dict[tuple[str, Role], Style] = {}

    def sort_mark(self, column: str | None, *, down: bool) -> None:
        """Show in the header which column the rows are sorted by."""
        before, self.sorted_by = self.sorted_by, (column, down) if column else None
        if self.sorted_by != before:
            self.refresh(Region(0, 0, self._width, HEADER))

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

    @property
    def top(self) -> int:
        """Index of the first visible row."""
        return round(self.scroll_y)

    @property
    def page(self) -> int:
        """Number of rows that fit under the header."""
        return max(self.size.height - HEADER, 1)

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
