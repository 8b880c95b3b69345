"""A NumPy archive without its directory: how far its arrays reach, from its local headers.

numpy.savez writes zip64 fields into every local header (``force_zip64``), and goes back to fill
them in when an array is complete.
"""

from __future__ import annotations

from typing import Final

from ckptui.formats.limits import Limits
from ckptui.formats.model import Problem, Record
from ckptui.formats.window import Window
from ckptui.formats.zip_directory import extra_fields
from ckptui.formats.zip_layout import LOCAL

_HEADER_READ: Final = 512
_END: Final = 64
_FULL32: Final = 0xFFFFFFFF


def records_from_front(window: Window, limits: Limits) -> tuple[list[Record], Problem]:
    """The arrays that are whole, and what became of the rest.

    Raises:
        OSError: A read failed.
    """
    records: list[Record] = []
    at, inside = 0, ""
    while len(records) < limits.records:
        raw = window.pread(_HEADER_READ, at)
        if len(raw) < LOCAL.size or raw[:4] != b"PK\x03\x04":
            break
        record, packed = _record(raw, at)
        if not packed or record.data_start + packed > window.size:
            inside = record.name.removesuffix(".npy")[:80]
            break
        records.append(record)
        at = record.data_start + packed
    if not inside and not window.tail(_END).strip(b"\0"):
        text = "its end is zeros where its directory should be; every array before it is there"
        return records, Problem("zeroed", text, at)
    where = f"inside its array {inside}" if inside else "and its directory is lost"
    text = f"it is cut short at byte {window.size:,}, {where}"
    return records, Problem("cut-short", text, window.size)


def _record(raw: bytes, at: int) -> tuple[Record, int]:
    """A record and its packed size, 0 where the writer never came to fill it in."""
    _, _, _, method, _, _, crc, packed, size, name_size, extra_size = LOCAL.unpack_from(raw)
    name = raw[LOCAL.size : LOCAL.size + name_size].decode("utf-8", "surrogateescape")
    extra = raw[LOCAL.size + name_size : LOCAL.size + name_size + extra_size]
    if packed == _FULL32 or size == _FULL32:
        field = extra_fields(extra).get(1, b"")
        size, packed = int.from_bytes(field[:8], "little"), int.from_bytes(field[8:16], "little")
    start = at + LOCAL.size + name_size + extra_size
    return Record(name, size, start, at, crc or None, method), packed
