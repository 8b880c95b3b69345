"""Level 5, checksums: the CRC-32 of every record, and the archive's own fold of them.

Sources: APPNOTE.TXT 4.4.7 (CRC-32); ``caffe2/serialize/inline_container.cc`` of torch 2.13 for
``.data/serialization_id``: 20 digits for the names, then 20 digits that fold the CRCs of all
records in writing order, leaving out empty ones and itself.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from isal import isal_zlib

from ckptui.formats.model import Record, TensorInfo
from ckptui.terms import Category, Result
from ckptui.validation.finding import Finding, failed, passed, warned
from ckptui.validation.scan import Part, split
from ckptui.validation.static_load import name_some

SERIALIZATION_ID: Final = "/.data/serialization_id"
_MASK = (1 << 64) - 1
_INFLATE = 1 << 20


@dataclass(slots=True)
class CrcSink:
    """CRC-32 of one part."""

    length: int
    crc: int = 0

    def feed(self, chunk: memoryview) -> None:
        """Take the next bytes."""
        self.crc = isal_zlib.crc32(chunk, self.crc)


class _Inflater(Protocol):
    @property
    def unconsumed_tail(self) -> bytes: ...
    def decompress(self, data: bytes | memoryview, max_length: int, /) -> bytes: ...


class InflateSink:
    """CRC-32 of what a deflated record holds, inflated a chunk at a time and forgotten at once."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.crc = 0
        self._room = length
        self._machine: _Inflater = zlib.decompressobj(-zlib.MAX_WBITS)

    def feed(self, chunk: memoryview) -> None:
        """Inflate the next bytes; what does not inflate, or to too much, leaves a wrong CRC."""
        data: bytes | memoryview = chunk
        while data and self._room >= 0:
            try:
                inflated = self._machine.decompress(data, _INFLATE)
            except zlib.error:
                self._room = -1
                return
            self._room -= len(inflated)
            self.crc = isal_zlib.crc32(inflated, self.crc)
            data = self._machine.unconsumed_tail


@dataclass(slots=True)
class RecordSum:
    """One record and the sinks that its parts go to."""

    record: Record
    parts: list[Part] = field(default_factory=list)
    sinks: list[CrcSink | InflateSink] = field(default_factory=list)

    @property
    def crc(self) -> int:
        """CRC-32 of the whole record, put together from its parts."""
        total = 0
        for sink in self.sinks:
            total = isal_zlib.crc32_combine(total, sink.crc, sink.length)
        return total


def plan_sums(
    records: Sequence[Record],
    end: int,
    new_sink: Callable[[Record, int], CrcSink] | None = None,
) -> list[RecordSum]:
    """The reading that the CRCs of these records need.

    Args:
        records: Of one container, in file order.
        end: Where the last of them ends at the latest (the central directory), in bytes.
        new_sink: Makes the sink for a part of so many bytes of a stored record.
    """
    borders = [record.header_start for record in records[1:]] + [end]
    return [
        _plan_deflated(record, border) if record.method else _plan_stored(record, new_sink)
        for record, border in zip(records, borders, strict=True)
    ]


def _plan_deflated(record: Record, border: int) -> RecordSum:
    """A deflated record in one part: inflating stops by itself, wherever it ends."""
    sink = InflateSink(record.size)
    return RecordSum(record, [Part(record.data_start, border - record.data_start, sink)], [sink])


def _plan_stored(record: Record, new_sink: Callable[[Record, int], CrcSink] | None) -> RecordSum:
    entry = RecordSum(record)
    for start, length in split(record.data_start, record.size):
        sink = CrcSink(length) if new_sink is None else new_sink(record, length)
        entry.sinks.append(sink)
        entry.parts.append(Part(start, length, sink))
    return entry


