"""How a table's rows and header look on one line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from ckptui.present.columns import GAP, SIGN_CELLS, Cell, Column, fitting
from ckptui.present.glyphs import Role
from ckptui.present.safe import cells as cells_of
from ckptui.present.safe import clip, pad
from ckptui.tui.widgets.painting import one_line

GUTTER: Final = 3
"""Cells left of the first column: the cursor's bar, the mark or a sign, a blank."""
EDGE: Final = 1
"""Blank cells right of the last column."""
SIGN: Final = "sign"
"""Id of the cell that stands in the gutter; it is no column."""
_NO_CELL: Final = Cell("")


@dataclass(frozen=True, slots=True)
class Look:
    """What one line shows; two equal looks paint the same."""

    key: str
    cells: tuple[tuple[str, Role], ...]
    cursor: bool
    marked: bool
    sign: tuple[str, Role] = ("", Role.NORMAL)

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
        sign = cells.get(SIGN, _NO_CELL)
        texts = tuple((cell.text, cell.role) for cell in chosen)
        return cls(key, texts, cursor, marked, (sign.text, sign.role))

    def same_row(self, other: Look) -> bool:
        """True where at most the cells differ."""
        return (self.key, self.cursor, self.marked, self.sign) == (
            other.key,
            other.cursor,
            other.marked,
            other.sign,
        )


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns that are shown, and how wide.

    Attributes:
        columns: Those that are shown, in order; the first one stays where it is.
        widths: Column id → cells.
        width: Cells of the whole line.
        ascii_only: No signs beyond ASCII.
        offset: Cells of the columns behind the first one that are scrolled away.
        more: True where there are columns further to the right.
        mark: The sign of a marked row.
    """

    columns: tuple[Column, ...] = ()
    widths: Mapping[str, int] = field(default_factory=dict)
    width: int = 0
    ascii_only: bool = False
    offset: int = 0
    more: bool = False
    mark: str = "•"

    @classmethod
    def fitted(
        cls, columns: Sequence[Column], width: int, *, ascii_only: bool, mark: str
    ) -> Layout:
        """As many columns as fit; those that give way first are gone first."""
        widths = fitting(columns, max(width - GUTTER - EDGE, 1))
        shown = tuple(column for column in columns if column.id in widths)
        return cls(shown, widths, width, ascii_only, more=len(shown) < len(columns), mark=mark)

    def spread(self, columns: Sequence[Column], looks: Mapping[str, int]) -> Layout:
        """All columns, each as wide as what it shows, to be scrolled through.

        Args:
            columns: All of them.
            looks: Column id → cells of the longest text on screen.
        """
        first = columns[0].id
        widths = {
            column.id: max(column.width, looks.get(column.id, 0), len(column.title) + 1)
            for column in columns
        }
        most = max((self.width - GUTTER) // 2, 1)
        widths[first] = min(self.widths.get(first, columns[0].width), most)
        return replace(self, columns=tuple(columns), widths=widths)

    def scrolled(self, offset: int) -> Layout:
        """The same from another cell on."""
        at = max(min(offset, self._hidden), 0)
        return replace(self, offset=at, more=at < self._hidden)

    @property
    def room(self) -> int:
        """Cells right of the first column."""
        return self.width - EDGE - GUTTER - self.widths[self.columns[0].id] - GAP

    @property
    def _hidden(self) -> int:
        return max(
            sum(self.widths[each.id] + GAP for each in self.columns[1:]) - GAP - self.room, 0
        )

    def stop(self, step: int) -> int:
        """The offset to go to: of the next column, or the one before; else half the room on."""
        stops, at = [0], 0
        for column in self.columns[1:]:
            at += self.widths[column.id] + GAP
            stops.append(at)
        if step < 0:
            return max((each for each in stops if each < self.offset), default=0)
        following = next((each for each in stops if each > self.offset), self.offset)
        return min(following, self.offset + max(self.room // 2, 1), self._hidden)

    def fit(self, column: Column, text: str) -> str:
        """A cell's text, cut and filled to its column."""
        width = self.widths[column.id]
        cut = clip(text, width, middle=column.middle, ascii_only=self.ascii_only)
        lone = width == SIGN_CELLS == cells_of(text[:SIGN_CELLS])
        shown = text[:SIGN_CELLS] if lone else cut
        return pad(shown, width, right=column.right)

    def ends(self) -> list[int]:
        """Where each column ends, in cells from the left."""
        found, x = [], GUTTER
        for column in self.columns:
            x += self.widths[column.id]
            found.append(x)
            x += GAP
        return found

    def column_at(self, x: int) -> Column | None:
        """The column at a cell of the line."""
        first = GUTTER + self.widths[self.columns[0].id] + GAP if self.columns else 0
        at = x if x < first else x + self.offset
        return next(
            (
                column
                for column, end in zip(self.columns, self.ends(), strict=True)
                if at < end + GAP
            ),
            None,
        )

    def row(self, look: Look, style: Callable[[Role], Style]) -> Strip:
        """Paint a row; ``style`` tells a role's over the row's own."""
        bar = (">" if self.ascii_only else "▌") if look.cursor else " "
        mark = self.mark if look.marked else look.sign[0] or " "
        base = style(Role.NORMAL)
        gutter = [
            Segment(bar, style(Role.ACCENT)),
            Segment(mark + " ", style(Role.STRONG if look.marked else look.sign[1])),
        ]
        texts = [
            (Segment(self.fit(column, text), style(role)), Segment(" " * GAP, base))
            for column, (text, role) in zip(self.columns, look.cells, strict=False)
        ]
        return self._line(gutter, texts, base)

    def header(self, base: Style, sorted_base: Style, sorted_by: tuple[str, bool] | None) -> Strip:
        """Paint the header; the column that the rows are sorted by carries an arrow."""
        texts: list[tuple[Segment, Segment]] = []
        for column in self.columns:
            title, style = column.title, base
            if sorted_by and sorted_by[0] == column.id:
                title, style = column.name + self._arrow(down=sorted_by[1]), sorted_base
            texts.append((Segment(self.fit(column, title), style), Segment(" " * GAP, base)))
        strip = self._line([Segment(" " * GUTTER, base)], texts, base)
        return self._signs(strip, base)

    def _line(
        self, gutter: list[Segment], texts: list[tuple[Segment, Segment]], base: Style
    ) -> Strip:
        segments = [*gutter, *(each for pair in texts[:1] for each in pair)]
        rest = [each for pair in texts[1:] for each in pair]
        if self.offset:
            segments += Strip(rest).crop(self.offset, self.offset + self.room)
        else:
            segments += rest
        return one_line(segments, self.width, base)

    def _signs(self, strip: Strip, base: Style) -> Strip:
        """Arrows at both ends of the header, where there is more."""
        left, right = ("<", ">") if self.ascii_only else ("‹", "›")
        if self.more and self.width > GUTTER:
            strip = Strip([*strip.crop(0, self.width - 1), Segment(right, base)])
        if self.offset:
            at = GUTTER + self.widths[self.columns[0].id]
            parts = [*strip.crop(0, at), Segment(left, base), *strip.crop(at + 1, self.width)]
            strip = Strip(parts)
        return strip

    def _arrow(self, *, down: bool) -> str:
        if self.ascii_only:
            return "v" if down else "^"
        return "▾" if down else "▴"


def longest(looks: Sequence[Look], columns: Sequence[Column]) -> dict[str, int]:
    """Column id → cells of the longest text, among some lines that show these columns."""
    return {
        column.id: max((cells_of(look.cells[at][0]) for look in looks), default=0)
        for at, column in enumerate(columns)
    }
