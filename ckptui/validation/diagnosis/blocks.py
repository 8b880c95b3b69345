"""Records whose checksum is wrong: which bytes of them, where that can be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from isal import isal_zlib

from ckptui.formats.model import Record
from ckptui.terms import Category, Level
from ckptui.validation.checksums import record_label
from ckptui.validation.diagnosis.damaged_pickle import describe_pickle_byte
from ckptui.validation.diagnosis.evidence import Evidence
from ckptui.validation.diagnosis.model import Cause
from ckptui.validation.diagnosis.single_byte import LONGEST_BIT, find_byte

_SECTOR: Final = 512
_CHUNK: Final = 1 << 20
_BUDGET: Final = 1 << 30
"""Bytes read again of damaged records to look for zeros in them."""
_TOLD: Final = 8


def find(evidence: Evidence) -> Cause | None:
    """Which bytes of the damaged records are wrong, and how."""
    if evidence.finding.category is not Category.CORRUPTED:
        return None
    records = _damaged(evidence)
    if not records:
        return None
    if len(records) == 1:
        cause = _one_byte(evidence, records[0])
        if cause is not None:
            return cause
    return _zero_blocks(evidence, records)


def _damaged(evidence: Evidence) -> list[Record]:
    """The records that level 5 found damaged; the pickle also where only the header was read."""
    if evidence.level is Level.CHECKSUMS:
        names = set(evidence.finding.places)
        return [record for record in evidence.content.records if record.name in names]
    pickles = [r for r in evidence.content.records if r.name.endswith("/data.pkl")]
    return [r for r in pickles if 0 < r.size <= LONGEST_BIT and _is_damaged(evidence, r)]


def _is_damaged(evidence: Evidence, record: Record) -> bool:
    if record.crc is None or record.method or record.data_start < 0:
        return False
    data = evidence.source.pread(record.size, record.data_start)
    return len(data) == record.size and isal_zlib.crc32(data) != record.crc


def _one_byte(evidence: Evidence, record: Record) -> Cause | None:
    if record.crc is None or record.method or record.size > LONGEST_BIT:
        return None
    data = evidence.source.pread(record.size, record.data_start)
    found = find_byte(isal_zlib.crc32(data), record.crc, record.size)
    if found is None:
        return None
    offset, mask = found
    at = record.data_start + offset
    one_bit = mask & (mask - 1) == 0
    what = "one bit is flipped" if one_bit else "one byte is wrong"
    label = record_label(record, evidence.header.tensors)
    is_pickle = record.name.endswith("/data.pkl")
    where = "its pickle" if is_pickle else label
    was = f"0x{data[offset]:02x}, was 0x{data[offset] ^ mask:02x}"
    changed = describe_pickle_byte(data, offset, mask) if is_pickle else ()
    so = f": {changed[0]}" if changed else ""
    reason = f"damaged data: {what}, at byte {at:,} ({was}), in {where}{so}; cause not known"
    lines = (*changed[1:], f"{record.name}: its checksum fits once that byte is put back")
    return Cause("one-byte-damaged", reason, lines, category=Category.CORRUPTED)


def _zero_blocks(evidence: Evidence, records: Sequence[Record]) -> Cause | None:
    runs: list[tuple[Record, int, int]] = []
    budget = _BUDGET
    for record in records:
        if record.method or record.size > budget:
            continue
        budget -= record.size
        runs += [(record, start, end) for start, end in zero_runs(evidence, record)]
    # Tensors may hold zeros of their own: only runs that fill whole sectors of the disk tell.
    blocks = [(r, a, b) for r, a, b in runs if b - a >= _SECTOR]
    touched = {record.name for record, _, _ in blocks}
    if not blocks or any(record.name not in touched for record in records):
        return None
    total = sum(b - a for _, a, b in blocks)
    if all(b - a > r.size - 2 * _SECTOR for r, a, b in blocks):
        return None  # whole records of zeros: the levels say so already
    names = list(dict.fromkeys(record_label(r, evidence.header.tensors) for r, _, _ in blocks))
    shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    many = "a block" if len(blocks) == 1 else f"{len(blocks)} blocks"
    reason = (
        f"damaged data: {many} of zeros ({total:,} bytes) where data belongs, in {shown}: lost "
        "by the disk or never written; cause not known"
    )
    lines = tuple(
        f"bytes {a:,} to {b:,} are zeros, in {record_label(r, evidence.header.tensors)}"
        for r, a, b in blocks[:_TOLD]
    )
    return Cause("zero-blocks", reason, lines)


def zero_runs(evidence: Evidence, record: Record) -> Iterator[tuple[int, int]]:
    """Whole sectors of zeros in a record: (first byte, byte after the last), file offsets.

    A run is cut down to sectors of 512 bytes: a lost block of a disk begins and ends with one.
    """
    at, stop = record.data_start, record.data_start + record.size
    start = -1
    zero = bytes(_SECTOR)
    first = (at + _SECTOR - 1) // _SECTOR * _SECTOR
    while first + _SECTOR <= stop:
        chunk = evidence.source.pread(min(_CHUNK, (stop - first) // _SECTOR * _SECTOR), first)
        if len(chunk) < _SECTOR:
            break
        if zero not in chunk:
            if start >= 0:
                yield start, first
                start = -1
            first += len(chunk)
            continue
        for offset in range(0, len(chunk) - _SECTOR + 1, _SECTOR):
            empty = chunk[offset : offset + _SECTOR] == zero
            if empty and start < 0:
                start = first + offset
            elif not empty and start >= 0:
                yield start, first + offset
                start = -1
        first += len(chunk)
    if start >= 0:
        yield start, first
