"""The part of a long text that is near the eye: its rows, broken to the width."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from ckptui.present.glyphs import Role
from ckptui.present.logline import shown
from ckptui.present.safe import cells, plain
from ckptui.present.spans import Line, Span
from ckptui.watch.protocol import Message

MOST_BYTES: Final = 1 << 20
"""Bytes of the file that are kept around the eye."""

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class TextRow:
    """One row as it is shown.

    Attributes:
        start, end: Its place in the file, in bytes.
        text: Plain text.
        hits: Where what is looked for stands in the text.
        whole: True where the row is finished.
    """

    start: int
    end: int
    text: str
    hits: tuple[Range, ...] = ()
    whole: bool = True


class Place(NamedTuple):
    """A line on the screen: index of a row, and which of its pieces."""

    row: int
    piece: int


def rows_in(message: Message) -> list[TextRow]:
    """The rows that the reader sent; what is not shaped like one is passed over."""
    found = message.get("rows")
    return [row for each in found if (row := _row(each))] if isinstance(found, list) else []


def _row(each: object) -> TextRow | None:
    match each:
        case [int(start), int(end), str(raw), list(hits), bool(whole)]:
            text = shown(raw)
            words = [plain(hit.expandtabs(8)) for hit in hits if isinstance(hit, str)]
            return TextRow(start, end, text, ranges(text, words), whole)
    return None


def ranges(text: str, words: Sequence[str], *, fold: bool = False) -> tuple[Range, ...]:
    """Where words stand in a text, in order; those within others are left out."""
    if fold:
        text, words = text.casefold(), [word.casefold() for word in words]
    found: list[Range] = []
    for word in words:
        at = text.find(word) if word else -1
        while at >= 0:
            found.append((at, at + len(word)))
            at = text.find(word, at + len(word))
    found.sort(key=lambda each: (each[0], -each[1]))
    kept: list[Range] = []
    for each in found:
        if not kept or each[0] >= kept[-1][1]:
            kept.append(each)
    return tuple(kept)


def lit(spans: Line, hits: Sequence[Range], role: Role = Role.MATCH) -> Line:
    """Spans with the places of hits in another role."""
    if not hits:
        return spans
    out: list[Span] = []
    at = 0
    for span in spans:
        end = at + len(span.text)
        edges = {at, end}
        for each in hits:
            edges |= {edge for edge in each if at < edge < end}
        marks = sorted(edges)
        for left, right in pairwise(marks):
            inside = any(start <= left and right <= stop for start, stop in hits)
            out.append(Span(span.text[left - at : right - at], role if inside else span.role))
        at = end
    return tuple(out)


def breaks(text: str, width: int) -> list[Range]:
    """Where a row is broken to lines of at most ``width`` cells, at blanks where that is near."""
    if len(text) <= width and cells(text) <= width:
        return [(0, len(text))]
    narrow = text.isascii()
    pieces: list[Range] = []
    start = 0
    while start < len(text):
        end = min(start + width, len(text)) if narrow else _fits(text, start, width)
        if end < len(text):
            blank = text.rfind(" ", start + (end - start) * 2 // 3, end + 1)
            end = blank + 1 if blank >= 0 and blank + 1 <= end else end
        pieces.append((start, end))
        start = end + 1 if text[end : end + 1] == " " else end
    return pieces


def _fits(text: str, start: int, width: int) -> int:
    end, used = start, 0
    while end < len(text):
        used += cells(text[end])
        if used > width and end > start:
            break
        end += 1
    return end


class Window:
    """Rows one after the other, without a gap, and their breaks at one width.

    Attributes:
        rows: In the order of the file.
        width: Cells of a line; 0 breaks nothing.
    """

    def __init__(self) -> None:
        self.rows: list[TextRow] = []
        self.width = 0
        self._pieces: dict[int, list[Range]] = {}

    def __bool__(self) -> bool:
        return bool(self.rows)

    @property
    def start(self) -> int:
        """Offset of the first row."""
        return self.rows[0].start if self.rows else 0

    @property
    def end(self) -> int:
        """Offset behind the last row."""
        return self.rows[-1].end if self.rows else 0

    def broken_at(self, width: int) -> None:
        """Break at another width; 0 breaks nothing."""
        if width != self.width:
            self.width = width
            self._pieces.clear()

    def replace(self, rows: Sequence[TextRow]) -> None:
        """Another part of the file, or a newer state of it."""
        kept = {row.start: row for row in self.rows}
        self._pieces = {
            row.start: self._pieces[row.start]
            for row in rows
            if row.start in self._pieces and kept[row.start] == row
        }
        self.rows = list(rows)

    def append(self, rows: Sequence[TextRow], keep: int) -> int:
        """Add rows after the last; forget those far above ``keep``. Returns how many went."""
        if not rows or (self.rows and rows[0].start > self.end):
            return 0
        while self.rows and self.rows[-1].end > rows[0].start:
            self._pieces.pop(self.rows.pop().start, None)  # it was not finished then
        self.rows += rows
        gone = 0
        while gone < keep and self.end - self.rows[gone].start > MOST_BYTES:
            gone += 1
        for row in self.rows[:gone]:
            self._pieces.pop(row.start, None)
        del self.rows[:gone]
        return gone

    def prepend(self, rows: Sequence[TextRow], keep: int) -> int:
        """Add rows before the first; forget those far below ``keep``. Returns how many came."""
        if not rows or rows[-1].end != self.start:
            return 0
        self.rows[:0] = rows
        keep += len(rows)
        while len(self.rows) > keep + 1 and self.rows[-1].end - self.start > MOST_BYTES:
            self._pieces.pop(self.rows.pop().start, None)
        return len(rows)

    def pieces(self, row: int) -> list[Range]:
        """The breaks of a row."""
        each = self.rows[row]
        if not self.width:
            return [(0, len(each.text))]
        known = self._pieces.get(each.start)
        if known is None:
            known = self._pieces[each.start] = breaks(each.text, self.width) or [(0, 0)]
        return known

    def moved(self, place: Place, lines: int) -> tuple[Place, int]:
        """A place so many lines further; and how many lines are missing where the rows end."""
        row, piece = place
        while lines > 0:
            left = len(self.pieces(row)) - 1 - piece
            if lines <= left:
                return Place(row, piece + lines), 0
            if row + 1 >= len(self.rows):
                return Place(row, piece + left), lines - left
            row, piece, lines = row + 1, 0, lines - left - 1
        while lines < 0:
            if -lines <= piece:
                return Place(row, piece + lines), 0
            if row == 0:
                return Place(0, 0), lines + piece
            lines += piece + 1
            row -= 1
            piece = len(self.pieces(row)) - 1
        return Place(row, piece), 0

    def between(self, first: Place, second: Place) -> int:
        """Lines from one place to a later one."""
        lines = sum(len(self.pieces(row)) for row in range(first.row, second.row))
        return lines + second.piece - first.piece

    def last(self) -> Place:
        """The last line."""
        row = len(self.rows) - 1
        return Place(row, len(self.pieces(row)) - 1)

    def row_at(self, offset: int) -> int:
        """Index of the row that holds an offset, or of the nearest."""
        at = bisect_right(self.rows, offset, key=lambda row: row.start) - 1
        return min(max(at, 0), max(len(self.rows) - 1, 0))

    def line(self, place: Place, left: int, found: int | None) -> Line:
        """What stands at a place.

        Args:
            place: Which line.
            left: Cells that are scrolled away on the left where nothing is broken.
            found: Offset of the row whose hits are the ones that were gone to.
        """
        row = self.rows[place.row]
        pieces = self.pieces(place.row)
        start, end = pieces[min(place.piece, len(pieces) - 1)]
        role = Role.FOUND if found == row.start else Role.MATCH
        text = row.text[start:end]
        hits = [(max(a, start) - start, min(b, end) - start) for a, b in row.hits]
        spans = lit((Span(text),), [each for each in hits if each[0] < each[1]], role)
        return behind(spans, left) if left else spans


def behind(spans: Line, left: int) -> Line:
    """Spans without their first cells."""
    out: list[Span] = []
    for span in spans:
        width = cells(span.text)
        if left >= width:
            left -= width
            continue
        text = span.text
        while left > 0 and text:
            left -= cells(text[0])
            text = text[1:]
        out.append(Span(text, span.role))
    return tuple(out)