def unchecksummed(sums: Sequence[RecordSum]) -> Finding | None:
    """Judge records without a checksum in an archive whose other records have one.

    ``torch.serialization.skip_data`` writes tensors that way, as holes that another program may
    fill in later: full of zeros they were never filled, otherwise nothing vouches for them.
    """
    silent = [entry for entry in sums if entry.record.size and entry.record.crc is None]
    if not silent:
        return None
    if all(entry.crc == zeros_crc(entry.record.size) for entry in silent):
        return failed(
            Category.CORRUPTED,
            "its tensors were never written: only zeros and no checksum where their data belongs, "
            "as torch.serialization.skip_data leaves them",
        )
    return warned(f"{len(silent)} records carry no checksum, though others do")


def none_recorded(records: Sequence[Record]) -> bool:
    """True where the writer left out every checksum (``set_crc32_options(False)``)."""
    return not any(record.crc for record in records if record.size)


def judge_sums(sums: Sequence[RecordSum], tensors: Sequence[TensorInfo], saved_id: str) -> Finding:
    """Compare what was read with what is recorded."""
    wrong = [
        e for e in sums if e.record.size and e.record.crc is not None and e.crc != e.record.crc
    ]
    if wrong:
        return _damaged(wrong, tensors)
    silent = unchecksummed(sums)
    if silent is not None:
        return silent
    fold_says = check_fold([entry.record for entry in sums], saved_id)
    if fold_says:
        return failed(Category.CORRUPTED, fold_says)
    return passed()


def zeros_crc(length: int) -> int:
    """CRC-32 of ``length`` zero bytes, made by doubling: no byte is read."""
    total, block, size = 0, isal_zlib.crc32(b"\0"), 1
    while length:
        if length & 1:
            total = isal_zlib.crc32_combine(total, block, size)
        block, size, length = isal_zlib.crc32_combine(block, block, size), size * 2, length >> 1
    return total


def _damaged(wrong: Sequence[RecordSum], tensors: Sequence[TensorInfo]) -> Finding:
    names = [record_label(entry.record, tensors) for entry in wrong]
    many = f"{len(wrong)} records" if len(wrong) > 1 else "one record"
    reason = f"damaged data: {many} not as written, in {name_some(names)}; {_cause(wrong)}"
    lines = [
        f"{entry.record.name}: CRC-32 {entry.crc:08x}, recorded {entry.record.crc or 0:08x}"
        for entry in wrong[:20]
    ]
    return failed(Category.CORRUPTED, reason, "\n".join(lines))


def _cause(wrong: Sequence[RecordSum]) -> str:
    if all(entry.crc == zeros_crc(entry.record.size) for entry in wrong):
        return "only zeros there: lost after writing, or never written"
    return "cause not known"


def record_label(record: Record, tensors: Sequence[TensorInfo]) -> str:
    """A record by the tensor that it holds, else by its name inside the archive."""
    _, found, key = record.name.rpartition("/data/")
    if found:
        for tensor in tensors:
            if tensor.storage == key:
                return f"tensor `{tensor.name}`" if tensor.name else "the tensor"
    return f"`{record.name.partition('/')[2] or record.name}`"


def fold(crcs: Iterable[int]) -> int:
    """``c10::hash_combine`` over CRCs in writing order, modulo 2^64."""
    seed = 0
    for crc in crcs:
        seed ^= (crc + 0x9E3779B9 + (seed << 6) + (seed >> 2)) & _MASK
    return seed & _MASK


def check_fold(records: Sequence[Record], saved_id: str) -> str:
    """What the archive's own fold says against the list of CRCs; empty where it agrees.

    It is a witness only where the archive is still as torch laid it out: nothing deflated, its
    record the last one. A repacked archive may hold the same records in another order.
    """
    ordered = sorted(records, key=lambda record: record.header_start)
    if len(saved_id) != 40 or not saved_id.isdecimal():
        return ""
    if not ordered[-1].name.endswith(SERIALIZATION_ID) or any(r.method for r in ordered):
        return ""
    if any(record.size and not record.crc for record in ordered):
        return ""
    said = int(saved_id[20:])
    seen = fold(r.crc or 0 for r in ordered[:-1] if r.size)
    if said == seen:
        return ""
    return (
        "the archive's own fingerprint of its checksums does not match them: "
        "records were exchanged after it was written; cause not known"
    )


NO_CHECKSUMS: Final = Finding(Result.NONE_RECORDED, "the writer left the checksums out")
