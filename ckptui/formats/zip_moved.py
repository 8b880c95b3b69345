"""Bytes put into a zip, or lost from it: every record behind them has moved, and shows where."""

from __future__ import annotations

from ckptui.formats.model import Problem
from ckptui.formats.window import Window
from ckptui.formats.zip_directory import Directory, Entry

_LOCAL_SIZE = 30


def find_moved(window: Window, directory: Directory) -> None:
    """Put the records that have not moved where they are, and tell where the change lies.

    The directory stands ``shift`` bytes from where its own offsets put it. Where the whole
    archive stands behind other bytes, every record has moved with it, and nothing is told here.

    Raises:
        OSError: A read failed.
    """
    shift = directory.shift
    ordered = sorted(directory.entries, key=lambda entry: entry.header_start)
    if not shift or not ordered or _stands_at(window, ordered[0], ordered[0].header_start):
        return
    stayed = [e for e in ordered if _stands_at(window, e, e.header_start - shift)]
    if not stayed:
        if shift < 0 and any(_stands_at(window, e, e.header_start) for e in ordered):
            text = f"its first {-shift:,} bytes are missing"
            directory.problems.insert(0, Problem("moved", text, 0))
        return
    last = ordered.index(stayed[-1])
    for entry in ordered[: last + 1]:
        entry.header_start -= shift
    many = f"{abs(shift):,} bytes" if abs(shift) > 1 else "one byte"
    what = f"{many} too many stand" if shift > 0 else f"{many} went missing"
    text = f"{what} inside the record {stayed[-1].shown}, or just behind it"
    directory.problems.insert(0, Problem("moved", text, stayed[-1].header_start))


def _stands_at(window: Window, entry: Entry, at: int) -> bool:
    size = _LOCAL_SIZE + len(entry.raw_name)
    raw = window.pread(size, at)
    return raw[:4] == b"PK\x03\x04" and raw[_LOCAL_SIZE:] == entry.raw_name
