"""What scanner and monitor say to each other: one JSON object a line, plain ASCII."""

from __future__ import annotations

import json
from sys import intern
from typing import TypeAlias

from ckptui.light import dataclass
from ckptui.terms import SWEEP_DEPTH, SWEEP_ENTRIES
from ckptui.watch.entries import Entry

Message: TypeAlias = "dict[str, object]"


@dataclass(frozen=True, slots=True)
class Settings:
    """How a directory is scanned; the defaults are those of a good guest.

    Attributes:
        entries: Names that a sweep looks at before it stops and says so.
        depth: Directories below the run directory.
        operations: Metadata operations a second; 0 takes the filesystem's own default
            (200 on network filesystems, no cap elsewhere).
        mode: ``auto``, ``events`` (trust them) or ``sweep`` (do not use them).
        interval: Seconds between sweeps; 0 adapts.
    """

    entries: int = SWEEP_ENTRIES
    depth: int = SWEEP_DEPTH
    operations: float = 0.0
    mode: str = "auto"
    interval: float = 0.0


def encode(message: Message) -> bytes:
    """One line."""
    return json.dumps(message, separators=(",", ":")).encode("ascii") + b"\n"


def decode(line: bytes) -> Message | None:
    """Read one line; None where it is none of ours (a stray print, a line cut by a kill)."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


def entries_in(rows: object) -> list[Entry]:
    """Entries as they come out of a line; what is not shaped like one is passed over."""
    return [entry for row in rows if (entry := _entry(row))] if isinstance(rows, list) else []


def _entry(row: object) -> Entry | None:
    match row:
        case [
            str(path), str(kind), int(size), int(mtime), int(ctime), int(dev), int(ino),
            str(pointer), str(layout), str(note),
        ]:  # fmt: skip
            return Entry(
                path, intern(kind), size, mtime, ctime, dev, ino, pointer, intern(layout), note
            )
    return None


def texts_in(value: object) -> dict[str, str]:
    """A mapping of text to text."""
    if not isinstance(value, dict):
        return {}
    return {k: v for k, v in value.items() if isinstance(k, str) and isinstance(v, str)}


def names_in(value: object) -> list[str]:
    """A list of texts."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def number_in(value: object) -> float:
    """A number, 0.0 where there is none."""
    return float(value) if isinstance(value, int | float) else 0.0


def text_in(value: object) -> str:
    """A text, "" where there is none."""
    return value if isinstance(value, str) else ""
