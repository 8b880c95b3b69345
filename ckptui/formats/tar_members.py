"""The members of a tar archive, as POSIX.1 (ustar) and GNU tar lay them out.

Blocks of 512 bytes: a header with a checksum over itself, then the member's bytes, padded; two
blocks of zeros at the end. Read in bounds, and nothing is unpacked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ckptui.formats.model import Problem, Record
from ckptui.formats.window import Window

BLOCK: Final = 512
_MOST: Final = 10_000
_PLAIN: Final = frozenset(b"0\0")


@dataclass(slots=True)
class Members:
    """Members in file order, where they end, and what is wrong."""

    records: list[Record] = field(default_factory=list)
    end: int = 0
    problems: list[Problem] = field(default_factory=list)


def read_members(window: Window) -> Members:
    """Read every header.

    Raises:
        OSError: A read failed.
    """
    found = Members()
    at = 0
    for _ in range(_MOST):
        raw = window.pread(BLOCK, at)
        if not raw.strip(b"\0"):
            _end(window, found, at)
            return found
        size = _number(raw[124:136])
        if len(raw) < BLOCK or size is None or not _checks(raw):
            _broken(window, found, at, len(raw))
            return found
        if raw[156] in _PLAIN:
            name = raw[:100].rstrip(b"\0").decode("utf-8", "surrogateescape")
            found.records.append(Record(name, size, at + BLOCK, at, None))
        if at + BLOCK + size > window.size:
            name = found.records[-1].name[:80] if found.records else ""
            text = (
                f"it is cut short at byte {window.size:,} of {at + BLOCK + size:,}, inside {name}"
            )
            found.problems.append(Problem("cut-short", text, window.size))
            return found
        at += BLOCK + size + -size % BLOCK
    text = "it holds more members than the reader goes through"
    found.problems.append(Problem("reader-limit", text, at, "limit"))
    return found


def _number(raw: bytes) -> int | None:
    """A size: octal text, or GNU's binary where the first bit is set."""
    if raw[:1] and raw[0] & 0x80:
        return int.from_bytes(raw[1:], "big")
    text = raw.strip(b" \0")
    try:
        return int(text, 8) if text else 0
    except ValueError:
        return None


def _checks(raw: bytes) -> bool:
    """The sum over the header, its own field taken as blanks; old writers summed signed bytes."""
    said = _number(raw[148:156])
    rest = raw[:148] + raw[156:]
    signed = sum(rest) - 256 * sum(byte > 127 for byte in rest) + 8 * 32
    return said in {sum(rest) + 8 * 32, signed}


def _broken(window: Window, found: Members, at: int, length: int) -> None:
    if length < BLOCK:
        text = f"it is cut short at byte {window.size:,}, between two members"
        found.problems.append(Problem("cut-short", text, window.size))
        return
    text = "the header of one of its members does not match its checksum"
    found.problems.append(Problem("bad-member", text, at))


def _end(window: Window, found: Members, at: int) -> None:
    """Two blocks of zeros, and nothing but zeros behind them."""
    found.end = at
    if window.size < at + 2 * BLOCK:
        text = f"it is cut short at byte {window.size:,}: the blocks that end it are missing"
        found.problems.append(Problem("cut-short", text, window.size))
    elif window.pread(64 * 1024, at).strip(b"\0"):
        text = "other bytes follow the end of its archive"
        found.problems.append(Problem("trailing", text, at))
