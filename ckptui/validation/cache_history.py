"""Verdicts over time: what was found out about a path, whenever that was something else.

A row is written where bytes, category, reason or the level reached differ from the row before; the
same answer once more is no news. Each row carries a checksum of itself.
"""

from __future__ import annotations

import os
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from typing import Final

from ckptui.terms import GOOD, Category
from ckptui.validation.cache_rows import PastVerdict, Sighting, depth_of, key_of, place_of

MOST_OF_A_PATH: Final = 50
"""Rows of one path; the oldest go first."""
MOST: Final = 100_000
"""Rows of all paths together."""
MOST_TOLD: Final = 10_000
"""Rows that are told of a directory."""
_LONGEST: Final = 500
"""Characters of a reason."""

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS history (
    path BLOB NOT NULL, at TEXT NOT NULL, key TEXT NOT NULL, asked INTEGER NOT NULL,
    level INTEGER NOT NULL, category TEXT NOT NULL, reason TEXT NOT NULL, size INTEGER,
    proof INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS history_path ON history (path);
"""
_FIELDS: Final = "path, at, key, asked, level, category, reason, size, proof"
_LAST: Final = f"SELECT {_FIELDS} FROM history WHERE path = ? ORDER BY rowid DESC LIMIT 1"  # noqa: S608
_OF: Final = f"SELECT {_FIELDS} FROM history WHERE path = ? ORDER BY rowid DESC LIMIT ?"  # noqa: S608
_BELOW: Final = (
    f"SELECT {_FIELDS} FROM history WHERE path > ? AND path < ? "  # noqa: S608
    "ORDER BY rowid DESC LIMIT ?"
)
_CATEGORIES: Final = {str(category): category for category in Category}


def note(base: sqlite3.Connection, sighting: Sighting) -> None:
    """Write a verdict down, if it is news."""
    verdict, place = sighting.verdict, place_of(sighting.request.path)
    key, asked = key_of(verdict.facts.signature or ()), depth_of(sighting.request)
    reason = verdict.reason[:_LONGEST]
    before = base.execute(_LAST, (place,)).fetchone()
    if before is not None and before[2] == key:
        same = before[4:7] == (int(verdict.level), str(verdict.category), reason)
        # A look at the header alone says less than a deeper one about the same bytes.
        if same or (before[3] > asked and verdict.category in GOOD):
            return
    row = (place, verdict.checked_at, key, asked, int(verdict.level), str(verdict.category))
    whole = (*row, reason, _size(sighting))
    base.execute(f"INSERT INTO history ({_FIELDS}) VALUES (?,?,?,?,?,?,?,?,?)",  # noqa: S608
                 (*whole, _proof(whole)))  # fmt: skip
    if before is not None:
        base.execute(
            "DELETE FROM history WHERE path = ? AND rowid NOT IN "
            "(SELECT rowid FROM history WHERE path = ? ORDER BY rowid DESC LIMIT ?)",
            (place, place, MOST_OF_A_PATH),
        )


def _size(sighting: Sighting) -> int | None:
    facts = sighting.verdict.facts
    if facts.signature is not None:
        return facts.signature[2]
    return sum(part.size or 0 for part in facts.parts) if facts.parts else None


def trim(base: sqlite3.Connection, rows: int = MOST) -> None:
    """Forget the oldest of all where there are too many."""
    (there,) = base.execute("SELECT count(*) FROM history").fetchone()
    if there > rows:
        base.execute(
            "DELETE FROM history WHERE rowid IN (SELECT rowid FROM history ORDER BY rowid LIMIT ?)",
            (there - rows * 9 // 10,),
        )


def told(base: sqlite3.Connection, path: str) -> list[PastVerdict]:
    """What was found out about a path, and of all below it where it is a directory.

    Args:
        path: A checkpoint, or a run directory.

    Returns:
        The newest first.
    """
    place = place_of(path)
    rows = base.execute(_OF, (place, MOST_OF_A_PATH)).fetchall()
    folder = place.rstrip(b"/")
    rows += base.execute(_BELOW, (folder + b"/", folder + b"0", MOST_TOLD)).fetchall()
    return sorted(_read(rows), key=lambda past: past.at, reverse=True)


def _read(rows: Sequence[tuple[object, ...]]) -> Iterator[PastVerdict]:
    for *whole, proof in rows:
        path, at, _, asked, level, category, reason, size = whole
        if proof != _proof(whole) or not isinstance(path, bytes) or category not in _CATEGORIES:
            continue  # a bit turned over, or another version wrote it
        yield PastVerdict(
            path=os.fsdecode(path),
            at=str(at),
            asked=asked if isinstance(asked, int) else 0,
            level=level if isinstance(level, int) else 0,
            category=_CATEGORIES[str(category)],
            reason=str(reason),
            size=size if isinstance(size, int) else None,
        )


def _proof(row: Sequence[object]) -> int:
    return zlib.crc32(repr(tuple(row)).encode("utf-8", "surrogatepass"))
