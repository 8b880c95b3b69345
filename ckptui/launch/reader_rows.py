"""The rows that the reader sends: those near a place, in bounded pieces whatever the file holds."""

from __future__ import annotations

import re
from typing import Final

from ckptui.launch import rows as cut
from ckptui.launch.reader_jobs import whole
from ckptui.launch.rows import Row
from ckptui.launch.textfile import TextFile
from ckptui.launch.textsearch import Words
from ckptui.watch.protocol import Message, text_in

_MOST_ROWS: Final = 2_000
_MOST_BYTES: Final = 256 * 1024
_NULS: Final = re.compile(rb"\x00{9,}")
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*[mK]")


def rows_asked(file: TextFile, asked: Message, words: Words | None) -> Message:
    """Rows after an offset, before one, around one, or at the end; with the words that match."""
    found = _near(file, text_in(asked.get("where")), whole(asked, "at"), _count(asked))
    return {"is": "rows", "rows": [_said(row, words) for row in found]}


def _near(file: TextFile, where: str, at: int, count: int) -> list[Row]:
    read, size = file.read, file.size
    at = min(at, size)
    if where == "after":
        return cut.rows_after(read, at, count=count, size=size, most=_MOST_BYTES)
    if where == "before":
        return cut.rows_before(read, at, count=count, most=_MOST_BYTES)
    if where == "around":
        at = cut.row_start(read, at)
        half = _MOST_BYTES // 2
        found = cut.rows_before(read, at, count=count // 2, most=half)
        return found + cut.rows_after(read, at, count=count, size=size, most=half)
    return cut.rows_before(read, size, count=count, most=_MOST_BYTES)


def _said(row: Row, words: Words | None) -> list[object]:
    raw = _NULS.sub(_nuls, row.raw.rstrip(b"\r\n"))
    text = raw.decode("utf-8", "replace")
    hits = words.hits(_COLOURS.sub("", text)) if words else []
    return [row.start, row.end, text, hits, row.whole]


def _nuls(run: re.Match[bytes]) -> bytes:
    """A hole in words: written out it would be a screen of zeros."""
    return b"[%d NUL bytes]" % len(run.group())


def _count(message: Message) -> int:
    return min(max(whole(message, "count"), 1), _MOST_ROWS)
