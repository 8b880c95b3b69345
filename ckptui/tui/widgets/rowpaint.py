"""How a table's rows and header look on one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from ckptui.present.columns import GAP, Cell, Column
from ckptui.present.glyphs import Role
from ckptui.present.safe import clip, pad
from ckptui.tui.widgets.painting import one_line, role_style

GUTTER: Final = 3
"""Cells left of the first column: the cursor's bar, the mark, a blank."""
_NO_CELL: Final = Cell("")


@dataclass(frozen=True, slots=True)
class Look:
    """What one line shows; two equal looks paint the same."""

    key: str
    cells: tuple[tuple[str, Role], ...]
    cursor: bool
    marked: bool

    @classmethod
    def of(
        cls,
        key: str,
        cells: Mapping[str, Cell],
        shown: Sequence[Column],
        *,
        cursor: bool,
        marked: bool,
    ) -> Look:
        """The look of a row. Sort keys are left out: an age grows, what is read of it does not."""
        chosen = (cells.get(column.id, _NO_CELL) for column in shown)
        return cls(key, tuple((cell.text, cell.role) for cell in chosen), cursor, marked)

    def same_row(self, other: Look) -> bool:
        """True where at most the cells differ."""
        return (self.key, self.cursor, self.marked) == (other.key, other.cursor, other.marked)


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns that are shown, and how wide.

    Attributes:
        columns: Those that are shown, in order.
        widths: Column id → cells.
        width: Cells of the whole line.
        ascii_only: No signs beyond ASCII.
    """

    columns: tuple[Column, ...] = ()
    widths: Mapping[str, int] | None = None
    width: int = 0
    ascii_only: bool = False

    def fit(self, column: Column, text: str) -> str:
        """A cell's text, cut and filled to its column."""
        width = (self.widths or {})[column.id]
        shown = clip(text, width, middle=column.middle, ascii_only=self.ascii_only)
        return pad(shown, width, right=column.right)

    def ends(self) -> list[int]:
        """Where each column ends, in cells from the left."""
        found, x = [], GUTTER
        for column in self.columns:
            x += (self.widths or {})[column.id]
            found.append(x)
            x += GAP
        return found

    def row(self, widget: Widget, look: Look, base: Style) -> Strip:
        """Paint a row over ``base``."""
        bar = (">" if self.ascii_only else "▌") if look.cursor else " "
        mark = ("*" if self.ascii_only else "•") if look.marked else " "
        segments = [
            Segment(bar, base if base.reverse else base + role_style(widget, Role.ACCENT)),
            Segment(mark + " ", base + role_style(widget, Role.STRONG)),
        ]
        for column, (text, role) in zip(self.columns, look.cells, strict=False):
            # On a reversed line a role's colour would become a ground of its own.
            style = base if base.reverse else base + role_style(widget, role)
            segments.append(Segment(self.fit(column, text), style))
            segments.append(Segment(" " * GAP, base))
        return one_line(segments, self.width, base)

    def header(self, base: Style, sorted_base: Style, sorted_by: tuple[str, bool] | None) -> Strip:
        """Paint the header; the column that the rows are sorted by carries an arrow."""
        segments = [Segment(" " * GUTTER, base)]
        for column in self.columns:
            title, style = column.title, base
            if sorted_by and sorted_by[0] == column.id:
                title, style = title + self._arrow(down=sorted_by[1]), sorted_base
            segments.append(Segment(self.fit(column, title), style))
            segments.append(Segment(" " * GAP, base))
        return one_line(segments, self.width, base)

    def _arrow(self, *, down: bool) -> str:
        if self.ascii_only:
            return "v" if down else "^"
        return "▾" if down else "▴"
