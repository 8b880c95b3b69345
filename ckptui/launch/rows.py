"""Where the rows of a text begin, found from any byte of it, in either direction.

A row is a line. One without an end for kilobytes (a dump, a progress bar that writes over itself,
a hole) is cut: a block boundary begins a row where the block before it holds no line end. Whether
it does can be seen from one block, so a file of any size is cut alike from wherever it is read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

BLOCK: Final = 4096
LONGEST: Final = 3 * BLOCK
"""No row has more bytes, but one that wrote over itself."""

Read: TypeAlias = "Callable[[int, int], bytes]"
"""Gives at most so many bytes (second) from an offset (first) on."""


class Row(NamedTuple):
    """One row: its place in the file, and the bytes of it that count.

    Attributes:
        start, end: Byte offsets; the next row begins at ``end``.
        raw: Its bytes; of pieces that write over each other only the last.
        whole: True where it ends with a line end.
    """

    start: int
    end: int
    raw: bytes
    whole: bool


def row_start(read: Read, at: int) -> int:
    """Where the row begins that holds the byte at an offset."""
    if at <= 0:
        return 0
    base = max(at // BLOCK - 2, 0) * BLOCK
    data = read(base, at - base + 4)
    known = data[: at - base]
    best = known.rfind(b"\n") + 1 + base
    for boundary in range(base + BLOCK, at + 1, BLOCK):
        cut = _cut_at(data, base, boundary)
        if cut is not None and cut <= at:
            best = max(best, cut)
    return best


def rows_after(read: Read, at: int, *, count: int, size: int, most: int) -> list[Row]:
    """Rows from a row's beginning on.

    Args:
        read: Reads the file.
        at: Where a row begins.
        count: Rows at most.
        size: Where the file ends, or where the rows must end.
        most: Bytes to read at most, more than :data:`LONGEST`.
    """
    base = max(at // BLOCK - 1, 0) * BLOCK
    data = read(base, min(size, at + most) - base)
    stop = base + len(data)
    rows: list[Row] = []
    while at < stop:
        end = _row_end(data, base, at)
        if end is None:
            if stop < size:
                break  # its end was not read
            end = stop
        raw = data[at - base : end - base]
        whole = raw.endswith(b"\n")
        before = rows[-1] if rows else None
        if before is not None and not before.whole and b"\r" in raw.rstrip(b"\r\n"):
            rows[-1] = Row(before.start, end, raw, whole)  # it was written over
        elif len(rows) == count:
            break
        else:
            rows.append(Row(at, end, raw, whole))
        at = end
    return rows


def rows_before(read: Read, end: int, *, count: int, most: int) -> list[Row]:
    """The last rows that end where a row begins, or where the file ends.

    Args:
        read: Reads the file.
        end: Where they end.
        count: Rows at most.
        most: Bytes to read at most.
    """
    span = min(most, max(BLOCK * 4, count * 200))
    while True:
        start = row_start(read, max(end - span, 0))
        rows = rows_after(read, start, count=end, size=end, most=end - start)
        if len(rows) >= count or start == 0 or span >= most:
            return rows[-count:]
        span = min(span * 4, most)


def _row_end(data: bytes, base: int, at: int) -> int | None:
    """Where the row that begins at an offset ends; None where that is not in the data."""
    newline = data.find(b"\n", at - base)
    limit = base + newline + 1 if newline >= 0 else base + len(data)
    for boundary in range((at // BLOCK + 1) * BLOCK, limit, BLOCK):
        cut = _cut_at(data, base, boundary)
        if cut is not None and at < cut < limit:
            return cut
    return limit if newline >= 0 else None


def _cut_at(data: bytes, base: int, boundary: int) -> int | None:
    """Where a row begins because the block before a boundary has no line end, else None."""
    if data.find(b"\n", boundary - BLOCK - base, boundary - base) >= 0:
        return None
    for cut in range(boundary, boundary + 4):  # not within a character
        if cut - base >= len(data) or data[cut - base] & 0xC0 != 0x80:
            return cut
    return boundary
